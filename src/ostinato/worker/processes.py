"""Runs isolated activities: each in a process of its own, which is killed with all that it started if it has to stop.

A process is kept for the next task, and replaced after some tasks, or when it was killed.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from ostinato.errors import ProcessDied
from ostinato.model.durations import whole_seconds
from ostinato.model.operations import (
    RespondActivityTaskCanceled,
    RespondActivityTaskCompleted,
    RespondActivityTaskFailed,
)
from ostinato.model.results import ActivityTask
from ostinato.model.structures import ActivityType
from ostinato.payloads.along import send_along, sent_along
from ostinato.payloads.policy import Payloads
from ostinato.replay.definitions import Activity
from ostinato.swf import Swf
from ostinato.worker.attempts import Attempts, failure_report, shortest_limit
from ostinato.worker.context import ActivityInfo, RunningActivity, Underway
from ostinato.worker.frames import (
    Beat,
    Beaten,
    Cancel,
    Canceled,
    Completed,
    Failed,
    Frames,
    FromProcess,
    Left,
    Ready,
    Run,
)
from ostinato.worker.heartbeats import Heartbeats
from ostinato.worker.isolated import IsolatedSettings
from ostinato.worker.middleware import Report, carried

logger = logging.getLogger(__name__)

_GLANCE = 0.2
"""Seconds after which a thread that waits for a process looks whether that should be stopped."""

_LATE = 0.5
"""Seconds after the time-out of a task when SWF is asked whether it still waits for it."""

_START_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """How isolated activities are run.

    Args:
        targets: what their processes import.
        domain: the domain.
        memory: bytes of address space for each; None is no limit.
        tasks: how many tasks a process runs before it is replaced.
        payloads: how values travel: `package.module:name`, or a store's URL; empty is JSON.
        patience: seconds that an activity has to stop after it was asked to, before SIGTERM.
        grace: seconds from SIGTERM to SIGKILL.
        middleware: the names of what is around activities; their processes have the other half.
    """

    targets: tuple[str, ...]
    domain: str
    payloads: str = ""
    memory: int | None = None
    tasks: int = 100
    patience: float = 10.0
    grace: float = 5.0
    middleware: tuple[str, ...] = ()


class ActivityProcess:
    """A process that runs one activity at a time, the leader of a group of its own."""

    def __init__(self, isolation: Isolation) -> None:
        ours, its = socket.socketpair()
        settings = IsolatedSettings(
            descriptor=its.fileno(),
            targets=isolation.targets,
            domain=isolation.domain,
            payloads=isolation.payloads,
            memory=isolation.memory,
            middleware=isolation.middleware,
        )
        command = [sys.executable, "-m", "ostinato.worker.isolated", msgspec.json.encode(settings).decode()]
        with its:
            self._popen = subprocess.Popen(  # noqa: S603  # it is ourselves
                command, pass_fds=[its.fileno()], start_new_session=True, stdin=subprocess.DEVNULL
            )
        # A union of classes is no class to type checkers, but is what the decoder takes.
        self.frames: Frames[FromProcess] = Frames(ours, cast("type[FromProcess]", FromProcess))
        self.tasks = 0
        self.is_ready = False

    def signal(self, number: int) -> None:
        """Send the whole group a signal."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, number)

    def end(self) -> int:
        """Kill the whole group, if there still is one, and give how the leader ended: as `Popen.returncode` does."""
        # Not reaped yet, its id is still its own.
        code = self._popen.poll()
        if code is None:
            with suppress(subprocess.TimeoutExpired):
                # It closed its end a moment ago, perhaps, and is about to say how.
                code = self._popen.wait(_GLANCE)
        self.signal(signal.SIGKILL)
        self.frames.close()
        return self._popen.wait() if code is None else code

    def kill(self) -> None:
        """Kill the whole group now."""
        self.signal(signal.SIGKILL)
        self.frames.close()
        self._popen.wait()


