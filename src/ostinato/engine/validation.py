"""Whether a request keeps SWF's bounds, told in the words of the service.

It looks at the request alone: never at a domain, an execution or a clock. What each member may hold comes from the
model's types, read once for each class. A request is first only walked through; the words are found when that fails.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NoReturn, Protocol, cast

import msgspec
from msgspec import inspect

from ostinato.engine.constraints import (
    Rule,
    all_of,
    at_least,
    at_most,
    malformed,
    not_above,
    not_below,
    rule_for,
)
from ostinato.errors import SerializationException, ValidationException
from ostinato.model import decisions as d
from ostinato.model import operations as o
from ostinato.model.limits import DECISIONS_PER_RESPONSE
from ostinato.model.structures import ExecutionTimeFilter, Structure
from ostinato.model.violations import MISSING, Violation, refusal
from ostinato.model.wire import attributes_key

_ENDLESS = 2**63


def check(operation: o.Operation[Any]) -> None:
    """Refuse a request that is out of bounds.

    Raises:
        ValidationException: it is; the message names every member that is, as the service does.
        SerializationException: a member is not of its type.
    """
    shape = _shape(type(operation))
    try:
        is_fine = shape.accepts(operation)
    except (TypeError, AttributeError):
        is_fine = False
    if not is_fine:
        raise refusal(list(shape.violations(operation, "")))
    rule = _WHOLE.get(type(operation))
    if rule is not None:
        rule(operation)


class Kind(Protocol):
    """What a member may hold."""

    def accepts(self, value: Any, /) -> bool:
        """Whether the value may stand here; raises TypeError or AttributeError, or says yes, if its type is wrong."""
        ...

    def violations(self, value: object, path: str, /) -> Iterator[Violation]:
        """What is wrong with the value, which stands at that path."""
        ...


class Text(msgspec.Struct, frozen=True):
    """A text."""

    shortest: int
    longest: int
    rule: Rule | None

    def accepts(self, value: str) -> bool:
        """Whether the text may stand here."""
        return (
            self.shortest <= len(value) <= self.longest
            and (value.isascii() or not malformed(value))
            and (self.rule is None or self.rule(value) is None)
        )

    def violations(self, value: object, path: str) -> Iterator[Violation]:
        """What is wrong with the text."""
        if not isinstance(value, str):
            _refuse_type("a string", value, path)
        if broken := malformed(value):
            yield Violation(path, ascii(value), broken)
        elif not self.shortest <= len(value) <= self.longest:
            yield Violation(
                path, value, at_most(self.longest) if len(value) > self.longest else at_least(self.shortest)
            )
        elif broken := self.rule and self.rule(value):
            yield Violation(path, value, broken)

    def constraints(self) -> list[str]:
        """All that is asked of its length."""
        return [at_most(self.longest)] + ([at_least(self.shortest)] if self.shortest else [])


class Number(msgspec.Struct, frozen=True):
    """A whole number."""

    least: int
    most: int

    def accepts(self, value: int) -> bool:
        """Whether the number may stand here."""
        return self.least <= value <= self.most

    def violations(self, value: object, path: str) -> Iterator[Violation]:
        """What is wrong with the number."""
        if not isinstance(value, int):
            _refuse_type("a whole number", value, path)
        if not self.accepts(value):
            yield Violation(path, str(value), not_above(self.most) if value > self.most else not_below(self.least))


class Texts(msgspec.Struct, frozen=True):
    """A list of texts."""

    longest: int
    member: Text

    def accepts(self, value: Sequence[str]) -> bool:
        """Whether the list may stand here."""
        # A text is a sequence of texts too, and easily given where a list is meant.
        return not isinstance(value, str) and len(value) <= self.longest and all(map(self.member.accepts, value))

    def violations(self, value: object, path: str) -> Iterator[Violation]:
        """What is wrong with the list; the service names the list where a member of it is wrong."""
        texts = _sequence(value, path)
        wrong = [v for place, text in enumerate(texts, 1) for v in self.member.violations(text, _inside(path, place))]
        shown = f"[{', '.join(map(str, texts))}]"
        if len(texts) > self.longest:
            yield Violation(path, shown, at_most(self.longest))
        if wrong:
            yield Violation(path, shown, all_of(self.member.constraints()))


class Nested(msgspec.Struct, frozen=True):
    """A structure."""

    cls: type[Structure]

    def accepts(self, value: Structure) -> bool:
        """Whether the structure may stand here."""
        return _shape(self.cls).accepts(value)

    def violations(self, value: object, path: str) -> Iterator[Violation]:
        """What is wrong with the structure."""
        if not isinstance(value, self.cls):
            _refuse_type(f"a structure ({self.cls.__name__})", value, path)
        yield from _shape(self.cls).violations(value, f"{path}.")


class Structures(msgspec.Struct, frozen=True):
    """A list of structures, of one class or of several."""

    longest: int

    def accepts(self, value: Sequence[Structure]) -> bool:
        """Whether the list may stand here."""
        return len(value) <= self.longest and all(_shape(type(each)).accepts(each) for each in value)

    def violations(self, value: object, path: str) -> Iterator[Violation]:
        """What is wrong with the list."""
        structures = _sequence(value, path)
        if len(structures) > self.longest:
            yield Violation(path, f"[{len(structures)} members]", at_most(self.longest))
        for place, each in enumerate(structures, 1):
            inside = _inside(path, place)
            if not isinstance(each, Structure):
                _refuse_type("a structure", each, inside)
            if isinstance(each, d.Decision):
                inside = f"{inside}.{attributes_key(type(each).__name__, 'DecisionAttributes')}"
            yield from _shape(type(each)).violations(each, f"{inside}.")


class Anything(msgspec.Struct, frozen=True):
    """A word, a time or a truth value: whatever is of the right type is fine."""

    types: tuple[type, ...]

    def accepts(self, value: object) -> bool:
        """Whether the value may stand here."""
        return isinstance(value, self.types)

    def violations(self, value: object, path: str) -> Iterator[Violation]:
        """What is wrong with the value: its type, if anything."""
        if not isinstance(value, self.types):
            _refuse_type(" or ".join(cls.__name__ for cls in self.types), value, path)
        return iter(())


class Member(msgspec.Struct, frozen=True):
    """A member of a structure."""

    name: str
    wire_name: str
    is_required: bool
    kind: Kind


class Shape(msgspec.Struct, frozen=True):
    """The members of a class, in their order."""

    members: tuple[Member, ...]
    walk: tuple[tuple[str, bool, Callable[[Any], bool]], ...]
    """What `accepts` needs of each member; to unpack it is quicker than to ask the member, and every request does."""

    def accepts(self, value: Structure) -> bool:
        """Whether the structure keeps every bound; it may raise TypeError or AttributeError if a type is wrong."""
        for name, is_required, accepts in self.walk:
            held = getattr(value, name)
            if held is None:
                if is_required:
                    return False
            elif not accepts(held):
                return False
        return True

    def violations(self, value: Structure, prefix: str) -> Iterator[Violation]:
        """What is wrong with the structure, whose members' paths begin so."""
        for member in self.members:
            held = getattr(value, member.name)
            if held is not None:
                yield from member.kind.violations(held, prefix + member.wire_name)
            elif member.is_required:
                yield Violation(prefix + member.wire_name, None, MISSING)


