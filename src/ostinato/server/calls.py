"""Carrying out operations for many clients at once, without a thread for each.

What is quick is done in the event loop, and answered after a commit that all who wait share. What reads the log is
done in a few threads.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from ostinato.engine.engine import Engine
from ostinato.model.operations import Operation
from ostinato.server.arrivals import Arrivals

Result = TypeVar("Result")

THREADS = 4
"""The log has one connection for all who read."""


class Calls:
    """Carries out operations in an engine.

    Args:
        engine: the engine. It is not closed.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._arrivals = Arrivals()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ostinato-server")

    async def call(self, operation: Operation[Any], encode: Callable[[Any], bytes]) -> bytes:
        """Carry out the operation and give its answer, encoded, once what it changed is durable.

        Raises:
            SwfFault: SWF refuses the operation; nothing was changed.
            StoreError: what it changed could not be kept; nothing was changed.
        """
        if not self._engine.is_quick(operation):
            return await self.in_thread(lambda: encode(self._engine.call(operation)))
        is_durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        answer = self._engine.begin(operation, partial(self._settle, is_durable))
        body = encode(answer)
        await is_durable
        return body

    def _settle(self, future: "asyncio.Future[None]", error: Exception | None) -> None:
        self._arrivals.put(future, None, error)

    async def in_thread(self, function: Callable[[], Result]) -> Result:
        """Call what may wait for a disk, and give what it gives."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)

    def close(self) -> None:
        """Let what runs come to its end."""
        self._threads.shutdown(wait=True)
