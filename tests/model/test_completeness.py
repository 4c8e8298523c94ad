"""The model says all that the service's published API model says, member by member, and nothing else."""

from typing import Any, get_args

import botocore.session
import msgspec
import pytest
from msgspec import inspect

from ostinato import errors
from ostinato.model import decisions, enums, events, operations

SERVICE: Any = botocore.session.get_session().get_service_model("swf")
EVENTS: tuple[type[events.Event], ...] = get_args(events.HistoryEvent)
DECISIONS: tuple[type[decisions.Decision], ...] = get_args(decisions.DecisionAttributes)
OPERATIONS: list[type[operations.Operation[Any]]] = operations.Operation.__subclasses__()

WITH_RECORDED_TAGS = (
    events.WorkflowExecutionStarted,
    events.WorkflowExecutionContinuedAsNew,
    events.StartChildWorkflowExecutionInitiated,
)
DEPARTURES = {
    event.__name__: {
        f"{event.__name__}.tagList: a list of at most 5, here None",
        f"{event.__name__}.tagList[]: string, here UnionType",
    }
    for event in WITH_RECORDED_TAGS
}
"""What is meant to be different: a history from 2016 has a null among the tags of an execution."""


def lower_first(name: str) -> str:
    return name[0].lower() + name[1:]


def shape(name: str) -> Any:
    return SERVICE.shape_for(name)


def differences(wanted: Any, found: inspect.Type, path: str) -> list[str]:
    """Where our type says something else than the service's shape."""
    if isinstance(found, inspect.Metadata):
        return differences(wanted, found.type, path)
    match wanted.type_name, found:
        case "structure", inspect.StructType():
            return structure_differences(wanted, found, path)
        case "structure", inspect.UnionType() if wanted.name in {"HistoryEvent", "Decision"}:
            return []  # the next tests compare them
        case "list", inspect.VarTupleType():
            own = bound_differences(wanted, None, found.max_length, f"{path}: a list")
            return own + differences(wanted.member, found.item_type, f"{path}[]")
        case "string", inspect.EnumType():
            words = {member.value for member in found.cls}
            return [] if words == set(wanted.enum) else [f"{path}: {sorted(words ^ set(wanted.enum))}"]
        case "string", inspect.StrType() if not wanted.enum:
            return bound_differences(wanted, found.min_length, found.max_length, path)
        case (("integer" | "long"), inspect.IntType()):
            return bound_differences(wanted, found.ge, found.le, path)
        case ("timestamp", inspect.FloatType()) | ("boolean", inspect.BoolType()):
            return []
        case _:
            return [f"{path}: {wanted.type_name}, here {type(found).__name__}"]


def bound_differences(wanted: Any, low: float | None, high: float | None, path: str) -> list[str]:
    lowest, highest = wanted.metadata.get("min") or None, wanted.metadata.get("max")
    is_wider = [f"{path} of at least {lowest}, here {low}"] if lowest != (low or None) else []
    return is_wider + ([f"{path} of at most {highest}, here {high}"] if highest != high else [])


def structure_differences(
    wanted: Any, found: inspect.StructType, path: str, without: frozenset[str] = frozenset()
) -> list[str]:
    fields = {field.encode_name: field for field in found.fields if field.encode_name not in without}
    problems = [f"{path}.{name}: on one side only" for name in sorted(fields.keys() ^ set(wanted.members))]
    for name, field in fields.items():
        if name in wanted.members:
            here = f"{path}.{name}"
            if field.required is not (name in wanted.required_members):
                problems.append(f"{here}: required is {field.required}")
            problems += differences(wanted.members[name], present(field.type), here)
    return problems


def present(kind: inspect.Type) -> inspect.Type:
    """The type of a member that is there: without the None of one that is absent."""
    if not isinstance(kind, inspect.UnionType):
        return kind
    rest = tuple(member for member in kind.types if not isinstance(member, inspect.NoneType))
    return rest[0] if len(rest) == 1 else inspect.UnionType(rest)


