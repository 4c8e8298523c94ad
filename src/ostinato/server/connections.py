"""A request's connection, as far as ASGI shows it: its body, and whether the client is still there."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

HUNG_UP = "ostinato.hung_up"
"""The ASGI extension by which our HTTP protocol tells at once what the system knows of the socket."""


class HungUpError(Exception):
    """The client has gone; nobody reads an answer."""


class BodyTooLargeError(Exception):
    """The body is larger than the limit."""


class Connection:
    """The client's end of one request.

    Args:
        receive: ASGI's.
        has_gone: asks the system whether the client closed its socket, without waiting.
    """

    def __init__(self, receive: Receive, has_gone: Callable[[], bool]) -> None:
        self._receive = receive
        self._has_gone = has_gone

    async def body(self, limit: int) -> bytes:
        """The request's body.

        Raises:
            BodyTooLargeError: it has more bytes than the limit.
            HungUpError: the client left before its end.
        """
        message = await self._received()
        body: bytes = message.get("body", b"")
        if message.get("more_body", False):
            parts = bytearray(body)
            while message.get("more_body", False) and len(parts) <= limit:
                message = await self._received()
                parts += message.get("body", b"")
            body = bytes(parts)
        if len(body) > limit:
            raise BodyTooLargeError
        return body

    async def _received(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise HungUpError
        return message

    def check(self) -> None:
        """Return if the client is still there, as far as the system knows.

        Raises:
            HungUpError: it has gone.
        """
        if self._has_gone():
            raise HungUpError

    async def wait(self, awaited: "asyncio.Future[Any]", seconds: float) -> None:
        """Return when the future is done, or so many seconds have passed.

        Raises:
            HungUpError: the client left before.
        """
        if awaited.done():
            return
        gone = asyncio.ensure_future(self._gone())
        try:
            await asyncio.wait({awaited, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                gone.result()
        finally:
            gone.cancel()

    async def _gone(self) -> None:
        while True:
            await self._received()
