"""The rules of activity tasks."""

from typing import TYPE_CHECKING, assert_never, cast

from ostinato.engine.log.records import TypeRecord
from ostinato.engine.parts import Activity
from ostinato.engine.registry import Registry, activity_defaults
from ostinato.engine.state import Execution
from ostinato.model import events as e
from ostinato.model.decisions import RequestCancelActivityTask, ScheduleActivityTask
from ostinato.model.enums import (
    ActivityTaskTimeoutType,
    RegistrationStatus,
    RequestCancelActivityTaskFailedCause,
    ScheduleActivityTaskFailedCause,
)
from ostinato.model.fields import EventId, Timestamp
from ostinato.model.limits import OPEN_ACTIVITIES
from ostinato.model.lives import ActivityState
from ostinato.model.operations import (
    RespondActivityTaskCanceled,
    RespondActivityTaskCompleted,
    RespondActivityTaskFailed,
)

if TYPE_CHECKING:
    from ostinato.model.structures import TaskList

_Cause = ScheduleActivityTaskFailedCause


def schedule(
    execution: Execution, decision: ScheduleActivityTask, registry: Registry, completed_id: EventId, now: Timestamp
) -> e.ActivityTaskScheduled | e.ScheduleActivityTaskFailed:
    """What the decision to schedule an activity task writes."""
    registered = registry.find_type(execution.domain, decision.activity_type)
    cause = _refusal(execution, decision, registered)
    if cause is None and registered is not None:
        return _scheduled(execution, decision, registered, completed_id, now)
    return e.ScheduleActivityTaskFailed(
        event_id=execution.next_event_id,
        event_timestamp=now,
        activity_type=decision.activity_type,
        activity_id=decision.activity_id,
        cause=cause or _Cause.ACTIVITY_TYPE_DOES_NOT_EXIST,
        decision_task_completed_event_id=completed_id,
    )


def _refusal(execution: Execution, decision: ScheduleActivityTask, registered: TypeRecord | None) -> _Cause | None:
    if registered is None:
        return _Cause.ACTIVITY_TYPE_DOES_NOT_EXIST
    if registered.status is RegistrationStatus.DEPRECATED:
        return _Cause.ACTIVITY_TYPE_DEPRECATED
    if decision.activity_id in execution.activity_ids:
        return _Cause.ACTIVITY_ID_ALREADY_IN_USE
    if len(execution.activities) >= OPEN_ACTIVITIES:
        return _Cause.OPEN_ACTIVITIES_LIMIT_EXCEEDED
    defaults = activity_defaults(registered)
    if decision.task_list is None and defaults.default_task_list is None:
        return _Cause.DEFAULT_TASK_LIST_UNDEFINED
    if decision.schedule_to_close_timeout is None and defaults.default_task_schedule_to_close_timeout is None:
        return _Cause.DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED
    if decision.schedule_to_start_timeout is None and defaults.default_task_schedule_to_start_timeout is None:
        return _Cause.DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED
    if decision.start_to_close_timeout is None and defaults.default_task_start_to_close_timeout is None:
        return _Cause.DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED
    if decision.heartbeat_timeout is None and defaults.default_task_heartbeat_timeout is None:
        return _Cause.DEFAULT_HEARTBEAT_TIMEOUT_UNDEFINED
    return None


def _scheduled(
    execution: Execution, decision: ScheduleActivityTask, registered: TypeRecord, completed_id: EventId, now: Timestamp
) -> e.ActivityTaskScheduled:
    defaults = activity_defaults(registered)
    return e.ActivityTaskScheduled(
        event_id=execution.next_event_id,
        event_timestamp=now,
        activity_type=decision.activity_type,
        activity_id=decision.activity_id,
        task_list=cast("TaskList", decision.task_list or defaults.default_task_list),  # else it was refused
        decision_task_completed_event_id=completed_id,
        input=decision.input,
        control=decision.control,
        schedule_to_start_timeout=decision.schedule_to_start_timeout or defaults.default_task_schedule_to_start_timeout,
        schedule_to_close_timeout=decision.schedule_to_close_timeout or defaults.default_task_schedule_to_close_timeout,
        start_to_close_timeout=decision.start_to_close_timeout or defaults.default_task_start_to_close_timeout,
        task_priority=decision.task_priority or defaults.default_task_priority,
        heartbeat_timeout=decision.heartbeat_timeout or defaults.default_task_heartbeat_timeout,
    )


