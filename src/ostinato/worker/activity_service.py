"""An activity worker as the whole of a process: a catalog's activities, in threads, on its event loop, isolated."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ostinato.errors import WorkerStopped
from ostinato.model.results import ActivityTask
from ostinato.payloads.policy import PLAIN, Payloads
from ostinato.worker.activities import ActivityWorker
from ostinato.worker.attempts import Attempts, failure_report
from ostinato.worker.catalog import Catalog
from ostinato.worker.context import Underway
from ostinato.worker.coroutines import Coroutines
from ostinato.worker.heartbeats import Heartbeats
from ostinato.worker.lane import Lane
from ostinato.worker.lines import Lines
from ostinato.worker.middleware import ActivityMiddleware, Attempter, Report, Surrounded
from ostinato.worker.notices import Watch
from ostinato.worker.processes import ByIsolation, Isolation, ProcessAttempts
from ostinato.worker.rates import Pace, TokenBucket
from ostinato.worker.room import Room
from ostinato.worker.service import process_identity

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitySettings:
    """How activities are run.

    Args:
        isolation: how those that want a process get it; its domain is the worker's.
        task_lists: the task lists to serve; those that the activities name, if there are none.
        lane: the suffix of the lane to serve; empty for none.
        single: the name of the lane's only task list; empty if it has those that definitions name.
        concurrency: how many run at once.
        rate: how many are begun in a second, at most; None is no limit.
        task_list_rates: the same for single task lists.
    """

    isolation: Isolation
    task_lists: tuple[str, ...] = ()
    lane: str = ""
    single: str = ""
    concurrency: int = 10
    rate: float | None = None
    task_list_rates: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


class ActivityService:
    """Serves the activity task lists of a catalog."""

    def __init__(
        self,
        lines: Lines,
        settings: ActivitySettings,
        catalog: Catalog,
        *,
        watch: Watch,
        payloads: Payloads = PLAIN,
        middleware: Sequence[ActivityMiddleware] = (),
    ) -> None:
        self._lines = lines
        self._room = Room(settings.concurrency)
        self._heartbeats = Heartbeats()
        self._coroutines = Coroutines()
        self._underway = Underway()
        self._payloads = payloads
        threads = Attempts(
            lines,
            domain=settings.isolation.domain,
            activities=catalog.activities,
            payloads=payloads,
            heartbeats=self._heartbeats,
            coroutines=self._coroutines,
            underway=self._underway,
        )
        self._processes = ProcessAttempts(
            lines,
            isolation=settings.isolation,
            activities=catalog.activities,
            payloads=payloads,
            heartbeats=self._heartbeats,
            underway=self._underway,
        )
        attempts: Attempter = ByIsolation(threads, self._processes, catalog.activities)
        self._running = _Running(Surrounded(attempts, middleware, threads.failed) if middleware else attempts)
        lane = Lane(settings.lane, settings.single)
        lists = {lane.name(name): name for name in settings.task_lists or catalog.activity_task_lists}
        shared = () if settings.rate is None else (TokenBucket(settings.rate),)
        self._workers = [
            ActivityWorker(
                lines,
                domain=settings.isolation.domain,
                task_list=list_name,
                attempts=self._running,
                room=self._room,
                pace=Pace(
                    *shared, *(TokenBucket(rate) for listed, rate in settings.task_list_rates.items() if listed == name)
                ),
                watch=watch,
                identity=process_identity(),
            )
            for list_name, name in sorted(lists.items())
        ]

    def start(self) -> None:
        """Begin to poll."""
        for worker in self._workers:
            worker.start()

    def drain(self, grace: float) -> bool:
        """Poll no more, and finish and report what runs; fail what still runs after so many seconds, and say False."""
        for worker in self._workers:
            worker.drain()
        self._lines.hang_up()
        deadline = time.monotonic() + grace
        # All have to be asked, so no generator.
        ended = [worker.join(max(deadline - time.monotonic(), 0)) for worker in self._workers]
        if not all(ended):
            self._hand_back(grace)
        for worker in self._workers:
            worker.stop()
        self._processes.stop()
        self._heartbeats.stop()
        self._coroutines.stop()
        return all(ended)

    def _hand_back(self, grace: float) -> None:
        """Fail what runs: its retry need not wait until it times out."""
        error = WorkerStopped(f"the worker was stopped, and the activity did not end within {grace:g} s")
        for task in self._running.tasks():
            report = failure_report(self._payloads, task, error, self._underway.details(task.task_token))
            try:
                self._lines.call(report)
            except Exception as fault:  # noqa: BLE001  # it will time out
                logger.warning("Activity task %s could not be handed back: %s", task.activity_id, fault)
            else:
                logger.warning("Activity task %s was handed back: it did not end within %g s", task.activity_id, grace)

    def gauges(self) -> dict[str, float]:
        """How many activities run, and how many processes there are for isolated ones."""
        return {"running_activities": self._room.taken, "activity_processes": self._processes.process_count}


class _Running:
    """Knows which tasks run."""

    def __init__(self, attempts: Attempter) -> None:
        self._attempts = attempts
        self._tasks: dict[str, ActivityTask] = {}
        self._lock = threading.Lock()

    def tasks(self) -> tuple[ActivityTask, ...]:
        """Those that run."""
        with self._lock:
            return tuple(self._tasks.values())

    def run(self, task: ActivityTask) -> Report | None:
        """Run the task."""
        self._add(task)
        try:
            return self._attempts.run(task)
        finally:
            self._remove(task)

    def is_begun(self, task: ActivityTask) -> bool:
        """Whether the task can run without a thread."""
        return self._attempts.is_begun(task)

    def begin(self, task: ActivityTask, done: Callable[[Report | None], None]) -> None:
        """Let the task run without waiting for it."""

        def ended(report: Report | None) -> None:
            self._remove(task)
            done(report)

        self._add(task)
        self._attempts.begin(task, ended)

    def _add(self, task: ActivityTask) -> None:
        with self._lock:
            self._tasks[task.task_token] = task

    def _remove(self, task: ActivityTask) -> None:
        with self._lock:
            del self._tasks[task.task_token]
