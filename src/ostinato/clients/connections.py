"""A keep-alive connection of HTTP/1.1, for one exchange after another.

As small as SWF's protocol lets it be, for a worker makes some exchanges for every task: one write, in most cases one
read, no parsing of headers but the two that frame the body. It must not know what is exchanged.
"""

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

_CHUNK = 65_536
_HEAD_BYTES = 65_536
_INFORMATION = 200
_HEAD_END = b"\r\n\r\n"


class BrokenExchangeError(Exception):
    """The connection ended, or what came is no HTTP, before a whole response was there."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response: its status and body."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class _Head:
    status: int
    length: int | None
    is_chunked: bool
    is_last: bool


class Connection:
    """One connection. Not for several threads at once, but for `interrupt`.

    Args:
        host: the server's name or address.
        port: its port.
        timeout: seconds without anything from the server after which an exchange fails.
        connect_timeout: seconds after which an attempt to connect fails.
        tls: makes the connection secret; None leaves it plain.

    Raises:
        OSError: the server cannot be reached.
    """

    def __init__(
        self, host: str, port: int, *, timeout: float, connect_timeout: float, tls: "ssl.SSLContext | None" = None
    ) -> None:
        self.is_reusable = True
        """Whether another exchange may follow."""
        self._timeout = timeout
        self._nothing_came: tuple[type[OSError], ...] = (BlockingIOError,)
        self._socket = socket.create_connection((host, port), connect_timeout)
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                self._secure(tls, host)
            self._socket.settimeout(timeout)
        except BaseException:
            self._socket.close()
            raise

    def _secure(self, tls: "ssl.SSLContext", host: str) -> None:
        from ssl import SSLWantReadError  # noqa: PLC0415  # takes its time, and few need it

        self._socket = tls.wrap_socket(self._socket, server_hostname=host)
        self._nothing_came = (BlockingIOError, SSLWantReadError)

    def exchange(self, request: bytes) -> Response:
        """Send a whole request and give its response.

        Raises:
            OSError: the connection broke, or the server was silent for too long (TimeoutError).
            BrokenExchangeError: the connection ended before the whole response was there.
        """
        self.is_reusable = False
        self._socket.sendall(request)
        received = self._receive()
        while True:
            while (end := received.find(_HEAD_END)) < 0:
                if len(received) > _HEAD_BYTES:
                    raise BrokenExchangeError("the response's head has no end")
                received += self._receive()
            head = _read_head(received[: end + 2])
            received = received[end + 4 :]
            if head.status >= _INFORMATION:
                break
            received = received or self._receive()
        is_framed = head.is_chunked or head.length is not None
        body = self._chunks(received) if head.is_chunked else self._body(head.length, received)
        self.is_reusable = is_framed and not head.is_last
        return Response(head.status, body)

    def _receive(self) -> bytes:
        received = self._socket.recv(_CHUNK)
        if not received:
            raise BrokenExchangeError("the connection was closed")
        return received

    def _body(self, length: int | None, begin: bytes) -> bytes:
        if length == len(begin):
            return begin
        body = bytearray(begin)
        if length is None:
            while received := self._socket.recv(_CHUNK):
                body += received
            return bytes(body)
        while len(body) < length:
            body += self._receive()
        if len(body) > length:
            raise BrokenExchangeError("more came than the response's length says")
        return bytes(body)

    def _chunks(self, begin: bytes) -> bytes:
        """A body in chunks, as proxies send it."""
        received, body = bytearray(begin), bytearray()
        while True:
            size = _chunk_size(self._line(received))
            if size == 0:
                while self._line(received):
                    pass
                return bytes(body)
            while len(received) < size + 2:
                received += self._receive()
            body += received[:size]
            del received[: size + 2]

    def _line(self, received: bytearray) -> bytes:
        while (end := received.find(b"\r\n")) < 0:
            received += self._receive()
        line = bytes(received[:end])
        del received[: end + 2]
        return line

    def has_ended(self) -> bool:
        """Whether an idle connection cannot be used any more, as far as can be seen without using it."""
        if not self.is_reusable:
            return True
        try:
            self._socket.setblocking(False)
            self._socket.recv(1)
        except self._nothing_came:
            self._socket.settimeout(self._timeout)
            return False
        except OSError:
            return True
        # It ended, or something came that nobody asked for.
        return True

    def interrupt(self) -> None:
        """Let an exchange that another thread waits for fail now."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        """Give the socket back."""
        self.is_reusable = False
        self._socket.close()


def _read_head(head: bytes) -> _Head:
    try:
        version, status = head.split(None, 2)[:2]
        if not version.startswith(b"HTTP/1."):
            raise BrokenExchangeError("what answers does not speak HTTP/1.1")
        lower = head.lower()
        length = _header(lower, b"content-length")
        is_last = _header(lower, b"connection") == b"close" or version == b"HTTP/1.0"
        is_chunked = b"chunked" in (_header(lower, b"transfer-encoding") or b"")
        return _Head(int(status), None if length is None else int(length), is_chunked, is_last)
    except ValueError:
        raise BrokenExchangeError("what answers does not speak HTTP/1.1") from None


def _header(head: bytes, name: bytes) -> bytes | None:
    start = head.find(b"\r\n%b:" % name)
    if start < 0:
        return None
    start += len(name) + 3
    return head[start : head.index(b"\r\n", start)].strip()


def _chunk_size(line: bytes) -> int:
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError:
        raise BrokenExchangeError("a chunk of the response has no size") from None
