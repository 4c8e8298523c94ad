"""JSON text -> Python values, by type.

A type is anything that may stand in an annotation. What JSON cannot tell apart is told apart by the type: with `Any` a
datetime stays the string that it was written as, a set and a tuple stay lists, a dataclass stays a dict.

msgspec takes no unions of types that look alike in JSON (two dataclasses, `str | datetime`). Those are read here: the
value is that of the first member that reads it and writes all of it again, else of the first that reads it, `str` last.
A union of this kind within a dataclass's or struct's field is refused, with msgspec's words.
"""

import re
import types
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import PurePath
from typing import Any, NamedTuple, Union, get_args, get_origin

import msgspec

from ostinato.errors import PayloadError
from ostinato.payloads.encoding import encode_fast
from ostinato.payloads.messages import is_message, read_message

Decode = Callable[[str | bytes | msgspec.Raw], object]
"""From JSON to a value; raises msgspec.ValidationError."""


@lru_cache(maxsize=4096)
def decoder(as_type: Any) -> Decode:
    """What reads JSON as that type.

    Raises:
        TypeError: no value of that type can be read from JSON.
    """
    try:
        return msgspec.json.Decoder(as_type, dec_hook=decode_other).decode
    except TypeError:
        simpler = readable(as_type)
        if simpler is as_type:
            raise
        return msgspec.json.Decoder(simpler, dec_hook=decode_other).decode


def decode(text: str, as_type: Any, where: str) -> object:
    """The value that the JSON text says; `where` is what error messages call it.

    Text that is not JSON is a foreign worker's; it is given as it is where a string will do.

    Raises:
        PayloadError: the text does not hold a value of that type.
    """
    try:
        return find_decoder(as_type, where)(text)
    except msgspec.ValidationError as error:
        raise _misfit(str(error), where) from error
    except msgspec.DecodeError as error:
        if as_type is Any or as_type is str or as_type is object:
            return text
        raise PayloadError(
            found=f"text that is not JSON ({error})", expected=f"`{describe(as_type)}`", where=where
        ) from error
    except RecursionError:
        raise too_deep(where) from None


def find_decoder(as_type: Any, where: str) -> Decode:
    """What reads JSON as that type.

    Raises:
        PayloadError: no value of that type can be read from JSON.
    """
    try:
        return decoder(as_type)
    except TypeError as error:
        raise PayloadError(
            found=f"the type {describe(as_type)}",
            expected=f"one that can be read from JSON ({error})",
            where=where,
            hint="Annotate with another type",
        ) from error


def decode_raw(data: msgspec.Raw, read: Decode, where: str) -> object:
    """The value that the decoder reads from JSON.

    Raises:
        PayloadError: the JSON does not hold a value of the decoder's type.
    """
    try:
        return read(data)
    except msgspec.ValidationError as error:
        raise _misfit(str(error), where) from error


def too_deep(where: str) -> PayloadError:
    """The error of JSON that would overflow the stack."""
    return PayloadError(found="JSON that is nested too deeply", where=where)


def describe(as_type: Any) -> str:
    """The type as an author would write it."""
    return as_type.__qualname__ if isinstance(as_type, type) and not get_args(as_type) else str(as_type)


_MISFIT = re.compile(
    r"(?:Expected (?P<expected>.*), got (?P<found>.*?)|(?P<other>.*?))(?: - at `\$(?P<path>.*)`)?", re.DOTALL
)


def _misfit(message: str, where: str) -> PayloadError:
    """The error of a value that is not of the type, from msgspec's message: "Expected `int`, got `str` - at `$.x`"."""
    match = _MISFIT.fullmatch(message)
    parts = match.groupdict("") if match else {}
    return PayloadError(
        found=parts.get("found") or parts.get("other") or message,
        expected=parts.get("expected", ""),
        where=where + parts.get("path", ""),
    )


def decode_other(as_type: Any, value: Any) -> Any:
    """What msgspec does not read by itself: paths, models of pydantic's and protobuf's, unions of like types."""
    members = getattr(as_type, "__ostinato_members__", None)
    if members is not None:
        return _decode_union(members, value)
    if isinstance(as_type, type) and issubclass(as_type, PurePath) and isinstance(value, str):
        return as_type(value)
    validator: Any = getattr(as_type, "__pydantic_validator__", None)  # pyright: ignore[reportUnknownArgumentType]
    if validator is not None:
        return validator.validate_json(encode_fast(value))
    if is_message(as_type):
        return read_message(as_type, value)
    if get_origin(as_type) is Iterable:
        return decoder(list[get_args(as_type)])(encode_fast(value))  # type: ignore[misc]  # a type made at run time
    if isinstance(as_type, type) and isinstance(value, as_type):
        return value
    raise ValueError(f"Expected `{describe(as_type)}`, got `{type(value).__name__}`")


def readable(as_type: Any) -> Any:
    """The type with every union that msgspec refuses replaced by a type that `decode_other` reads."""
    arguments = get_args(as_type)
    if not arguments:
        return as_type
    if get_origin(as_type) in (Union, types.UnionType):
        return _union(arguments)
    simpler = tuple(readable(argument) for argument in arguments)
    origin = get_origin(as_type)
    return as_type if simpler == arguments or origin is None else origin[simpler]


class _AnyInstance(type):
    """The class of types that take every value for their own, as msgspec asks them after `decode_other`."""

    def __instancecheck__(cls, instance: object) -> bool:
        return True


def _union(members: tuple[Any, ...]) -> Any:
    in_order = sorted(members, key=lambda member: member is str)
    return _AnyInstance("Union", (), {"__ostinato_members__": tuple(in_order)})


class _Candidate(NamedTuple):
    value: object


def _decode_union(members: tuple[Any, ...], value: object) -> object:
    data = encode_fast(value)
    first: _Candidate | None = None
    for member in members:
        if first is not None and member is str:
            break
        try:
            candidate = decoder(member)(data)
        except (TypeError, ValueError):
            continue
        if _says(candidate, value):
            return candidate
        first = first or _Candidate(candidate)
    if first is None:
        wanted = " | ".join(describe(member) for member in members)
        raise ValueError(f"Expected `{wanted}`, got `{type(value).__name__}`")
    return first.value


def _says(candidate: object, value: object) -> bool:
    """Whether the candidate, written as JSON, says all that the value says."""
    written = msgspec.json.decode(encode_fast(candidate))
    if isinstance(written, dict) and isinstance(value, dict):
        return {**written, **value} == written
    return bool(written == value)
