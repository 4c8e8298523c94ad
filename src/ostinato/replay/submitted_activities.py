"""Activities that workflow code submitted."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never, cast

from ostinato import errors
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.durations import to_swf, whole_seconds
from ostinato.model.enums import ScheduleActivityTaskFailedCause
from ostinato.model.lives import ACTIVITY, ActivityState, advance
from ostinato.model.structures import TaskList
from ostinato.payloads.along import send_along, sent_along
from ostinato.payloads.failures import is_unread
from ostinato.replay.definitions import Activity
from ostinato.replay.execution import Execution, bounded_id
from ostinato.replay.keys import Key, Kind
from ostinato.replay.submission import Submission

_NotCompleted = e.ActivityTaskFailed | e.ActivityTaskTimedOut | e.ActivityTaskCanceled | e.ScheduleActivityTaskFailed


class SubmittedActivity(Submission):
    """An activity task."""

    __slots__ = ("_heartbeat", "activity")

    kind = Kind.ACTIVITY

    def __init__(self, execution: Execution, activity: Activity[..., Any], task_id: str | None) -> None:
        name = activity.name
        super().__init__(
            execution,
            task_id or activity_id(name, execution.number(f"activity {name}")),
            activity,
            execution.payloads_of(activity),
        )
        self.activity = activity
        self._heartbeat: str | None = None
        """The details of the last heartbeat that is known of, for the next attempt."""
        self._state = ActivityState.NEW

    def start(self, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
        """Ask for the first attempt; its input is not written if history is known to have recorded this one request.

        Raises:
            PayloadError: an argument cannot become text.
            LimitExceededError: the arguments are longer than SWF takes.
        """
        execution = self.execution
        if self.retry is None and not self._has_hook() and execution.ahead.get(self.id) == 1:
            key = Key(Kind.ACTIVITY, self.id, self._kind_name())
            if not execution.ledger.has(key):
                self.request = execution.request_recorded(key, self)
                return
        super().start(args, kwargs)

    def _kind_name(self) -> str:
        return self.activity.type_key

    def _result_type(self) -> Any:
        return self.activity.result_type

    def _decision(self) -> d.ScheduleActivityTask:
        self._state = ActivityState.NEW
        a = self.activity
        return d.ScheduleActivityTask(
            activity_type=a.activity_type,
            activity_id=self.id,
            input=self._input_of_attempt(),
            control=a.control,
            task_list=TaskList(name=a.task_list),
            task_priority=None if a.task_priority is None else str(a.task_priority),
            schedule_to_start_timeout=to_swf(a.schedule_to_start_timeout),
            schedule_to_close_timeout=to_swf(a.schedule_to_close_timeout),
            start_to_close_timeout=to_swf(a.start_to_close_timeout),
            heartbeat_timeout=to_swf(a.heartbeat_timeout),
        )

    def _input_of_attempt(self) -> str:
        text = super()._input_of_attempt()
        return text if self._heartbeat is None else send_along(text, {"heartbeat": self._heartbeat})

    def _along(self) -> dict[str, str | int]:
        declared, timeout = self.activity.declared, self.activity.heartbeat_timeout
        along = super()._along()
        if declared is not None and timeout is not None and timeout != declared.heartbeat_timeout:
            along["heartbeat_timeout"] = whole_seconds(timeout)
        return along

    def _cancel_decision(self) -> d.RequestCancelActivityTask | None:
        is_closed = self._state is ActivityState.CLOSED
        return None if is_closed else d.RequestCancelActivityTask(activity_id=self.id)

    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""
        if isinstance(event, e.RequestCancelActivityTaskFailed):
            return  # it had closed meanwhile
        self._state = state = advance(ACTIVITY, self._state, event)
        if isinstance(event, e.ActivityTaskStarted):
            self.future.is_running = True
        elif isinstance(event, e.ActivityTaskScheduled):
            self._opened(event)
            self.execution.ahead[self.id] -= 1
        elif state is ActivityState.CLOSED:
            self._closed()
            if isinstance(event, e.ActivityTaskCompleted):
                self._completed(event.result, self.activity.result_type)
            else:
                self._did_not_complete(cast("_NotCompleted", event))

    def _did_not_complete(self, event: _NotCompleted) -> None:
        facts: dict[str, Any] = {"name": self.name, "activity_id": self.id, "attempts": self.attempt}
        self._heartbeat = _last_heartbeat(event) or self._heartbeat
        match event:
            case e.ActivityTaskFailed(reason=reason) if is_unread(reason):
                # No fault of the activity, which has not run: with the next attempt the input is kept anew.
                self._refused_for_now()
            case e.ActivityTaskFailed(reason=reason, details=details):
                said = self.payloads.load_failure(reason, details)
                self._failed(
                    errors.ActivityFailed(
                        **facts,
                        reason=reason,
                        details=details,
                        error_type=said.error_type,
                        error_message=said.message,
                        error_traceback=said.traceback,
                    )
                )
            case e.ActivityTaskTimedOut(timeout_type=timeout_type, details=details):
                self._failed(errors.ActivityTimedOut(**facts, timeout_type=timeout_type.name, details=details))
            case e.ActivityTaskCanceled(details=details):
                self._failed(errors.ActivityCanceled(**facts, details=details))
            case e.ScheduleActivityTaskFailed(cause=cause):
                self._not_scheduled(cause, facts)
            case _:
                assert_never(event)

    def _not_scheduled(self, cause: ScheduleActivityTaskFailedCause, facts: dict[str, Any]) -> None:
        causes = ScheduleActivityTaskFailedCause
        if cause is causes.ACTIVITY_TYPE_DOES_NOT_EXIST:
            self._type_unknown(self.activity)
        elif cause in (causes.OPEN_ACTIVITIES_LIMIT_EXCEEDED, causes.ACTIVITY_CREATION_RATE_EXCEEDED):
            self._refused_for_now()
        else:
            self._failed(errors.ActivityNotScheduled(**facts, cause=cause.name))


def _last_heartbeat(event: _NotCompleted) -> str | None:
    """The details of the attempt's last heartbeat: SWF tells them with a time-out, our workers with a failure."""
    match event:
        case e.ActivityTaskTimedOut(details=details):
            return details
        case e.ActivityTaskFailed(details=details):
            return sent_along(details).heartbeat
        case _:
            return None


def activity_id(name: str, what: object) -> str:
    """The id of an activity, in simpleflow's form; `what` tells it from others of that name."""
    return bounded_id(f"activity-{name}-{what}")
