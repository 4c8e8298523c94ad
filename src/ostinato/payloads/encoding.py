"""Python values -> JSON text.

The rules, where JSON leaves a choice:

- The text is compact, dicts and fields keep their order, and sets are sorted: the same value gives the same text in
  every process.
- NaN and the infinities are refused, as JSON has no word for them. `Decimal("NaN")` is a text and goes through.
- A key that is not a string is written as its text, `{1: "a"}` as `{"1":"a"}`; the annotation `dict[int, str]` reads it
  back. Two keys of one text are refused, as one of them would be lost.
- A time with an offset that is not of whole minutes is refused: ISO 8601 would move the moment.
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# Values of any type are taken apart here.

import copy
import dataclasses
import inspect
import math
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from typing import Any
from uuid import UUID

import msgspec

from ostinato.errors import PayloadError
from ostinato.payloads.messages import is_message, write_message

_PLAIN: AbstractSet[type] = frozenset({str, int, bool, type(None), bytes, date, timedelta, Decimal, UUID})
"""Types whose values msgspec writes exactly, whatever they are."""

_EXPECTED = "a value that JSON can hold"
_HINT = "Pass a dataclass, a msgspec Struct, a pydantic model, or plain numbers, strings, lists and dicts"


def encode(value: object, path: str) -> str:
    """The value as compact JSON; `path` is what error messages call it.

    Raises:
        PayloadError: some part of it cannot be written as JSON; the message has the path of that part.
    """
    try:
        return _encode(value, path)
    except RecursionError:
        raise PayloadError(
            found="a value that contains itself, or is nested too deeply",
            expected=_EXPECTED,
            where=path,
            hint="Pass ids in place of the objects",
        ) from None


def _encode(value: object, path: str) -> str:
    try:
        settled = value if _is_exact(value) else _settled(value, path)
        return _ENCODER.encode(settled).decode()
    except (TypeError, ValueError, OverflowError) as error:
        _settled(value, path, strict=True)
        raise PayloadError(
            found=f"a value that cannot be written: {error}", expected=_EXPECTED, where=path, hint=_HINT
        ) from error


def encode_fast(value: object) -> bytes:
    """The value as JSON, for values that are known to be writable."""
    return _ENCODER.encode(value)


def _is_exact(value: Any) -> bool:
    """Whether msgspec writes the value exactly and deterministically, so that it needs no second look."""
    kind: Any = type(value)
    if kind in _PLAIN:
        return True
    if kind is float:
        return math.isfinite(value)
    if kind is datetime:
        return value.tzinfo is None or value.tzinfo is UTC
    if kind is list or kind is tuple:
        return _are_exact(value)
    if kind is dict:
        return set(map(type, value)) <= {str} and _are_exact(value.values())
    if issubclass(kind, (Enum, PurePath)):
        return True
    names: tuple[str, ...] | None = _struct_fields(kind)
    return names is not None and _are_exact([getattr(value, name, None) for name in names])


def _are_exact(values: Collection[Any]) -> bool:
    kinds = set(map(type, values))
    return kinds <= _PLAIN or all(map(_is_exact, values))


@lru_cache(maxsize=1024)
def _struct_fields(kind: Any) -> tuple[str, ...] | None:
    """The names of a msgspec struct's or dataclass's fields; None for other types."""
    if issubclass(kind, msgspec.Struct):
        names: tuple[str, ...] = kind.__struct_fields__
        return names
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return None


def _settled(value: Any, path: str, *, strict: bool = False) -> Any:
    """The value with its sets sorted and every part of it proven writable."""
    if not strict and _is_exact(value):
        return value
    if is_message(type(value)):  # some say that they are mappings
        return _checked(value, path)
    match value:
        case Enum():
            return value
        case float() if not math.isfinite(value):
            raise _unwritable(value, path, expected="a finite number", hint="Pass None, or the number as a string")
        case datetime() | time() if not _has_exact_offset(value):
            raise _unwritable(value, path, expected="an offset of whole minutes", hint="Pass the time in UTC")
        case Mapping():
            return _settled_mapping(value, path, strict=strict)
        case set() | frozenset():
            return _sorted([_settled(item, f"{path}{{...}}", strict=strict) for item in value])
        case list() | tuple():
            return [_settled(item, f"{path}[{index}]", strict=strict) for index, item in enumerate(value)]
        case _:
            return _settled_object(value, path, strict=strict)


def _settled_mapping(value: Mapping[Any, Any], path: str, *, strict: bool) -> dict[Any, Any]:
    texts = [_key_text(key, path) for key in value]
    if len(set(texts)) < len(texts):
        raise PayloadError(
            found="two keys with the same text", expected="keys that differ", where=path, hint="Use keys of one type"
        )
    return {
        text: _settled(item, f"{path}[{key!r}]", strict=strict)
        for text, (key, item) in zip(texts, value.items(), strict=True)
    }


def _key_text(key: Any, path: str) -> str:
    if isinstance(key, float) and not math.isfinite(key):
        raise _unwritable(key, f"a key of {path}", expected="a finite number", hint="Use another key")
    try:
        (text,) = msgspec.json.decode(_ENCODER.encode({key: None}))
    except (TypeError, ValueError):
        raise _unwritable(
            key,
            f"a key of {path}",
            expected="a string, number, date, UUID or enum that UTF-8 can hold",
            hint="Pass a list of pairs in place of the dict",
        ) from None
    else:
        return str(text)


def _settled_object(value: Any, path: str, *, strict: bool) -> Any:
    """Structs and dataclasses field by field; attrs' as a dict, as msgspec would pass over their private fields."""
    kind: Any = type(value)
    attributes = getattr(kind, "__attrs_attrs__", None)
    names = _struct_fields(kind) or () if attributes is None else [attribute.name for attribute in attributes]
    held = {name: getattr(value, name) for name in names if hasattr(value, name)}
    if not held:
        return _checked(value, path)
    settled = {name: _settled(item, f"{path}.{name}", strict=strict) for name, item in held.items()}
    if not issubclass(kind, msgspec.Struct):
        return settled
    twin = copy.copy(value)
    for name, item in settled.items():
        if item is not held[name]:
            msgspec.structs.force_setattr(twin, name, item)
    return twin


