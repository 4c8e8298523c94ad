"""Where an execution is, as a fold over its history. Pure: it reads no clock and shows nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ostinato.model import events as e
from ostinato.model.fields import EventId, RunId

if TYPE_CHECKING:
    from collections.abc import Callable

RETRY = "__ostinato_retry-"
OWN = "__ostinato_"
"""The ids of timers that a replay starts for itself begin so; after RETRY come the task's id and the attempt."""


@dataclass(frozen=True, slots=True)
class OpenActivity:
    """An activity task that is scheduled, and perhaps started."""

    activity_id: str
    name: str
    attempt: int
    scheduled_at: float
    started_at: float | None = None


@dataclass(frozen=True, slots=True)
class OpenTimer:
    """A timer that the workflow's code waits for."""

    timer_id: str
    fires_at: float


@dataclass(frozen=True, slots=True)
class OpenRetry:
    """A task that did not end well and will be tried again."""

    task_id: str
    attempt: int
    due_at: float
    reason: str


@dataclass(frozen=True, slots=True)
class OpenChild:
    """A child execution; its run id is known once it has started."""

    workflow_id: str
    name: str
    since: float
    run_id: RunId | None = None


@dataclass(frozen=True, slots=True)
class Misfortune:
    """Something did not end well: told once, as it is read. `retry` says whether and when it is tried again."""

    task_id: str
    name: str
    what: str
    details: str | None
    retry: OpenRetry | None = None


Open = OpenActivity | OpenTimer | OpenRetry | OpenChild


@dataclass(frozen=True, slots=True)
class Relative:
    """Something open, and how many generations below the execution that is shown."""

    depth: int
    thing: Open