def request_cancel(
    execution: Execution, decision: RequestCancelActivityTask, completed_id: EventId, now: Timestamp
) -> tuple[e.HistoryEvent, ...]:
    """What the decision to cancel an activity task writes: one that has not started is canceled at once."""
    activity = execution.activity_ids.get(decision.activity_id)
    if activity is None:
        return (
            e.RequestCancelActivityTaskFailed(
                event_id=execution.next_event_id,
                event_timestamp=now,
                activity_id=decision.activity_id,
                cause=RequestCancelActivityTaskFailedCause.ACTIVITY_ID_UNKNOWN,
                decision_task_completed_event_id=completed_id,
            ),
        )
    requested = e.ActivityTaskCancelRequested(
        event_id=execution.next_event_id,
        event_timestamp=now,
        decision_task_completed_event_id=completed_id,
        activity_id=decision.activity_id,
    )
    if activity.state is ActivityState.STARTED:
        return (requested,)
    return requested, e.ActivityTaskCanceled(
        event_id=EventId(requested.event_id + 1),
        event_timestamp=now,
        scheduled_event_id=activity.scheduled.event_id,
        started_event_id=EventId(0),
        latest_cancel_requested_event_id=requested.event_id,
    )


def started(execution: Execution, activity: Activity, identity: str | None, now: Timestamp) -> e.ActivityTaskStarted:
    """The task is handed to a worker."""
    return e.ActivityTaskStarted(
        event_id=execution.next_event_id,
        event_timestamp=now,
        scheduled_event_id=activity.scheduled.event_id,
        identity=identity,
    )


ActivityAnswer = RespondActivityTaskCompleted | RespondActivityTaskFailed | RespondActivityTaskCanceled


def answered(
    execution: Execution, activity: Activity, answer: ActivityAnswer, now: Timestamp
) -> e.ActivityTaskCompleted | e.ActivityTaskFailed | e.ActivityTaskCanceled:
    """What the worker's answer writes. A worker may cancel a task unasked (recorded)."""
    match answer:
        case RespondActivityTaskCompleted():
            return e.ActivityTaskCompleted(
                event_id=execution.next_event_id,
                event_timestamp=now,
                scheduled_event_id=activity.scheduled.event_id,
                started_event_id=activity.started_event_id,
                result=answer.result,
            )
        case RespondActivityTaskFailed():
            return e.ActivityTaskFailed(
                event_id=execution.next_event_id,
                event_timestamp=now,
                scheduled_event_id=activity.scheduled.event_id,
                started_event_id=activity.started_event_id,
                reason=answer.reason,
                details=answer.details,
            )
        case RespondActivityTaskCanceled():
            return e.ActivityTaskCanceled(
                event_id=execution.next_event_id,
                event_timestamp=now,
                scheduled_event_id=activity.scheduled.event_id,
                started_event_id=activity.started_event_id,
                details=answer.details,
                latest_cancel_requested_event_id=activity.cancel_requested_event_id,
            )
        case _:
            assert_never(answer)


def timed_out(
    execution: Execution, activity: Activity, timeout_type: ActivityTaskTimeoutType, now: Timestamp
) -> e.ActivityTaskTimedOut:
    """One of the task's time-outs passed; the last heartbeat's details come back."""
    return e.ActivityTaskTimedOut(
        event_id=execution.next_event_id,
        event_timestamp=now,
        timeout_type=timeout_type,
        scheduled_event_id=activity.scheduled.event_id,
        started_event_id=activity.started_event_id,
        details=activity.heartbeat_details,
    )
