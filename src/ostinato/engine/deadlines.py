"""The moments at which something happens by itself: what a state is waiting for, and a heap of it all.

Pure: an instant is a number, and who watches the clock is somebody else. A heap's entry is only a promise to look again
then: what is due is read from the state, so that an entry needs no removal when its task ends or shows a sign of life.
"""

import heapq
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import NamedTuple, assert_never

from ostinato.engine.parts import Activity, LambdaTask, Timer
from ostinato.engine.state import Execution
from ostinato.model.durations import NONE
from ostinato.model.enums import ActivityTaskTimeoutType
from ostinato.model.fields import EventId, Timestamp
from ostinato.model.limits import YEAR_SECONDS
from ostinato.model.lives import ActivityState, LambdaState

LAMBDA_SECONDS = 900
"""The time-out of a Lambda function whose decision gives none (API reference, ScheduleLambdaFunction)."""

_STALE_ENTRIES = 1_024


class DeadlineKind(Enum):
    """What a deadline is about."""

    EXECUTION = auto()
    DECISION = auto()
    ACTIVITY = auto()
    TIMER = auto()
    LAMBDA = auto()


class Deadline(NamedTuple):
    """An instant at which to look at something of an execution."""

    at: Timestamp
    execution_key: int
    kind: DeadlineKind
    event_id: EventId = EventId(0)
    """The scheduling event of the activity task or Lambda function."""
    timer_id: str = ""


class ActivityTimeout(NamedTuple):
    """Which of an activity task's time-outs passes first, and when."""

    at: Timestamp
    timeout_type: ActivityTaskTimeoutType


def after(start: Timestamp, timeout: str | None) -> Timestamp | None:
    """The instant at which a time-out that began to run at `start` passes; None if it never does."""
    return None if timeout is None or timeout == NONE else round(start + int(timeout), 3)


def execution_deadline(execution: Execution, started: Timestamp) -> Timestamp:
    """When the execution times out; after a year at the latest."""
    timeout = execution.settings.execution_start_to_close_timeout
    return round(started + min(YEAR_SECONDS, YEAR_SECONDS if timeout in (None, NONE) else int(timeout or 0)), 3)


def decision_deadline(execution: Execution) -> Timestamp | None:
    """When the decision task, running or scheduled, times out."""
    running = execution.decision_running
    if running is not None:
        if running.held_since is None:
            # Handed back, it waits again; and on a list of one decider's own perhaps for nobody.
            return after(running.scheduled.event_timestamp, running.scheduled.schedule_to_start_timeout)
        return after(running.held_since, running.scheduled.start_to_close_timeout)
    scheduled = execution.decision_scheduled
    return None if scheduled is None else after(execution.decision_available_at, scheduled.schedule_to_start_timeout)


def activity_timeout(activity: Activity) -> ActivityTimeout | None:
    """Which of its time-outs passes first, as things are, and when."""
    scheduled = activity.scheduled
    first: ActivityTimeout | None = None
    if activity.state is ActivityState.SCHEDULED:
        first = _earlier(
            first,
            after(scheduled.event_timestamp, scheduled.schedule_to_start_timeout),
            ActivityTaskTimeoutType.SCHEDULE_TO_START,
        )
    elif activity.held_since is not None:
        first = _earlier(
            first,
            after(activity.held_since, scheduled.start_to_close_timeout),
            ActivityTaskTimeoutType.START_TO_CLOSE,
        )
        beat = activity.heartbeat_timestamp
        alive = activity.held_since if beat is None else max(activity.held_since, beat)
        first = _earlier(first, after(alive, scheduled.heartbeat_timeout), ActivityTaskTimeoutType.HEARTBEAT)
    return _earlier(
        first,
        after(scheduled.event_timestamp, scheduled.schedule_to_close_timeout),
        ActivityTaskTimeoutType.SCHEDULE_TO_CLOSE,
    )


def _earlier(
    first: ActivityTimeout | None, at: Timestamp | None, timeout_type: ActivityTaskTimeoutType
) -> ActivityTimeout | None:
    if at is None or (first is not None and first.at <= at):
        return first
    return ActivityTimeout(at, timeout_type)


def timer_deadline(timer: Timer) -> Timestamp:
    """When the timer fires."""
    return round(timer.started.event_timestamp + int(timer.started.start_to_fire_timeout), 3)


def lambda_deadline(task: LambdaTask) -> Timestamp | None:
    """When the Lambda function times out; None while it has not started."""
    if task.state is not LambdaState.STARTED or task.started_timestamp is None:
        return None
    timeout = task.scheduled.start_to_close_timeout
    return after(task.started_timestamp, timeout if timeout is not None else str(LAMBDA_SECONDS))


