"""The seam between Python values and the text that SWF carries, and its default: JSON by the functions' annotations."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from ostinato.payloads import failures
from ostinato.payloads.decoding import decode, too_deep
from ostinato.payloads.encoding import encode
from ostinato.payloads.failures import ErrorDetails, Failure
from ostinato.payloads.signatures import signature_of


class Arguments(msgspec.Struct, frozen=True):
    """The arguments of a call."""

    args: tuple[object, ...] = ()
    kwargs: dict[str, object] = {}  # msgspec makes a new one for each


class Converter(Protocol):
    """Turns values into text and back. Safe to use from several threads."""

    def dump_arguments(self, args: Sequence[object], kwargs: Mapping[str, object], /) -> str:
        """The arguments of a call as an input.

        Raises:
            PayloadError: one of them cannot become text.
        """
        ...

    def load_arguments(self, text: str | None, function: Callable[..., object], /) -> Arguments:
        """The arguments that an input holds, as the function's annotations want them.

        Raises:
            PayloadError: they do not fit the function.
        """
        ...

    def dump(self, value: object, /) -> str:
        """The value as text.

        Raises:
            PayloadError: it cannot become text.
        """
        ...

    def load(self, text: str | None, as_type: Any, /) -> Any:
        """The value that the text holds; None if there is no text.

        Raises:
            PayloadError: it does not hold a value of that type.
        """
        ...

    def dump_failure(self, error: BaseException, /) -> Failure:
        """The exception as SWF keeps it."""
        ...

    def load_failure(self, reason: str | None, details: str | None, /) -> ErrorDetails:
        """What the failure tells of its exception."""
        ...


class _Envelope(msgspec.Struct):
    """An input as simpleflow and Ostinato write it; members of other names are passed over."""

    args: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET
    kwargs: dict[str, msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET


class _Inputs(msgspec.Struct, frozen=True):
    """The arguments in an input, not read yet."""

    args: list[msgspec.Raw]
    kwargs: dict[str, msgspec.Raw]


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _split(text: str) -> _Inputs:
    """The arguments in an input of any form."""
    if not text:
        return _Inputs([], {})
    try:
        envelope = _ENVELOPE.decode(text)
    except msgspec.ValidationError:
        return _split_foreign(text)
    except msgspec.DecodeError:
        return _Inputs([msgspec.Raw(msgspec.json.encode(text))], {})
    if envelope.args is msgspec.UNSET and envelope.kwargs is msgspec.UNSET:
        return _Inputs([], _OBJECT.decode(text))
    return _Inputs(envelope.args or [], envelope.kwargs or {})


def _split_foreign(text: str) -> _Inputs:
    match text.lstrip()[0]:
        case "[":
            return _Inputs(_LIST.decode(text), {})
        case "{":
            return _Inputs([], _OBJECT.decode(text))
        case _:
            return _Inputs([msgspec.Raw(text)], {})


class JsonConverter:
    """JSON, by the annotations of functions; `encoding` and `decoding` say how values are written and read."""

    def dump_arguments(self, args: Sequence[object], kwargs: Mapping[str, object], /) -> str:
        """The arguments as `{"args": [...], "kwargs": {...}}`.

        Raises:
            PayloadError: one of them cannot be written as JSON; the message has its path, as in `args[0].items[2]`.
        """
        return f'{{"args":{encode(args, "args")},"kwargs":{encode(kwargs, "kwargs")}}}'

    def load_arguments(self, text: str | None, function: Callable[..., object], /) -> Arguments:
        """The arguments that an input holds, each converted by its parameter's annotation.

        An input is `{"args": [...], "kwargs": {...}}`; inputs of foreign origin are taken too: a list is the positional
        arguments, another object the keyword arguments, any other value or text the one argument.

        Raises:
            PayloadError: they do not fit the function; the message names the function and the parameter.
        """
        signature = signature_of(function)
        try:
            inputs = _split(text or "")
            signature.check_call(inputs.args, inputs.kwargs)
            return Arguments(signature.read_args(inputs.args), signature.read_kwargs(inputs.kwargs))
        except RecursionError:
            raise too_deep(f"{signature.name}()") from None

    def dump(self, value: object, /) -> str:
        """The value as JSON.

        Raises:
            PayloadError: it cannot be written as JSON; the message has the path of what cannot.
        """
        return encode(value, "value")

    def load(self, text: str | None, as_type: Any, /) -> Any:
        """The value that the JSON holds; None if there is no text.

        Text that is not JSON is a foreign worker's; it is given as it is where a string will do.

        Raises:
            PayloadError: it does not hold a value of that type.
        """
        return None if text is None else decode(text, as_type, "value")

    def dump_failure(self, error: BaseException, /) -> Failure:
        """The exception as SWF keeps it; see `failures`."""
        return failures.dump_failure(error)

    def load_failure(self, reason: str | None, details: str | None, /) -> ErrorDetails:
        """What the failure tells of its exception; see `failures`."""
        return failures.load_failure(reason, details)
