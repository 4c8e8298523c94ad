"""The rules of decision tasks: when one is scheduled, and what their lives write into history."""

from ostinato.engine.parts import RunningDecision
from ostinato.engine.state import Execution
from ostinato.model import events as e
from ostinato.model.durations import NONE
from ostinato.model.enums import DecisionTaskTimeoutType
from ostinato.model.fields import EventId, Timestamp
from ostinato.model.operations import RespondDecisionTaskCompleted

_NO_EVENT = EventId(0)
_Timeout = DecisionTaskTimeoutType

CAUSES: frozenset[type[e.Event]] = frozenset(
    {
        e.WorkflowExecutionStarted,
        e.WorkflowExecutionSignaled,
        e.WorkflowExecutionCancelRequested,
        e.DecisionTaskTimedOut,
        e.ActivityTaskCompleted,
        e.ActivityTaskFailed,
        e.ActivityTaskTimedOut,
        e.ActivityTaskCanceled,
        e.TimerFired,
        e.ChildWorkflowExecutionStarted,
        e.ChildWorkflowExecutionCompleted,
        e.ChildWorkflowExecutionFailed,
        e.ChildWorkflowExecutionCanceled,
        e.ChildWorkflowExecutionTimedOut,
        e.ChildWorkflowExecutionTerminated,
        e.ExternalWorkflowExecutionSignaled,
        e.ExternalWorkflowExecutionCancelRequested,
        e.LambdaFunctionCompleted,
        e.LambdaFunctionFailed,
        e.LambdaFunctionTimedOut,
        e.StartLambdaFunctionFailed,
        e.ScheduleActivityTaskFailed,
        e.RequestCancelActivityTaskFailed,
        e.CompleteWorkflowExecutionFailed,
        e.FailWorkflowExecutionFailed,
        e.CancelWorkflowExecutionFailed,
        e.ContinueAsNewWorkflowExecutionFailed,
        e.RecordMarkerFailed,
        e.StartTimerFailed,
        e.CancelTimerFailed,
        e.StartChildWorkflowExecutionFailed,
        e.SignalExternalWorkflowExecutionFailed,
        e.RequestCancelExternalWorkflowExecutionFailed,
        e.ScheduleLambdaFunctionFailed,
    }
)
"""The events that the decider has to hear of (recorded histories; `reference/swf.md` §3.3 rule 3)."""


def is_wanted(execution: Execution) -> bool:
    """Whether a cause now schedules a decision task: not if one is scheduled already, nor after the close."""
    return execution.is_open and execution.decision_scheduled is None


def scheduled(execution: Execution, now: Timestamp) -> e.DecisionTaskScheduled:
    """A decision task, on the list that the decider asked for or on the execution's own."""
    settings = execution.settings
    override = execution.override
    sticky = override.schedule_to_start_timeout if override is not None else None
    return e.DecisionTaskScheduled(
        event_id=execution.next_event_id,
        event_timestamp=now,
        task_list=execution.task_list,
        task_priority=settings.task_priority,
        start_to_close_timeout=settings.task_start_to_close_timeout,
        schedule_to_start_timeout=sticky if sticky is not None else NONE,
    )


def started(
    execution: Execution, scheduled: e.DecisionTaskScheduled, identity: str | None, now: Timestamp
) -> e.DecisionTaskStarted:
    """The scheduled decision task is handed to a decider."""
    return e.DecisionTaskStarted(
        event_id=execution.next_event_id,
        event_timestamp=now,
        scheduled_event_id=scheduled.event_id,
        identity=identity,
    )


def completed(
    execution: Execution, running: RunningDecision, answer: RespondDecisionTaskCompleted, now: Timestamp
) -> e.DecisionTaskCompleted:
    """The decider answers."""
    return e.DecisionTaskCompleted(
        event_id=execution.next_event_id,
        event_timestamp=now,
        scheduled_event_id=running.scheduled.event_id,
        started_event_id=running.started_event_id,
        execution_context=answer.execution_context,
        task_list=answer.task_list,
        task_list_schedule_to_start_timeout=answer.task_list_schedule_to_start_timeout,
    )


def timed_out(execution: Execution, now: Timestamp) -> e.DecisionTaskTimedOut:
    """The running decision task was not answered in time, or the scheduled one not taken in time."""
    running, waiting = execution.decision_running, execution.decision_scheduled
    scheduled = running.scheduled if running is not None else waiting
    return e.DecisionTaskTimedOut(
        event_id=execution.next_event_id,
        event_timestamp=now,
        timeout_type=_Timeout.SCHEDULE_TO_START if running is None else _Timeout.START_TO_CLOSE,
        scheduled_event_id=scheduled.event_id if scheduled is not None else _NO_EVENT,
        started_event_id=running.started_event_id if running is not None else _NO_EVENT,
    )
