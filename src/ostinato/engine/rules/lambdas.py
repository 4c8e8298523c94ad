"""The rules of Lambda functions."""

from ostinato.engine.parts import LambdaTask
from ostinato.engine.state import Execution
from ostinato.model import events as e
from ostinato.model.decisions import ScheduleLambdaFunction
from ostinato.model.enums import (
    LambdaFunctionTimeoutType,
    ScheduleLambdaFunctionFailedCause,
    StartLambdaFunctionFailedCause,
)
from ostinato.model.fields import EventId, Timestamp
from ostinato.model.limits import OPEN_LAMBDA_FUNCTIONS
from ostinato.model.structures import Structure

NO_ROLE = "No IAM role is attached to the current workflow execution."
"""What SWF says when an execution without a Lambda role schedules a function (recorded)."""


class LambdaOutcome(Structure):
    """How the call of a function ended: with a result, or with a reason."""

    result: str | None = None
    reason: str | None = None
    details: str | None = None
    is_failure: bool = False


def schedule(
    execution: Execution, decision: ScheduleLambdaFunction, completed_id: EventId, now: Timestamp
) -> e.LambdaFunctionScheduled | e.ScheduleLambdaFunctionFailed:
    """What the decision to invoke a function writes. An id may be used again (observed)."""
    if len(execution.lambdas) >= OPEN_LAMBDA_FUNCTIONS:
        return e.ScheduleLambdaFunctionFailed(
            event_id=execution.next_event_id,
            event_timestamp=now,
            id=decision.id,
            name=decision.name,
            cause=ScheduleLambdaFunctionFailedCause.OPEN_LAMBDA_FUNCTIONS_LIMIT_EXCEEDED,
            decision_task_completed_event_id=completed_id,
        )
    return e.LambdaFunctionScheduled(
        event_id=execution.next_event_id,
        event_timestamp=now,
        id=decision.id,
        name=decision.name,
        decision_task_completed_event_id=completed_id,
        control=decision.control,
        input=decision.input,
        start_to_close_timeout=decision.start_to_close_timeout,
    )


def started(
    execution: Execution, task: LambdaTask, now: Timestamp
) -> e.LambdaFunctionStarted | e.StartLambdaFunctionFailed:
    """The function is invoked, if the execution has a role for that."""
    if execution.settings.lambda_role is None:
        return e.StartLambdaFunctionFailed(
            event_id=execution.next_event_id,
            event_timestamp=now,
            scheduled_event_id=task.scheduled.event_id,
            cause=StartLambdaFunctionFailedCause.ASSUME_ROLE_FAILED,
            message=NO_ROLE,
        )
    return e.LambdaFunctionStarted(
        event_id=execution.next_event_id, event_timestamp=now, scheduled_event_id=task.scheduled.event_id
    )


def ended(
    execution: Execution, task: LambdaTask, outcome: LambdaOutcome, now: Timestamp
) -> e.LambdaFunctionCompleted | e.LambdaFunctionFailed:
    """The function returned, or raised an exception."""
    if outcome.is_failure:
        return e.LambdaFunctionFailed(
            event_id=execution.next_event_id,
            event_timestamp=now,
            scheduled_event_id=task.scheduled.event_id,
            started_event_id=task.started_event_id,
            reason=outcome.reason,
            details=outcome.details,
        )
    return e.LambdaFunctionCompleted(
        event_id=execution.next_event_id,
        event_timestamp=now,
        scheduled_event_id=task.scheduled.event_id,
        started_event_id=task.started_event_id,
        result=outcome.result,
    )


def timed_out(execution: Execution, task: LambdaTask, now: Timestamp) -> e.LambdaFunctionTimedOut:
    """The function did not return in time."""
    return e.LambdaFunctionTimedOut(
        event_id=execution.next_event_id,
        event_timestamp=now,
        scheduled_event_id=task.scheduled.event_id,
        started_event_id=task.started_event_id,
        timeout_type=LambdaFunctionTimeoutType.START_TO_CLOSE,
    )
