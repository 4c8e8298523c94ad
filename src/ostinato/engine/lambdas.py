"""Lambda functions: Python functions that stand in for Amazon's, called in threads of their own."""

import json
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from ostinato.engine.rules.lambdas import LambdaOutcome
from ostinato.model.limits import DATA_CHARACTERS, REASON_CHARACTERS

LambdaFunction = Callable[[str | None], object]
"""What is called with the input's text; it gives text, or something that JSON can say."""

_THREADS = 8


class LambdaFunctions:
    """The functions that stand in for Amazon Lambda's.

    Args:
        functions: each by the name that decisions give it.
    """

    def __init__(self, functions: Mapping[str, LambdaFunction]) -> None:
        self._functions = dict(functions)
        self._threads: ThreadPoolExecutor | None = None

    def invoke(self, name: str, text: str | None, ended: Callable[[LambdaOutcome], None]) -> None:
        """Call a function; how that ended is told to `ended`, from another thread."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="ostinato-lambda")
        self._threads.submit(lambda: ended(self._outcome(name, text)))

    def _outcome(self, name: str, text: str | None) -> LambdaOutcome:
        function = self._functions.get(name.rpartition(":")[2] if name.startswith("arn:") else name)
        if function is None:
            return _failure("ResourceNotFoundException", f"Function not found: {name}", ())
        try:
            result = function(text)
            written = result if isinstance(result, str) else json.dumps(result, separators=(",", ":"))
        except Exception as error:  # noqa: BLE001 (it is the function's own: it fails the function)
            return _failure(type(error).__name__, str(error), traceback.format_tb(error.__traceback__))
        if len(written) > DATA_CHARACTERS:
            return _failure("ResultTooLarge", f"the result has {len(written)} characters", ())
        return LambdaOutcome(result=written)

    def close(self) -> None:
        """Call no more; what runs is not waited for."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


def _failure(error_type: str, message: str, stack: tuple[str, ...] | list[str]) -> LambdaOutcome:
    details = json.dumps({"errorMessage": message, "errorType": error_type, "stackTrace": list(stack)})
    return LambdaOutcome(is_failure=True, reason=error_type[:REASON_CHARACTERS], details=details[:DATA_CHARACTERS])
