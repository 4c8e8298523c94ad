"""`PickleConverter`: Python's pickles, for those who ask for them."""

import pickle  # used only where an author constructs the converter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ostinato.errors import PayloadError
from ostinato.payloads.converter import Arguments, JsonConverter
from ostinato.payloads.failures import ErrorDetails, Failure
from ostinato.payloads.signatures import signature_of
from ostinato.payloads.wrapping import unwrap, wrap

_NAME = "__pickle"
_PROTOCOL = 5
_JSON = JsonConverter()


class PickleConverter:
    """Python's pickles, in Base64.

    Warning: whoever can start an execution, send a result, or write to the store can have any code run by who reads
    it. Use it only where you trust all of them. It is used where it is constructed and given to `Payloads`, and nowhere
    else: other converters never read pickles, whatever a text says of itself.

    A pickle is read with the classes of the code that reads it: change these only so that old pickles can be read. Sets
    of strings are pickled in another order by each process; do not pass them to what is found again by its arguments.
    Texts that are no pickles are read as JSON: those of tools, and what was written before. Failures stay JSON.
    """

    def dump_arguments(self, args: Sequence[object], kwargs: Mapping[str, object], /) -> str:
        """The arguments of a call as an input.

        Raises:
            PayloadError: one of them cannot be pickled.
        """
        return _pickled((tuple(args), dict(kwargs)), "the arguments")

    def load_arguments(self, text: str | None, function: Callable[..., object], /) -> Arguments:
        """The arguments that an input holds, as they were; annotations do not matter.

        Raises:
            PayloadError: they cannot be read, or are too many, too few, or of other names.
        """
        data = None if text is None else unwrap(_NAME, text)
        if data is None:
            return _JSON.load_arguments(text, function)
        signature = signature_of(function)
        args, kwargs = _unpickled(data, f"{signature.name}()")
        signature.check_call(args, kwargs)
        return Arguments(args, kwargs)

    def dump(self, value: object, /) -> str:
        """The value as text.

        Raises:
            PayloadError: it cannot be pickled.
        """
        return _pickled(value, "the value")

    def load(self, text: str | None, as_type: Any, /) -> Any:
        """The value that the text holds, as it was; None if there is no text.

        Raises:
            PayloadError: it cannot be read.
        """
        data = None if text is None else unwrap(_NAME, text)
        return _JSON.load(text, as_type) if data is None else _unpickled(data, "value")

    def dump_failure(self, error: BaseException, /) -> Failure:
        """The exception as SWF keeps it, in JSON."""
        return _JSON.dump_failure(error)

    def load_failure(self, reason: str | None, details: str | None, /) -> ErrorDetails:
        """What the failure tells of its exception."""
        return _JSON.load_failure(reason, details)


def _pickled(value: object, where: str) -> str:
    try:
        return wrap(_NAME, pickle.dumps(value, _PROTOCOL))
    except Exception as error:  # pickling runs the author's code
        raise PayloadError(
            found=f"a value that cannot be pickled: {error}", expected="what pickle takes", where=where
        ) from error


def _unpickled(data: bytes, where: str) -> Any:
    try:
        return pickle.loads(data)  # noqa: S301  # the author asked for it
    except Exception as error:  # unpickling runs anybody's code
        raise PayloadError(found=f"a pickle that cannot be read: {error}", where=where) from error
