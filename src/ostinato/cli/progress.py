"""Where an execution is, as a fold over its history. Pure: it reads no clock and shows nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ostinato.client.executions import closed_by
from ostinato.model import events as e
from ostinato.model.fields import EventId, RunId
from ostinato.model.structures import WorkflowExecution

if TYPE_CHECKING:
    from collections.abc import Callable

RETRY = "__ostinato_retry-"
OWN = "__ostinato_"
"""The ids of timers that a replay starts for itself begin so; after RETRY come the task's id and the attempt."""


@dataclass(frozen=True, slots=True)
class OpenActivity:
    """An activity task, or a Lambda function, that is scheduled, and perhaps started."""

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
    since: float
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
    """Something did not end well. `retry` says whether and when the decision that answered it tries it again."""

    task_id: str
    name: str
    what: str
    details: str | None
    retry: OpenRetry | None = None


Open = OpenActivity | OpenTimer | OpenRetry | OpenChild

_Tried = e.TimerStarted | e.ActivityTaskScheduled | e.StartChildWorkflowExecutionInitiated | e.LambdaFunctionScheduled
"""What a decision records of something that it tries again."""


@dataclass(frozen=True, slots=True)
class Relative:
    """Something open, and how many generations below the execution that is shown."""

    depth: int
    thing: Open


@dataclass(slots=True)
class _Unanswered:
    """A misfortune that was read, and when it came."""

    event_id: EventId
    misfortune: Misfortune


@dataclass(frozen=True, slots=True)
class Parted:
    """A child that was followed and has closed: its last events may not have been read yet."""

    execution: WorkflowExecution
    progress: "Progress"


