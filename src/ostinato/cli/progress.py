"""Where an execution is: the fold of its tasks, and what of that is news. Pure: it reads no clock and shows nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ostinato.client.contexts import signals_awaited
from ostinato.client.executions import closed_by
from ostinato.client.tasks import Change, Task, TaskKind, Tasks, TaskState
from ostinato.model import events as e
from ostinato.model.fields import EventId
from ostinato.model.structures import WorkflowExecution

_WORK = (TaskKind.ACTIVITY, TaskKind.CHILD, TaskKind.LAMBDA)


@dataclass(frozen=True, slots=True)
class Again:
    """The next attempt at a task; `wait` is the seconds until then, as it was decided."""

    attempt: int
    wait: float


@dataclass(frozen=True, slots=True)
class Misfortune:
    """Something did not end well. `again` says whether and when the decision that answered it tries it again."""

    task_id: str
    name: str
    what: str
    details: str | None
    again: Again | None = None


@dataclass(frozen=True, slots=True)
class AwaitedSignal:
    """A signal that a child waits for."""

    name: str


@dataclass(frozen=True, slots=True)
class Relative:
    """Something open, and how many generations below the execution that is shown."""

    depth: int
    thing: Change | AwaitedSignal


@dataclass(slots=True)
class _Unanswered:
    """A misfortune that was read, and when it came."""

    event_id: EventId
    misfortune: Misfortune


@dataclass
class Progress:
    """What is open in an execution, and how much is finished.

    A misfortune is held back until the decision that answers it is read, or the close. So what is told of it does not
    depend on when history was read, as long as that was between two transactions of the service.
    """

    execution: WorkflowExecution | None = None
    has_ended_well: bool = False
    """Whether the execution's parent knows that it has completed."""
    finished: int = 0
    open: dict[EventId, Change] = field(default_factory=dict[EventId, Change])
    """The tasks that are open, and the pauses before retries, by the event that opened them."""
    children: "dict[EventId, Progress]" = field(default_factory=dict[EventId, "Progress"])
    """The open children that are followed too, by the event that initiated them."""
    parted: "list[Progress]" = field(default_factory=list["Progress"])
    """The children that have closed since somebody took them from here: their last events have not been read yet."""
    last_failure: Misfortune | None = None
    _tasks: Tasks = field(default_factory=lambda: Tasks(keeps_all=False))
    _unanswered: list[_Unanswered] = field(default_factory=list[_Unanswered])
    _answered_before: EventId = field(default=EventId(0))
    """The last decision saw all events before this one."""

    @property
    def last_event(self) -> e.HistoryEvent | None:
        """How far history was read."""
        return self._tasks.last_event

    @property
    def last_event_id(self) -> int:
        """The same; 0 before the first event."""
        return self.last_event.event_id if self.last_event else 0

    @property
    def started_at(self) -> float:
        """When the execution started; 0 before that was read."""
        return self._tasks.started.event_timestamp if self._tasks.started else 0.0

    @property
    def signals(self) -> Sequence[str]:
        """The signals that the execution waits for, as far as its context tells."""
        return signals_awaited(self._tasks.context)

    def family(self, order: Callable[[Change], Any], depth: int = 0) -> Iterator[Relative]:
        """All that is open, in the order that the key gives; what is open in a child follows the child."""
        for event_id, change in sorted(self.open.items(), key=lambda item: order(item[1])):
            yield Relative(depth, change)
            child = self.children.get(event_id)
            if child is not None:
                yield from child.family(order, depth + 1)
                yield from (Relative(depth + 1, AwaitedSignal(name)) for name in child.signals)

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
        change = self._tasks.read(event)
        if isinstance(event, e.DecisionTaskCompleted):
            self._answered_before = event.started_event_id
        elif closed_by(event) is not None:
            self._answered_before = event.event_id
        elif change is not None and change.attempt.state.is_open:
            self._opened(change)
        elif change is not None:
            self._ended(change)

    def _opened(self, change: Change) -> None:
        task, attempt = change.task, change.attempt
        if attempt.event_id in self.open or (task.is_own and task.pause is None):
            return
        self.open[attempt.event_id] = change
        if task.pause is not None and task.fires_at is not None:
            self._tried_again(task.pause.task_id, Again(task.pause.attempt, task.fires_at - attempt.scheduled_at))
        elif task.kind in _WORK:
            self._tried_again(task.id, Again(attempt.number, 0.0))

    def _tried_again(self, task_id: str, again: Again) -> None:
        """If that is the answer to a misfortune, it is told with it."""
        for held in self._unanswered:
            if held.misfortune.task_id == task_id and held.event_id < self._answered_before:
                held.misfortune = replace(held.misfortune, again=held.misfortune.again or again)

    def _ended(self, change: Change) -> None:
        task, attempt = change.task, change.attempt
        was_asked_for = self.close(attempt.event_id) is not None
        if attempt.state is TaskState.COMPLETED:
            self.finished += task.kind in _WORK
        elif was_asked_for and task.kind is not TaskKind.TIMER:
            details = attempt.details if attempt.state is TaskState.FAILED else None
            self.last_failure = Misfortune(task.id, task.name, words_for(task), details)
            self._unanswered.append(_Unanswered(EventId(self.last_event_id), self.last_failure))

    def close(self, opened_by: EventId) -> Task | None:
        """What that event had opened is open no more; gives what it was."""
        ended, child = self.open.pop(opened_by, None), self.children.pop(opened_by, None)
        if ended is None:
            return None
        child = child or child_of(ended.task)
        if child is not None:
            self.parted.append(child)
        return ended.task

    def follow(self, opened_by: EventId, child: "Progress") -> None:
        """Have the child that this event initiated followed by that; if it continues as new, by another one."""
        self.children[opened_by] = child
        if child.execution is not None:
            self.open[opened_by].task.run_id = child.execution.run_id

    def following(self) -> "Progress | None":
        """The run that continues the execution, of which nothing was read yet, if there is one."""
        last = self.last_event
        if self.execution is None or not isinstance(last, e.WorkflowExecutionContinuedAsNew):
            return None
        return Progress(WorkflowExecution(workflow_id=self.execution.workflow_id, run_id=last.new_execution_run_id))


def child_of(task: Task) -> Progress | None:
    """The execution that the task is, of which nothing was read yet; None if it is none, or has not started."""
    if task.kind is not TaskKind.CHILD or task.run_id is None:
        return None
    execution = WorkflowExecution(workflow_id=task.id, run_id=task.run_id)
    return Progress(execution, has_ended_well=task.state is TaskState.COMPLETED)


def words_for(task: Task) -> str:
    """How the last attempt at a task did not end well."""
    attempt = task.last
    match attempt.state:
        case TaskState.TIMED_OUT:
            return f"timed out ({attempt.reason})" if attempt.reason else "timed out"
        case TaskState.CANCELED:
            return "was canceled"
        case TaskState.TERMINATED:
            return "was terminated"
        case TaskState.REFUSED:
            return attempt.details or attempt.reason or "was refused"
        case _:
            return attempt.reason or "failed"
