"""Long polls: a minute's wait for a task that costs no thread, and that ends when the client hangs up.

A task is never given to a client that is known to have gone: it is handed back, for the next poller to take.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from ostinato.engine.engine import Engine
from ostinato.engine.operations.polls import Poll
from ostinato.engine.polling import PendingPoll
from ostinato.engine.task_lists import Delivery
from ostinato.model.operations import PollForDecisionTask
from ostinato.model.results import ActivityTask, DecisionTask
from ostinato.server.connections import Connection, HungUpError
from ostinato.server.threads import Threads

Task = ActivityTask | DecisionTask


class LongPolls:
    """The polls of all clients.

    Args:
        engine: has the tasks.
        threads: where whatever may wait for a disk is done.
        seconds: how long a poll waits.
    """

    def __init__(self, engine: Engine, threads: Threads, seconds: float) -> None:
        self._engine = engine
        self._threads = threads
        self._seconds = seconds
        self._waiting: set[_Wait] = set()
        self._is_stopping = False

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def answer(self, poll: Poll, connection: Connection, encode: Callable[[Task | None], bytes]) -> bytes:
        """Wait for a task, and make the answer of it.

        Raises:
            HungUpError: the client has gone, and has no task.
            SwfFault: SWF refuses the poll.
            StoreError: the task could not be made durable.
        """
        if isinstance(poll, PollForDecisionTask) and poll.next_page_token is not None:
            # The next page of a task that the client has.
            return await self._threads.run(lambda: encode(self._engine.call(poll)))
        wait = _Wait(asyncio.get_running_loop())
        begun = asyncio.ensure_future(self._threads.run(partial(self._engine.begin_poll, poll, wait.deliver)))
        try:
            pending = await asyncio.shield(begun)
            delivery = await self._wait(wait, pending, connection)
            if delivery is None:
                return encode(None)
            body = await self._threads.run(lambda: encode(pending.answer(delivery)))
            if await connection.has_hung_up():
                raise HungUpError
        except (HungUpError, asyncio.CancelledError):
            await asyncio.shield(self._let_go(begun, wait))
            raise
        return body

    async def _wait(self, wait: "_Wait", pending: PendingPoll, connection: Connection) -> Delivery:
        if wait.delivered.done():
            return wait.delivered.result()
        wait.pending = pending
        self._waiting.add(wait)
        try:
            if not self._is_stopping:
                await connection.wait(wait.delivered, self._seconds)
        finally:
            self._waiting.discard(wait)
        if not wait.delivered.done() and await self._threads.run(pending.withdraw):
            return None
        return await wait.delivered

    async def _let_go(self, begun: Awaitable[PendingPoll], wait: "_Wait") -> None:
        """See to it that nobody who has gone has a task."""
        pending = await begun
        if not wait.delivered.done() and await self._threads.run(pending.withdraw):
            return
        delivery = await wait.delivered
        await self._threads.run(partial(pending.hand_back, delivery))

    def stop(self) -> None:
        """Let all who wait, and all who come, have the empty answer."""
        self._is_stopping = True
        for wait in list(self._waiting):
            if wait.pending is not None and wait.pending.withdraw():
                wait.deliver(None)


class _Wait:
    """One poll's wait: from the engine's threads to the event loop."""

    __slots__ = ("_loop", "delivered", "pending")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.delivered: asyncio.Future[Delivery] = loop.create_future()
        self.pending: PendingPoll | None = None

    def deliver(self, delivery: Delivery) -> None:
        """Take what ends the wait, from any thread."""
        self._loop.call_soon_threadsafe(self._take, delivery)

    def _take(self, delivery: Delivery) -> None:
        if not self.delivered.done():
            self.delivered.set_result(delivery)
