"""Decision tasks that wait for payloads which could not be had: SWF would only send them again after their time-out."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from ostinato.model.results import DecisionTask

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class _Waiting:
    task: DecisionTask
    task_list: str
    until: float


class PutOff:
    """The tasks, one for a run. Safe to use from several threads.

    Args:
        clock: gives seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, task: DecisionTask, task_list: str, until: float) -> None:
        """Let the task wait; its events are read anew afterwards."""
        bare = msgspec.structs.replace(task, events=(), next_page_token=None)
        with self._lock:
            self._waiting[task.workflow_execution.run_id] = _Waiting(bare, task_list, until)
            if len(self._waiting) > _KEPT:
                self._waiting.popitem(last=False)

    def take(self, task_list: str) -> DecisionTask | None:
        """One from this task list that has waited long enough."""
        if not self._waiting:
            return None
        with self._lock:
            now = self._clock()
            for run_id, waiting in self._waiting.items():
                if waiting.task_list == task_list and waiting.until <= now:
                    del self._waiting[run_id]
                    return waiting.task
        return None

    def forget(self, run_id: str) -> None:
        """The run has been decided on, by way of another task."""
        if self._waiting:
            with self._lock:
                self._waiting.pop(run_id, None)
