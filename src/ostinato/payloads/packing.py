"""`MsgpackConverter`: values as MessagePack, by the annotations of functions."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

import msgspec

from ostinato.errors import PayloadError
from ostinato.payloads.converter import Arguments, JsonConverter
from ostinato.payloads.decoding import Decode, decode_other, decode_raw, describe, readable
from ostinato.payloads.encoding import encode_other
from ostinato.payloads.failures import ErrorDetails, Failure
from ostinato.payloads.signatures import signature_of
from ostinato.payloads.wrapping import unwrap, wrap

_NAME = "__msgpack"
_KEPT = (bytes, bytearray, memoryview, datetime)
"""What MessagePack has a form for, and JSON has not."""

_JSON = JsonConverter()


class _Inputs(msgspec.Struct):
    args: list[msgspec.Raw] = []
    kwargs: dict[str, msgspec.Raw] = {}


_INPUTS = cast("Decode", msgspec.msgpack.Decoder(_Inputs).decode)


class MsgpackConverter:
    """MessagePack, by the annotations of functions, in Base64.

    Against JSON, it holds NaN and the infinities, bytes without an annotation, and keys that are not strings. Sets and
    dicts are sorted, so that the same value gives the same text in every process: their items and keys have to be of
    types that can be compared. Texts that are not MessagePack are
    read as JSON: those of tools, and what was written before. Failures stay JSON.
    """

    def dump_arguments(self, args: Sequence[object], kwargs: Mapping[str, object], /) -> str:
        """The arguments of a call as an input.

        Raises:
            PayloadError: one of them cannot be written as MessagePack.
        """
        return _pack({"args": list(args), "kwargs": dict(kwargs)}, "the arguments")

    def load_arguments(self, text: str | None, function: Callable[..., object], /) -> Arguments:
        """The arguments that an input holds, each converted by its parameter's annotation.

        Raises:
            PayloadError: they do not fit the function; the message names the function and the parameter.
        """
        data = None if text is None else unwrap(_NAME, text)
        if data is None:
            return _JSON.load_arguments(text, function)
        signature = signature_of(function, find_unpacker)
        inputs: _Inputs = _unpack(data, _INPUTS, f"{signature.name}()")
        signature.check_call(inputs.args, inputs.kwargs)
        return Arguments(signature.read_args(inputs.args), signature.read_kwargs(inputs.kwargs))

    def dump(self, value: object, /) -> str:
        """The value as text.

        Raises:
            PayloadError: it cannot be written as MessagePack.
        """
        return _pack(value, "the value")

    def load(self, text: str | None, as_type: Any, /) -> Any:
        """The value that the text holds; None if there is no text.

        Raises:
            PayloadError: it does not hold a value of that type.
        """
        data = None if text is None else unwrap(_NAME, text)
        return _JSON.load(text, as_type) if data is None else _unpack(data, find_unpacker(as_type, "value"), "value")

    def dump_failure(self, error: BaseException, /) -> Failure:
        """The exception as SWF keeps it, in JSON."""
        return _JSON.dump_failure(error)

    def load_failure(self, reason: str | None, details: str | None, /) -> ErrorDetails:
        """What the failure tells of its exception."""
        return _JSON.load_failure(reason, details)


def _pack(value: object, where: str) -> str:
    try:
        plain = msgspec.to_builtins(value, builtin_types=_KEPT, enc_hook=encode_other, order="deterministic")
        return wrap(_NAME, msgspec.msgpack.encode(plain))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise PayloadError(
            found=f"a value that cannot be written: {error}", expected="what MessagePack can hold", where=where
        ) from error


def _unpack(data: bytes, read: Decode, where: str) -> Any:
    try:
        return decode_raw(msgspec.Raw(data), read, where)
    except (msgspec.DecodeError, RecursionError) as error:
        raise PayloadError(found=f"bytes that are no MessagePack ({error})", where=where) from error


@lru_cache(maxsize=4096)
def _unpacker(as_type: Any) -> Decode:
    try:
        return cast("Decode", msgspec.msgpack.Decoder(as_type, dec_hook=decode_other).decode)
    except TypeError:
        return cast("Decode", msgspec.msgpack.Decoder(readable(as_type), dec_hook=decode_other).decode)


def find_unpacker(as_type: Any, where: str) -> Decode:
    """What reads MessagePack as that type.

    Raises:
        PayloadError: no value of that type can be read from it.
    """
    try:
        return _unpacker(as_type)
    except TypeError as error:
        raise PayloadError(
            found=f"the type {describe(as_type)}",
            expected=f"one that can be read from MessagePack ({error})",
            where=where,
            hint="Annotate with another type",
        ) from error
