"""Runs one activity of an execution once more, without telling the execution."""

from dataclasses import dataclass
from typing import Any, TextIO

from ostinato.cli.complaints import author_lines, say
from ostinato.cli.inputs import read_input
from ostinato.client.client import Client
from ostinato.client.histories import read_history
from ostinato.errors import TargetError, UsageError
from ostinato.model.events import ActivityTaskScheduled
from ostinato.model.fields import TaskToken
from ostinato.model.operations import Operation, RecordActivityTaskHeartbeat, RespondActivityTaskCompleted
from ostinato.model.results import ActivityTask, ActivityTaskStatus
from ostinato.model.structures import ActivityType, WorkflowExecution
from ostinato.replay.definitions import Activity
from ostinato.worker.attempts import Attempts
from ostinato.worker.heartbeats import Heartbeats
from ostinato.worker.here import CoroutinesHere
from ostinato.worker.targets import load_catalog

RETURNED = 0
RAISED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which activity, and how: its id or its event, other arguments, and where it is defined."""

    activity_id: str | None
    scheduled_id: int | None
    input: str | None
    target: str | None


class _NoSwf:
    """Where the heartbeats of an activity go that no service waits for."""

    def call(self, operation: Operation[Any], /) -> Any:
        """Answer a heartbeat.

        Raises:
            TypeError: it is none.
        """
        if not isinstance(operation, RecordActivityTaskHeartbeat):
            raise TypeError(operation)
        return ActivityTaskStatus(cancel_requested=False)


def rerun_activity(client: Client, execution: WorkflowExecution, wanted: Wanted, data: TextIO) -> int:
    """Run it, tell its result or its exception, and give the exit code.

    Raises:
        UsageError: the execution has no such activity, it is not found, or the input does not fit it.
    """
    scheduled = _scheduled(client, execution, wanted)
    activity = _defined(scheduled.activity_type, wanted.target)
    payloads = activity.payloads or client.payloads
    text = scheduled.input
    if wanted.input is not None:
        text = read_input(wanted.input, activity, payloads)
    heartbeats = Heartbeats()
    heartbeats.stop()
    attempts = Attempts(
        _NoSwf(),
        domain=client.domain,
        activities={scheduled.activity_type: activity},
        payloads=payloads,
        heartbeats=heartbeats,
        coroutines=CoroutinesHere(),
    )
    report = attempts.run(
        ActivityTask(
            task_token=TaskToken("rerun"),
            activity_id=scheduled.activity_id,
            started_event_id=scheduled.event_id,
            workflow_execution=execution,
            activity_type=scheduled.activity_type,
            input=text,
        )
    )
    if isinstance(report, RespondActivityTaskCompleted):
        print(payloads.as_json(report.result), file=data)
        return RETURNED
    if report is None:
        say(f"{activity.name} left its task open, to be completed later")
        return RETURNED
    reason, details = getattr(report, "reason", None), getattr(report, "details", None)
    for line in author_lines(payloads.load_failure(reason, details).traceback):
        say(line)
    say(f"ostinato: {activity.name} raised {reason or 'a cancellation'}")
    return RAISED


def _scheduled(client: Client, execution: WorkflowExecution, wanted: Wanted) -> ActivityTaskScheduled:
    found = None
    for event in read_history(client.swf.call, client.domain, execution):
        if isinstance(event, ActivityTaskScheduled) and (
            event.activity_id == wanted.activity_id or event.event_id == wanted.scheduled_id
        ):
            found = event
    if found is None:
        what = f"activity {wanted.activity_id!r}" if wanted.activity_id else f"activity at event {wanted.scheduled_id}"
        raise UsageError(
            found=f"{execution.workflow_id} has no {what}",
            hint=f"`ostinato tasks {execution.workflow_id} --kind activity` has all",
        )
    return found


def _defined(kind: ActivityType, target: str | None) -> Activity[..., Any]:
    place = target or kind.name.rpartition(".")[0]
    activity = load_catalog([place]).activities.get(kind)
    if activity is None:
        raise TargetError(
            found=f"{place} has no activity {kind.name!r}, version {kind.version!r}",
            hint="--target says where it is defined",
        )
    return activity