@dataclass
class Progress:
    """What is open in an execution, and how much is finished.

    A misfortune is held back until the decision that answers it is read, or the close. So what is told of it does not
    depend on when history was read, as long as that was between two transactions of the service.
    """

    last_event: e.HistoryEvent | None = None
    started_at: float = 0.0
    finished: int = 0
    children: "dict[EventId, Progress]" = field(default_factory=dict[EventId, "Progress"])
    """The open children that are followed too, by the event that initiated them."""
    parted: list[Parted] = field(default_factory=list[Parted])
    """The children that were followed and have closed since somebody took them from here."""
    open: dict[EventId, Open] = field(default_factory=dict[EventId, Open])
    last_failure: Misfortune | None = None
    _attempts: dict[str, int] = field(default_factory=dict[str, int])
    _reasons: dict[str, str] = field(default_factory=dict[str, str])
    _unanswered: list[_Unanswered] = field(default_factory=list[_Unanswered])
    _answered_before: EventId = field(default=EventId(0))
    """The last decision saw all events before this one."""

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

    def queued(self) -> int:
        """How many activities wait for a worker."""
        return sum(isinstance(o, OpenActivity) and o.started_at is None for o in self.open.values())

    def take_told(self) -> list[Misfortune]:
        """What did not end well and was answered since the last time, the first first."""
        told = [held.misfortune for held in self._unanswered if held.event_id < self._answered_before]
        del self._unanswered[: len(told)]
        return told

    def take_rest(self) -> list[Misfortune]:
        """What did not end well and was not answered either: nobody waits for that any more."""
        rest = [held.misfortune for held in self._unanswered]
        self._unanswered.clear()
        return rest

    def read(self, event: e.HistoryEvent) -> None:
        """Take the next event."""
        self.last_event = event
        match event:
            case e.WorkflowExecutionStarted():
                self.started_at = event.event_timestamp
            case e.DecisionTaskCompleted():
                self._answered_before = event.started_event_id
            case e.ActivityTaskScheduled() | e.LambdaFunctionScheduled():
                self._opened(event)
            case e.TimerStarted() | e.StartChildWorkflowExecutionInitiated():
                self._opened(event)
            case e.ActivityTaskStarted() | e.LambdaFunctionStarted() | e.ChildWorkflowExecutionStarted():
                self._begun(event)
            case e.ActivityTaskCompleted() | e.LambdaFunctionCompleted():
                self.open.pop(event.scheduled_event_id, None)
                self.finished += 1
            case e.ChildWorkflowExecutionCompleted():
                self.close(event.initiated_event_id)
                self.finished += 1
            case e.TimerFired() | e.TimerCanceled():
                self.open.pop(event.started_event_id, None)
            case _ if closed_by(event) is not None:
                self._answered_before = EventId(event.event_id)
            case _:
                self._misfortune(event)

    def _opened(self, event: _Tried) -> None:
        at = event.event_timestamp
        match event:
            case e.ActivityTaskScheduled(activity_id=task_id):
                self.open[event.event_id] = OpenActivity(task_id, event.activity_type.name, self._attempt(task_id), at)
                self._tried_again(OpenRetry(task_id, self._attempts[task_id], at, at, ""))
            case e.LambdaFunctionScheduled(id=task_id, name=name):
                self.open[event.event_id] = OpenActivity(task_id, name, self._attempt(task_id), at)
                self._tried_again(OpenRetry(task_id, self._attempts[task_id], at, at, ""))
            case e.StartChildWorkflowExecutionInitiated(workflow_id=task_id):
                self.open[event.event_id] = OpenChild(task_id, event.workflow_type.name, at)
                self._tried_again(OpenRetry(task_id, self._attempt(task_id), at, at, ""))
            case e.TimerStarted(timer_id=timer_id):
                due = at + int(event.start_to_fire_timeout)
                if timer_id.startswith(RETRY):
                    retry = self.open[event.event_id] = self._retry(timer_id, at, due)
                    self._tried_again(retry)
                elif not timer_id.startswith(OWN):
                    self.open[event.event_id] = OpenTimer(timer_id, due)

    def _attempt(self, task_id: str) -> int:
        self._attempts[task_id] = self._attempts.get(task_id, 0) + 1
        return self._attempts[task_id]

    def _retry(self, timer_id: str, since: float, due: float) -> OpenRetry:
        task_id, _, attempt = timer_id.removeprefix(RETRY).rpartition("-")
        number = int(attempt) if attempt.isdecimal() else 0
        return OpenRetry(task_id, number, since, due, self._reasons.get(task_id, ""))

    def _tried_again(self, retry: OpenRetry) -> None:
        """If that is the answer to a misfortune, it is told with it."""
        for held in self._unanswered:
            if held.misfortune.task_id == retry.task_id and held.event_id < self._answered_before:
                held.misfortune = replace(held.misfortune, retry=held.misfortune.retry or retry)

    def _begun(self, event: e.ActivityTaskStarted | e.LambdaFunctionStarted | e.ChildWorkflowExecutionStarted) -> None:
        match event:
            case e.ActivityTaskStarted() | e.LambdaFunctionStarted():
                opened_by = event.scheduled_event_id
                task = self.open.get(opened_by)
                if isinstance(task, OpenActivity):
                    self.open[opened_by] = replace(task, started_at=event.event_timestamp)
            case e.ChildWorkflowExecutionStarted(initiated_event_id=opened_by):
                child = self.open.get(opened_by)
                if isinstance(child, OpenChild):
                    self.open[opened_by] = replace(child, run_id=event.workflow_execution.run_id)

    def _misfortune(self, event: e.HistoryEvent) -> None:
        match event:
            case e.ActivityTaskFailed(reason=reason, details=details):
                self._ended_badly(event.scheduled_event_id, reason or "failed", details)
            case e.ActivityTaskTimedOut(timeout_type=kind):
                self._ended_badly(event.scheduled_event_id, f"timed out ({kind.value})", None)
            case e.ActivityTaskCanceled():
                self._ended_badly(event.scheduled_event_id, "was canceled", None)
            case e.LambdaFunctionFailed(reason=reason, details=details):
                self._ended_badly(event.scheduled_event_id, reason or "failed", details)
            case e.LambdaFunctionTimedOut():
                self._ended_badly(event.scheduled_event_id, "timed out", None)
            case e.StartLambdaFunctionFailed(scheduled_event_id=int(opened_by), message=message):
                self._ended_badly(EventId(opened_by), message or "could not be invoked", None)
            case _:
                self._misfortune_of_child(event)

    def _misfortune_of_child(self, event: e.HistoryEvent) -> None:
        match event:
            case e.ChildWorkflowExecutionFailed(reason=reason, details=details):
                self._ended_badly(event.initiated_event_id, reason or "failed", details)
            case e.ChildWorkflowExecutionTimedOut():
                self._ended_badly(event.initiated_event_id, "timed out", None)
            case e.ChildWorkflowExecutionCanceled():
                self._ended_badly(event.initiated_event_id, "was canceled", None)
            case e.ChildWorkflowExecutionTerminated():
                self._ended_badly(event.initiated_event_id, "was terminated", None)
            case e.StartChildWorkflowExecutionFailed(cause=cause) if event.initiated_event_id:
                self._ended_badly(event.initiated_event_id, cause.value, None)
            case _:
                pass

    def _ended_badly(self, opened_by: EventId, what: str, details: str | None) -> None:
        match self.close(opened_by):
            case OpenActivity(activity_id=task_id, name=name) | OpenChild(workflow_id=task_id, name=name):
                self._reasons[task_id] = what
                self.last_failure = Misfortune(task_id, name, what, details)
                self._unanswered.append(_Unanswered(EventId(self.last_event_id), self.last_failure))
            case _:
                pass

    def close(self, opened_by: EventId) -> Open | None:
        """What that event had opened is open no more; gives what it was."""
        ended, child = self.open.pop(opened_by, None), self.children.pop(opened_by, None)
        if child is not None and isinstance(ended, OpenChild) and ended.run_id is not None:
            execution = WorkflowExecution(workflow_id=ended.workflow_id, run_id=ended.run_id)
            self.parted.append(Parted(execution, child))
        return ended
