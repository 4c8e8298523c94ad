"""`Swf` over HTTP: what is sent, what is made of answers, and what happens when there is none."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ostinato.clients.http import HttpSwf
from ostinato.errors import (
    ConnectionLostError,
    ForeignAnswerError,
    ThrottlingException,
    UnknownResourceFault,
    UsageError,
)
from ostinato.model import operations as o
from ostinato.model.fields import TaskToken
from ostinato.model.results import PendingTaskCount
from ostinato.model.structures import TaskList
from ostinato.swf import Credentials
from tests.clients.conftest import Serve, answer

COUNT = o.CountPendingActivityTasks(domain="d", task_list=TaskList(name="t"))
SIGNAL = o.SignalWorkflowExecution(domain="d", workflow_id="w", signal_name="s")
REPORT = o.RespondActivityTaskCompleted(task_token=TaskToken("t"))
POLL = o.PollForActivityTask(domain="d", task_list=TaskList(name="t"))
ONE = answer(b'{"count":1}')
GONE = answer(b'{"__type":"com.amazonaws.swf.base.model#UnknownResourceFault","message":"gone"}', "400 Bad Request")


@pytest.fixture
def clients() -> Iterator[Any]:
    """Makes clients, which are closed with the test."""
    made: list[HttpSwf] = []

    def make(url: str, **options: Any) -> HttpSwf:
        made.append(HttpSwf(url, **{"timeout": 5.0, **options}))
        return made[-1]

    yield make
    for client in made:
        client.close()


def test_requests_are_the_services(serve: Serve, clients: Any) -> None:
    """One connection carries them, one after another."""
    url, script = serve([ONE, answer(b'{"count":2,"truncated":true}')])
    client = clients(url)

    assert client.call(COUNT) == PendingTaskCount(count=1)
    assert client.call(COUNT) == PendingTaskCount(count=2, truncated=True)
    assert script.accepted == 1
    assert (
        script.requests[0]
        == (
            f"POST / HTTP/1.1\r\nHost: {url[7:]}\r\nContent-Type: application/x-amz-json-1.0\r\n"
            "X-Amz-Target: SimpleWorkflowService.CountPendingActivityTasks\r\nContent-Length: 38\r\n\r\n"
            '{"domain":"d","taskList":{"name":"t"}}'
        ).encode()
    )


def test_signed_requests_say_who_calls(serve: Serve, clients: Any) -> None:
    """With a signature, and the token of temporary credentials."""
    url, script = serve([ONE])
    credentials = Credentials(access_key_id="me", secret_access_key="secret", session_token="for now")
    client = clients(f"{url}/swf", credentials=credentials, region="eu-west-1")

    client.call(COUNT)

    request = script.requests[0].decode()
    assert request.startswith("POST /swf HTTP/1.1\r\n")
    assert "Authorization: AWS4-HMAC-SHA256 Credential=me/" in request
    assert "/eu-west-1/swf/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-" in request
    assert "X-Amz-Security-Token: for now\r\n" in request
    assert "secret" not in repr(credentials)


@pytest.mark.parametrize(
    "framed",
    [
        answer(b'{"count":7}', headers="X-A: b\r\n"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b'{"count":7}'),
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\n{"cou\r\n6\r\nnt":7}\r\n0\r\nA: b\r\n\r\n',
        answer(b'{"count":7}', headers="Connection: close\r\n"),
    ],
    ids=["length", "continue", "chunks", "close"],
)
def test_bodies_are_framed_in_several_ways(serve: Serve, clients: Any, framed: bytes) -> None:
    """As proxies do; a connection that will end is not used again."""
    url, script = serve([framed, framed])
    client = clients(url)

    assert [client.call(COUNT).count for _ in range(2)] == [7, 7]
    assert script.accepted == (2 if b"close" in framed else 1)


def test_a_body_may_end_with_its_connection(serve: Serve, clients: Any) -> None:
    """Without a length."""
    listening = socket.create_server(("127.0.0.1", 0))

    def end() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n{"count"')
            connection.sendall(b":7}")

    thread = threading.Thread(target=end)
    thread.start()
    with listening:
        client = clients(f"http://127.0.0.1:{listening.getsockname()[1]}")
        assert client.call(COUNT).count == 7
    thread.join()


def test_faults_are_raised(serve: Serve, clients: Any) -> None:
    """As what they are, and the connection stays good."""
    throttled = answer(b'{"__type":"com.amazon.coral.availability#ThrottlingException"}', "400 Bad Request")
    url, script = serve([GONE, throttled, ONE])
    client = clients(url)

    with pytest.raises(UnknownResourceFault, match="gone"):
        client.call(COUNT)
    with pytest.raises(ThrottlingException):
        client.call(COUNT)
    assert client.call(COUNT).count == 1
    assert script.accepted == 1


@pytest.mark.parametrize(
    ("foreign", "status"),
    [
        (answer(b"<html>"), 200),
        (answer(b'{"count":"many"}'), 200),
        (answer(b"no such page", "404 Not Found"), 404),
        (answer(b'{"__type":"com.amazon.coral.service#InternalFailure"}', "500 Oh"), 500),
        (answer(b"", "503 Busy"), 503),
    ],
)
def test_foreign_answers_are_told(serve: Serve, clients: Any, foreign: bytes, status: int) -> None:
    """With where, and with what came."""
    url, _ = serve([foreign])

    with pytest.raises(ForeignAnswerError, match=f"{url}: HTTP {status}") as told:
        clients(url).call(COUNT)
    assert told.value.status == status


def test_a_server_that_is_not_there_is_told(clients: Any) -> None:
    """Nothing was done."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(ConnectionLostError, match="cannot be reached") as lost:
        clients(f"http://127.0.0.1:{port}").call(SIGNAL)
    assert lost.value.may_be_done is False


