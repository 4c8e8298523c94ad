"""Our HTTP protocol: uvicorn's, kept within limits.

uvicorn parses, answers and keeps connections. It has no bound on how long a client may take to send its request or to
read the answer, nor on how long its headers may be; those are added here, and a way to ask the system whether the
client hung up.
"""

import select
import time
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ostinato.server.connections import HUNG_UP

HEAD_BYTES = 65_536
"""The first line and the headers of a request have at most so many."""

HEADERS = 100
"""A request has at most so many headers."""

REQUEST_SECONDS = 30.0
"""A client may take so long to send its request."""

IDLE_SECONDS = 75.0
"""A connection without a request is kept so long: longer than the pools of clients keep theirs."""

STUCK_SECONDS = 60.0
"""A client may let an answer wait so long before it reads on."""

_GONE = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)


class RefusedError(Exception):
    """A request is not one that we read."""


class Protocol(HttpToolsProtocol):
    """One client's connection."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head_bytes = self._unparsed_bytes = 0
        self._is_reading_head = False
        self._request_since: float | None = None
        self._idle_since: float | None = time.monotonic()
        self._stuck_since: float | None = None

    # A request comes in. What is raised here, uvicorn answers with 400 and closes the connection.

    def data_received(self, data: bytes) -> None:
        """Take in a piece of a request."""
        super().data_received(data)
        if not self._is_reading_head or self.transport.is_closing():
            return
        # The parser tells of a header when it is complete; one without end would never be told of.
        self._unparsed_bytes += len(data)
        if self._unparsed_bytes > HEAD_BYTES:
            self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        extensions: dict[str, Any] = {HUNG_UP: self._has_hung_up}
        self.scope["extensions"] = extensions
        self._head_bytes = self._unparsed_bytes = 0
        self._is_reading_head = True
        self._request_since, self._idle_since = time.monotonic(), None

    def on_url(self, url: bytes) -> None:
        """Take in a piece of the first line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take in a header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)
        if len(self.headers) > HEADERS:
            raise RefusedError

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES:
            raise RefusedError

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._is_reading_head = False
        # The parser would leave the body to the other protocol.
        if self.parser.should_upgrade():  # pyright: ignore[reportOptionalMemberAccess]  # None only after the end
            raise RefusedError
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request."""
        self._request_since = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """End an answer."""
        self._idle_since = time.monotonic()
        super().on_response_complete()

    # Time.

    def enforce_patience(self, now: float) -> None:
        """End the connection if its client takes too long; called every second or so."""
        if self.transport.is_closing():
            self._enforce_reading(now)
        elif _is_over(self._request_since, REQUEST_SECONDS, now):
            self.send_400_response("The request took too long.")
        elif _is_over(self._idle_since, IDLE_SECONDS, now):
            self.transport.close()
        else:
            self._enforce_reading(now)

    def _enforce_reading(self, now: float) -> None:
        if not self.transport.get_write_buffer_size():
            self._stuck_since = None
        elif self._stuck_since is None:
            self._stuck_since = now
        elif _is_over(self._stuck_since, STUCK_SECONDS, now):
            self.transport.abort()

    def _has_hung_up(self) -> bool:
        if self.transport.is_closing():
            return True
        watched = select.poll()
        watched.register(self.transport.get_extra_info("socket").fileno(), _GONE)
        return bool(watched.poll(0))


def _is_over(since: float | None, seconds: float, now: float) -> bool:
    return since is not None and now - since > seconds
