"""Runs `async def` activities in the thread that asks, one at a time: for debugging."""

import asyncio
from collections.abc import Callable

from ostinato.worker.context import RunningActivity
from ostinato.worker.coroutines import Body, Coroutines, Outcome, Raised, Returned


class CoroutinesHere(Coroutines):
    """Runs each coroutine on an event loop of its own, in the caller's thread."""

    def begin(self, make: Body, running: RunningActivity, done: Callable[[Outcome], None]) -> None:
        """Run the coroutine to its end, and tell that to `done`."""
        done(self.run(make, running))

    def run(self, make: Body, running: RunningActivity) -> Outcome:
        """Run the coroutine to its end; a request to cancel the activity cancels it."""
        try:
            return Returned(asyncio.run(self._await(make, running)))
        except BaseException as error:  # noqa: BLE001  # whatever ends the activity is its result
            return Raised(error)

    async def _await(self, make: Body, running: RunningActivity) -> object:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is not None:
            running.on_cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            return await make()
        finally:
            running.on_cancel = None
