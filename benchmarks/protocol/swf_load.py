"""Load on a server that speaks SWF's protocol: the same for every such server. Standard library only.

Requests are made by hand, on kept connections: a client library's own cost would be most of what is measured.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

CONNECTIONS = 32
WORKERS = 16
DECIDERS = 4
ACTIVITIES_PER_WORKFLOW = 50
BEGIN_SECONDS = 60.0
END_SECONDS = 10.0
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is."""

    host: str
    port: int


class Wire:
    """A connection to the server."""

    def __init__(self, address: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._address = address
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, address: Address) -> Wire:
        """Connect."""
        return cls(address, *await asyncio.open_connection(address.host, address.port, limit=2**24))

    async def call(self, operation: str, body: object) -> dict[str, Any]:
        """Carry out an operation; a fault is told under "__type"."""
        data = json.dumps(body).encode()
        head = (
            f"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: SimpleWorkflowService.{operation}\r\n"
            "Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/swf/aws4_request, SignedHeaders=host, "
            f"Signature=0\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        self._writer.write(head.encode() + data)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(answer)
        text = await self._reader.readexactly(int(length[1])) if length else b""
        if b"connection: close" in answer.lower():
            self._writer.close()
            self._reader, self._writer = await asyncio.open_connection(
                self._address.host, self._address.port, limit=2**24
            )
        if answer[9:10] == b"5":
            raise AssertionError((operation, answer, text[:500]))
        return json.loads(text) if text else {}

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def register(address: Address) -> None:
    """Register the domain and the types."""
    wire = await Wire.open(address)
    await wire.call("RegisterDomain", {"name": "d", "workflowExecutionRetentionPeriodInDays": "1"})
    workflow = {
        "defaultTaskList": {"name": "deciders"},
        "defaultChildPolicy": "TERMINATE",
        "defaultTaskStartToCloseTimeout": "300",
        "defaultExecutionStartToCloseTimeout": "86400",
    }
    await wire.call("RegisterWorkflowType", {"domain": "d", "name": "w", "version": "1", **workflow})
    kinds = ("StartToClose", "ScheduleToStart", "ScheduleToClose", "Heartbeat")
    timeouts = {f"defaultTask{kind}Timeout": "300" for kind in kinds}
    activity = {"defaultTaskList": {"name": "workers"}, **timeouts}
    await wire.call("RegisterActivityType", {"domain": "d", "name": "a", "version": "1", **activity})
    wire.close()


async def start(wire: Wire, workflow_id: str) -> None:
    """Start an execution."""
    workflow_type = {"name": "w", "version": "1"}
    request = {"domain": "d", "workflowId": workflow_id, "workflowType": workflow_type, "input": "x"}
    answer = await wire.call("StartWorkflowExecution", request)
    if "runId" not in answer:
        raise AssertionError(answer)


async def start_many(address: Address, prefix: str, count: int, connections: int) -> list[float]:
    """Start so many executions; gives the seconds that each took, in order of size."""
    taken: list[float] = []
    left = iter(range(count))

    async def client() -> None:
        wire = await Wire.open(address)
        for number in left:
            began = time.perf_counter()
            await start(wire, f"{prefix}-{number}")
            taken.append(time.perf_counter() - began)
        wire.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return sorted(taken)


async def run_activities(address: Address, prefix: str, activities: int) -> None:  # noqa: C901  # clients share facts
    """Run workflows of 50 activities side by side, so many activities in all, to their ends."""
    workflows = max(1, activities // ACTIVITIES_PER_WORKFLOW)
    completed: set[str] = set()
    is_done = asyncio.Event()

    async def decide(wire: Wire) -> None:
        task = await wire.call("PollForDecisionTask", {"domain": "d", "taskList": {"name": "deciders"}})
        if "taskToken" not in task:
            return
        workflow_id = task["workflowExecution"]["workflowId"]
        types = [event["eventType"] for event in task["events"]]
        decisions: list[dict[str, Any]] = []
        if "ActivityTaskScheduled" not in types:
            decisions = [_schedule(number) for number in range(ACTIVITIES_PER_WORKFLOW)]
        elif types.count("ActivityTaskCompleted") == ACTIVITIES_PER_WORKFLOW:
            decisions = [{"decisionType": "CompleteWorkflowExecution"}]
        token = task["taskToken"]
        answer = await wire.call("RespondDecisionTaskCompleted", {"taskToken": token, "decisions": decisions})
        if "__type" not in answer and decisions and decisions[0]["decisionType"].startswith("Complete"):
            completed.add(workflow_id)
            if len(completed) == workflows:
                is_done.set()

    async def work(wire: Wire) -> None:
        task = await wire.call("PollForActivityTask", {"domain": "d", "taskList": {"name": "workers"}})
        if "taskToken" in task:
            await wire.call("RespondActivityTaskCompleted", {"taskToken": task["taskToken"], "result": "1"})

    clients = [asyncio.create_task(_forever(address, act)) for act in (decide,) * DECIDERS + (work,) * WORKERS]
    await start_many(address, prefix, workflows, 8)
    done = asyncio.create_task(is_done.wait())
    await asyncio.wait([done, *clients], return_when=asyncio.FIRST_COMPLETED)
    for client in clients:
        if client.done():
            client.result()
        client.cancel()
    await asyncio.gather(*clients, return_exceptions=True)


async def _forever(address: Address, act: Callable[[Wire], Awaitable[None]]) -> None:
    wire = await Wire.open(address)
    try:
        while True:
            await act(wire)
    finally:
        wire.close()


def _schedule(number: int) -> dict[str, Any]:
    attributes = {"activityType": {"name": "a", "version": "1"}, "activityId": str(number), "input": "1"}
    return {"decisionType": "ScheduleActivityTask", "scheduleActivityTaskDecisionAttributes": attributes}


@contextmanager
def running(command: Sequence[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Let a server run, from when it takes connections until it has ended."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            asyncio.run(_until_it_answers(Address("127.0.0.1", port)))
            yield server
        finally:
            server.terminate()
            try:
                server.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()


async def _until_it_answers(address: Address) -> None:
    end = time.monotonic() + BEGIN_SECONDS
    while True:
        try:
            wire = await Wire.open(address)
        except OSError:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.005)
            continue
        # It may listen before it answers.
        await wire.call("ListDomains", {"registrationStatus": "REGISTERED"})
        wire.close()
        return
