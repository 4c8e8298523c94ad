"""One attempt at an activity task: read its arguments, run the function, say what became of it."""

import asyncio
import concurrent.futures
import contextvars
import logging
from collections.abc import Callable, Mapping
from typing import Any

from ostinato.errors import UsageError
from ostinato.model.durations import whole_seconds
from ostinato.model.operations import (
    RespondActivityTaskCanceled,
    RespondActivityTaskCompleted,
    RespondActivityTaskFailed,
)
from ostinato.model.results import ActivityTask
from ostinato.model.structures import ActivityType
from ostinato.payloads.along import send_along, sent_along
from ostinato.payloads.converter import Arguments
from ostinato.payloads.policy import Payloads
from ostinato.replay.definitions import Activity
from ostinato.swf import Swf
from ostinato.worker.context import ActivityInfo, CompletedLater, RunningActivity, Underway, running_activity
from ostinato.worker.coroutines import Abandoned, Coroutines, Outcome, Raised, Returned
from ostinato.worker.heartbeats import Heartbeats
from ostinato.worker.middleware import Report

logger = logging.getLogger(__name__)

_CANCELED = (asyncio.CancelledError, concurrent.futures.CancelledError)


class Attempts:
    """Runs activity tasks, each in the thread that asks; `async def` ones on the event loop of this process.

    `begin` is called with each activity before it runs; `underway` knows those that run.
    """

    def __init__(
        self,
        swf: Swf,
        *,
        domain: str,
        activities: Mapping[ActivityType, Activity[..., Any]],
        payloads: Payloads,
        heartbeats: Heartbeats,
        coroutines: Coroutines,
        begin: Callable[[RunningActivity], object] | None = None,
        underway: Underway | None = None,
    ) -> None:
        self._swf = swf
        self._domain = domain
        self._activities = activities
        self._payloads = payloads
        self._heartbeats = heartbeats
        self._coroutines = coroutines
        self._begin = begin
        self._underway = underway or Underway()

    def run(self, task: ActivityTask) -> Report | None:
        """Run the task's activity and give the report to send.

        None if it is completed later by somebody else, or this process gave it up, as it stops.
        """
        activity = self._activities.get(task.activity_type)
        if activity is None:
            return self.failed(task, _unknown(task.activity_type))
        running = self._enter(task, activity)
        try:
            outcome = contextvars.copy_context().run(self._outcome, activity, task, running)
        finally:
            self._leave(running)
        return self._report(task, running, outcome)

    def is_begun(self, task: ActivityTask) -> bool:
        """Whether the task can run without a thread, by `begin`: its activity is `async def`."""
        activity = self._activities.get(task.activity_type)
        return activity is not None and activity.is_async

    def begin(self, task: ActivityTask, done: Callable[[Report | None], None]) -> None:
        """Let the task's `async def` activity run, without waiting for it.

        `done` is called once, from a thread in which it may wait: with the report to send, or with None if it
        is completed later by somebody else, or this process gave it up, as it stops.
        """
        activity = self._activities[task.activity_type]
        running = self._enter(task, activity)

        def ended(outcome: Outcome) -> None:
            self._leave(running)
            done(self._report(task, running, outcome))

        contextvars.copy_context().run(self._launch, activity, task, running, ended)

    def _launch(
        self,
        activity: Activity[..., Any],
        task: ActivityTask,
        running: RunningActivity,
        ended: Callable[[Outcome], None],
    ) -> None:
        running_activity.set(running)
        try:
            arguments = self._payloads_of(task).load_arguments(task.input, activity.function)
        except Exception as error:  # noqa: BLE001  # the author's types may raise anything when they are made
            ended(Raised(error))
        else:
            self._coroutines.begin(lambda: _call(activity, arguments), running, ended)

    def _enter(self, task: ActivityTask, activity: Activity[..., Any]) -> RunningActivity:
        """What the activity's code may ask while it runs; heartbeats are sent from now on."""
        along = sent_along(task.input)
        running = RunningActivity(
            ActivityInfo(
                domain=self._domain,
                workflow_execution=task.workflow_execution,
                activity_type=task.activity_type,
                activity_id=task.activity_id,
                attempt=along.attempt,
                task_token=task.task_token,
            ),
            swf=self._swf,
            payloads=self._payloads_of(task),
            former_details=along.heartbeat,
        )
        self._underway.add(running)
        if self._begin is not None:
            self._begin(running)
        timeout = along.heartbeat_timeout or activity.heartbeat_timeout
        self._heartbeats.add(running, None if timeout is None else whole_seconds(timeout), shortest_limit(activity))
        return running

    def _leave(self, running: RunningActivity) -> None:
        self._heartbeats.remove(running)
        self._underway.remove(running)

    def _outcome(self, activity: Activity[..., Any], task: ActivityTask, running: RunningActivity) -> Outcome:
        running_activity.set(running)
        try:
            arguments = self._payloads_of(task).load_arguments(task.input, activity.function)
            if activity.is_async:
                return self._coroutines.run(lambda: _call(activity, arguments), running)
            return Returned(_call(activity, arguments))
        except BaseException as error:  # noqa: BLE001  # sys.exit() and the like end the activity, not the worker
            return Raised(error)

    def _report(self, task: ActivityTask, running: RunningActivity, outcome: Outcome) -> Report | None:
        if isinstance(outcome, Abandoned):
            return None
        if isinstance(outcome, Raised):
            if isinstance(outcome.error, CompletedLater):
                return None
            if running.cancel_requested and isinstance(outcome.error, _CANCELED):
                return RespondActivityTaskCanceled(task_token=task.task_token)
            return self.failed(task, outcome.error, running.details)
        try:
            result = self._payloads_of(task).dump_result(outcome.value, of=task.activity_type.name)
        except UsageError as error:
            # It says all; the lines of ours that found it out would only hide that.
            error.__cause__ = error.__context__ = None
            return self.failed(task, error.with_traceback(None), running.details)
        except Exception as error:  # noqa: BLE001  # the author's values may raise anything when they are read
            return self.failed(task, error, running.details)
        return RespondActivityTaskCompleted(task_token=task.task_token, result=result)

    def failed(
        self, task: ActivityTask, error: BaseException, heartbeat: str | None = None
    ) -> RespondActivityTaskFailed:
        """The report that the task failed with this exception, after a heartbeat with these details."""
        return failure_report(self._payloads_of(task), task, error, heartbeat)

    def _payloads_of(self, task: ActivityTask) -> Payloads:
        """How the task's input and result travel."""
        activity = self._activities.get(task.activity_type)
        return (activity.payloads if activity is not None else None) or self._payloads


def failure_report(
    payloads: Payloads, task: ActivityTask, error: BaseException, heartbeat: str | None
) -> RespondActivityTaskFailed:
    """The report that a task failed with this exception.

    Args:
        payloads: how they travel.
        task: the task.
        error: the exception.
        heartbeat: the details of its last heartbeat, which go along, for the next attempt.
    """
    failure = payloads.dump_failure(error)
    details = failure.details if heartbeat is None else send_along(failure.details, {"heartbeat": heartbeat})
    return RespondActivityTaskFailed(task_token=task.task_token, reason=failure.reason, details=details)


def shortest_limit(activity: Activity[..., Any]) -> int | None:
    """In how many seconds an attempt at it has to end, as it was declared; None if it may take any time."""
    limits = (activity.start_to_close_timeout, activity.schedule_to_close_timeout)
    return min((whole_seconds(limit) for limit in limits if limit is not None), default=None)


def _call(activity: Activity[..., Any], arguments: Arguments) -> Any:
    return activity.work(*arguments.args, **arguments.kwargs)


def _unknown(activity_type: ActivityType) -> UsageError:
    return UsageError(
        found=f"this worker has no activity {activity_type.name!r}, version {activity_type.version!r}",
        hint="Define it at the top of a module that the target imports",
    )
