"""Lambda functions: Python functions that stand in for Amazon's, called in threads of their own."""

import json
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from ostinato.engine.constraints import malformed
from ostinato.engine.rules.lambdas import LambdaOutcome
from ostinato.model.limits import DATA_CHARACTERS, REASON_CHARACTERS

LambdaFunction = Callable[[str | None], object]
"""What is called with the input's text; it gives text, or something that JSON can say."""

_THREADS = 8
_PAUSE_SECONDS = 1.0

_SHORT_CHARACTERS = DATA_CHARACTERS // 16
"""Of a message that has to be cut: JSON takes up to twelve characters for one."""


class LambdaFunctions:
    """The functions that stand in for Amazon Lambda's.

    Args:
        functions: each by the name that decisions give it.
    """

    def __init__(self, functions: Mapping[str, LambdaFunction]) -> None:
        self._functions = dict(functions)
        self._threads: ThreadPoolExecutor | None = None
        self._closed = Event()

    @property
    def is_closed(self) -> bool:
        """Whether no function is called any more."""
        return self._closed.is_set()

    def pause(self) -> None:
        """Wait a moment, or until the close."""
        self._closed.wait(_PAUSE_SECONDS)

    def invoke(self, name: str, text: str | None, ended: Callable[[LambdaOutcome], None]) -> None:
        """Call a function; how that ended is told to `ended`, from another thread. After the close it is not called."""
        if self.is_closed:
            return
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
        except BaseException as error:  # noqa: BLE001 (it is the function's own: it fails the function)
            return _failure(type(error).__name__, _message(error), traceback.format_tb(error.__traceback__))
        if len(written) > DATA_CHARACTERS:
            return _failure("ResultTooLarge", f"the result has {len(written)} characters", ())
        if malformed(written):
            return _failure("MalformedResult", "the result is not well-formed Unicode text", ())
        return LambdaOutcome(result=written)

    def close(self) -> None:
        """Call no more; what runs is not waited for."""
        self._closed.set()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 (so is this)
        return "<an exception that cannot be written down>"


def _failure(error_type: str, message: str, stack: tuple[str, ...] | list[str]) -> LambdaOutcome:
    kind = error_type[:REASON_CHARACTERS]
    details = _details(kind, message, stack)
    if len(details) > DATA_CHARACTERS:
        details = _details(kind, message[:_SHORT_CHARACTERS], ())
    return LambdaOutcome(is_failure=True, reason=kind, details=details)


def _details(error_type: str, message: str, stack: tuple[str, ...] | list[str]) -> str:
    return json.dumps({"errorMessage": message, "errorType": error_type, "stackTrace": list(stack)})
