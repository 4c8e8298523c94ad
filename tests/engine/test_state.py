"""The fold of a history."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from ostinato.engine.folds import CLOSE_STATUSES, FOLDS, NO_STATE
from ostinato.engine.state import Execution, folded
from ostinato.errors import IllegalTransition
from ostinato.model import events as e
from ostinato.model.enums import ChildPolicy
from ostinato.model.events import HistoryEvent
from ostinato.model.fields import EventId, RunId
from ostinato.model.lives import DecisionTaskState, ExecutionState
from ostinato.model.structures import TaskList, WorkflowExecution, WorkflowType
from ostinato.model.wire import events_from_wire

HISTORIES = json.loads((Path(__file__).parents[1] / "data" / "real-histories.json").read_text())["histories"]


def _new() -> Execution:
    return Execution(key=1, domain="d", workflow_id="w", run_id=RunId("r"))


def test_every_event_is_folded_or_known_to_leave_no_trace() -> None:
    """The table of folds and the list of events without one are all 54, and share none."""
    assert set(FOLDS) | NO_STATE == set(get_args(HistoryEvent))
    assert not set(FOLDS) & NO_STATE


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: str(history["name"]))
def test_real_histories_fold(history: dict[str, Any]) -> None:
    """Every recorded history of Amazon's service goes through the tables, and closes as its last event says."""
    events = events_from_wire(history["events"])
    execution = folded(_new(), events)

    assert execution.last_event_id == len(events)
    closing = [event for event in events if type(event) in CLOSE_STATUSES]
    assert execution.state is (ExecutionState.CLOSED if closing else ExecutionState.OPEN)
    assert execution.close_status is (CLOSE_STATUSES[type(closing[0])] if closing else None)


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: str(history["name"]))
def test_real_histories_schedule_decision_tasks_as_the_rules_say(history: dict[str, Any]) -> None:
    """Where the service scheduled a decision task, one of our causes came before, and none was scheduled."""
    from ostinato.engine.rules.decision_tasks import CAUSES, is_wanted  # noqa: PLC0415

    execution = _new()
    batch: list[e.Event] = []
    for event in events_from_wire(history["events"]):
        if isinstance(event, e.DecisionTaskScheduled):
            assert is_wanted(execution)
            same_time = [before for before in batch if before.event_timestamp == event.event_timestamp]
            assert any(type(before) in CAUSES for before in same_time)
        execution.apply(event)
        batch.append(event)


def test_a_history_that_swf_could_not_write_is_refused() -> None:
    """An end without a beginning, and anything after the close, are illegal transitions."""
    started = e.WorkflowExecutionStarted(
        event_id=EventId(1),
        event_timestamp=1.0,
        child_policy=ChildPolicy.ABANDON,
        task_list=TaskList(name="l"),
        workflow_type=WorkflowType(name="w", version="1"),
        input="big",
    )
    execution = folded(_new(), [started])
    with pytest.raises(IllegalTransition):
        execution.apply(
            e.TimerFired(event_id=EventId(2), event_timestamp=1.0, timer_id="t", started_event_id=EventId(1))
        )
    with pytest.raises(IllegalTransition):
        execution.apply(started)
    execution.apply(
        e.WorkflowExecutionTerminated(event_id=EventId(2), event_timestamp=1.0, child_policy=ChildPolicy.ABANDON)
    )
    with pytest.raises(IllegalTransition):
        execution.apply(e.WorkflowExecutionSignaled(event_id=EventId(3), event_timestamp=1.0, signal_name="s"))


def test_the_state_does_not_keep_inputs() -> None:
    """What an execution was started with is kept without its input, which may be long."""
    events = events_from_wire(HISTORIES[0]["events"][:1])
    execution = folded(_new(), events)

    assert getattr(events[0], "input", None) is not None
    assert execution.settings.input is None
    assert execution.decision is DecisionTaskState.IDLE


@pytest.mark.parametrize(
    "event",
    [
        e.ExternalWorkflowExecutionSignaled(
            event_id=EventId(2),
            event_timestamp=1.0,
            workflow_execution=WorkflowExecution(workflow_id="w", run_id=RunId("r")),
            initiated_event_id=EventId(1),
        ),
        e.ExternalWorkflowExecutionCancelRequested(
            event_id=EventId(2),
            event_timestamp=1.0,
            workflow_execution=WorkflowExecution(workflow_id="w", run_id=RunId("r")),
            initiated_event_id=EventId(1),
        ),
    ],
    ids=lambda event: type(event).__name__,
)
def test_a_delivery_of_what_was_not_sent_is_refused(event: e.Event) -> None:
    """A signal or a cancellation request is delivered only if it was initiated, and once."""
    execution = folded(_new(), events_from_wire(HISTORIES[0]["events"][:1]))

    with pytest.raises(IllegalTransition):
        execution.apply(event)


def test_a_sign_of_life_of_what_is_over_is_nothing() -> None:
    """A heartbeat that comes when the activity is open no more changes nothing."""
    execution = folded(_new(), events_from_wire(HISTORIES[0]["events"][:1]))

    execution.beat(EventId(7), 1.0, "half")

    assert not execution.activities
