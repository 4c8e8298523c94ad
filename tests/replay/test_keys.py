"""What decisions and the events that record them have in common."""

import msgspec
import pytest

from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.structures import ActivityType, TaskList, WorkflowType
from ostinato.replay.keys import Kind, decision_key, describe, recorded_key
from ostinato.testing.refusals import REFUSALS
from ostinato.testing.script import Script

DECISIONS: list[d.DecisionAttributes] = [
    d.ScheduleActivityTask(activity_id="a", activity_type=ActivityType(name="t", version="1")),
    d.RequestCancelActivityTask(activity_id="a"),
    d.StartTimer(timer_id="t", start_to_fire_timeout="1"),
    d.CancelTimer(timer_id="t"),
    d.StartChildWorkflowExecution(
        workflow_id="c", workflow_type=WorkflowType(name="w", version="1"), task_list=TaskList(name="l")
    ),
    d.SignalExternalWorkflowExecution(workflow_id="c", signal_name="s"),
    d.RequestCancelExternalWorkflowExecution(workflow_id="c"),
    d.RecordMarker(marker_name="m"),
    d.ScheduleLambdaFunction(id="l", name="f"),
    d.CompleteWorkflowExecution(),
    d.FailWorkflowExecution(),
    d.CancelWorkflowExecution(),
    d.ContinueAsNewWorkflowExecution(),
]


def test_all_kinds() -> None:
    """There is one decision here of each kind, and each has words."""
    assert {decision_key(x).kind for x in DECISIONS} == set(Kind)
    assert {type(x) for x in DECISIONS} == set(REFUSALS)
    assert len({describe(decision_key(x)) for x in DECISIONS}) == len(DECISIONS)


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda x: type(x).__name__)
def test_refusals(decision: d.DecisionAttributes) -> None:
    """The event that says that a decision was refused has its key; a signal's lacks the name."""
    script = Script()
    cause = next(iter(REFUSALS[type(decision)].causes)).name
    script.decide(decision, refused={0: cause})

    key = recorded_key(script.events[-1])

    assert key is not None
    asked = decision_key(decision)
    assert key == (msgspec.structs.replace(asked, type_name="") if asked.kind is Kind.SIGNAL else asked)


@pytest.mark.parametrize("decision", DECISIONS[:1] + DECISIONS[2:3] + DECISIONS[4:12], ids=lambda x: type(x).__name__)
def test_records(decision: d.DecisionAttributes) -> None:
    """The event that records a decision has its key."""
    script = Script()
    script.decide(decision)

    assert recorded_key(script.events[-1]) == decision_key(decision)


def test_what_records_nothing() -> None:
    """Other events have no key, and neither have failures after something was initiated."""
    script = Script()

    assert [recorded_key(event) for event in script.events] == [None] * 3
    assert isinstance(script.events[0], e.WorkflowExecutionStarted)
