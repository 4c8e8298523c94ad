"""Deciders and activity workers for a catalog, as threads of this process."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ostinato.client.registration import register_domain, register_types
from ostinato.errors import UsageError
from ostinato.model.decisions import (
    ContinueAsNewWorkflowExecution,
    DecisionAttributes,
    ScheduleActivityTask,
    StartChildWorkflowExecution,
)
from ostinato.model.events import (
    ActivityTaskScheduled,
    HistoryEvent,
    StartChildWorkflowExecutionInitiated,
)
from ostinato.model.limits import IDENTITY_CHARACTERS
from ostinato.model.structures import TaskList
from ostinato.payloads.policy import PLAIN, Payloads
from ostinato.storage.sealed import seal, travel_of
from ostinato.swf import Swf
from ostinato.worker.activities import ActivityWorker
from ostinato.worker.attempts import Attempts
from ostinato.worker.catalog import Catalog
from ostinato.worker.coroutines import Coroutines
from ostinato.worker.decider import Decider, at_once
from ostinato.worker.guard import Guard
from ostinato.worker.heartbeats import Heartbeats
from ostinato.worker.here import CoroutinesHere
from ostinato.worker.lane import Lane
from ostinato.worker.middleware import ActivityMiddleware, DecisionMiddleware, Surrounded
from ostinato.worker.notices import DecisionMade, Notice, ReplayBegun, Watch, ignore
from ostinato.worker.one_thread import AttemptsInOneThread, OneThread
from ostinato.worker.room import Room
from ostinato.worker.watchdog import Watchdog

if TYPE_CHECKING:
    from ostinato.worker.middleware import Attempter
    from ostinato.worker.processes import Isolation, ProcessAttempts

logger = logging.getLogger(__name__)

CONCURRENCY = 10
"""Activities at once, if nobody says."""


class LocalWorker:
    """Serves a catalog in this process: a decider for each decision task list, an activity worker for each other one.

    Task lists that only show in decisions (by `options`) are served as they show. As a context manager it starts, and
    at the end stops without waiting for what runs.

    Args:
        swf: where tasks come from.
        domain: the domain; it is registered if it is not there.
        catalog: the workflows and activities; their types are registered too.
        payloads: how values travel; as JSON in history, unless given.
        concurrency: how many activities may run at once.
        activity_middleware: what is put around each attempt at an activity, the first outermost.
        decision_middleware: what is put around the making of each decision, the first outermost.
        lane: serve the task lists of this lane in place of those that definitions name.
        guard: watches what the workflows' code does; nobody, unless given.
        watchdog: breaks off decisions whose time is up; nobody, unless given.
        isolation: how activities that want a process get it; needed if there are any.
        one_thread: does all that is the author's, in its own thread and one thing at a time, also what else would get a
            process; threads do, unless given.
        watch: is told what happens.
        takes_late_tasks: whether tasks that come while draining are done. They have to be, unless SWF ends with this
            process and then hands them out again, as the embedded engine does.

    Raises:
        UsageError: an activity wants a process, and there is no `isolation`.
    """

    def __init__(
        self,
        swf: Swf,
        *,
        domain: str,
        catalog: Catalog,
        payloads: Payloads = PLAIN,
        concurrency: int = CONCURRENCY,
        activity_middleware: Sequence[ActivityMiddleware] = (),
        decision_middleware: Sequence[DecisionMiddleware] = (),
        lane: Lane | None = None,
        guard: Guard | None = None,
        watchdog: Watchdog | None = None,
        isolation: "Isolation | None" = None,
        one_thread: OneThread | None = None,
        watch: Watch = ignore,
        takes_late_tasks: bool = True,
    ) -> None:
        self._swf = swf = seal(swf, travel_of(payloads, catalog.definitions))
        self._domain = domain
        self._catalog = catalog
        self._payloads = payloads
        self._lane = lane or Lane("")
        self._guard = guard
        self._watchdog = watchdog
        self._watch = watch
        self._takes_late_tasks = takes_late_tasks
        self._room = Room(concurrency)
        self._heartbeats = Heartbeats()
        self._within = one_thread.decide if one_thread else at_once
        self._coroutines = CoroutinesHere() if one_thread else Coroutines()
        self._decision_middleware = (*([one_thread.around_decision] if one_thread else []), *decision_middleware)
        made = partial(AttemptsInOneThread, one_thread) if one_thread else Attempts
        attempts: Attempts = made(
            swf,
            domain=domain,
            activities=catalog.activities,
            payloads=payloads,
            heartbeats=self._heartbeats,
            coroutines=self._coroutines,
        )
        self._processes: ProcessAttempts | None = None
        by_isolation = attempts if one_thread else self._with_processes(attempts, isolation)
        self._attempts: Attempter = (
            Surrounded(by_isolation, activity_middleware, attempts.failed) if activity_middleware else by_isolation
        )
        self._identity = f"{socket.gethostname()}:{os.getpid()}"[:IDENTITY_CHARACTERS]
        self._lock = threading.Lock()
        self._workers: dict[str, ActivityWorker] = {}
        self._deciders: dict[str, Decider] = {}
        self._threads: list[threading.Thread] = []
        self._is_draining = False

    def _with_processes(self, attempts: Attempts, isolation: "Isolation | None") -> "Attempter":
        activities = self._catalog.activities
        isolated = next((activity for activity in activities.values() if activity.isolation == "process"), None)
        if isolated is None:
            return attempts
        if isolation is None:
            raise UsageError(
                where=isolated.name,
                found='isolation="process" in a worker within a program',
                hint='Serve it by `ostinato run` or `ostinato worker`, or give it isolation="thread"',
            )
        from ostinato.worker.processes import ByIsolation, ProcessAttempts  # noqa: PLC0415  # not on all systems

        self._processes = ProcessAttempts(
            self._swf, isolation=isolation, activities=activities, payloads=self._payloads, heartbeats=self._heartbeats
        )
        return ByIsolation(attempts, self._processes, activities)

    # Its life.

    def start(self) -> None:
        """Register the domain and the types, and begin to poll.

        Raises:
            SwfFault: SWF refuses a registration.
        """
        register_domain(self._swf, self._domain)
        register_types(self._swf, self._domain, self._catalog.definitions)
        for task_list in sorted(self._catalog.decision_task_lists):
            self._serve_decisions(self._lane.name(task_list))
        for task_list in sorted(self._catalog.activity_task_lists):
            self._serve_activities(self._lane.name(task_list))

    def drain(self, timeout: float | None = None) -> bool:
        """Poll no more, and wait until what runs is finished and reported.

        Returns:
            False if activities still run after the time-out, in seconds.
        """
        with self._lock:
            self._is_draining = True
            for decider in self._deciders.values():
                decider.stop()
            for worker in self._workers.values():
                worker.drain()
        return self._room.await_empty(timeout)

    @property
    def has_begun(self) -> bool:
        """Whether it was started."""
        return bool(self._deciders or self._workers)

    @property
    def running_activities(self) -> int:
        """How many activities run."""
        return self._room.taken

    def stop(self) -> None:
        """Poll no more; wait for nothing. Threads end when their polls do, which closing an engine ends at once."""
        with self._lock:
            self._is_draining = True
            for decider in self._deciders.values():
                decider.stop()
            for worker in self._workers.values():
                worker.stop()
        if self._processes is not None:
            self._processes.stop()
        self._heartbeats.stop()
        self._coroutines.stop()
        if self._watchdog is not None:
            self._watchdog.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of all threads, after `stop`; False if some still run after the time-out, in seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout

        def left() -> float | None:
            return None if deadline is None else max(deadline - time.monotonic(), 0)

        has_ended = self._await_polls(left)
        self._heartbeats.join(left())
        self._coroutines.join(left())
        return has_ended

    def end(self) -> None:
        """After `drain`: wait until polls in flight have ended, with what they brought, and stop."""
        self._await_polls(lambda: None)
        self.stop()

    def _await_polls(self, left: Callable[[], float | None]) -> bool:
        """Wait for the threads that poll, for what is `left` in seconds; False if some still run then."""
        for thread in tuple(self._threads):
            thread.join(left())
        has_ended = not any(thread.is_alive() for thread in self._threads)
        for worker in tuple(self._workers.values()):
            has_ended = worker.join(left()) and has_ended
        return has_ended

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # Its work.

    def take_over(self, task_list: str, events: Iterable[HistoryEvent]) -> None:
        """Serve what an execution needs that was begun by another process: nothing else may tell of it for a while.

        Args:
            task_list: where its decisions are made.
            events: its history, which names the task lists of what is open.
        """
        self._serve_decisions(task_list)
        self._serve_named(events)

    def _serve_named(self, events: Iterable[HistoryEvent]) -> None:
        """Serve the task lists that the events name."""
        for event in events:
            if isinstance(event, ActivityTaskScheduled):
                self._serve_list(event.task_list, self._workers)
            elif isinstance(event, StartChildWorkflowExecutionInitiated):
                self._serve_list(event.task_list, self._deciders)

    def _serve_decisions(self, task_list: str) -> None:
        with self._lock:
            if task_list in self._deciders or self._is_draining:
                return
            decider = Decider(
                self._swf,
                domain=self._domain,
                task_list=task_list,
                catalog=self._catalog,
                converter=self._payloads,
                lane=self._lane if self._lane.suffix else None,
                guard=self._guard,
                watchdog=self._watchdog,
                middleware=self._decision_middleware,
                within=self._within,
                watch=self._observe,
                takes_late_tasks=self._takes_late_tasks,
                identity=self._identity,
            )
            self._deciders[task_list] = decider
            thread = threading.Thread(target=decider.run, name=f"ostinato decider {task_list}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve_activities(self, task_list: str) -> None:
        with self._lock:
            if task_list in self._workers or self._is_draining:
                return
            worker = ActivityWorker(
                self._swf,
                domain=self._domain,
                task_list=task_list,
                attempts=self._attempts,
                room=self._room,
                watch=self._watch,
                takes_late_tasks=self._takes_late_tasks,
                identity=self._identity,
            )
            self._workers[task_list] = worker
            worker.start()

    def _observe(self, notice: Notice) -> None:
        """Serve what shows up, and tell the watcher."""
        match notice:
            case DecisionMade(decisions=decisions):
                for decision in decisions:
                    self._serve_for(decision)
            case ReplayBegun(events=events):
                self._serve_named(events)
            case _:
                pass
        self._watch(notice)

    def _serve_for(self, decision: DecisionAttributes) -> None:
        match decision:
            case ScheduleActivityTask(task_list=task_list):
                self._serve_list(task_list, self._workers)
            case StartChildWorkflowExecution(task_list=task_list) | ContinueAsNewWorkflowExecution(task_list=task_list):
                self._serve_list(task_list, self._deciders)
            case _:
                pass

    def _serve_list(self, task_list: TaskList | None, served: dict[str, Any]) -> None:
        if task_list is None or task_list.name in served:
            return
        if served is self._workers:
            self._serve_activities(task_list.name)
        else:
            self._serve_decisions(task_list.name)