class ProcessAttempts:
    """Runs activity tasks, each in the process that it takes for it, while the thread that asks waits.

    Args:
        swf: where heartbeats go.
        isolation: how they are run.
        activities: the activities, by type.
        payloads: how values travel.
        heartbeats: sends heartbeats.
        underway: knows those that run.
    """

    def __init__(
        self,
        swf: Swf,
        *,
        isolation: Isolation,
        activities: Mapping[ActivityType, Activity[..., Any]],
        payloads: Payloads,
        heartbeats: Heartbeats,
        underway: Underway | None = None,
    ) -> None:
        self._swf = swf
        self._isolation = isolation
        self._activities = activities
        self._payloads = payloads
        self._heartbeats = heartbeats
        self._underway = underway or Underway()
        self._lock = threading.Lock()
        self._idle: list[ActivityProcess] = []
        self._all: set[ActivityProcess] = set()
        self._is_stopped = False

    def run(self, task: ActivityTask) -> Report | None:
        """Run the task and give the report to send; None if there is none from here: see `Attempts.run`."""
        along = sent_along(task.input)
        info = ActivityInfo(
            domain=self._isolation.domain,
            workflow_execution=task.workflow_execution,
            activity_type=task.activity_type,
            activity_id=task.activity_id,
            attempt=along.attempt,
            task_token=task.task_token,
        )
        activity = self._activities[task.activity_type]
        payloads = activity.payloads or self._payloads
        running = RunningActivity(info, swf=self._swf, payloads=payloads, former_details=along.heartbeat)
        timeout = along.heartbeat_timeout or activity.heartbeat_timeout
        process = self._take()
        if process is None:
            return None
        if timeout is not None:
            self._heartbeats.add(running, whole_seconds(timeout))
        self._underway.add(running)
        try:
            return _Watched(
                task=task,
                running=running,
                activity=activity,
                process=process,
                isolation=self._isolation,
                payloads=payloads,
            ).run()
        finally:
            if timeout is not None:
                self._heartbeats.remove(running)
            self._underway.remove(running)
            self._give_back(process)

    def stop(self) -> None:
        """Kill all processes. What they run is not reported."""
        with self._lock:
            self._is_stopped = True
            idle, self._idle = self._idle, []
            self._all.difference_update(idle)
            busy = tuple(self._all)
        for process in idle:
            process.kill()
        for process in busy:
            # Who waits for its answer gives it back.
            process.signal(signal.SIGKILL)

    @property
    def process_count(self) -> int:
        """How many processes there are."""
        return len(self._all)

    def _take(self) -> ActivityProcess | None:
        with self._lock:
            if self._is_stopped:
                return None
            if self._idle:
                return self._idle.pop()
            process = ActivityProcess(self._isolation)
            self._all.add(process)
            return process

    def _give_back(self, process: ActivityProcess) -> None:
        with self._lock:
            if process.is_ready and process.tasks < self._isolation.tasks and not self._is_stopped:
                self._idle.append(process)
                return
            self._all.discard(process)
        process.kill()


class ByIsolation:
    """Runs each task where its activity wants it."""

    def __init__(
        self, threads: Attempts, processes: ProcessAttempts, activities: Mapping[ActivityType, Activity[..., Any]]
    ) -> None:
        self._threads = threads
        self._processes = processes
        self._activities = activities

    def run(self, task: ActivityTask) -> Report | None:
        """Run the task."""
        return (self._processes if self._is_isolated(task) else self._threads).run(task)

    def is_begun(self, task: ActivityTask) -> bool:
        """Whether the task can run without a thread."""
        return not self._is_isolated(task) and self._threads.is_begun(task)

    def begin(self, task: ActivityTask, done: Callable[[Report | None], None]) -> None:
        """Let the task run without waiting for it."""
        self._threads.begin(task, done)

    def _is_isolated(self, task: ActivityTask) -> bool:
        activity = self._activities.get(task.activity_type)
        return activity is not None and activity.isolation == "process"


