"""A decider for a process of its own: polls shared task lists and one of its own side by side, decides in one thread.

While a decision is made or its answer is under way, other threads fetch the next tasks: no more than one each, so that
none lies here that another process could take.
"""

import logging
import queue
import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from ostinato.model.operations import PollForDecisionTask
from ostinato.model.results import DecisionTask
from ostinato.model.structures import TaskList
from ostinato.swf import Swf
from ostinato.worker.calls import Backoff, PatientCaller
from ostinato.worker.decider import Decider
from ostinato.worker.notices import Watch, ignore

logger = logging.getLogger(__name__)

POLLERS = 2
"""Threads that poll each task list: one fetches while the other's task is decided."""

_LIST_CHARACTERS = 200


def own_task_list(task_list: str) -> str:
    """A new name for a task list that one decider alone polls."""
    return f"{task_list[:_LIST_CHARACTERS]}~sticky~{uuid.uuid4().hex[:12]}"


@dataclass(frozen=True, slots=True)
class _Handed:
    """A task, where it came from, and what to set when it was answered."""

    task: DecisionTask
    task_list: str
    done: threading.Event


class StickyDecider:
    """Serves task lists, with what answers the tasks.

    Args:
        swf: where tasks come from.
        domain: the domain.
        task_lists: the shared task lists, and the decider's own.
        decider: answers tasks, in the thread that calls `run`.
        identity: who this is, for history.
        watch: is told what happens.
        pollers: threads for each task list.
    """

    def __init__(
        self,
        swf: Swf,
        *,
        domain: str,
        task_lists: Iterable[str],
        decider: Decider,
        identity: str | None = None,
        watch: Watch = ignore,
        pollers: int = POLLERS,
    ) -> None:
        self._swf = swf
        self._domain = domain
        self._decider = decider
        self._identity = identity
        self._stopping = threading.Event()
        self._caller = PatientCaller(swf, stopping=self._stopping, watch=watch)
        self._tasks: queue.SimpleQueue[_Handed | None] = queue.SimpleQueue()
        self._pollers = [
            threading.Thread(target=self._poll, args=(name,), name=f"ostinato decisions {name}", daemon=True)
            for name in task_lists
            for _ in range(pollers)
        ]
        self._left = len(self._pollers)
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Begin no more polls. What polls in flight bring is still answered."""
        self._stopping.set()
        self._decider.stop()

    def run(self) -> None:
        """Serve until all polls have ended after `stop`; then put all workflows' code away."""
        for poller in self._pollers:
            poller.start()
        try:
            while True:
                try:
                    handed = self._tasks.get(timeout=self._decider.put_off_for())
                except queue.Empty:
                    pass
                else:
                    if handed is None:
                        return
                    self._answer(handed)
                self._decider.answer_put_off()
        finally:
            self._decider.put_away()

    def _answer(self, handed: _Handed) -> None:
        try:
            self._decider.answer(handed.task, handed.task_list)
        finally:
            handed.done.set()

    def _poll(self, task_list: str) -> None:
        try:
            self._serve(task_list)
        finally:
            with self._lock:
                self._left -= 1
                if not self._left:
                    self._tasks.put(None)

    def _serve(self, task_list: str) -> None:
        poll = PollForDecisionTask(
            domain=self._domain,
            task_list=TaskList(name=task_list),
            identity=self._identity,
            start_at_previous_started_event=True,
        )
        backoff = Backoff()
        while not self._stopping.is_set():
            try:
                task = self._swf.call(poll)
            except Exception as error:  # noqa: BLE001  # whatever SWF's clients raise, the decider goes on
                if self._stopping.is_set():
                    return
                self._caller.tell(poll, error)
                self._stopping.wait(backoff.take())
                continue
            backoff.reset()
            if task is not None:
                handed = _Handed(task, task_list, threading.Event())
                self._tasks.put(handed)
                handed.done.wait()
