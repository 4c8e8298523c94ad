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


class Coroutines:
    """Runs coroutines on one event loop, for callers on other threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, make: Callable[[], Coroutine[Any, Any, object]], running: RunningActivity) -> Returned | Raised:
        """Run the coroutine to its end, in the caller's context; a request to cancel the activity cancels it."""
        return asyncio.run_coroutine_threadsafe(_host(make, running), self._started()).result()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
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
        finally:
            loop.close()

    def stop(self) -> None:
        """End the loop. What still runs on it is left where it is."""
        with self._lock:
            if self._loop is not None and self._loop.is_running():
                self._loop.call_soon_threadsafe(self._loop.stop)

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the thread, after `stop`."""
        if self._thread is not None:
            self._thread.join(timeout)


async def _host(make: Callable[[], Coroutine[Any, Any, object]], running: RunningActivity) -> Returned | Raised:
    """Await the coroutine; its exception is a value here, so that its traceback shows the activity's code alone."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is not None:
        running.on_cancel = lambda: loop.call_soon_threadsafe(task.cancel)
    try:
        if running.cancel_requested and task is not None:
            task.cancel()
        return Returned(await make())
    except BaseException as error:  # noqa: BLE001  # whatever ends the activity is its result
        return Raised(error)
    finally:
        running.on_cancel = None