class _Watched:
    """One task in its process, from the thread that waits for it."""

    def __init__(
        self,
        *,
        task: ActivityTask,
        running: RunningActivity,
        activity: Activity[..., Any],
        process: ActivityProcess,
        isolation: Isolation,
        payloads: Payloads,
    ) -> None:
        self._task = task
        self._running = running
        self._process = process
        self._isolation = isolation
        self._payloads = payloads
        self._cancel_at: float | None = None
        """When the activity was asked to stop."""
        self._terminated_at: float | None = None
        self._killed = False
        limit = shortest_limit(activity)
        self._interval = None if limit is None else max(limit + _LATE, 1.0)
        self._look_at = None if self._interval is None else time.monotonic() + self._interval

    def run(self) -> Report | None:
        """Hand the task over, and wait for its end."""
        process = self._process
        process.tasks += 1
        try:
            if not process.is_ready:
                process.frames.receive(_START_SECONDS)
                process.is_ready = True
            process.frames.send(Run(_with_carried(self._task)))
            report = self._wait()
        except (EOFError, OSError):
            process.is_ready = False
            return self._died(process.end())
        if self._terminated_at is not None:
            # What it started got SIGTERM too, and need not have obeyed.
            process.is_ready = False
        return report

    def _wait(self) -> Report | None:
        while True:
            said = self._process.frames.receive(_GLANCE)
            match said:
                case Completed(result=result):
                    return RespondActivityTaskCompleted(task_token=self._task.task_token, result=result)
                case Failed(reason=reason, details=details):
                    if self._terminated_at is not None or self._running.is_lost:
                        return self._canceled()
                    return RespondActivityTaskFailed(task_token=self._task.task_token, reason=reason, details=details)
                case Canceled():
                    return self._canceled()
                case Left():
                    return None
                case Beat(details=details):
                    self._process.frames.send(self._beat(details))
                case Ready() | None:
                    pass
            self._look()

    def _beat(self, details: str | None) -> Beaten:
        try:
            self._running.beat(details)
        except Exception as error:  # noqa: BLE001  # the activity is told, whatever SWF's clients raise
            return Beaten(failure=f"{type(error).__name__}: {error}")
        return Beaten(cancel_requested=self._running.cancel_requested)

    def _look(self) -> None:
        """Ask SWF when a time-out has passed, and do what is due to an activity that should stop."""
        now = time.monotonic()
        if self._look_at is not None and self._interval is not None and now >= self._look_at:
            self._look_at = now + self._interval
            with suppress(Exception):
                self._running.beat()
        if not self._running.cancel_requested:
            return
        if self._cancel_at is None:
            self._cancel_at = now
            self._process.frames.send(Cancel())
        patience = 0.0 if self._running.is_lost else self._isolation.patience
        if self._terminated_at is None:
            if now - self._cancel_at >= patience:
                self._terminated_at = now
                self._process.signal(signal.SIGTERM)
        elif now - self._terminated_at >= self._isolation.grace and not self._killed:
            self._killed = True
            self._process.signal(signal.SIGKILL)

    def _canceled(self) -> Report | None:
        if self._running.is_lost:
            return None
        return RespondActivityTaskCanceled(task_token=self._task.task_token)

    def _died(self, code: int) -> Report | None:
        if self._running.is_lost or self._running.cancel_requested:
            return self._canceled()
        error = ProcessDied(_ended(code, self._isolation.memory))
        logger.warning("The process of activity %s: %s", self._task.activity_id, error)
        return failure_report(self._payloads, self._task, error, self._running.details)


def _with_carried(task: ActivityTask) -> ActivityTask:
    along = carried.get(None)
    return replace(task, input=send_along(task.input or "", along)) if along else task


def _ended(code: int, memory: int | None) -> str:
    if code >= 0:
        return f"the activity's process exited with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    why = ""
    if -code == signal.SIGKILL:
        why = ", not by its worker: most likely by the kernel, as memory ran out"
    elif memory is not None and -code in {signal.SIGSEGV, signal.SIGABRT}:
        why = f", perhaps for want of memory: it may have {memory >> 20:,} MiB"
    return f"the activity's process was killed by {name}{why}"