@cache
def _shape(cls: type[Structure]) -> Shape:
    members = tuple(_member(cls, field) for field in msgspec.structs.fields(cls))
    return Shape(members, tuple((member.name, member.is_required, member.kind.accepts) for member in members))


def _member(owner: type[Structure], field: msgspec.structs.FieldInfo) -> Member:
    kind = _kind(inspect.type_info(field.type), owner, field.name)
    return Member(field.name, field.encode_name, field.required, kind)


def _kind(info: inspect.Type, owner: type[Structure], field: str) -> Kind:
    match info:
        case inspect.UnionType(types=types):
            (only,) = (each for each in types if not isinstance(each, inspect.NoneType))
            return _kind(only, owner, field)
        case inspect.StrType(min_length=shortest, max_length=longest):
            return Text(shortest or 0, _ENDLESS if longest is None else longest, rule_for(owner, field))
        case inspect.IntType(ge=least, le=most):
            return Number(-_ENDLESS if least is None else least, _ENDLESS if most is None else most)
        case inspect.VarTupleType(item_type=inspect.StrType() as item, max_length=longest):
            return Texts(longest or _ENDLESS, Text(item.min_length or 0, item.max_length or _ENDLESS, None))
        case inspect.VarTupleType(max_length=longest):
            return Structures(DECISIONS_PER_RESPONSE if field == "decisions" else longest or _ENDLESS)
        case inspect.StructType(cls=cls) if issubclass(cls, Structure):
            return Nested(cls)
        case inspect.EnumType(cls=cls):
            return Anything((cls,))
        case inspect.BoolType():
            return Anything((bool,))
        case inspect.FloatType():
            return Anything((float, int))
        case _:
            raise AssertionError(f"{owner.__name__}.{field}: no member of a request is {info}")


