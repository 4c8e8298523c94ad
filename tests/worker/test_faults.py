"""A proxy between workers and their server that drops, delays, truncates and refuses: no task is lost or done twice."""

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

from ostinato import Client, Retry, activity, submit, workflow
from ostinato.client.registration import register_domain, register_types
from ostinato.clients.http import HttpSwf
from ostinato.engine.engine import Engine
from ostinato.model import events as e
from ostinato.worker.activity_service import ActivityService, ActivitySettings
from ostinato.worker.catalog import catalog_of
from ostinato.worker.decision_service import DecisionService, DecisionSettings
from ostinato.worker.lines import Lines
from ostinato.worker.notices import ignore
from ostinato.worker.processes import Isolation
from tests.contract.conftest import serving

DOMAIN = "d"
EXECUTIONS, STEPS = 12, 4

REFUSALS = {
    "throttled": (400, b'{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Rate exceeded"}'),
    "failed": (500, b'{"__type":"InternalFailure"}'),
    "unavailable": (503, b"come again"),
}


@activity(start_to_close_timeout=1, heartbeat_timeout=None, retry=Retry(max_attempts=30, interval=0))
def increment(x: int) -> int:
    return x + 1


@workflow(task_start_to_close_timeout=1)
def count(n: int) -> int:
    value = 0
    for _ in range(n):
        value = submit(increment, value).result()
    return value


class Proxy:
    """Hands requests on, one connection at a time each, unless chance has it otherwise."""

    def __init__(self, url: str, chance: random.Random) -> None:
        parts = urlsplit(url)
        self._upstream = (parts.hostname or "", parts.port or 0)
        self._chance = chance
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.requests = 0
        self.faults: Counter[str] = Counter()
        self.is_kind = False
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def close(self) -> None:
        """Take no more connections."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(self._upstream) as server:
            while request := read_message(client):
                self.requests += 1
                fault = "" if self.is_kind else self._fault()
                if fault in REFUSALS:
                    status, body = REFUSALS[fault]
                    client.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
                    continue
                if fault == "dropped":
                    return
                server.sendall(request)
                response = read_message(server)
                if fault == "delayed":
                    time.sleep(0.1)
                if fault == "truncated":
                    client.sendall(response[: len(response) // 2])
                    return
                if fault == "unanswered":
                    return
                client.sendall(response)

    def _fault(self) -> str:
        if self._chance.random() > 0.12:
            return ""
        fault = self._chance.choice(["dropped", "unanswered", "truncated", "delayed", *REFUSALS])
        self.faults[fault] += 1
        return fault


def read_message(connection: socket.socket) -> bytes:
    """A whole request or response; empty if there is none."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        more = connection.recv(65536)
        if not more:
            return b""
        data, body = data + more, body + more
    return data


@contextmanager
def proxied(url: str) -> Iterator[Proxy]:
    """A proxy to the server."""
    proxy = Proxy(url, random.Random(7))
    try:
        yield proxy
    finally:
        proxy.is_kind = True
        proxy.close()


def lines_to(url: str, stack: ExitStack) -> Lines:
    polls, rest = HttpSwf(url), HttpSwf(url)
    stack.callback(rest.close)
    return Lines(polls, rest, polls.close)


def test_faults_of_the_network_lose_and_double_nothing(engine: Engine) -> None:
    """All results are right, each activity task ends once, and the requests are not many more than needed."""
    with ExitStack() as stack:
        url = stack.enter_context(serving(engine))
        proxy = stack.enter_context(proxied(url))
        client = stack.enter_context(Client(url, domain=DOMAIN))
        register_domain(client.swf, DOMAIN)
        register_types(client.swf, DOMAIN, [count, increment])
        catalog = catalog_of([count, increment])
        services = (
            DecisionService(
                lines_to(proxy.url, stack), DecisionSettings(domain=DOMAIN, sticky_timeout=1), catalog, watch=ignore
            ),
            ActivityService(
                lines_to(proxy.url, stack),
                ActivitySettings(isolation=Isolation(targets=(), domain=DOMAIN)),
                catalog,
                watch=ignore,
            ),
        )
        for service in services:
            stack.callback(service.drain, 10.0)
            service.start()

        handles = [client.start(count, STEPS) for _ in range(EXECUTIONS)]
        results = [handle.result(timeout=60) for handle in handles]
        histories = [list(handle.history()) for handle in handles]
        requests = proxy.requests

    assert results == [STEPS] * EXECUTIONS
    assert len(proxy.faults) >= 5
    for history in histories:
        completed = [event.scheduled_event_id for event in history if isinstance(event, e.ActivityTaskCompleted)]
        assert len(completed) == len(set(completed)) == STEPS
    needed = EXECUTIONS * (STEPS * 4 + 2)
    assert requests < 4 * needed


def test_a_server_that_is_gone_is_not_asked_in_a_hot_loop() -> None:
    """In a second a handful of tries, with pauses that grow."""
    tries: list[float] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                tries.append(time.monotonic())
                connection.close()

    thread = threading.Thread(target=refuse)
    thread.start()
    with ExitStack() as stack:
        lines = lines_to(f"http://127.0.0.1:{listening.getsockname()[1]}", stack)
        service = ActivityService(
            lines,
            ActivitySettings(isolation=Isolation(targets=(), domain=DOMAIN)),
            catalog_of([increment]),
            watch=ignore,
        )
        service.start()
        time.sleep(1)
        seen = len(tries)
        service.drain(5.0)
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()

    assert 2 <= seen <= 30
