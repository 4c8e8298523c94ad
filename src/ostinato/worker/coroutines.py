"""The event loop on which a process runs its `async def` activities, in a thread that starts with the first of them."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from ostinato.worker.context import RunningActivity


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


class Coroutines:
    """Runs coroutines on one event loop, for callers on other threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._is_stopped = False

    def run(self, make: Callable[[], Coroutine[Any, Any, object]], running: RunningActivity) -> Outcome:
        """Run the coroutine to its end, in the caller's context; a request to cancel the activity cancels it."""
        with self._lock:
            if self._is_stopped:
                return Abandoned()
            future = asyncio.run_coroutine_threadsafe(self._host(make, running), self._started())
        return future.result()

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

    def stop(self) -> None:
        """End the loop. What still runs on it is canceled, and is `Abandoned`."""
        with self._lock:
            self._is_stopped = True
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._loop.stop)

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the thread, after `stop`."""
        if self._thread is not None:
            self._thread.join(timeout)

    async def _host(self, make: Callable[[], Coroutine[Any, Any, object]], running: RunningActivity) -> Outcome:
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
