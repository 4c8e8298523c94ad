"""The ASGI application: one request in, one reply out.

It puts the parts together for each request: protocol, guard, engine, long polls, metrics, access log.
"""

import logging
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from ostinato.engine.engine import Engine
from ostinato.errors import StoreError, SwfFault
from ostinato.model.operations import Operation, PollForActivityTask, PollForDecisionTask
from ostinato.model.wire_operations import OPERATIONS, decode_operation, encode_answer
from ostinato.server.access_log import Access, AccessLog
from ostinato.server.calls import Calls
from ostinato.server.connections import HUNG_UP, BodyTooLargeError, Connection, HungUpError, Message, Receive
from ostinato.server.guard import Guard
from ostinato.server.long_polls import LongPolls
from ostinato.server.metrics import Metrics
from ostinato.server.protocol import Head, Reply, answered, failed, headers_of, refused, too_large
from ostinato.server.signatures import SignedRequest

logger = logging.getLogger(__name__)

BODY_BYTES = 4_000_000
"""A request may have so many: the service's megabyte of decisions, and room for the JSON around and within it."""

Send = Callable[[Message], Awaitable[None]]
Scope = dict[str, Any]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

_GONE = 499


class _Request:
    """What is known of a request so far."""

    __slots__ = ("access_key_id", "body_bytes", "domain", "head", "id", "operation", "scope", "started")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.head = Head(scope["headers"])
        self.id = str(uuid.uuid4())
        self.started = perf_counter()
        self.operation = "unknown"
        self.access_key_id: str | None = None
        self.domain: str | None = None
        self.body_bytes = 0

    def signed(self, body: bytes) -> SignedRequest:
        """What a signature covers."""
        return SignedRequest(
            method=self.scope["method"],
            path=self.scope["raw_path"],
            query=self.scope["query_string"],
            head=self.head,
            body=body,
        )


class Application:
    """The server, for any ASGI host.

    Args:
        engine: what carries operations out. It is not closed.
        guard: says who may call, and do what.
        pages: answers all that is no operation.
        metrics: counts requests.
        poll_seconds: how long a poll waits for a task.
        access_log: is told of each request.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        guard: Guard,
        pages: Asgi,
        metrics: Metrics,
        poll_seconds: float,
        access_log: AccessLog | None = None,
    ) -> None:
        self._guard = guard
        self._pages = pages
        self._metrics = metrics
        self._access_log = access_log
        self._calls = Calls(engine)
        self._polls = LongPolls(engine, self._calls, poll_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] == "POST" and scope["path"] == "/":
            await self._answer(_Request(scope), receive, send)
        else:
            await self._pages(scope, receive, send)

    def stop(self) -> None:
        """Let polls end now, with the empty answer."""
        self._polls.stop()

    def close(self) -> None:
        """Let what runs come to its end, after the last request."""
        self._calls.close()

    async def _answer(self, request: _Request, receive: Receive, send: Send) -> None:
        has_gone = request.scope.get("extensions", {}).get(HUNG_UP, _never)
        try:
            reply = await self._reply(request, Connection(receive, has_gone))
        except HungUpError:
            self._metrics.hung_up += 1
            self._note(request, Reply(_GONE, b"", "hung up"))
            return
        headers = headers_of(reply, request.head.content_type(), request.id)
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})
        self._note(request, reply)

    async def _reply(self, request: _Request, connection: Connection) -> Reply:
        try:
            return answered(await self._carried_out(request, connection))
        except SwfFault as fault:
            return refused(fault)
        except BodyTooLargeError:
            return too_large(BODY_BYTES)
        except HungUpError:
            raise
        except StoreError as error:
            logger.error("request %s failed: %s", request.id, error)  # noqa: TRY400  # the message says it all
            return failed()
        except Exception:
            logger.exception("request %s failed; please report it", request.id)
            return failed()

    async def _carried_out(self, request: _Request, connection: Connection) -> bytes:
        body = await connection.body(BODY_BYTES)
        request.body_bytes = len(body)
        caller = self._guard.admit(request.signed(body))
        request.access_key_id = caller.access_key_id if caller is not None else None
        name = request.head.operation_name()
        if name in OPERATIONS:
            request.operation = name
        operation = decode_operation(name, body)
        request.domain = getattr(operation, "domain", None)
        self._guard.permit(caller, operation)
        return await self._carry_out(operation, connection)

    async def _carry_out(self, operation: Operation[Any], connection: Connection) -> bytes:
        if isinstance(operation, PollForDecisionTask | PollForActivityTask):
            return await self._polls.answer(operation, connection, lambda task: encode_answer(operation, task))
        return await self._calls.call(operation, lambda answer: encode_answer(operation, answer))

    def _note(self, request: _Request, reply: Reply) -> None:
        seconds = perf_counter() - request.started
        self._metrics.observe(request.operation, reply.outcome, seconds)
        if self._access_log is not None:
            self._access_log.note(_access(request, reply, seconds))


def _access(request: _Request, reply: Reply, seconds: float) -> Access:
    client = request.scope.get("client")
    return Access(
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        request_id=request.id,
        client=f"{client[0]}:{client[1]}" if client else "",
        operation=request.operation,
        status=reply.status,
        outcome=reply.outcome,
        milliseconds=round(seconds * 1000, 3),
        request_bytes=request.body_bytes,
        response_bytes=len(reply.body),
        access_key_id=request.access_key_id,
        domain=request.domain,
    )


def _never() -> bool:
    return False
