"""What a history tells of an execution's tasks, as a fold over it. Pure: it reads no clock and knows no service.

A task is what the execution has asked for: an activity, a timer, a child, a Lambda function, a signal or cancellation
request to another execution. What is asked for again under the same id, after it did not end well, is another attempt.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from ostinato.model import events as e
from ostinato.model.fields import EventId, RunId

RETRY = "__ostinato_retry-"
OWN = ("__ostinato_", "_simpleflow_wake_up_timer", "__simpleflow_task_")
"""The ids of timers that a replay starts for itself begin so; after RETRY come the task's id and the attempt."""


class TaskKind(Enum):
    """What a task is."""

    ACTIVITY = "activity"
    TIMER = "timer"
    CHILD = "child"
    LAMBDA = "lambda"
    SIGNAL = "signal"
    CANCEL = "cancel request"


class TaskState(Enum):
    """How far an attempt is, or how it ended."""

    SCHEDULED = "SCHEDULED"
    STARTED = "STARTED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    CANCELED = "CANCELED"
    TERMINATED = "TERMINATED"
    REFUSED = "REFUSED"

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self in {TaskState.SCHEDULED, TaskState.STARTED}


@dataclass(slots=True)
class Attempt:
    """One attempt at a task. Times are seconds since the epoch, and None for what has not happened."""

    number: int
    event_id: EventId
    scheduled_at: float
    state: TaskState = TaskState.SCHEDULED
    started_at: float | None = None
    closed_at: float | None = None
    worker: str | None = None
    result: str | None = None
    reason: str | None = None
    details: str | None = None

    @property
    def waited(self) -> float | None:
        """The seconds until it was started, or was closed without having been."""
        begun = self.closed_at if self.started_at is None else self.started_at
        return None if begun is None else begun - self.scheduled_at

    @property
    def ran(self) -> float | None:
        """The seconds from its start to its end."""
        return None if self.started_at is None or self.closed_at is None else self.closed_at - self.started_at


@dataclass(frozen=True, slots=True)
class Pause:
    """What a timer of a replay waits for: the next attempt at a task, which is None if history does not tell of it."""

    task_id: str
    attempt: int
    task: "Task | None"


@dataclass(slots=True)
class Task:
    """A task and its attempts, of which the last tells how it stands.

    Args:
        kind: what it is.
        id: the activity id, timer id, workflow id or function id.
        name: the type's name; of a signal, the signal's; of a timer, its id.
        version: the type's version, if it has one.
        input: what it was given.
        task_list: where it was put, if it was put somewhere.
        attempts: the first first.
        retry_at: when it is tried again, while it waits for that.
        next_attempt: the number of the attempt that would follow; what SWF did not even schedule was none.
        fires_at: when a timer fires.
        run_id: the run id of a child, or of the execution that a signal was sent to, once it is known.
        is_cancel_requested: whether its cancellation was asked for.
        pause: of a timer that a retry waits for, what is tried again.
    """

    kind: TaskKind
    id: str
    name: str
    version: str | None = None
    input: str | None = None
    task_list: str | None = None
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    retry_at: float | None = None
    fires_at: float | None = None
    next_attempt: int = 1
    run_id: RunId | None = None
    is_cancel_requested: bool = False
    pause: Pause | None = None

    @property
    def last(self) -> Attempt:
        """The last attempt."""
        return self.attempts[-1]

    @property
    def state(self) -> TaskState:
        """How it stands."""
        return self.last.state

    @property
    def is_own(self) -> bool:
        """Whether it is a timer that a replay started for itself: for a retry, or in order to be woken."""
        return self.kind is TaskKind.TIMER and self.id.startswith(OWN)


