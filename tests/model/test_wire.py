"""Events and decisions in the service's shape, and back."""

import json
from pathlib import Path
from typing import Any, cast, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from ostinato.model import decisions, events, wire

EVENTS: tuple[type[events.HistoryEvent], ...] = get_args(events.HistoryEvent)
DECISIONS: tuple[type[decisions.DecisionAttributes], ...] = get_args(decisions.DecisionAttributes)
HISTORIES = json.loads((Path(__file__).parents[1] / "data" / "real-histories.json").read_text())["histories"]

TEXT = st.characters(exclude_categories=["Cs"])
TIMESTAMPS = st.integers(0, 4_000_000_000_000).map(lambda milliseconds: milliseconds / 1000)


def values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Values of a type of the model, within its bounds."""
    match kind:
        case inspect.StrType():
            return st.text(TEXT, min_size=kind.min_length or 0, max_size=min(kind.max_length or 20, 20))
        case inspect.IntType():
            return st.integers(kind.ge or 0, 25_000 if kind.le is None else kind.le)
        case inspect.BoolType():
            return st.booleans()
        case inspect.FloatType():
            return TIMESTAMPS
        case inspect.EnumType():
            return st.sampled_from(list(kind.cls))
        case inspect.UnionType():
            return st.one_of([values(member) for member in kind.types])
        case inspect.NoneType():
            return st.none()
        case inspect.VarTupleType():
            return st.lists(values(kind.item_type), max_size=5).map(tuple)
        case inspect.StructType():
            required = {field.name: values(field.type) for field in kind.fields if field.required}
            optional = {field.name: values(field.type) for field in kind.fields if not field.required}
            return st.fixed_dictionaries(required, optional=optional).map(lambda given_: kind.cls(**given_))
        case _:
            raise AssertionError(kind)


def as_json(value: object) -> Any:
    """The value as JSON has it: tuples are lists."""
    return json.loads(json.dumps(value))


def of(kind: type) -> st.SearchStrategy[Any]:
    return values(inspect.type_info(kind))


@pytest.mark.parametrize("history", HISTORIES, ids=[history["name"] for history in HISTORIES])
def test_real_histories_come_back_as_they_were(history: dict[str, Any]) -> None:
    """What the real service recorded is read and written without a loss or an addition."""
    for recorded in history["events"]:
        event = wire.event_from_wire(recorded)

        assert as_json(wire.event_to_wire(event)) == recorded
        assert json.loads(wire.encode_event(event)) == recorded
        assert msgspec.json.decode(msgspec.json.encode(event), type=events.HistoryEvent) == event
    assert [event.event_id for event in wire.events_from_wire(history["events"])] == list(
        range(1, len(history["events"]) + 1)
    )


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_comes_back_as_it_was(kind: type[events.HistoryEvent]) -> None:
    """Through Ostinato's own form, and through the service's; falsy values included."""

    @given(of(kind))
    def check(event: events.HistoryEvent) -> None:
        shaped = wire.event_to_wire(event)

        assert wire.event_from_wire(shaped) == event
        assert wire.event_from_wire(json.loads(wire.encode_event(event))) == event
        assert json.loads(wire.encode_event(event)) == as_json(shaped)
        assert msgspec.json.decode(msgspec.json.encode(event), type=events.HistoryEvent) == event
        assert set(shaped) - {"eventId", "eventTimestamp", "eventType"} == {
            wire.attributes_key(kind.__name__, "EventAttributes")
        }

    check()


@pytest.mark.parametrize("kind", DECISIONS)
def test_every_decision_comes_back_as_it_was(kind: type[decisions.DecisionAttributes]) -> None:
    """Through Ostinato's own form, and through the service's; falsy values included."""

    @given(of(kind))
    def check(decision: decisions.DecisionAttributes) -> None:
        shaped = wire.decision_to_wire(decision)

        assert wire.decision_from_wire(shaped) == decision
        assert msgspec.json.decode(msgspec.json.encode(decision), type=decisions.DecisionAttributes) == decision
        assert set(shaped) == {"decisionType", wire.attributes_key(kind.__name__, "DecisionAttributes")}

    check()


@given(st.one_of([of(kind) for kind in EVENTS]), st.text(TEXT))
def test_text_in_an_event_does_not_lead_its_encoding_astray(event: Any, text: str) -> None:
    """Data that looks like the end of an event is data."""
    tricky = f'{text},"eventId":1,"eventTimestamp":2.0}}'
    marker = events.MarkerRecorded(
        event_id=event.event_id,
        event_timestamp=event.event_timestamp,
        marker_name=tricky,
        decision_task_completed_event_id=event.event_id,
        details=tricky,
    )

    assert json.loads(wire.encode_event(marker)) == as_json(wire.event_to_wire(marker))


def test_members_of_a_later_version_are_passed_over() -> None:
    """SWF adds a member now and then."""
    recorded = {
        "eventId": 1,
        "eventTimestamp": 2.0,
        "eventType": "TimerCanceled",
        "later": 1,
        "timerCanceledEventAttributes": {
            "timerId": "t",
            "startedEventId": 1,
            "decisionTaskCompletedEventId": 1,
            "later": [1],
        },
    }

    assert cast("events.TimerCanceled", wire.event_from_wire(recorded)).timer_id == "t"


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"eventType": "Nothing", "eventId": 1, "eventTimestamp": 1.0},
        {"eventType": None, "eventId": 1, "eventTimestamp": 1.0},
        {"eventType": "TimerCanceled", "eventId": 1, "eventTimestamp": 1.0},
        {"eventType": "TimerCanceled", "timerCanceledEventAttributes": {"timerId": "t"}},
    ],
)
def test_what_is_no_event_is_refused(value: dict[str, Any]) -> None:
    """A foreign or broken object is told as such."""
    with pytest.raises(msgspec.ValidationError):
        wire.event_from_wire(value)


@pytest.mark.parametrize(
    "value", [{}, {"decisionType": "Nothing"}, {"decisionType": "StartTimer"}, {"decisionType": 1}]
)
def test_what_is_no_decision_is_refused(value: dict[str, Any]) -> None:
    """A foreign or broken object is told as such."""
    with pytest.raises(msgspec.ValidationError):
        wire.decision_from_wire(value)
