"""Reads a request that the quick decoder would not: to find the service's words for what is wrong with it.

Members are looked at one by one. Types, missing members and unknown words are told here; bounds are not, for which
ones there are is up to whoever carries the request out.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, NoReturn, TypeVar, cast, get_args

import msgspec
from msgspec import inspect

from ostinato.errors import SerializationException
from ostinato.model.decisions import DecisionAttributes
from ostinato.model.structures import Structure
from ostinato.model.violations import MISSING, Violation, among, one_of, refusal
from ostinato.model.wire import attributes_key

Made = TypeVar("Made", bound=Structure)

DECISION_TYPES = (
    "CompleteWorkflowExecution",
    "StartTimer",
    "RequestCancelExternalWorkflowExecution",
    "SignalExternalWorkflowExecution",
    "CancelTimer",
    "RecordMarker",
    "ScheduleActivityTask",
    "ContinueAsNewWorkflowExecution",
    "ScheduleLambdaFunction",
    "FailWorkflowExecution",
    "RequestCancelActivityTask",
    "StartChildWorkflowExecution",
    "CancelWorkflowExecution",
)
"""The decision types in the order in which the service's message has them."""

_DECISIONS: Mapping[str, type[DecisionAttributes]] = {kind.__name__: kind for kind in get_args(DecisionAttributes)}
_ATTRIBUTES = {attributes_key(name, "DecisionAttributes"): kind for name, kind in _DECISIONS.items()}


def read_request(kind: type[Made], value: object) -> Made:
    """The request that parsed JSON in the service's shape says. It may be out of bounds.

    Raises:
        ValidationException: a member is missing, or a word is none of its set; the message names every such member.
        SerializationException: a member is not of its type.
    """
    if not isinstance(value, dict):
        _refuse_type("an object", value, "")
    violations: list[Violation] = []
    request = _structure(kind, cast("Mapping[str, object]", value), "", violations)
    if request is None:
        raise refusal(violations)
    return request


_Read = Callable[[object, str, list[Violation]], Any]
"""Reads a value at a path; gives None, and a violation, if there is nothing to be had from it."""


def _structure(kind: type[Made], value: Mapping[str, object], prefix: str, violations: list[Violation]) -> Made | None:
    known = len(violations)
    members: dict[str, Any] = {}
    for name, wire_name, is_required, read in _members(kind):
        held = value.get(wire_name)
        if held is not None:
            members[name] = read(held, prefix + wire_name, violations)
        elif is_required:
            violations.append(Violation(prefix + wire_name, None, MISSING))
    return kind(**members) if len(violations) == known else None


@cache
def _members(kind: type[Structure]) -> tuple[tuple[str, str, bool, _Read], ...]:
    return tuple(
        (field.name, field.encode_name, field.required, _reader(inspect.type_info(field.type)))
        for field in msgspec.structs.fields(kind)
    )


def _reader(info: inspect.Type) -> _Read:
    match info:
        case inspect.UnionType(types=types) if all(isinstance(each, inspect.StructType) for each in types):
            return _read_decision
        case inspect.UnionType(types=types):
            (only,) = (each for each in types if not isinstance(each, inspect.NoneType))
            return _reader(only)
        case inspect.VarTupleType(item_type=item):
            return _list_reader(_reader(item))
        case inspect.StructType(cls=cls):
            return _structure_reader(cast("type[Structure]", cls))
        case inspect.EnumType(cls=cls):
            return _word_reader(cls)
        case inspect.StrType():
            return _read_text
        case inspect.IntType():
            return _read_integer
        case inspect.FloatType():
            return _read_time
        case inspect.BoolType():
            return _read_truth
        case _:
            raise AssertionError(f"no member of a request is {info}")


def _structure_reader(kind: type[Structure]) -> _Read:
    def read(value: object, path: str, violations: list[Violation]) -> Structure | None:
        if not isinstance(value, dict):
            _refuse_type("a structure", value, path)
        return _structure(kind, cast("Mapping[str, object]", value), f"{path}.", violations)

    return read


def _list_reader(read_item: _Read) -> _Read:
    def read(value: object, path: str, violations: list[Violation]) -> tuple[Any, ...]:
        if not isinstance(value, list):
            _refuse_type("a list", value, path)
        items = cast("list[object]", value)
        return tuple(read_item(item, f"{path}.{place}.member", violations) for place, item in enumerate(items, 1))

    return read


def _word_reader(words: type[Enum]) -> _Read:
    def read(value: object, path: str, violations: list[Violation]) -> Enum | None:
        text = _read_text(value, path, violations)
        try:
            return words(text)
        except ValueError:
            violations.append(Violation(path, text, one_of(words)))
            return None

    return read


def _read_decision(value: object, path: str, violations: list[Violation]) -> DecisionAttributes | None:
    """The decision; attributes that its type has no use for have to be right as well, as those of the service do."""
    if not isinstance(value, dict):
        _refuse_type("a structure", value, path)
    decision = cast("Mapping[str, object]", value)
    given = decision.get("decisionType")
    decision_type = None if given is None else _read_text(given, f"{path}.decisionType", violations)
    wanted = _DECISIONS.get(decision_type or "")
    made: DecisionAttributes | None = None
    for key, kind in _ATTRIBUTES.items():
        attributes = decision.get(key)
        if attributes is not None or kind is wanted:
            read = _structure_reader(kind)({} if attributes is None else attributes, f"{path}.{key}", violations)
            made = read if kind is wanted else made
    if decision_type is None:
        violations.append(Violation(f"{path}.decisionType", None, MISSING))
    elif wanted is None:
        violations.append(Violation(f"{path}.decisionType", decision_type, among(DECISION_TYPES)))
    return made


def _read_text(value: object, path: str, _: list[Violation]) -> str:
    return value if isinstance(value, str) else _refuse_type("a string", value, path)


def _read_integer(value: object, path: str, _: list[Violation]) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else _refuse_type("a number", value, path)


def _read_time(value: object, path: str, _: list[Violation]) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(cast("float", value)) if is_number else _refuse_type("a time in seconds", value, path)


def _read_truth(value: object, path: str, _: list[Violation]) -> bool:
    return value if isinstance(value, bool) else _refuse_type("true or false", value, path)


_JSON_TYPES: Mapping[type, str] = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


def _refuse_type(expected: str, value: object, path: str) -> NoReturn:
    where = f" at '{path}'" if path else ""
    raise SerializationException(f"Expected {expected}{where}, found {_JSON_TYPES[type(value)]}")
