"""The ASGI application: one request in, one reply out.

It puts the parts together for each request: protocol, guard, engine, long polls, metrics, access log.
"""

import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from ostinato.engine.engine import Engine
from ostinato.errors import StoreError, SwfFault
from ostinato.model.operations import Operation, PollForActivityTask, PollForDecisionTask
from ostinato.model.wire_operations import decode_operation, encode_answer
from ostinato.server.connections import HUNG_UP, BodyTooLargeError, Connection, HungUpError, Message, Receive
from ostinato.server.long_polls import LongPolls
from ostinato.server.protocol import (
    Head,
    Reply,
    answered,
    failed,
    headers_of,
    refused,
    too_large,
    unavailable,
)
from ostinato.server.threads import Threads

logger = logging.getLogger(__name__)

BODY_BYTES = 4_000_000
"""A request may have so many: the service's megabyte of decisions, and room for the JSON around and within it."""

Send = Callable[[Message], Awaitable[None]]
Scope = dict[str, Any]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


class Application:
    """The server, for any ASGI host.

    Args:
        engine: what carries operations out. It is not closed.
        pages: answers all that is no operation.
        threads: where the engine works.
        poll_seconds: how long a poll waits for a task.
    """

    def __init__(self, engine: Engine, pages: Asgi, threads: Threads, poll_seconds: float) -> None:
        self._engine = engine
        self._pages = pages
        self._threads = threads
        self.polls = LongPolls(engine, threads, poll_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] == "POST" and scope["path"] == "/":
            await self._operation(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    async def _operation(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = Head(scope["headers"])
        request_id = str(uuid.uuid4())
        has_gone = scope.get("extensions", {}).get(HUNG_UP, _never)
        try:
            reply = await self._reply(head, Connection(receive, has_gone), request_id)
        except HungUpError:
            return
        await send(
            {
                "type": "http.response.start",
                "status": reply.status,
                "headers": headers_of(reply, head.content_type(), request_id),
            }
        )
        await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, head: Head, connection: Connection, request_id: str) -> Reply:
        try:
            body = await connection.body(BODY_BYTES)
            operation = decode_operation(head.operation_name(), body)
            return answered(await self._carry_out(operation, connection))
        except SwfFault as fault:
            return refused(fault)
        except BodyTooLargeError:
            return too_large(BODY_BYTES)
        except HungUpError:
            raise
        except StoreError as error:
            logger.error("request %s failed: %s", request_id, error)  # noqa: TRY400  # the message says it all
            return failed()
        except Exception:
            logger.exception("request %s failed; please report it", request_id)
            return failed()

    async def _carry_out(self, operation: Operation[Any], connection: Connection) -> bytes:
        if isinstance(operation, PollForDecisionTask | PollForActivityTask):
            return await self.polls.answer(operation, connection, lambda task: encode_answer(operation, task))
        return await self._threads.run(lambda: encode_answer(operation, self._engine.call(operation)))


def _never() -> bool:
    return False