def _sequence(value: object, path: str) -> Sequence[object]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        _refuse_type("a list", value, path)
    return cast("Sequence[object]", value)


def _inside(path: str, place: int) -> str:
    return f"{path}.{place}.member"


def _refuse_type(expected: str, value: object, path: str) -> NoReturn:
    raise SerializationException(f"Expected {expected} at '{path}', found {type(value).__name__}")


def _check_closed_filters(operation: o.ListClosedWorkflowExecutions | o.CountClosedWorkflowExecutions) -> None:
    _check_time_filters(operation.start_time_filter, operation.close_time_filter)
    _check_filters(
        closeStatusFilter=operation.close_status_filter,
        executionFilter=operation.execution_filter,
        typeFilter=operation.type_filter,
        tagFilter=operation.tag_filter,
    )


def _check_open_filters(operation: o.ListOpenWorkflowExecutions | o.CountOpenWorkflowExecutions) -> None:
    _check_filters(
        executionFilter=operation.execution_filter,
        typeFilter=operation.type_filter,
        tagFilter=operation.tag_filter,
    )


def _check_time_filters(start: ExecutionTimeFilter | None, close: ExecutionTimeFilter | None) -> None:
    if start is None and close is None:
        raise ValidationException("Must specify time filter: one of startTimeFilter, closeTimeFilter")
    if start is not None and close is not None:
        raise ValidationException(
            "Cannot specify more than one exclusive filters in the same query: [startTimeFilter, closeTimeFilter]"
        )


def _check_filters(**filters: Structure | None) -> None:
    given = [name for name, value in filters.items() if value is not None]
    if len(given) > 1:
        raise ValidationException(
            f"Cannot specify more than one exclusive filters in the same query: [{', '.join(given)}]"
        )


def _check_close_comes_last(operation: o.RespondDecisionTaskCompleted) -> None:
    for decision in (operation.decisions or ())[:-1]:
        if isinstance(decision, _CLOSING):
            raise ValidationException("Close must be last decision in list")


_CLOSING = (
    d.CompleteWorkflowExecution,
    d.FailWorkflowExecution,
    d.CancelWorkflowExecution,
    d.ContinueAsNewWorkflowExecution,
)

_WHOLE: Mapping[type[Structure], Callable[[Any], None]] = {
    o.ListClosedWorkflowExecutions: _check_closed_filters,
    o.CountClosedWorkflowExecutions: _check_closed_filters,
    o.ListOpenWorkflowExecutions: _check_open_filters,
    o.CountOpenWorkflowExecutions: _check_open_filters,
    o.RespondDecisionTaskCompleted: _check_close_comes_last,
}
"""What no single member says."""
