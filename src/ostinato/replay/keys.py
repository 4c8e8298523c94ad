"""What a decision and the event that records it have in common: kind, id and type."""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from operator import attrgetter
from typing import Any, assert_never

import msgspec

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


class Key(msgspec.Struct, frozen=True, gc=False):
    """Identifies a request among those of its batch. `type_name` is "" where SWF has no types."""

    kind: Kind
    id: str
    type_name: str = ""


def decision_key(decision: d.DecisionAttributes) -> Key:  # noqa: C901, PLR0912  (one case for each decision)
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


def _typed(kind: Kind) -> Callable[[Any], Key]:
    if kind is Kind.ACTIVITY:
        return lambda event: Key(kind, event.activity_id, f"{event.activity_type.name} {event.activity_type.version}")
    return lambda event: Key(kind, event.workflow_id, f"{event.workflow_type.name} {event.workflow_type.version}")


def _named(kind: Kind, id_member: str, type_member: str | None = None) -> Callable[[Any], Key]:
    id_of = attrgetter(id_member)
    if type_member is None:
        return lambda event: Key(kind, id_of(event))
    type_of = attrgetter(type_member)
    return lambda event: Key(kind, id_of(event), type_of(event))


def _at_once(key: Callable[[Any], Key]) -> Callable[[Any], Key | None]:
    """Of a failure that records its decision only if nothing was initiated; else it comes later and records nothing."""
    return lambda event: None if event.initiated_event_id else key(event)


def _close(how: str) -> Callable[[Any], Key]:
    key = Key(Kind.CLOSE, how)
    return lambda _: key


_RECORDS: Mapping[type[e.Event], Callable[[Any], Key | None]] = {
    e.ActivityTaskScheduled: _typed(Kind.ACTIVITY),
    e.ScheduleActivityTaskFailed: _typed(Kind.ACTIVITY),
    e.ActivityTaskCancelRequested: _named(Kind.CANCEL_ACTIVITY, "activity_id"),
    e.RequestCancelActivityTaskFailed: _named(Kind.CANCEL_ACTIVITY, "activity_id"),
    e.TimerStarted: _named(Kind.TIMER, "timer_id"),
    e.StartTimerFailed: _named(Kind.TIMER, "timer_id"),
    e.TimerCanceled: _named(Kind.CANCEL_TIMER, "timer_id"),
    e.CancelTimerFailed: _named(Kind.CANCEL_TIMER, "timer_id"),
    e.StartChildWorkflowExecutionInitiated: _typed(Kind.CHILD),
    e.StartChildWorkflowExecutionFailed: _at_once(_typed(Kind.CHILD)),
    e.SignalExternalWorkflowExecutionInitiated: _named(Kind.SIGNAL, "workflow_id", "signal_name"),
    e.SignalExternalWorkflowExecutionFailed: _at_once(_named(Kind.SIGNAL, "workflow_id")),
    e.RequestCancelExternalWorkflowExecutionInitiated: _named(Kind.CANCEL_WORKFLOW, "workflow_id"),
    e.RequestCancelExternalWorkflowExecutionFailed: _at_once(_named(Kind.CANCEL_WORKFLOW, "workflow_id")),
    e.MarkerRecorded: _named(Kind.MARKER, "marker_name"),
    e.RecordMarkerFailed: _named(Kind.MARKER, "marker_name"),
    e.LambdaFunctionScheduled: _named(Kind.LAMBDA, "id", "name"),
    e.ScheduleLambdaFunctionFailed: _named(Kind.LAMBDA, "id", "name"),
    e.WorkflowExecutionCompleted: _close("complete"),
    e.CompleteWorkflowExecutionFailed: _close("complete"),
    e.WorkflowExecutionFailed: _close("fail"),
    e.FailWorkflowExecutionFailed: _close("fail"),
    e.WorkflowExecutionCanceled: _close("cancel"),
    e.CancelWorkflowExecutionFailed: _close("cancel"),
    e.WorkflowExecutionContinuedAsNew: _close("continue as new"),
    e.ContinueAsNewWorkflowExecutionFailed: _close("continue as new"),
}
"""What each kind of record says of its decision. A table, because every event of a history is asked."""


def recorded_key(event: e.Event) -> Key | None:
    """The key of the decision that the event records, or says was refused; None if it records none."""
    key = _RECORDS.get(type(event))
    return None if key is None else key(event)


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
    Kind.CLOSE: "the end of the execution ({0.id})",
}


def describe(key: Key) -> str:
    """The key in words."""
    return _WORDS[key.kind].format(key)