@dataclass(frozen=True, slots=True)
class ReceivedSignal:
    """A signal that the execution received; `sender` is the workflow id of an execution that sent it."""

    name: str
    at: float
    input: str | None = None
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    """A note that the decider left in history."""

    name: str
    at: float
    details: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an event changed: a task, and which attempt at it; both go on to change as history is read."""

    task: Task
    attempt: Attempt


class Tasks:
    """The tasks of one execution, as far as its history was read.

    Args:
        keeps_all: whether what has ended well, and what was received or noted, is kept, too. Who follows an execution
            hears of that when it happens, and keeps only what may go on.
    """

    def __init__(self, *, keeps_all: bool = True) -> None:
        self._keeps_all = keeps_all
        self.context: str | None = None
        """The execution context: what the last decision that told anything said."""
        self.started: e.WorkflowExecutionStarted | None = None
        self.last_event: e.HistoryEvent | None = None
        self.signals: list[ReceivedSignal] = []
        self.markers: list[Marker] = []
        self.decisions: list[Attempt] = []
        """The decision tasks that are open: one, or a second that waits while one is being made."""
        self._by_id: dict[tuple[TaskKind, str], Task] = {}
        self._places: dict[EventId, Change] = {}
        self._all: dict[EventId, Task] = {}

    @classmethod
    def of(cls, events: Iterable[e.HistoryEvent]) -> "Tasks":
        """The tasks that a history tells of."""
        tasks = cls()
        for event in events:
            tasks.read(event)
        return tasks

    def __iter__(self) -> Iterator[Task]:
        """All tasks, in the order in which they were asked for, without the timers that a replay has for itself."""
        return (task for task in self._all.values() if not task.is_own)

    @property
    def open(self) -> Mapping[EventId, Change]:
        """What is open, also the timers that a replay has for itself, by the events that opened it."""
        return MappingProxyType(self._places)

    def read(self, event: e.HistoryEvent) -> Change | None:
        """Take the next event; gives the task and the attempt that it tells of, if it does."""
        self.last_event = event
        match event:
            case e.WorkflowExecutionStarted():
                self.started = event
            case e.WorkflowExecutionSignaled() | e.MarkerRecorded():
                self._noted(event)
            case (
                e.DecisionTaskScheduled()
                | e.DecisionTaskStarted()
                | e.DecisionTaskCompleted()
                | e.DecisionTaskTimedOut()
            ):
                self._decision(event)
            case _:
                return (
                    self._opened(event)
                    or self._begun(event)
                    or self._ended_well(event)
                    or self._ended_badly(event)
                    or self._refused(event)
                )
        return None

    def _noted(self, event: e.WorkflowExecutionSignaled | e.MarkerRecorded) -> None:
        """Take what is no task, and does not change."""
        if not self._keeps_all:
            return
        at = event.event_timestamp
        if isinstance(event, e.MarkerRecorded):
            self.markers.append(Marker(event.marker_name, at, event.details))
            return
        sender = event.external_workflow_execution
        self.signals.append(ReceivedSignal(event.signal_name, at, event.input, sender.workflow_id if sender else None))

    def _decision(
        self,
        event: e.DecisionTaskScheduled | e.DecisionTaskStarted | e.DecisionTaskCompleted | e.DecisionTaskTimedOut,
    ) -> None:
        match event:
            case e.DecisionTaskScheduled():
                self.decisions.append(Attempt(1, event.event_id, event.event_timestamp, worker=event.task_list.name))
            case e.DecisionTaskStarted(scheduled_event_id=place):
                for decision in self.decisions:
                    if decision.event_id == place:
                        decision.state, decision.worker = TaskState.STARTED, event.identity
                        decision.started_at = event.event_timestamp
            case e.DecisionTaskCompleted(scheduled_event_id=place) | e.DecisionTaskTimedOut(scheduled_event_id=place):
                self.decisions = [decision for decision in self.decisions if decision.event_id != place]
                if isinstance(event, e.DecisionTaskCompleted) and event.execution_context is not None:
                    self.context = event.execution_context

    def _opened(self, event: e.HistoryEvent) -> Change | None:
        match event:
            case e.ActivityTaskScheduled(activity_id=name, activity_type=kind, task_list=task_list):
                named = {"version": kind.version, "input_": event.input, "task_list": task_list.name}
                return self._attempt(event, TaskKind.ACTIVITY, name, kind.name, **named)
            case e.StartChildWorkflowExecutionInitiated(workflow_id=name, workflow_type=kind, task_list=task_list):
                named = {"version": kind.version, "input_": event.input, "task_list": task_list.name}
                return self._attempt(event, TaskKind.CHILD, name, kind.name, **named)
            case e.LambdaFunctionScheduled(id=name):
                return self._attempt(event, TaskKind.LAMBDA, name, event.name, input_=event.input)
            case e.SignalExternalWorkflowExecutionInitiated(workflow_id=name):
                return self._attempt(event, TaskKind.SIGNAL, name, event.signal_name, input_=event.input)
            case e.RequestCancelExternalWorkflowExecutionInitiated(workflow_id=name):
                return self._attempt(event, TaskKind.CANCEL, name, name)
            case e.TimerStarted(timer_id=name):
                return self._timer(event)
            case e.ActivityTaskCancelRequested(activity_id=name):
                task = self._by_id.get((TaskKind.ACTIVITY, name))
                if task is None:
                    return None
                task.is_cancel_requested = True
                return Change(task, task.last)
            case _:
                return None

    def _timer(self, event: e.TimerStarted) -> Change:
        change = self._attempt(event, TaskKind.TIMER, event.timer_id, event.timer_id)
        change.task.fires_at = event.event_timestamp + int(event.start_to_fire_timeout)
        if event.timer_id.startswith(RETRY):
            task_id, _, attempt = event.timer_id.removeprefix(RETRY).rpartition("-")
            retried = self._retried(task_id)
            change.task.pause = Pause(task_id, int(attempt) if attempt.isdecimal() else 0, retried)
            if retried is not None:
                retried.retry_at, retried.next_attempt = change.task.fires_at, change.task.pause.attempt
        return change

    def _retried(self, task_id: str) -> Task | None:
        kinds = (TaskKind.ACTIVITY, TaskKind.CHILD, TaskKind.LAMBDA)
        return next((task for kind in kinds if (task := self._by_id.get((kind, task_id)))), None)

    def _attempt(
        self,
        event: e.HistoryEvent,
        kind: TaskKind,
        id_: str,
        name: str,
        *,
        version: str | None = None,
        input_: str | None = None,
        task_list: str | None = None,
    ) -> Change:
        task = self._by_id.get((kind, id_))
        is_retry = task is not None and not task.state.is_open and task.state is not TaskState.COMPLETED
        if task is None or not is_retry or task.name != name:
            task = Task(kind, id_, name, version, input_, task_list)
            self._by_id[kind, id_] = self._all[event.event_id] = task
        task.retry_at = None
        attempt = Attempt(task.next_attempt, event.event_id, event.event_timestamp)
        task.attempts.append(attempt)
        change = Change(task, attempt)
        self._places[event.event_id] = change
        return change

    def _begun(self, event: e.HistoryEvent) -> Change | None:
        match event:
            case e.ActivityTaskStarted(scheduled_event_id=place, identity=identity):
                change = self._places.get(place)
                if change is not None:
                    change.attempt.worker = identity
            case e.LambdaFunctionStarted(scheduled_event_id=place):
                change = self._places.get(place)
            case e.ChildWorkflowExecutionStarted(initiated_event_id=place, workflow_execution=execution):
                change = self._places.get(place)
                if change is not None:
                    change.task.run_id = execution.run_id
            case _:
                return None
        if change is not None:
            change.attempt.state = TaskState.STARTED
            change.attempt.started_at = event.event_timestamp
        return change

    def _ended_well(self, event: e.HistoryEvent) -> Change | None:
        match event:
            case (
                e.ActivityTaskCompleted(scheduled_event_id=place) | e.LambdaFunctionCompleted(scheduled_event_id=place)
            ):
                return self._end(event, place, TaskState.COMPLETED, result=event.result)
            case e.ChildWorkflowExecutionCompleted(initiated_event_id=place):
                return self._end(event, place, TaskState.COMPLETED, result=event.result)
            case e.TimerFired(started_event_id=place):
                change = self._end(event, place, TaskState.COMPLETED)
            case e.TimerCanceled(started_event_id=place):
                change = self._end(event, place, TaskState.CANCELED)
            case (
                e.ExternalWorkflowExecutionSignaled(initiated_event_id=place, workflow_execution=execution)
                | e.ExternalWorkflowExecutionCancelRequested(initiated_event_id=place, workflow_execution=execution)
            ):
                change = self._end(event, place, TaskState.COMPLETED)
                if change is not None:
                    change.task.run_id = execution.run_id
                return change
            case _:
                return None
        if change is not None and change.task.pause is not None and change.task.pause.task is not None:
            change.task.pause.task.retry_at = None
        return change

    def _ended_badly(self, event: e.HistoryEvent) -> Change | None:
        match event:
            case e.ActivityTaskFailed(scheduled_event_id=place) | e.LambdaFunctionFailed(scheduled_event_id=place):
                return self._end(event, place, TaskState.FAILED, reason=event.reason, details=event.details)
            case e.ActivityTaskTimedOut(scheduled_event_id=place, timeout_type=kind):
                return self._end(event, place, TaskState.TIMED_OUT, reason=kind.value, details=event.details)
            case e.ActivityTaskCanceled(scheduled_event_id=place):
                return self._end(event, place, TaskState.CANCELED, details=event.details)
            case e.LambdaFunctionTimedOut(scheduled_event_id=place):
                return self._end(event, place, TaskState.TIMED_OUT)
            case e.ChildWorkflowExecutionFailed(initiated_event_id=place):
                return self._end(event, place, TaskState.FAILED, reason=event.reason, details=event.details)
            case e.ChildWorkflowExecutionTimedOut(initiated_event_id=place):
                return self._end(event, place, TaskState.TIMED_OUT)
            case e.ChildWorkflowExecutionCanceled(initiated_event_id=place):
                return self._end(event, place, TaskState.CANCELED, details=event.details)
            case e.ChildWorkflowExecutionTerminated(initiated_event_id=place):
                return self._end(event, place, TaskState.TERMINATED)
            case _:
                return None

    def _refused(self, event: e.HistoryEvent) -> Change | None:
        """What SWF did not do, at once or in the end."""
        place: EventId | None = None
        match event:
            case e.ScheduleActivityTaskFailed(activity_id=id_, activity_type=kind):
                self._attempt(event, TaskKind.ACTIVITY, id_, kind.name, version=kind.version)
            case e.StartTimerFailed(timer_id=id_):
                self._attempt(event, TaskKind.TIMER, id_, id_)
            case e.StartChildWorkflowExecutionFailed(workflow_id=id_, workflow_type=kind):
                place = event.initiated_event_id
                if not place:
                    self._attempt(event, TaskKind.CHILD, id_, kind.name, version=kind.version)
            case e.ScheduleLambdaFunctionFailed(id=id_):
                self._attempt(event, TaskKind.LAMBDA, id_, event.name)
            case e.StartLambdaFunctionFailed():
                return self._end(
                    event,
                    event.scheduled_event_id or event.event_id,
                    TaskState.REFUSED,
                    reason=event.cause and event.cause.value,
                    details=event.message,
                )
            case e.SignalExternalWorkflowExecutionFailed() | e.RequestCancelExternalWorkflowExecutionFailed():
                place = event.initiated_event_id
            case _:
                return None
        return self._end(event, place or event.event_id, TaskState.REFUSED, reason=event.cause.value)

    def _end(self, event: e.HistoryEvent, place: EventId, state: TaskState, **facts: Any) -> Change | None:
        change = self._places.pop(place, None)
        if change is None:
            return None
        task, attempt = change.task, change.attempt
        attempt.state = state
        attempt.closed_at = event.event_timestamp
        for name, value in facts.items():
            setattr(attempt, name, value)
        if place != event.event_id:
            task.next_attempt = attempt.number + 1
        if not self._keeps_all and (state is TaskState.COMPLETED or task.kind is TaskKind.TIMER):
            del self._all[task.attempts[0].event_id]
            if self._by_id.get((task.kind, task.id)) is task:
                del self._by_id[task.kind, task.id]
        return change
