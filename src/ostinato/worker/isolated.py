"""The process that isolated activities run in, one at a time: `python -m ostinato.worker.isolated SETTINGS`.

Its worker starts it, hands it tasks over a socket, and may kill it at any moment. If the worker is gone, so is this,
and whatever the activity started.
"""

import asyncio
import os
import resource
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ostinato.errors import ServiceError
from ostinato.model.operations import (
    Operation,
    RecordActivityTaskHeartbeat,
    RespondActivityTaskCanceled,
    RespondActivityTaskCompleted,
)
from ostinato.model.results import ActivityTaskStatus
from ostinato.worker.attempts import Attempts
from ostinato.worker.context import RunningActivity
from ostinato.worker.coroutines import Coroutines
from ostinato.worker.frames import Beat, Beaten, Canceled, Completed, Failed, Frames, Left, Ready, Run, ToProcess
from ostinato.worker.heartbeats import Heartbeats
from ostinato.worker.middleware import Report, Surrounded, load_other_half
from ostinato.worker.targets import load_catalog, load_payloads

if TYPE_CHECKING:
    from ostinato.worker.middleware import Attempter

_BEAT_SECONDS = 75.0
_KILLED_EARLY = "500"


class IsolatedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What such a process is told when it starts. `memory` is in bytes of address space; None is no limit."""

    descriptor: int
    targets: tuple[str, ...]
    domain: str
    payloads: str = ""
    memory: int | None = None
    middleware: tuple[str, ...] = ()


class _Channel:
    """The other side, as the `Swf` that an attempt knows: heartbeats are all that it asks for."""

    def __init__(self, connection: socket.socket) -> None:
        # A union of classes is no class to type checkers, but is what the decoder takes.
        self._frames: Frames[ToProcess] = Frames(connection, cast("type[ToProcess]", ToProcess))
        self._tasks: list[Run] = []
        self._beaten: Beaten | None = None
        self._changed = threading.Condition()
        self._running: RunningActivity | None = None

    def read(self) -> None:
        """Take what the worker says, until it is gone: then this process is of no use, nor what it started."""
        try:
            while True:
                self._take(self._frames.receive())
        except BaseException:  # noqa: BLE001  # whatever it was, nobody is there any more
            os.killpg(0, signal.SIGKILL)

    def _take(self, said: ToProcess | None) -> None:
        with self._changed:
            match said:
                case Run():
                    self._tasks.append(said)
                case Beaten():
                    self._beaten = said
                case _:
                    if self._running is not None:
                        self._running.request_cancel()
            self._changed.notify_all()

    def begin(self, running: RunningActivity) -> None:
        """Remember the activity that runs."""
        self._running = running
        running.is_isolated = True

    @property
    def is_busy(self) -> bool:
        """Whether an activity runs."""
        return self._running is not None

    def next_task(self) -> Run:
        """The next task, when there is one."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._tasks))
            return self._tasks.pop(0)

    def answer(self, report: Report | None) -> None:
        """Tell how the activity ended."""
        self._running = None
        match report:
            case RespondActivityTaskCompleted(result=result):
                self._frames.send(Completed(result))
            case RespondActivityTaskCanceled():
                self._frames.send(Canceled())
            case None:
                self._frames.send(Left())
            case _:
                self._frames.send(Failed(report.reason, report.details))

    def ready(self) -> None:
        """Tell that tasks may come."""
        self._frames.send(Ready())

    def _answered(self) -> Beaten:
        return self._beaten or Beaten(failure="the worker did not answer")

    def call(self, operation: Operation[Any], /) -> Any:
        """Send a heartbeat.

        Raises:
            ServiceError: it did not get through.
        """
        if not isinstance(operation, RecordActivityTaskHeartbeat):
            raise TypeError(operation)
        with self._changed:
            self._beaten = None
            self._frames.send(Beat(operation.details))
            self._changed.wait_for(lambda: self._beaten is not None, _BEAT_SECONDS)
            beaten = self._answered()
        if beaten.failure is not None:
            raise ServiceError(found=beaten.failure)
        return ActivityTaskStatus(cancel_requested=beaten.cancel_requested)


def main(text: str) -> None:
    """Run tasks until the worker says no more."""
    settings = msgspec.json.decode(text, type=IsolatedSettings)
    _limit(settings.memory)
    channel = _Channel(socket.socket(fileno=settings.descriptor))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    catalog = load_catalog(settings.targets)
    heartbeats = Heartbeats()
    heartbeats.stop()  # the worker sends them
    attempts = Attempts(
        channel,
        domain=settings.domain,
        activities=catalog.activities,
        payloads=load_payloads(settings.payloads),
        heartbeats=heartbeats,
        coroutines=Coroutines(),
        begin=channel.begin,
    )

    middleware = load_other_half(settings.middleware)
    running: Attempter = Surrounded(attempts, middleware, attempts.failed) if middleware else attempts

    def terminate(_number: int, _frame: FrameType | None) -> None:
        if not channel.is_busy:
            os._exit(0)
        raise asyncio.CancelledError

    signal.signal(signal.SIGTERM, terminate)
    threading.Thread(target=channel.read, name="ostinato tasks", daemon=True).start()
    channel.ready()
    while True:
        channel.answer(running.run(channel.next_task().task))


def _limit(memory: int | None) -> None:
    with suppress(OSError):
        # If the kernel has to kill somebody, then not the worker.
        Path("/proc/self/oom_score_adj").write_text(_KILLED_EARLY, encoding="ascii")
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


if __name__ == "__main__":
    main(sys.argv[1])
