"""Decision tasks that wait for payloads which could not be had: SWF would only send them again after their time-out."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from ostinato.model.results import DecisionTask

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task, its events left out, which are read anew; the task list that it came from; when it is to be answered."""

    task: DecisionTask
    task_list: str
    until: float


class PutOff:
    """The tasks, one for a run. Used by the one thread that answers.

    Args:
        clock: gives seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting: OrderedDict[str, Waiting] = OrderedDict()

    def add(self, task: DecisionTask, task_list: str, until: float) -> None:
        """Let the task wait; its events are read anew afterwards."""
        bare = msgspec.structs.replace(task, events=(), next_page_token=None)
        self._waiting[task.workflow_execution.run_id] = Waiting(bare, task_list, until)
        if len(self._waiting) > _KEPT:
            self._waiting.popitem(last=False)

    def seconds(self) -> float | None:
        """How long until one has waited long enough; None if none waits."""
        if not self._waiting:
            return None
        return max(min(waiting.until for waiting in self._waiting.values()) - self._clock(), 0.0)

    def take(self) -> Waiting | None:
        """One that has waited long enough."""
        if not self._waiting:
            return None
        now = self._clock()
        for run_id, waiting in self._waiting.items():
            if waiting.until <= now:
                del self._waiting[run_id]
                return waiting
        return None

    def forget(self, run_id: str) -> None:
        """The run has been decided on, by way of another task."""
        self._waiting.pop(run_id, None)