def due_at(execution: Execution, deadline: Deadline) -> Timestamp | None:
    """When what the deadline is about is really due; None if it is over."""
    match deadline.kind:
        case DeadlineKind.EXECUTION:
            return execution_deadline(execution, execution.settings.event_timestamp)
        case DeadlineKind.DECISION:
            return decision_deadline(execution)
        case DeadlineKind.ACTIVITY:
            activity = execution.activities.get(deadline.event_id)
            timeout = activity_timeout(activity) if activity is not None else None
            return timeout.at if timeout is not None else None
        case DeadlineKind.TIMER:
            timer = execution.timers.get(deadline.timer_id)
            return timer_deadline(timer) if timer is not None else None
        case DeadlineKind.LAMBDA:
            task = execution.lambdas.get(deadline.event_id)
            return lambda_deadline(task) if task is not None else None
        case _:
            assert_never(deadline.kind)


def deadlines(execution: Execution) -> Iterator[Deadline]:
    """Everything that an open execution is waiting for."""
    key = execution.key
    settings = execution.settings
    yield Deadline(execution_deadline(execution, settings.event_timestamp), key, DeadlineKind.EXECUTION)
    at = decision_deadline(execution)
    if at is not None:
        yield Deadline(at, key, DeadlineKind.DECISION)
    for scheduled_event_id, activity in execution.activities.items():
        timeout = activity_timeout(activity)
        if timeout is not None:
            yield Deadline(timeout.at, key, DeadlineKind.ACTIVITY, scheduled_event_id)
    for timer_id, timer in execution.timers.items():
        yield Deadline(timer_deadline(timer), key, DeadlineKind.TIMER, timer_id=timer_id)
    for scheduled_event_id, task in execution.lambdas.items():
        at = lambda_deadline(task)
        if at is not None:
            yield Deadline(at, key, DeadlineKind.LAMBDA, scheduled_event_id)


class DeadlineHeap:
    """All deadlines, the earliest first; those that are over are passed over.

    Args:
        find: gives the open execution with a key, or None.
    """

    def __init__(self, find: Callable[[int], Execution | None]) -> None:
        self._find = find
        self._heap: list[tuple[Timestamp, int, Deadline]] = []
        self._pushed = 0
        self._compact_at = _STALE_ENTRIES

    def push(self, deadline: Deadline) -> None:
        """Add a deadline. One for the same thing may be there already."""
        self._pushed += 1
        heapq.heappush(self._heap, (deadline.at, self._pushed, deadline))
        if len(self._heap) >= self._compact_at:
            self._compact()

    def clear(self) -> None:
        """Forget all."""
        self._heap.clear()

    def glance(self) -> Timestamp | None:
        """The earliest instant at which something may be due."""
        return self._heap[0][0] if self._heap else None

    def peek(self) -> Timestamp | None:
        """The earliest instant at which something is due, as things are."""
        while self._heap:
            at, _, deadline = self._heap[0]
            real = self._real(deadline)
            if real is not None and real <= at:
                return at
            self._drop_first(real, deadline)
        return None

    def pop_due(self, now: Timestamp) -> Deadline | None:
        """Take away the earliest deadline that is due by now, if there is one."""
        while self._heap and self._heap[0][0] <= now:
            deadline = self._heap[0][2]
            real = self._real(deadline)
            if real is not None and real <= now:
                heapq.heappop(self._heap)
                return deadline
            self._drop_first(real, deadline)
        return None

    def __len__(self) -> int:
        """How many entries the heap holds, stale ones too."""
        return len(self._heap)

    def _real(self, deadline: Deadline) -> Timestamp | None:
        execution = self._find(deadline.execution_key)
        return due_at(execution, deadline) if execution is not None else None

    def _drop_first(self, real: Timestamp | None, deadline: Deadline) -> None:
        if real is None:
            heapq.heappop(self._heap)
        else:
            self._pushed += 1
            heapq.heapreplace(self._heap, (real, self._pushed, deadline._replace(at=real)))

    def _compact(self) -> None:
        live = ((self._real(deadline), deadline) for _, _, deadline in self._heap)
        # One entry for each thing is enough.
        things = {deadline[1:]: at for at, deadline in live if at is not None}
        self._heap = [
            (at, number, Deadline(at, *thing)) for number, (thing, at) in enumerate(things.items(), self._pushed)
        ]
        self._pushed += len(self._heap)
        heapq.heapify(self._heap)
        self._compact_at = max(_STALE_ENTRIES, 2 * len(self._heap))
