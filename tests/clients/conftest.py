"""What tests of the clients share: a server of raw bytes."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest


@dataclass
class Script:
    """A server that answers each request on a connection with the next of the bytes; None closes the connection.

    Each connection takes the next list; the last list is repeated.
    """

    connections: list[list[bytes | None]]
    requests: list[bytes] = field(default_factory=list)
    accepted: int = 0


Serve = Callable[..., tuple[str, Script]]


def answer(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    """A response of HTTP."""
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server; gives its URL and its script, which notes what came."""
    listening: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(*connections: list[bytes | None]) -> tuple[str, Script]:
        script = Script(list(connections))
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)
        thread = threading.Thread(target=_accept, args=(server, script, threads))
        thread.start()
        threads.append(thread)
        return f"http://127.0.0.1:{server.getsockname()[1]}", script

    yield start
    for server in listening:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
    for thread in threads:
        thread.join(10)


def _accept(server: socket.socket, script: Script, threads: list[threading.Thread]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        answers = script.connections[min(script.accepted, len(script.connections) - 1)]
        script.accepted += 1
        thread = threading.Thread(target=_answer, args=(connection, answers, script))
        thread.start()
        threads.append(thread)


def _answer(connection: socket.socket, answers: list[bytes | None], script: Script) -> None:
    # The other side may have heard enough before all is said.
    with connection, suppress(ConnectionError):
        for each in answers:
            request = _request(connection)
            if not request:
                return
            script.requests.append(request)
            if each is None:
                return
            connection.sendall(each)
        # Silent from now on, until the other side goes.
        while connection.recv(65_536):
            pass


def _request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65_536)
        if not more:
            return b""
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body
