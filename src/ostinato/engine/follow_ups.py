"""What follows from an event within the ledger: a task that waits, a deadline, an effect that is to come, an end."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ostinato.engine.deadlines import (
    DeadlineKind,
    execution_deadline,
    lambda_deadline,
    timer_deadline,
)
from ostinato.engine.folds import CLOSE_STATUSES
from ostinato.engine.log.records import ClosedRecord
from ostinato.engine.rules import executions
from ostinato.engine.state import Execution
from ostinato.engine.task_lists import TaskId, WaitingTask
from ostinato.model import events as e
from ostinato.model.durations import NONE

if TYPE_CHECKING:
    from ostinato.engine.ledger import Ledger


def _decision_closed(
    ledger: "Ledger", execution: Execution, event: e.DecisionTaskCompleted | e.DecisionTaskTimedOut
) -> None:
    """A decision task is over; a second one may have waited for that."""
    task_id = TaskId(execution.key, event.scheduled_event_id)
    ledger.in_hand.discard(task_id)
    ledger.decision_lists.discard(task_id)
    ledger.local_decisions.discard(execution.key)
    _decision(ledger, execution, event)


def _decision(ledger: "Ledger", execution: Execution, _: e.Event) -> None:
    """A decision task may wait for a decider now."""
    scheduled = execution.decision_scheduled
    if scheduled is not None and execution.decision_running is None:
        if scheduled.schedule_to_start_timeout != NONE:
            ledger.watch_decision(execution)
        ledger.offer(WaitingTask(execution, scheduled.event_id, None, ledger.commits.open.number))


def _activity_scheduled(ledger: "Ledger", execution: Execution, event: e.ActivityTaskScheduled) -> None:
    """An activity task waits for a worker."""
    activity = execution.activities[event.event_id]
    ledger.watch_activity(execution, activity)
    ledger.offer(WaitingTask(execution, event.event_id, activity, ledger.commits.open.number))


def _activity_closed(
    ledger: "Ledger",
    execution: Execution,
    event: e.ActivityTaskCompleted | e.ActivityTaskFailed | e.ActivityTaskTimedOut | e.ActivityTaskCanceled,
) -> None:
    """An activity task is over."""
    task_id = TaskId(execution.key, event.scheduled_event_id)
    ledger.in_hand.discard(task_id)
    ledger.activity_lists.discard(task_id)


def _started(ledger: "Ledger", execution: Execution, event: e.WorkflowExecutionStarted) -> None:
    """An execution began."""
    at = execution_deadline(execution, event.event_timestamp)
    ledger.watch(at, execution, DeadlineKind.EXECUTION, 0, "")


def _timer(ledger: "Ledger", execution: Execution, event: e.TimerStarted) -> None:
    """A timer runs."""
    at = timer_deadline(execution.timers[event.timer_id])
    ledger.watch(at, execution, DeadlineKind.TIMER, 0, event.timer_id)


def _lambda(ledger: "Ledger", execution: Execution, event: e.LambdaFunctionStarted) -> None:
    """A Lambda function runs."""
    at = lambda_deadline(execution.lambdas[event.scheduled_event_id])
    ledger.watch(at, execution, DeadlineKind.LAMBDA, event.scheduled_event_id, "")
    ledger.in_hand.add(TaskId(execution.key, event.scheduled_event_id))


def _lambda_closed(
    ledger: "Ledger",
    execution: Execution,
    event: e.LambdaFunctionCompleted | e.LambdaFunctionFailed | e.LambdaFunctionTimedOut,
) -> None:
    """A Lambda function is over."""
    ledger.in_hand.discard(TaskId(execution.key, event.scheduled_event_id))


def _effect(ledger: "Ledger", execution: Execution, event: e.Event) -> None:
    """Something else is to follow from the event, in a transaction of its own."""
    ledger.outbox.append((execution, event))


def _close(ledger: "Ledger", execution: Execution, event: e.HistoryEvent) -> None:
    """An execution is over, and so is all that waited in it."""
    ledger.executions.remove(execution)
    status = CLOSE_STATUSES[type(event)]
    ledger.commits.open.closed.append(
        ClosedRecord(key=execution.key, close_timestamp=event.event_timestamp, close_status=status)
    )
    ledger.announce(execution, event)
    for scheduled_event_id in (*execution.activities, *execution.lambdas):
        task_id = TaskId(execution.key, scheduled_event_id)
        ledger.in_hand.discard(task_id)
        ledger.activity_lists.discard(task_id)
    running = execution.decision_running
    for scheduled in (execution.decision_scheduled, running.scheduled if running is not None else None):
        if scheduled is not None:
            task_id = TaskId(execution.key, scheduled.event_id)
            ledger.in_hand.discard(task_id)
            ledger.decision_lists.discard(task_id)
    ledger.local_decisions.discard(execution.key)
    ledger.outbox.append((execution, event))


def _continued(ledger: "Ledger", execution: Execution, event: e.WorkflowExecutionContinuedAsNew) -> None:
    """An execution goes on as another run: it is there before all that follows, and takes what is for that id."""
    _close(ledger, execution, event)
    ledger.start(
        domain=execution.domain,
        workflow_id=execution.workflow_id,
        run_id=event.new_execution_run_id,
        started=executions.started_as_new(execution, event, event.event_timestamp),
    )


_Event = TypeVar("_Event", bound=e.Event)
_FollowUp = Callable[["Ledger", Execution, Any], None]


def _on(
    event_type: type[_Event], follow_up: Callable[["Ledger", Execution, _Event], None]
) -> tuple[type[e.Event], _FollowUp]:
    return event_type, follow_up


FOLLOW_UPS: dict[type[e.Event], _FollowUp] = dict(
    (
        _on(e.WorkflowExecutionStarted, _started),
        _on(e.WorkflowExecutionCompleted, _close),
        _on(e.WorkflowExecutionFailed, _close),
        _on(e.WorkflowExecutionCanceled, _close),
        _on(e.WorkflowExecutionTimedOut, _close),
        _on(e.WorkflowExecutionTerminated, _close),
        _on(e.WorkflowExecutionContinuedAsNew, _continued),
        _on(e.DecisionTaskScheduled, _decision),
        _on(e.DecisionTaskCompleted, _decision_closed),
        _on(e.DecisionTaskTimedOut, _decision_closed),
        _on(e.ActivityTaskScheduled, _activity_scheduled),
        _on(e.ActivityTaskCompleted, _activity_closed),
        _on(e.ActivityTaskFailed, _activity_closed),
        _on(e.ActivityTaskTimedOut, _activity_closed),
        _on(e.ActivityTaskCanceled, _activity_closed),
        _on(e.TimerStarted, _timer),
        _on(e.StartChildWorkflowExecutionInitiated, _effect),
        _on(e.SignalExternalWorkflowExecutionInitiated, _effect),
        _on(e.RequestCancelExternalWorkflowExecutionInitiated, _effect),
        _on(e.LambdaFunctionScheduled, _effect),
        _on(e.LambdaFunctionStarted, _lambda),
        _on(e.LambdaFunctionCompleted, _lambda_closed),
        _on(e.LambdaFunctionFailed, _lambda_closed),
        _on(e.LambdaFunctionTimedOut, _lambda_closed),
    )
)
