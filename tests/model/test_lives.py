"""The transition tables: complete, closed, and without places that nothing leads to."""

from enum import Enum
from typing import Any, get_args

import pytest

from ostinato.errors import IllegalTransition
from ostinato.model import events, lives
from ostinato.model.fields import EventId

TABLES: dict[str, tuple[lives.Transitions[Any], Enum]] = {
    "ACTIVITY": (lives.ACTIVITY, lives.ActivityState.NEW),
    "TIMER": (lives.TIMER, lives.TimerState.NEW),
    "CHILD": (lives.CHILD, lives.ChildState.NEW),
    "EXTERNAL_SIGNAL": (lives.EXTERNAL_SIGNAL, lives.ExternalState.NEW),
    "EXTERNAL_CANCEL": (lives.EXTERNAL_CANCEL, lives.ExternalState.NEW),
    "LAMBDA": (lives.LAMBDA, lives.LambdaState.NEW),
    "DECISION_TASK": (lives.DECISION_TASK, lives.DecisionTaskState.IDLE),
    "EXECUTION": (lives.EXECUTION, lives.ExecutionState.NEW),
}

WITHOUT_LIFE: set[type[events.Event]] = {
    events.MarkerRecorded,
    events.RecordMarkerFailed,
    events.WorkflowExecutionSignaled,
    events.WorkflowExecutionCancelRequested,
    # A refused decision about something leaves it as it was.
    events.RequestCancelActivityTaskFailed,
    events.CancelTimerFailed,
    events.CompleteWorkflowExecutionFailed,
    events.FailWorkflowExecutionFailed,
    events.CancelWorkflowExecutionFailed,
    events.ContinueAsNewWorkflowExecutionFailed,
}
"""Events that change no state: they happen, and that is all."""


def test_the_list_of_tables_is_complete() -> None:
    """These tests look at every table that there is."""
    assert set(TABLES) == {name for name in vars(lives) if name.isupper() and not name.startswith("_")}


def test_every_event_belongs_to_one_life_or_to_none() -> None:
    """No event type is forgotten, and none is claimed twice."""
    claimed = [{event for exits in table.values() for event in exits} for table, _ in TABLES.values()]

    assert set().union(*claimed) == set(get_args(events.HistoryEvent)) - WITHOUT_LIFE
    assert sum(map(len, claimed)) == len(set().union(*claimed))


@pytest.mark.parametrize("name", TABLES)
def test_every_state_has_a_row_and_can_be_reached(name: str) -> None:
    """A table has a row for each state, and from the first state a way to each."""
    table, first = TABLES[name]

    reached, edge = {first}, [first]
    while edge:
        following = set(table[edge.pop()].values()) - reached
        reached |= following
        edge += following

    assert set(table) == set(type(first)) == reached


@pytest.mark.parametrize("name", [name for name in TABLES if name != "DECISION_TASK"])
def test_what_is_closed_stays_closed(name: str) -> None:
    """CLOSED has no exits, and every other state has some."""
    table, first = TABLES[name]

    assert [state for state, exits in table.items() if not exits] == [type(first)["CLOSED"]]


def test_advance_takes_the_transition() -> None:
    """An event in the table leads to the state that the table says."""
    event = events.TimerFired(event_id=EventId(7), event_timestamp=1.0, timer_id="t", started_event_id=EventId(5))

    assert lives.advance(lives.TIMER, lives.TimerState.STARTED, event) is lives.TimerState.CLOSED


def test_advance_refuses_what_the_table_does_not_have() -> None:
    """The error names the state, the event, its id, and what could have followed."""
    event = events.TimerFired(event_id=EventId(7), event_timestamp=1.0, timer_id="t", started_event_id=EventId(5))

    with pytest.raises(IllegalTransition) as caught:
        lives.advance(lives.TIMER, lives.TimerState.NEW, event)

    assert "event 7 is TimerFired, which cannot follow TimerState.NEW" in str(caught.value)
    assert caught.value.allowed == ("TimerStarted", "StartTimerFailed")