@pytest.mark.parametrize("operation", [COUNT, REPORT, POLL], ids=lambda operation: type(operation).__name__)
def test_what_does_no_harm_twice_is_sent_again(serve: Serve, clients: Any, operation: Any) -> None:
    """Once, on a new connection."""
    bodies = {"CountPendingActivityTasks": ONE, "RespondActivityTaskCompleted": answer(b"")}
    url, script = serve([None], [bodies.get(type(operation).__name__, answer(b'{"startedEventId":0}'))])

    clients(url).call(operation)

    assert script.accepted == 2
    assert script.requests[0] == script.requests[1]


def test_it_is_not_sent_a_third_time(serve: Serve, clients: Any) -> None:
    """Patience is up to who calls."""
    url, script = serve([None])

    with pytest.raises(ConnectionLostError):
        clients(url).call(COUNT)
    assert script.accepted == 2


def test_a_signal_is_not_sent_again(serve: Serve, clients: Any) -> None:
    """Two signals are not one: it is told that it may have been sent."""
    url, script = serve([None])

    with pytest.raises(ConnectionLostError, match="may have been carried out") as lost:
        clients(url).call(SIGNAL)
    assert lost.value.may_be_done is True
    assert len(script.requests) == 1


def test_a_report_that_may_be_done_is_not_told_as_refused(serve: Serve, clients: Any) -> None:
    """The second try finds the task closed: by the first, or by its time-out."""
    url, _ = serve([None], [GONE])

    with pytest.raises(ConnectionLostError, match="not open any more") as lost:
        clients(url).call(REPORT)
    assert lost.value.may_be_done is True


def test_a_read_that_finds_nothing_at_the_second_try_is_refused(serve: Serve, clients: Any) -> None:
    """For it did nothing at the first."""
    url, _ = serve([None], [GONE])

    with pytest.raises(UnknownResourceFault):
        clients(url).call(COUNT)


def test_a_connection_that_ended_meanwhile_is_not_used(serve: Serve, clients: Any) -> None:
    """Also by what must not be sent twice: nothing was sent on it."""
    url, script = serve([answer(b""), None], [answer(b"")])
    client = clients(url)
    client.call(SIGNAL)
    client._idle[0].interrupt()

    client.call(SIGNAL)

    assert script.accepted == 2
    assert len(script.requests) == 2


def test_silence_has_an_end(serve: Serve, clients: Any) -> None:
    """It is not waited for twice."""
    url, script = serve([])

    with pytest.raises(ConnectionLostError, match=r"no answer within 0\.1 s"):
        clients(url, timeout=0.1).call(COUNT)
    assert script.accepted == 1


@pytest.mark.parametrize(
    "broken",
    [
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000,
    ],
)
def test_what_is_no_http_is_told(serve: Serve, clients: Any, broken: bytes) -> None:
    """And the connection is not used again."""
    url, _ = serve([broken])
    client = clients(url)

    with pytest.raises(ConnectionLostError):
        client.call(SIGNAL)
    assert client._idle == []


def test_closing_ends_polls(serve: Serve, clients: Any) -> None:
    """At once, as if there were no task; other calls fail, then and later."""
    url, script = serve([])
    client = clients(url)
    answers: list[Any] = []
    polling = threading.Thread(target=lambda: answers.append(client.call(POLL)))
    polling.start()
    while not (script.accepted and client._busy):
        threading.Event().wait(0.001)

    client.close()
    client.close()

    polling.join(1)
    assert answers == [None]
    assert client.call(POLL) is None
    with pytest.raises(ConnectionLostError, match="closed"):
        client.call(COUNT)


def test_threads_share_a_client(serve: Serve, clients: Any) -> None:
    """As many connections as calls at once, and no answer goes astray."""
    url, script = serve([answer(b'{"count":%d}' % place) for place in range(500)])
    client = clients(url)
    threads = [threading.Thread(target=lambda: [client.call(COUNT) for _ in range(50)]) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(script.requests) == 200
    assert script.accepted <= 4
    assert len(client._idle) == script.accepted


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://x:y", "http://x?y", "http://u@x", "http://x#y", "x"])
def test_other_urls_are_refused(url: str) -> None:
    """A server has a host, perhaps a port and a path."""
    with pytest.raises(UsageError, match="expected http://HOST:PORT"):
        HttpSwf(url)


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("http://h", "h"),
        ("http://h:80", "h"),
        ("https://h:443", "h"),
        ("https://h:80", "h:80"),
        ("http://[::1]:7", "[::1]:7"),
    ],
)
def test_the_host_is_said_as_it_is_signed(url: str, header: str) -> None:
    """Without the usual port."""
    assert HttpSwf(url)._place.header == header


def test_a_secret_connection_is_verified(serve: Serve, clients: Any) -> None:
    """What does not speak TLS is refused before anything is sent."""
    url, script = serve([ONE])

    with pytest.raises(ConnectionLostError, match="cannot be reached"):
        clients(url.replace("http:", "https:"), timeout=1.0).call(COUNT)
    assert script.requests == []
