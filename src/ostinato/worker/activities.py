"""Polls a task list for activity tasks and runs them, on as many threads as there is work for, up to a limit."""

import logging
import threading
import time
from functools import partial

from ostinato.errors import SwfFault, UnknownResourceFault
from ostinato.model.operations import PollForActivityTask
from ostinato.model.results import ActivityTask
from ostinato.model.structures import TaskList
from ostinato.swf import Swf
from ostinato.worker.calls import Backoff, PatientCaller
from ostinato.worker.middleware import Attempter, Report
from ostinato.worker.notices import ActivityReported, Watch, ignore
from ostinato.worker.rates import Pace
from ostinato.worker.room import Room

logger = logging.getLogger(__name__)

REPORT_PATIENCE = 3600.0
"""Seconds for which a report that does not get through is tried again."""

_LOST = "Activity task %s of %s was lost"
_GLANCE = 1.0
"""Seconds after which a thread that waits for room looks whether it should stop."""


class ActivityWorker:
    """Serves one task list.

    Each of its threads polls, runs what it was handed, reports and polls again, so that a task never changes threads. A
    thread is added when a task came and no thread is left to poll. An `async def` activity takes a place but no thread.

    Args:
        swf: where tasks come from.
        domain: the domain.
        task_list: the task list.
        attempts: what runs a task.
        room: the places that all workers of this process share.
        pace: how fast activities may be begun; as fast as they come, unless given.
        watch: is told what happens.
        takes_late_tasks: whether a task that a poll in flight brings after `drain` is run. It has to be, unless SWF
            ends with this process and then hands it out again.
        identity: who this is, for history.
    """

    def __init__(
        self,
        swf: Swf,
        *,
        domain: str,
        task_list: str,
        attempts: Attempter,
        room: Room,
        pace: Pace | None = None,
        watch: Watch = ignore,
        takes_late_tasks: bool = True,
        identity: str | None = None,
    ) -> None:
        self.task_list = task_list
        self._swf = swf
        self._poll = PollForActivityTask(domain=domain, task_list=TaskList(name=task_list), identity=identity)
        self._attempts = attempts
        self._room = room
        self._pace = pace or Pace()
        self._watch = watch
        self._takes_late_tasks = takes_late_tasks
        self._draining = threading.Event()
        self._stopping = threading.Event()
        self._caller = PatientCaller(swf, stopping=self._stopping, watch=watch)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._begun = Room(room.places)
        """The places of those that run without a thread."""

    def start(self) -> None:
        """Begin to poll."""
        with self._lock:
            self._add_thread()

    def drain(self) -> None:
        """Poll no more. What runs goes on."""
        self._draining.set()

    def stop(self) -> None:
        """Poll no more, and give up reports that do not get through."""
        self._draining.set()
        self._stopping.set()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of all threads, after `stop`; False if some still run after the time-out, in seconds.

        A thread whose poll is in flight ends when that does.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        for thread in tuple(self._threads):
            thread.join(None if deadline is None else max(deadline - time.monotonic(), 0))
        left = None if deadline is None else max(deadline - time.monotonic(), 0)
        return self._begun.await_empty(left) and not any(thread.is_alive() for thread in self._threads)

    def _add_thread(self) -> None:
        self._idle += 1
        name = f"ostinato {self.task_list} {len(self._threads) + 1}"
        thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        backoff = Backoff()
        while not self._draining.is_set():
            if not self._room.await_place(_GLANCE) or not self._pace.await_turn(self._draining):
                continue
            try:
                task = self._swf.call(self._poll)
            except Exception as error:  # noqa: BLE001  # whatever SWF's clients raise, the worker goes on
                if self._draining.is_set():
                    return
                self._pace.give_back()
                self._caller.tell(self._poll, error)
                self._draining.wait(backoff.take())
                continue
            backoff.reset()
            if task is None:
                self._pace.give_back()
            elif self._takes_late_tasks or not self._draining.is_set():
                self._perform(task)

    def _perform(self, task: ActivityTask) -> None:
        if self._attempts.is_begun(task):
            self._begin(task)
            return
        with self._lock:
            self._idle -= 1
            if not self._idle and len(self._threads) < self._room.places and not self._draining.is_set():
                self._add_thread()
        try:
            with self._room:
                report = self._attempts.run(task)
                if report is not None:
                    self._report(task, report)
        except Exception:
            logger.exception(_LOST, task.activity_id, task.workflow_execution.workflow_id)
        finally:
            with self._lock:
                self._idle += 1

    def _begin(self, task: ActivityTask) -> None:
        self._room.take()
        self._begun.take()
        try:
            self._attempts.begin(task, partial(self._end, task))
        except Exception:
            logger.exception(_LOST, task.activity_id, task.workflow_execution.workflow_id)
            self._leave()

    def _end(self, task: ActivityTask, report: Report | None) -> None:
        try:
            if report is not None:
                self._report(task, report)
        except Exception:
            logger.exception(_LOST, task.activity_id, task.workflow_execution.workflow_id)
        finally:
            self._leave()

    def _leave(self) -> None:
        self._room.leave()
        self._begun.leave()

    def _report(self, task: ActivityTask, report: Report) -> None:
        try:
            self._caller.call(report, patience=REPORT_PATIENCE)
        except UnknownResourceFault as fault:
            logger.info("Activity task %s came to an end before its report: %s", task.activity_id, fault.message)
        except SwfFault as fault:
            # No traceback: it is SWF's answer.
            logger.error("SWF refused the report of activity task %s: %s", task.activity_id, fault)  # noqa: TRY400
        except Exception as error:  # noqa: BLE001  # whatever SWF's clients raise, the worker goes on
            logger.error("Activity task %s could not be reported: %s", task.activity_id, error)  # noqa: TRY400
        else:
            self._watch(ActivityReported(task))
