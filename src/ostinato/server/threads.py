"""The threads in which the engine works for the server: few, so that those who wait for a disk wait together."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

THREADS = 16
"""As many requests share a commit at most; more threads gain nothing on a machine of few cores."""


class Threads:
    """A bounded pool of threads, and a way into it from the event loop."""

    def __init__(self, count: int = THREADS) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="ostinato-server")

    async def run(self, function: Callable[[], Result]) -> Result:
        """Call it in one of the threads, when one is free, and give what it gives."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function)

    def close(self) -> None:
        """Let what runs come to its end."""
        self._pool.shutdown(wait=True)
