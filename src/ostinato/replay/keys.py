"""What a decision and the event that records it have in common: kind, id and type."""

from enum import Enum, auto
from typing import NamedTuple, assert_never

from ostinato.model import decisions as d
from ostinato.model import events as e


class Kind(Enum):
    """The kinds of decisions."""

    ACTIVITY = auto()
    CANCEL_ACTIVITY = auto()
    TIMER = auto()
    CANCEL_TIMER = auto()
    CHILD = auto()
    SIGNAL = auto()
    CANCEL_WORKFLOW = auto()
    MARKER = auto()
    LAMBDA = auto()
    CLOSE = auto()

    __hash__ = object.__hash__  # an Enum's own is a Python function; members are singletons


class Key(NamedTuple):
    """Identifies a request among those of its batch. `type_name` is "" where SWF has no types."""

    kind: Kind
    id: str
    type_name: str = ""


def decision_key(decision: d.DecisionAttributes) -> Key:
    """The key of what the decision asks for."""
    match decision:
        case d.ScheduleActivityTask(activity_id=id_, activity_type=type_):
            return Key(Kind.ACTIVITY, id_, f"{type_.name} {type_.version}")
        case d.RequestCancelActivityTask(activity_id=id_):
            return Key(Kind.CANCEL_ACTIVITY, id_)
        case d.StartTimer(timer_id=id_):
            return Key(Kind.TIMER, id_)
        case d.CancelTimer(timer_id=id_):
            return Key(Kind.CANCEL_TIMER, id_)
        case d.StartChildWorkflowExecution(workflow_id=id_, workflow_type=type_):
            return Key(Kind.CHILD, id_, f"{type_.name} {type_.version}")
        case d.SignalExternalWorkflowExecution(workflow_id=id_, signal_name=name):
            return Key(Kind.SIGNAL, id_, name)
        case d.RequestCancelExternalWorkflowExecution(workflow_id=id_):
            return Key(Kind.CANCEL_WORKFLOW, id_)
        case d.RecordMarker(marker_name=name):
            return Key(Kind.MARKER, name)
        case d.ScheduleLambdaFunction(id=id_, name=name):
            return Key(Kind.LAMBDA, id_, name)
        case d.CompleteWorkflowExecution():
            return Key(Kind.CLOSE, "complete")
        case d.FailWorkflowExecution():
            return Key(Kind.CLOSE, "fail")
        case d.CancelWorkflowExecution():
            return Key(Kind.CLOSE, "cancel")
        case d.ContinueAsNewWorkflowExecution():
            return Key(Kind.CLOSE, "continue as new")
        case _:
            assert_never(decision)


def recorded_key(event: e.HistoryEvent) -> Key | None:  # noqa: C901, PLR0911, PLR0912  (one line for each kind of record)
    """The key of the decision that the event records, or says was refused; None if it records none."""
    match event:
        case e.ActivityTaskScheduled(activity_id=id_, activity_type=type_):
            return Key(Kind.ACTIVITY, id_, f"{type_.name} {type_.version}")
        case e.ScheduleActivityTaskFailed(activity_id=id_, activity_type=type_):
            return Key(Kind.ACTIVITY, id_, f"{type_.name} {type_.version}")
        case e.ActivityTaskCancelRequested(activity_id=id_) | e.RequestCancelActivityTaskFailed(activity_id=id_):
            return Key(Kind.CANCEL_ACTIVITY, id_)
        case e.TimerStarted(timer_id=id_) | e.StartTimerFailed(timer_id=id_):
            return Key(Kind.TIMER, id_)
        case e.TimerCanceled(timer_id=id_) | e.CancelTimerFailed(timer_id=id_):
            return Key(Kind.CANCEL_TIMER, id_)
        case e.StartChildWorkflowExecutionInitiated(workflow_id=id_, workflow_type=type_):
            return Key(Kind.CHILD, id_, f"{type_.name} {type_.version}")
        case e.StartChildWorkflowExecutionFailed(workflow_id=id_, workflow_type=type_, initiated_event_id=0):
            return Key(Kind.CHILD, id_, f"{type_.name} {type_.version}")
        case e.SignalExternalWorkflowExecutionInitiated(workflow_id=id_, signal_name=name):
            return Key(Kind.SIGNAL, id_, name)
        case e.SignalExternalWorkflowExecutionFailed(workflow_id=id_, initiated_event_id=0):
            return Key(Kind.SIGNAL, id_)
        case e.RequestCancelExternalWorkflowExecutionInitiated(workflow_id=id_):
            return Key(Kind.CANCEL_WORKFLOW, id_)
        case e.RequestCancelExternalWorkflowExecutionFailed(workflow_id=id_, initiated_event_id=0):
            return Key(Kind.CANCEL_WORKFLOW, id_)
        case e.MarkerRecorded(marker_name=name) | e.RecordMarkerFailed(marker_name=name):
            return Key(Kind.MARKER, name)
        case e.LambdaFunctionScheduled(id=id_, name=name) | e.ScheduleLambdaFunctionFailed(id=id_, name=name):
            return Key(Kind.LAMBDA, id_, name)
        case e.WorkflowExecutionCompleted() | e.CompleteWorkflowExecutionFailed():
            return Key(Kind.CLOSE, "complete")
        case e.WorkflowExecutionFailed() | e.FailWorkflowExecutionFailed():
            return Key(Kind.CLOSE, "fail")
        case e.WorkflowExecutionCanceled() | e.CancelWorkflowExecutionFailed():
            return Key(Kind.CLOSE, "cancel")
        case e.WorkflowExecutionContinuedAsNew() | e.ContinueAsNewWorkflowExecutionFailed():
            return Key(Kind.CLOSE, "continue as new")
        case _:
            return None


_WORDS = {
    Kind.ACTIVITY: "activity {0.id!r} of type {0.type_name}",
    Kind.CANCEL_ACTIVITY: "cancellation of activity {0.id!r}",
    Kind.TIMER: "timer {0.id!r}",
    Kind.CANCEL_TIMER: "cancellation of timer {0.id!r}",
    Kind.CHILD: "child workflow {0.id!r} of type {0.type_name}",
    Kind.SIGNAL: "signal {0.type_name!r} to workflow {0.id!r}",
    Kind.CANCEL_WORKFLOW: "cancellation of workflow {0.id!r}",
    Kind.MARKER: "marker {0.id!r}",
    Kind.LAMBDA: "Lambda function {0.type_name!r} ({0.id})",
    Kind.CLOSE: "to {0.id} the workflow execution",
}


def describe(key: Key) -> str:
    """The key in words."""
    return _WORDS[key.kind].format(key)
