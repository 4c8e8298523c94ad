"""Tasks that wait for a poller, and pollers that wait for a task.

A task list exists while something waits on it. Among tasks the highest priority comes first, then the oldest; among
pollers the one that came first. A task is given to one poller; one that has left is never given any. Not thread-safe:
the engine's lock covers it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ostinato.engine.log.records import Record
from ostinato.engine.parts import Activity
from ostinato.engine.state import Execution
from ostinato.model.fields import EventId
from ostinato.model.structures import WorkflowType


class TaskId(NamedTuple):
    """What tells a task from all others."""

    execution_key: int
    scheduled_event_id: EventId


class WaitingTask(NamedTuple):
    """A task that nobody has: a decision task, or the activity task."""

    execution: Execution
    scheduled_event_id: EventId
    activity: Activity | None
    batch: int
    """The number of the commit that makes its causes durable."""

    @property
    def id(self) -> TaskId:
        """What tells it from all others."""
        return TaskId(self.execution.key, self.scheduled_event_id)


class HandedTask(Record):
    """A task that a poller was given: what its answer is made of."""

    execution: Execution
    activity: Activity | None
    scheduled_event_id: EventId
    started_event_id: EventId
    previous_started_event_id: EventId
    workflow_type: WorkflowType
    batch: int
    """The number of the commit after which it may be shown."""
    generation: int
    """How many commits had failed when it was handed out."""


Delivery = HandedTask | Exception | None
"""What ends a poller's wait: a task, the reason why there can be none, or None if the engine closes."""


class Poller:
    """Somebody who waits for a task.

    Args:
        deliver: called once, with what ends the wait; quick, and from any thread.
        identity: what its host calls it.
        is_local: whether it lives in this process, and dies with it.
    """

    __slots__ = ("deliver", "identity", "is_local")

    def __init__(self, deliver: Callable[[Delivery], None], *, identity: str | None, is_local: bool) -> None:
        self.deliver = deliver
        self.identity = identity
        self.is_local = is_local


class _TaskList:
    """One task list."""

    __slots__ = ("key", "pollers", "tasks")

    def __init__(self, key: tuple[str, str]) -> None:
        self.key = key
        self.tasks: dict[int, OrderedDict[TaskId, WaitingTask]] = {}
        self.pollers: OrderedDict[Poller, None] = OrderedDict()


class TaskLists:
    """The task lists of one kind (decision tasks or activity tasks), over all domains."""

    def __init__(self) -> None:
        self._lists: dict[tuple[str, str], _TaskList] = {}
        self._places: dict[TaskId, tuple[_TaskList, int]] = {}
        self.poller_count = 0
        """How many pollers wait, on all lists."""

    def put(self, domain: str, name: str, priority: str | None, task: WaitingTask) -> None:
        """Let a task wait for a poller."""
        rank = int(priority) if priority else 0
        waiting = self._list(domain, name)
        waiting.tasks.setdefault(rank, OrderedDict())[task.id] = task
        self._places[task.id] = waiting, rank

    def take(self, domain: str, name: str) -> WaitingTask | None:
        """Take away the next task, if one waits."""
        waiting = self._lists.get((domain, name))
        if waiting is None or not waiting.tasks:
            return None
        tasks = waiting.tasks
        rank = max(tasks) if len(tasks) > 1 else next(iter(tasks))
        bucket = tasks[rank]
        task_id, task = bucket.popitem(last=False)
        if not bucket:
            del tasks[rank]
        del self._places[task_id]
        self._tidy(waiting)
        return task

    def discard(self, task_id: TaskId) -> None:
        """Take a task away, if it waits."""
        place = self._places.pop(task_id, None)
        if place is not None:
            waiting, rank = place
            bucket = waiting.tasks[rank]
            del bucket[task_id]
            if not bucket:
                del waiting.tasks[rank]
            self._tidy(waiting)

    def count(self, domain: str, name: str) -> int:
        """How many tasks wait on the list."""
        waiting = self._lists.get((domain, name))
        return sum(map(len, waiting.tasks.values())) if waiting is not None else 0

    @property
    def task_count(self) -> int:
        """How many tasks wait, on all lists."""
        return len(self._places)

    def count_pollers(self, domain: str, name: str) -> int:
        """How many pollers wait on the list."""
        waiting = self._lists.get((domain, name))
        return len(waiting.pollers) if waiting is not None else 0

    def wait(self, domain: str, name: str, poller: Poller) -> None:
        """Let a poller wait for a task."""
        self._list(domain, name).pollers[poller] = None
        self.poller_count += 1

    def next_poller(self, domain: str, name: str) -> Poller | None:
        """Take away the poller that has waited longest, if one waits."""
        waiting = self._lists.get((domain, name))
        if waiting is None or not waiting.pollers:
            return None
        poller, _ = waiting.pollers.popitem(last=False)
        self.poller_count -= 1
        self._tidy(waiting)
        return poller

    def withdraw(self, domain: str, name: str, poller: Poller) -> bool:
        """Take this poller away; False if it does not wait (any more): then something was, or will be, delivered."""
        waiting = self._lists.get((domain, name))
        if waiting is None or poller not in waiting.pollers:
            return False
        del waiting.pollers[poller]
        self.poller_count -= 1
        self._tidy(waiting)
        return True

    def pollers(self) -> Iterator[Poller]:
        """Take away every poller that waits."""
        for key in list(self._lists):
            while (poller := self.next_poller(*key)) is not None:
                yield poller

    def forget_tasks(self) -> None:
        """Take away every task that waits; pollers stay."""
        for task_id in list(self._places):
            self.discard(task_id)

    def names(self) -> list[tuple[str, str]]:
        """Domain and name of every list on which somebody or something waits."""
        return list(self._lists)

    def _list(self, domain: str, name: str) -> _TaskList:
        key = (domain, name)
        waiting = self._lists.get(key)
        if waiting is None:
            waiting = self._lists[key] = _TaskList(key)
        return waiting

    def _tidy(self, waiting: _TaskList) -> None:
        if not waiting.tasks and not waiting.pollers:
            del self._lists[waiting.key]
