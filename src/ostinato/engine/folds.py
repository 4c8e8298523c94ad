"""What each event does to the state of its execution.

The lives of what an execution has open go through the tables of `model.lives`; what those do not allow is refused.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

import msgspec

from ostinato.engine.parts import Activity, Child, LambdaTask, Override, RunningDecision, Timer
from ostinato.errors import IllegalTransition
from ostinato.model import events as e
from ostinato.model.enums import CloseStatus
from ostinato.model.fields import EventId
from ostinato.model.lives import (
    ACTIVITY,
    CHILD,
    DECISION_TASK,
    EXECUTION,
    EXTERNAL_CANCEL,
    EXTERNAL_SIGNAL,
    LAMBDA,
    TIMER,
    ActivityState,
    ChildState,
    ExternalState,
    LambdaState,
    TimerState,
    advance,
)

if TYPE_CHECKING:
    from ostinato.engine.state import Execution

_NO_EVENT = EventId(0)


def _not_open(event: e.Event) -> NoReturn:
    """What the event is about is not open."""
    raise IllegalTransition(
        state="CLOSED, or never begun", event_type=type(event).__name__, event_id=event.event_id, allowed=()
    )


# The execution itself


def _execution_started(x: "Execution", event: e.WorkflowExecutionStarted) -> None:
    x.state = advance(EXECUTION, x.state, event)
    x.settings = event if event.input is None else msgspec.structs.replace(event, input=None)


def _cancel_requested(x: "Execution", _: e.WorkflowExecutionCancelRequested) -> None:
    x.cancel_requested = True


CLOSE_STATUSES: dict[type[e.Event], CloseStatus] = {
    e.WorkflowExecutionCompleted: CloseStatus.COMPLETED,
    e.WorkflowExecutionFailed: CloseStatus.FAILED,
    e.WorkflowExecutionTimedOut: CloseStatus.TIMED_OUT,
    e.WorkflowExecutionCanceled: CloseStatus.CANCELED,
    e.WorkflowExecutionContinuedAsNew: CloseStatus.CONTINUED_AS_NEW,
    e.WorkflowExecutionTerminated: CloseStatus.TERMINATED,
}
"""How each closing event closes an execution."""


def _execution_closed(x: "Execution", event: e.Event) -> None:
    x.state = advance(EXECUTION, x.state, event)
    x.close_status = CLOSE_STATUSES[type(event)]
    x.closed_by = event


# Its decision task


def _decision_scheduled(x: "Execution", event: e.DecisionTaskScheduled) -> None:
    x.decision = advance(DECISION_TASK, x.decision, event)
    x.decision_scheduled = event
    x.decision_available_at = event.event_timestamp


def _decision_started(x: "Execution", event: e.DecisionTaskStarted) -> None:
    x.decision = advance(DECISION_TASK, x.decision, event)
    scheduled = cast("e.DecisionTaskScheduled", x.decision_scheduled)  # or else its life would have forbidden the event
    x.decision_running = RunningDecision(scheduled, event.event_id, event.event_timestamp)
    x.decision_scheduled = None


def _decision_completed(x: "Execution", event: e.DecisionTaskCompleted) -> None:
    x.decision = advance(DECISION_TASK, x.decision, event)
    x.decision_running = None
    x.decision_available_at = event.event_timestamp
    x.previous_started_event_id = event.started_event_id
    if event.execution_context is not None:
        x.latest_execution_context = event.execution_context
    if event.task_list is not None:
        x.override = Override(event.task_list, event.task_list_schedule_to_start_timeout)


def _decision_timed_out(x: "Execution", event: e.DecisionTaskTimedOut) -> None:
    if x.decision_running is None:
        x.decision_scheduled = None
    x.decision = advance(DECISION_TASK, x.decision, event)
    x.decision_running = None
    x.decision_available_at = event.event_timestamp
    # A list asked for without a time-out is meant for good; the other kind has proved to have no decider.
    if x.override is not None and x.override.schedule_to_start_timeout is not None:
        x.override = None


# Activity tasks


def _activity_scheduled(x: "Execution", event: e.ActivityTaskScheduled) -> None:
    activity = Activity(event, advance(ACTIVITY, ActivityState.NEW, event))
    x.activities[event.event_id] = activity
    x.activity_ids[event.activity_id] = activity


def _activity(x: "Execution", scheduled_event_id: EventId, event: e.Event) -> Activity:
    activity = x.activities.get(scheduled_event_id) or _not_open(event)
    activity.state = advance(ACTIVITY, activity.state, event)
    return activity


def _activity_started(x: "Execution", event: e.ActivityTaskStarted) -> None:
    activity = _activity(x, event.scheduled_event_id, event)
    activity.started_event_id = event.event_id
    activity.held_since = event.event_timestamp
    x.latest_activity_task_timestamp = event.event_timestamp


def _activity_closed(
    x: "Execution",
    event: e.ActivityTaskCompleted | e.ActivityTaskFailed | e.ActivityTaskTimedOut | e.ActivityTaskCanceled,
) -> None:
    activity = _activity(x, event.scheduled_event_id, event)
    del x.activities[event.scheduled_event_id]
    del x.activity_ids[activity.scheduled.activity_id]
    x.latest_activity_task_timestamp = event.event_timestamp


def _activity_cancel_requested(x: "Execution", event: e.ActivityTaskCancelRequested) -> None:
    activity = x.activity_ids.get(event.activity_id) or _not_open(event)
    activity.state = advance(ACTIVITY, activity.state, event)
    activity.cancel_requested_event_id = event.event_id


# Timers


def _timer_started(x: "Execution", event: e.TimerStarted) -> None:
    x.timers[event.timer_id] = Timer(event, advance(TIMER, TimerState.NEW, event))


def _timer_closed(x: "Execution", event: e.TimerFired | e.TimerCanceled) -> None:
    timer = x.timers.pop(event.timer_id, None) or _not_open(event)
    advance(TIMER, timer.state, event)


# Child executions


def _child_initiated(x: "Execution", event: e.StartChildWorkflowExecutionInitiated) -> None:
    x.children[event.event_id] = Child(event, advance(CHILD, ChildState.NEW, event))


def _child_not_started(x: "Execution", event: e.StartChildWorkflowExecutionFailed) -> None:
    if event.initiated_event_id != _NO_EVENT:
        child = x.children.pop(event.initiated_event_id, None) or _not_open(event)
        advance(CHILD, child.state, event)


def _child_started(x: "Execution", event: e.ChildWorkflowExecutionStarted) -> None:
    child = x.children.get(event.initiated_event_id) or _not_open(event)
    child.state = advance(CHILD, child.state, event)
    child.started = event


ChildClosed = (
    e.ChildWorkflowExecutionCompleted
    | e.ChildWorkflowExecutionFailed
    | e.ChildWorkflowExecutionTimedOut
    | e.ChildWorkflowExecutionCanceled
    | e.ChildWorkflowExecutionTerminated
)


def _child_closed(x: "Execution", event: ChildClosed) -> None:
    child = x.children.pop(event.initiated_event_id, None) or _not_open(event)
    advance(CHILD, child.state, event)


# Signals and cancellation requests to other executions


def _signal_initiated(x: "Execution", event: e.SignalExternalWorkflowExecutionInitiated) -> None:
    x.signals[event.event_id] = event


def _signal_closed(
    x: "Execution", event: e.ExternalWorkflowExecutionSignaled | e.SignalExternalWorkflowExecutionFailed
) -> None:
    if event.initiated_event_id != _NO_EVENT and x.signals.pop(event.initiated_event_id, None) is None:
        _not_open(event)
    advance(EXTERNAL_SIGNAL, ExternalState.INITIATED, event)


def _cancel_initiated(x: "Execution", event: e.RequestCancelExternalWorkflowExecutionInitiated) -> None:
    x.cancels[event.event_id] = event


def _cancel_closed(
    x: "Execution",
    event: e.ExternalWorkflowExecutionCancelRequested | e.RequestCancelExternalWorkflowExecutionFailed,
) -> None:
    if event.initiated_event_id != _NO_EVENT and x.cancels.pop(event.initiated_event_id, None) is None:
        _not_open(event)
    advance(EXTERNAL_CANCEL, ExternalState.INITIATED, event)


# Lambda functions


def _lambda_scheduled(x: "Execution", event: e.LambdaFunctionScheduled) -> None:
    x.lambdas[event.event_id] = LambdaTask(event, advance(LAMBDA, LambdaState.NEW, event))


def _lambda_started(x: "Execution", event: e.LambdaFunctionStarted) -> None:
    task = x.lambdas.get(event.scheduled_event_id) or _not_open(event)
    task.state = advance(LAMBDA, task.state, event)
    task.started_event_id = event.event_id
    task.started_timestamp = event.event_timestamp


LambdaClosed = (
    e.LambdaFunctionCompleted | e.LambdaFunctionFailed | e.LambdaFunctionTimedOut | e.StartLambdaFunctionFailed
)


def _lambda_closed(x: "Execution", event: LambdaClosed) -> None:
    task = x.lambdas.pop(event.scheduled_event_id or _NO_EVENT, None) or _not_open(event)
    advance(LAMBDA, task.state, event)


_Event = TypeVar("_Event", bound=e.Event)
_Fold = Callable[["Execution", Any], None]


def _on(event_type: type[_Event], fold: Callable[["Execution", _Event], None]) -> tuple[type[e.Event], _Fold]:
    return event_type, fold


FOLDS: dict[type[e.Event], _Fold] = dict(
    (
        _on(e.WorkflowExecutionStarted, _execution_started),
        _on(e.WorkflowExecutionCancelRequested, _cancel_requested),
        _on(e.WorkflowExecutionCompleted, _execution_closed),
        _on(e.WorkflowExecutionFailed, _execution_closed),
        _on(e.WorkflowExecutionTimedOut, _execution_closed),
        _on(e.WorkflowExecutionCanceled, _execution_closed),
        _on(e.WorkflowExecutionContinuedAsNew, _execution_closed),
        _on(e.WorkflowExecutionTerminated, _execution_closed),
        _on(e.DecisionTaskScheduled, _decision_scheduled),
        _on(e.DecisionTaskStarted, _decision_started),
        _on(e.DecisionTaskCompleted, _decision_completed),
        _on(e.DecisionTaskTimedOut, _decision_timed_out),
        _on(e.ActivityTaskScheduled, _activity_scheduled),
        _on(e.ActivityTaskStarted, _activity_started),
        _on(e.ActivityTaskCompleted, _activity_closed),
        _on(e.ActivityTaskFailed, _activity_closed),
        _on(e.ActivityTaskTimedOut, _activity_closed),
        _on(e.ActivityTaskCanceled, _activity_closed),
        _on(e.ActivityTaskCancelRequested, _activity_cancel_requested),
        _on(e.TimerStarted, _timer_started),
        _on(e.TimerFired, _timer_closed),
        _on(e.TimerCanceled, _timer_closed),
        _on(e.StartChildWorkflowExecutionInitiated, _child_initiated),
        _on(e.StartChildWorkflowExecutionFailed, _child_not_started),
        _on(e.ChildWorkflowExecutionStarted, _child_started),
        _on(e.ChildWorkflowExecutionCompleted, _child_closed),
        _on(e.ChildWorkflowExecutionFailed, _child_closed),
        _on(e.ChildWorkflowExecutionTimedOut, _child_closed),
        _on(e.ChildWorkflowExecutionCanceled, _child_closed),
        _on(e.ChildWorkflowExecutionTerminated, _child_closed),
        _on(e.SignalExternalWorkflowExecutionInitiated, _signal_initiated),
        _on(e.SignalExternalWorkflowExecutionFailed, _signal_closed),
        _on(e.ExternalWorkflowExecutionSignaled, _signal_closed),
        _on(e.RequestCancelExternalWorkflowExecutionInitiated, _cancel_initiated),
        _on(e.RequestCancelExternalWorkflowExecutionFailed, _cancel_closed),
        _on(e.ExternalWorkflowExecutionCancelRequested, _cancel_closed),
        _on(e.LambdaFunctionScheduled, _lambda_scheduled),
        _on(e.LambdaFunctionStarted, _lambda_started),
        _on(e.LambdaFunctionCompleted, _lambda_closed),
        _on(e.LambdaFunctionFailed, _lambda_closed),
        _on(e.LambdaFunctionTimedOut, _lambda_closed),
        _on(e.StartLambdaFunctionFailed, _lambda_closed),
    )
)

NO_STATE: frozenset[type[e.Event]] = frozenset(
    {
        e.CompleteWorkflowExecutionFailed,
        e.FailWorkflowExecutionFailed,
        e.CancelWorkflowExecutionFailed,
        e.ContinueAsNewWorkflowExecutionFailed,
        e.ScheduleActivityTaskFailed,
        e.RequestCancelActivityTaskFailed,
        e.WorkflowExecutionSignaled,
        e.MarkerRecorded,
        e.RecordMarkerFailed,
        e.StartTimerFailed,
        e.CancelTimerFailed,
        e.ScheduleLambdaFunctionFailed,
    }
)
"""The events that leave no trace in the state."""