@dataclass
class Progress:
    """What is open in an execution, and how much is finished."""

    last_event: e.HistoryEvent | None = None
    started_at: float = 0.0
    finished: int = 0
    children: "dict[EventId, Progress]" = field(default_factory=dict[EventId, "Progress"])
    """The open children that are followed too, by the event that initiated them."""
    open: dict[EventId, Open] = field(default_factory=dict[EventId, Open])
    last_failure: Misfortune | None = None
    _attempts: dict[str, int] = field(default_factory=dict[str, int])
    _reasons: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def last_event_id(self) -> int:
        """How far history was read; 0 before the first event."""
        return self.last_event.event_id if self.last_event else 0

    def running(self) -> Iterator[OpenActivity]:
        """The activities that a worker has begun."""
        return (o for o in self.open.values() if isinstance(o, OpenActivity) and o.started_at is not None)

    def family(self, order: "Callable[[Open], Any]", depth: int = 0) -> "Iterator[Relative]":
        """All that is open, in the order that the key gives; what is open in a child follows the child."""
        for event_id, thing in sorted(self.open.items(), key=lambda item: order(item[1])):
            yield Relative(depth, thing)
            child = self.children.get(event_id)
            if child is not None:
                yield from child.family(order, depth + 1)

    def retry_of(self, misfortune: Misfortune) -> Misfortune:
        """The misfortune, with what is known about its retry."""
        retries = (o for o in self.open.values() if isinstance(o, OpenRetry) and o.task_id == misfortune.task_id)
        return replace(misfortune, retry=next(retries, None))

    def queued(self) -> int:
        """How many activities wait for a worker."""
        return sum(isinstance(o, OpenActivity) and o.started_at is None for o in self.open.values())

    def read(self, event: e.HistoryEvent) -> Misfortune | None:
        """Take the next event; gives what it tells of something that did not end well."""
        self.last_event = event
        match event:
            case e.WorkflowExecutionStarted():
                self.started_at = event.event_timestamp
            case e.ActivityTaskScheduled() | e.TimerStarted() | e.StartChildWorkflowExecutionInitiated():
                self._opened(event)
            case e.ActivityTaskStarted() | e.ChildWorkflowExecutionStarted():
                self._begun(event)
            case e.ActivityTaskCompleted():
                self.open.pop(event.scheduled_event_id, None)
                self.finished += 1
            case e.ChildWorkflowExecutionCompleted():
                self.open.pop(event.initiated_event_id, None)
                self.children.pop(event.initiated_event_id, None)
                self.finished += 1
            case e.TimerFired() | e.TimerCanceled():
                self.open.pop(event.started_event_id, None)
            case _:
                return self._misfortune(event)
        return None

    def _opened(self, event: e.ActivityTaskScheduled | e.TimerStarted | e.StartChildWorkflowExecutionInitiated) -> None:
        at = event.event_timestamp
        match event:
            case e.ActivityTaskScheduled(activity_id=activity_id):
                attempt = self._attempts.get(activity_id, 0) + 1
                self._attempts[activity_id] = attempt
                self.open[event.event_id] = OpenActivity(activity_id, event.activity_type.name, attempt, at)
            case e.StartChildWorkflowExecutionInitiated(workflow_id=workflow_id):
                self.open[event.event_id] = OpenChild(workflow_id, event.workflow_type.name, at)
            case e.TimerStarted(timer_id=timer_id):
                due = at + int(event.start_to_fire_timeout)
                if timer_id.startswith(RETRY):
                    self.open[event.event_id] = self._retry(timer_id, due)
                elif not timer_id.startswith(OWN):
                    self.open[event.event_id] = OpenTimer(timer_id, due)

    def _retry(self, timer_id: str, due: float) -> OpenRetry:
        task_id, _, attempt = timer_id.removeprefix(RETRY).rpartition("-")
        return OpenRetry(task_id, int(attempt) if attempt.isdecimal() else 0, due, self._reasons.get(task_id, ""))

    def _begun(self, event: e.ActivityTaskStarted | e.ChildWorkflowExecutionStarted) -> None:
        match event:
            case e.ActivityTaskStarted(scheduled_event_id=opened_by):
                task = self.open.get(opened_by)
                if isinstance(task, OpenActivity):
                    self.open[opened_by] = replace(task, started_at=event.event_timestamp)
            case e.ChildWorkflowExecutionStarted(initiated_event_id=opened_by):
                child = self.open.get(opened_by)
                if isinstance(child, OpenChild):
                    self.open[opened_by] = replace(child, run_id=event.workflow_execution.run_id)

    def _misfortune(self, event: e.HistoryEvent) -> Misfortune | None:
        match event:
            case e.ActivityTaskFailed(reason=reason, details=details):
                return self._ended_badly(event.scheduled_event_id, reason or "failed", details)
            case e.ActivityTaskTimedOut(timeout_type=kind):
                return self._ended_badly(event.scheduled_event_id, f"timed out ({kind.value})", None)
            case e.ActivityTaskCanceled():
                return self._ended_badly(event.scheduled_event_id, "was canceled", None)
            case e.ChildWorkflowExecutionFailed(reason=reason, details=details):
                return self._ended_badly(event.initiated_event_id, reason or "failed", details)
            case e.ChildWorkflowExecutionTimedOut():
                return self._ended_badly(event.initiated_event_id, "timed out", None)
            case e.ChildWorkflowExecutionCanceled():
                return self._ended_badly(event.initiated_event_id, "was canceled", None)
            case e.ChildWorkflowExecutionTerminated():
                return self._ended_badly(event.initiated_event_id, "was terminated", None)
            case e.StartChildWorkflowExecutionFailed(cause=cause) if event.initiated_event_id:
                return self._ended_badly(event.initiated_event_id, cause.value, None)
            case _:
                return None

    def _ended_badly(self, opened_by: EventId, what: str, details: str | None) -> Misfortune | None:
        ended = self.open.pop(opened_by, None)
        self.children.pop(opened_by, None)
        match ended:
            case OpenActivity(activity_id=task_id, name=name) | OpenChild(workflow_id=task_id, name=name):
                self._reasons[task_id] = what
                self.last_failure = Misfortune(task_id, name, what, details)
                return self.last_failure
            case _:
                return None
