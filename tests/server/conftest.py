"""A real server in a thread of the test, and a client that speaks raw HTTP to it."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, Self

import pytest

from ostinato.engine.clock import Clock
from ostinato.engine.engine import Engine, open_engine
from ostinato.server.serving import Server, Settings, listen

JSON = "application/x-amz-json-1.0"
SECONDS = 20.0
"""Longer than anything here takes, unless it hangs."""


@dataclass
class Answer:
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    @property
    def fault(self) -> str:
        """The name of the fault, without its namespace."""
        return str(self.value["__type"]).rpartition("#")[2]


def request(operation: str, body: object = None, **headers: str) -> bytes:
    """The bytes of a request."""
    data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    lines = {
        "Host": "localhost",
        "X-Amz-Target": f"SimpleWorkflowService.{operation}",
        "Content-Type": JSON,
        "Content-Length": str(len(data)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return "".join(("POST / HTTP/1.1\r\n", *(f"{n}: {v}\r\n" for n, v in lines.items()), "\r\n")).encode() + data


class Wire:
    """One connection to a server."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=SECONDS)
        self._reader = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def answer(self) -> Answer:
        """Read the next response."""
        _, status, *_ = self._reader.readline().split()
        headers: dict[str, str] = {}
        while line := self._reader.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.strip().lower()] = value.strip()
        length = int(headers["content-length"])
        body = self._reader.read(length)
        if len(body) < length:
            raise ConnectionResetError(f"{len(body)} of {length} bytes came")
        return Answer(int(status), headers, body)

    def rest(self) -> bytes:
        """All until the server closes the connection."""
        try:
            return self._reader.read()
        except ConnectionResetError:
            return b""

    def call(self, operation: str, body: object = None, **headers: str) -> Answer:
        """Carry out an operation."""
        self.send(request(operation, body, **headers))
        return self.answer()

    def close(self) -> None:
        """Hang up."""
        self._reader.close()
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class Served:
    """A server that runs."""

    engine: Engine
    address: tuple[str, int]
    server: Server
    wires: list[Wire] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{self.address[0]}:{self.address[1]}"

    def wire(self) -> Wire:
        """A new connection."""
        self.wires.append(Wire(self.address))
        return self.wires[-1]

    def hang_up(self) -> None:
        """Close all connections."""
        for wire in self.wires:
            wire.close()

    def call(self, operation: str, body: object = None, **headers: str) -> Answer:
        """Carry out an operation, over a connection of its own."""
        with Wire(self.address) as wire:
            return wire.call(operation, body, **headers)

    def register(self, domain: str = "d") -> None:
        """Register a domain, and in it workflow type w and activity type a, version 1, with all defaults."""
        timeouts = ("StartToClose", "Heartbeat", "ScheduleToStart", "ScheduleToClose")
        answers = (
            self.call("RegisterDomain", {"name": domain, "workflowExecutionRetentionPeriodInDays": "1"}),
            self.call(
                "RegisterWorkflowType",
                {
                    "domain": domain,
                    "name": "w",
                    "version": "1",
                    "defaultTaskList": {"name": "deciders"},
                    "defaultChildPolicy": "TERMINATE",
                    "defaultTaskStartToCloseTimeout": "NONE",
                    "defaultExecutionStartToCloseTimeout": "86400",
                },
            ),
            self.call(
                "RegisterActivityType",
                {
                    "domain": domain,
                    "name": "a",
                    "version": "1",
                    "defaultTaskList": {"name": "workers"},
                    **{f"defaultTask{timeout}Timeout": "NONE" for timeout in timeouts},
                },
            ),
        )
        assert [(answer.status, answer.body) for answer in answers] == [(200, b"")] * 3

    def start(self, workflow_id: str = "x", domain: str = "d") -> str:
        """Start an execution; gives its run id."""
        answer = self.call("StartWorkflowExecution", start(workflow_id, domain))
        assert answer.status == 200, answer
        return str(answer.value["runId"])


def start(workflow_id: str, domain: str = "d") -> dict[str, object]:
    """A request to start an execution."""
    return {"domain": domain, "workflowId": workflow_id, "workflowType": {"name": "w", "version": "1"}}


def poll(task_list: str = "deciders", domain: str = "d") -> dict[str, object]:
    """A poll."""
    return {"domain": domain, "taskList": {"name": task_list}}


Serve = Callable[..., Served]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers, and stops them."""
    with ExitStack() as stack:

        def begin(
            path: Path | str = ":memory:", clock: Clock | None = None, engine: Engine | None = None, **settings: Any
        ) -> Served:
            engine = stack.enter_context(engine or open_engine(path, clock=clock))
            listening = listen("127.0.0.1", 0)
            address = listening.getsockname()
            server = Server(engine, Settings(**{"poll_seconds": SECONDS, **settings}))
            thread = Thread(target=server.serve, args=(listening,), daemon=True)
            served = Served(engine, address, server)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.stop)
            stack.callback(served.hang_up)
            return served

        yield begin


@pytest.fixture
def served(serve: Serve) -> Served:
    """A server over an engine in memory, with domain d registered."""
    served = serve()
    served.register()
    return served