def _checked(value: object, path: str) -> object:
    """The value, which has no parts, if it can be written."""
    try:
        _ENCODER.encode(value)
    except (TypeError, ValueError, OverflowError) as error:
        says_more = isinstance(error, ValueError)
        raise _unwritable(
            value, path, expected=f"{_EXPECTED} ({error})" if says_more else _EXPECTED, hint=_hint_for(value)
        ) from (error if says_more else None)
    return value


def _hint_for(value: object) -> str:
    if hasattr(value, "add_done_callback"):
        return "It is a future: wait for its result, by future.result() or `await future`"
    if inspect.isawaitable(value):
        return "Await it"
    return "Make it a list" if hasattr(value, "__iter__") else _HINT


def _unwritable(value: object, path: str, *, expected: str, hint: str) -> PayloadError:
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    shown = f"{value!r}, a {name}" if isinstance(value, (float, datetime, time)) else f"a value of type {name}"
    return PayloadError(found=shown, expected=expected, where=path, hint=hint)


def _has_exact_offset(value: datetime | time) -> bool:
    offset = value.utcoffset()
    return offset is None or offset % timedelta(minutes=1) == timedelta(0)


def _sorted(items: list[Any]) -> list[Any]:
    """A set's items, in the same order whatever the seed of Python's hashes."""
    if {type(item) for item in items} in ({str}, {int}):
        return sorted(items)
    return sorted(items, key=_ENCODER.encode)


def encode_other(value: Any) -> Any:
    """What msgspec does not write by itself: paths, models of pydantic's and protobuf's, subclasses of built-ins."""
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if is_message(type(value)):
        return write_message(value)
    serializer = getattr(type(value), "__pydantic_serializer__", None)
    if serializer is None:
        raise TypeError("it is of an unknown type")
    return serializer.to_python(value, mode="json", by_alias=True, round_trip=True)


_ENCODER = msgspec.json.Encoder(enc_hook=encode_other)
