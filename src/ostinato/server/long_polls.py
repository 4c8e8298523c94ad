"""Long polls: a minute's wait for a task that costs no thread, and that ends when the client hangs up.

A task is never given to a client that is known to have gone, nor kept from others when its answer cannot be made: it is
handed back, for the next poller to take.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from ostinato.engine.engine import Engine
from ostinato.engine.operations.polls import Poll
from ostinato.engine.polling import PendingPoll
from ostinato.engine.task_lists import Delivery, HandedTask
from ostinato.errors import StoreError
from ostinato.model.operations import PollForDecisionTask
from ostinato.model.results import ActivityTask, DecisionTask
from ostinato.server.arrivals import Arrivals
from ostinato.server.calls import Calls
from ostinato.server.connections import Connection

Task = ActivityTask | DecisionTask
Encode = Callable[[Task | None], bytes]


class LongPolls:
    """The polls of all clients.

    Args:
        engine: has the tasks.
        calls: carries out what may wait for a disk.
        seconds: how long a poll waits.
    """

    def __init__(self, engine: Engine, calls: Calls, seconds: float) -> None:
        self._engine = engine
        self._calls = calls
        self._seconds = seconds
        self._arrivals = Arrivals()
        self._waiting: dict[PendingPoll, asyncio.Future[Delivery]] = {}
        self._is_stopping = False

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def answer(self, poll: Poll, connection: Connection, encode: Encode) -> bytes:
        """Wait for a task, and make the answer of it.

        Raises:
            HungUpError: the client has gone, and has no task.
            SwfFault: SWF refuses the poll.
            StoreError: the task could not be made durable, or its history not be read; the client has no task.
        """
        if isinstance(poll, PollForDecisionTask) and poll.next_page_token is not None:
            # The next page of a task that the client has.
            return await self._calls.call(poll, encode)
        delivered: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
        pending = self._engine.begin_poll(poll, partial(self._arrivals.put, delivered))
        try:
            delivery = await self._wait(pending, delivered, connection)
            body = await self._body(pending, delivery, encode)
            connection.check()
        except BaseException:
            # Who gets no answer has no task: the client has gone, or the log could not be read.
            await asyncio.shield(self._let_go(pending, delivered))
            raise
        return body

    async def _wait(
        self, pending: PendingPoll, delivered: "asyncio.Future[Delivery]", connection: Connection
    ) -> Delivery:
        self._waiting[pending] = delivered
        try:
            if not self._is_stopping:
                await connection.wait(delivered, self._seconds)
        finally:
            del self._waiting[pending]
        if not delivered.done() and pending.withdraw():
            delivered.set_result(None)
        return await delivered

    async def _body(self, pending: PendingPoll, delivery: Delivery, encode: Encode) -> bytes:
        prepared = pending.prepared(delivery)
        if prepared.is_at_hand:
            return encode(prepared.make())
        return await self._calls.in_thread(lambda: encode(prepared.make()))

    async def _let_go(self, pending: PendingPoll, delivered: "asyncio.Future[Delivery]") -> None:
        """See to it that who waited has no task."""
        if not delivered.done() and pending.withdraw():
            return
        delivery = await delivered
        if not isinstance(delivery, HandedTask):
            return
        # If that cannot be kept, the task is lost with its batch, and waits again already.
        with suppress(StoreError):
            await self._calls.in_thread(partial(pending.hand_back, delivery))

    def stop(self) -> None:
        """Let all who wait, and all who come, have the empty answer."""
        self._is_stopping = True
        for pending, delivered in list(self._waiting.items()):
            if not delivered.done() and pending.withdraw():
                delivered.set_result(None)
