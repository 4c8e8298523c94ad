"""The event loop on which a process runs its `async def` activities, in a thread that starts with the first of them.

What is to be done about an activity's outcome may wait for a network or a disk, which the loop must not: a few other
threads do it.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any

from ostinato.worker.context import RunningActivity

logger = logging.getLogger(__name__)

ENDERS = 10
"""So many threads at most deal with outcomes."""

_BACKLOG = 10
"""One more for so many outcomes that wait."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A call ended well."""

    value: object


@dataclass(frozen=True, slots=True)
class Raised:
    """A call raised an exception."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A call was ended by this process, which stops; of the activity it says nothing."""


Outcome = Returned | Raised | Abandoned

Body = Callable[[], Coroutine[Any, Any, object]]
"""Makes the coroutine that an activity is."""


class Coroutines:
    """Runs coroutines on one event loop, for callers on other threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._is_stopped = False
        self._running: set[asyncio.Task[Outcome]] = set()
        self._ended: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._enders: list[threading.Thread] = []

    def begin(self, make: Body, running: RunningActivity, done: Callable[[Outcome], None]) -> None:
        """Run the coroutine in the caller's context; a request to cancel the activity cancels it.

        `done` is called once, from a thread in which it may wait.
        """
        with self._lock:
            if not self._is_stopped:
                self._started().call_soon_threadsafe(self._launch, make, running, done)
                return
        done(Abandoned())

    def run(self, make: Body, running: RunningActivity) -> Outcome:
        """The same for a caller who does wait."""
        outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self.begin(make, running, outcomes.put)
        return outcomes.get()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._serve, args=(self._loop,), daemon=True)
            self._thread.name = "ostinato async activities"
            self._thread.start()
        return self._loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        finally:
            loop.close()
            self._ended.put(None)

    def stop(self) -> None:
        """End the loop. What still runs on it is canceled, and is `Abandoned`."""
        with self._lock:
            self._is_stopped = True
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._loop.stop)

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the threads, after `stop`; for each of them so many seconds at most."""
        for thread in (self._thread, *self._enders):
            if thread is not None:
                thread.join(timeout)

    # On the loop.

    def _launch(self, make: Body, running: RunningActivity, done: Callable[[Outcome], None]) -> None:
        task = asyncio.get_running_loop().create_task(self._host(make, running))
        self._running.add(task)
        task.add_done_callback(partial(self._end, done))

    def _end(self, done: Callable[[Outcome], None], task: asyncio.Task[Outcome]) -> None:
        self._running.discard(task)
        outcome = Abandoned() if task.cancelled() else task.result()
        self._ended.put(partial(done, outcome))
        enders = len(self._enders)
        if enders < ENDERS and self._ended.qsize() > enders * _BACKLOG:
            thread = threading.Thread(target=self._deal, name=f"ostinato ends {enders + 1}", daemon=True)
            self._enders.append(thread)
            thread.start()

    async def _host(self, make: Body, running: RunningActivity) -> Outcome:
        """Await the coroutine; its exception is a value here, so that its traceback shows the activity's code alone."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is not None:
            running.on_cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            if running.cancel_requested and task is not None:
                task.cancel()
            return Returned(await make())
        except BaseException as error:  # noqa: BLE001  # whatever ends the activity is its result
            return Abandoned() if self._is_stopped and not running.cancel_requested else Raised(error)
        finally:
            running.on_cancel = None

    # Beside it.

    def _deal(self) -> None:
        while (call := self._ended.get()) is not None:
            try:
                call()
            except Exception:
                logger.exception("The outcome of an activity is lost")
        # For the next of these threads: nothing comes after it.
        self._ended.put(None)