def struct(kind: Any) -> inspect.StructType:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return info


def test_all_events_are_there() -> None:
    """54 events, called as the service calls them, each tagged with its name, and each with an attributes member."""
    assert {event.__name__ for event in EVENTS} == set(shape("EventType").enum)
    assert len(EVENTS) == 54
    assert [struct(event).tag for event in EVENTS] == [event.__name__ for event in EVENTS]
    assert set(shape("HistoryEvent").members) == {"eventTimestamp", "eventType", "eventId"} | {
        f"{lower_first(event.__name__)}EventAttributes" for event in EVENTS
    }


def test_all_decisions_are_there() -> None:
    """13 decisions, called as the service calls them."""
    assert {decision.__name__ for decision in DECISIONS} == set(shape("DecisionType").enum)
    assert len(DECISIONS) == 13
    assert [struct(decision).tag for decision in DECISIONS] == [decision.__name__ for decision in DECISIONS]


def test_all_operations_are_there() -> None:
    """39 operations, called as the service calls them."""
    assert {operation.__name__ for operation in OPERATIONS} == set(SERVICE.operation_names)
    assert len(OPERATIONS) == 39


@pytest.mark.parametrize("event", EVENTS)
def test_events_have_the_services_members(event: type[events.Event]) -> None:
    """Names, required-ness, types, bounds and words of every attribute."""
    wanted = shape(f"{event.__name__}EventAttributes")

    found = structure_differences(wanted, struct(event), event.__name__, frozenset({"eventId", "eventTimestamp"}))

    assert set(found) == DEPARTURES.get(event.__name__, set())


@pytest.mark.parametrize("decision", DECISIONS)
def test_decisions_have_the_services_members(decision: type[decisions.Decision]) -> None:
    """Names, required-ness, types, bounds and words of every attribute."""
    wanted = shape(f"{decision.__name__}DecisionAttributes")

    assert structure_differences(wanted, struct(decision), decision.__name__) == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operations_have_the_services_members(operation: type[operations.Operation[Any]]) -> None:
    """Names, required-ness, types, bounds and words of every member of the request and of the answer."""
    wanted = SERVICE.operation_model(operation.__name__)
    (answer,) = get_args(operation.__orig_bases__[0])  # type: ignore[attr-defined]  # a generic's

    assert structure_differences(wanted.input_shape, struct(operation), operation.__name__) == []
    if wanted.output_shape is None:
        assert answer is type(None)
    else:
        (kind,) = set(get_args(answer) or [answer]) - {type(None)}
        assert structure_differences(wanted.output_shape, struct(kind), kind.__name__) == []


def test_all_faults_are_there() -> None:
    """Every fault that some operation may answer with is an exception, under the service's code."""
    wanted = {fault.name for name in SERVICE.operation_names for fault in SERVICE.operation_model(name).error_shapes}
    found = {fault.code for fault in errors.SwfFault.__subclasses__()}

    assert wanted <= found
    # These are not in the model: every service of Amazon's has them.
    assert found - wanted == {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "SerializationException",
        "ThrottlingException",
        "UnknownOperationException",
        "UnrecognizedClientException",
        "ValidationException",
    }
    assert all(fault.code == fault.__name__ for fault in errors.SwfFault.__subclasses__())


def test_every_enum_is_the_services() -> None:
    """No enum has a name that the service does not have, and each member is called what its word is."""
    kinds = [kind for kind in vars(enums).values() if isinstance(kind, type) and kind.__module__ == enums.__name__]

    assert kinds
    for kind in kinds:
        assert [member.name for member in kind] == [member.value for member in kind]  # type: ignore[attr-defined]
        assert {member.value for member in kind} == set(shape(kind.__name__).enum)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [*EVENTS, *DECISIONS, *OPERATIONS])
def test_values_are_immutable(kind: type[msgspec.Struct]) -> None:
    """No value of the model can be changed, and each says what it is."""
    assert kind.__struct_config__.frozen
    assert kind.__doc__
