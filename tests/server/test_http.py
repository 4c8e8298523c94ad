"""Clients that are slow, greedy or broken: each is ended in time, and the others never notice."""

import socket
import struct
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato.server import http
from tests.server.conftest import Served, Wire, request

if TYPE_CHECKING:
    from collections.abc import Iterator

DESCRIBE = request("DescribeDomain", {"name": "d"})


@pytest.fixture
def impatient(served: Served, monkeypatch: pytest.MonkeyPatch) -> "Iterator[Served]":
    """A server whose patience is short."""
    for name in ("REQUEST_SECONDS", "IDLE_SECONDS", "STUCK_SECONDS"):
        monkeypatch.setattr(http, name, 0.3)
    yield served
    assert served.call("DescribeDomain", {"name": "d"}).status == 200


@pytest.mark.parametrize(
    "beginning",
    [
        b"P",
        b"POST / HTTP/1.1\r\nHo",
        DESCRIBE[:-1],
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    ],
)
def test_a_request_that_takes_too_long(impatient: Served, beginning: bytes) -> None:
    """Who does not finish a request is told so, and the connection is closed."""
    wire = impatient.wire()
    wire.send(beginning)

    assert b"took too long" in wire.rest()


@pytest.mark.parametrize("beginning", [b"", b"\r\n", DESCRIBE])
def test_a_connection_that_is_not_used(impatient: Served, beginning: bytes) -> None:
    """A connection without a request is closed after a while."""
    wire = impatient.wire()
    wire.send(beginning)
    if beginning == DESCRIBE:
        assert wire.answer().status == 200

    assert wire.rest() == b""


def test_an_answer_that_nobody_reads(impatient: Served) -> None:
    """Who asks for much and reads nothing is hung up on."""
    long = "x" * 30_000
    impatient.start()
    for _ in range(40):
        impatient.call("SignalWorkflowExecution", {"domain": "d", "workflowId": "x", "signalName": "s", "input": long})
    execution = {"workflowId": "x", "runId": impatient.start("y")}
    listing = request("GetWorkflowExecutionHistory", {"domain": "d", "execution": execution})
    poll = request("PollForDecisionTask", {"domain": "d", "taskList": {"name": "deciders"}})
    wire = impatient.wire()
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    wire.send(poll + listing * 50)
    time.sleep(1.5)  # The system's clock is the subject here: the other end must lose its patience.

    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        send_much(wire)


def send_much(wire: Wire) -> None:
    """Send until it fails."""
    for _ in range(1_000):
        wire.send(DESCRIBE * 100)


def is_refused(answer: bytes) -> bool:
    """Whether the server refused; a client that still sends may see no more than a closed connection."""
    return answer == b"" or b" 400 " in answer


@pytest.mark.parametrize(
    "head",
    [
        b"X-Long: " + b"x" * 200_000,
        b"X-Endless: " + b"x" * 70_000,
        b"\r\n".join(b"X-%d: x" % number for number in range(101)),
        b"\r\n".join(b"X-%d: %b" % (number, b"x" * 3_000) for number in range(90)),
    ],
)
@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"])
def test_headers_have_a_limit(served: Served, head: bytes, end: bytes) -> None:
    """Headers that are too long, or too many, are refused, even if they never end."""
    if end == b"" and head.startswith(b"X-0"):
        end = b"\r\n\r\n"
    wire = served.wire()

    wire.send(b"POST / HTTP/1.1\r\n" + head + end)

    assert is_refused(wire.rest())


def test_a_long_target(served: Served) -> None:
    """So is a first line that does not end."""
    wire = served.wire()

    wire.send(b"POST /" + b"x" * 200_000)

    assert is_refused(wire.rest())


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nNo colon\r\n\r\n",
        b"POST \xff HTTP/1.1\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_http(served: Served, data: bytes) -> None:
    """It is refused, with no fault of ours, and others are served."""
    with served.wire() as wire:
        wire.send(data)
        wire.socket.shutdown(socket.SHUT_WR)
        answer = wire.rest()

    assert answer == b"" or answer.split(b" ")[1][:1] == b"4"
    assert served.call("DescribeDomain", {"name": "d"}).status == 200


def test_an_upgrade_is_refused(served: Served) -> None:
    """A client that asks for another protocol with its first request (Java's own does) is told so."""
    upgrade = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2_Settings": "AAEAAEAAAAIAAAAB"}

    with served.wire() as wire:
        assert wire.call("DescribeDomain", {"name": "d"}, **upgrade).status == 400


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [b"POST / HTTP/1.1\r\n", b"Host: x\r\n", b"Content-Length: 12\r\n", b"\r\n", b'{"name":"d"}', DESCRIBE]
            ),
        ),
        max_size=8,
    ),
    is_abrupt=st.booleans(),
)
def test_raw_bytes(served: Served, pieces: list[bytes], is_abrupt: bool) -> None:  # noqa: FBT001
    """Whatever bytes come, in whatever pieces: no 5xx, no hang, and the next client is served."""
    with Wire(served.address) as wire:
        try:
            for piece in pieces:
                wire.send(piece)
            if is_abrupt:
                wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            wire.socket.shutdown(socket.SHUT_WR)
            answer = wire.rest()
        except (BrokenPipeError, ConnectionResetError, OSError):
            answer = b""

    assert b"HTTP/1.1 5" not in answer
    with Wire(served.address) as wire:
        assert wire.call("DescribeDomain", {"name": "d"}).status == 200
