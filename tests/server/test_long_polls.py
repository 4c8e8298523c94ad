"""Long polls: who waits, who is woken, and what becomes of the tasks of those who hung up."""

import json
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ostinato.engine.clock import SystemClock
from ostinato.engine.engine import Engine, open_engine
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.errors import DatabaseDamagedError
from ostinato.model.events import HistoryEvent
from tests.server.conftest import Served, Wire, poll, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.conftest import Answer, Serve

NO_DECISION = b'{"previousStartedEventId":0,"startedEventId":0}'
NO_ACTIVITY = b'{"startedEventId":0}'


def hang_up(wire: Wire, how: str) -> None:
    """Leave: politely, or by a reset, as when a process is killed with data unread."""
    if how == "reset":
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.close()


def until(condition: "Callable[[], bool]") -> None:
    """Return when it holds."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end


def pollers(served: Served) -> int:
    """How many wait."""
    return served.engine.statistics().decision_pollers


def waiting(served: Served, count: int) -> list[Wire]:
    """Clients that poll for decision tasks."""
    wires = [served.wire() for _ in range(count)]
    for wire in wires:
        wire.send(request("PollForDecisionTask", poll()))
    until(lambda: pollers(served) == count)
    return wires


def kinds(served: Served, workflow_id: str, run_id: str) -> list[str]:
    """The types of an execution's events."""
    execution = {"workflowId": workflow_id, "runId": run_id}
    history = served.call("GetWorkflowExecutionHistory", {"domain": "d", "execution": execution}).value
    return [event["eventType"] for event in history["events"]]


def test_a_poll_that_waits_is_woken_at_once(served: Served) -> None:
    """A task wakes a poll long before its end."""
    (wire,) = waiting(served, 1)
    began = time.monotonic()

    run_id = served.start()

    task = wire.answer().value
    assert task["workflowExecution"] == {"workflowId": "x", "runId": run_id}
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("operation", "body"), [("PollForDecisionTask", NO_DECISION), ("PollForActivityTask", NO_ACTIVITY)]
)
def test_the_empty_answer(serve: "Serve", operation: str, body: bytes) -> None:
    """A poll that nothing came for is answered as recorded: without a token. The connection may be used again."""
    served = serve(poll_seconds=0.05)
    served.register()

    with served.wire() as wire:
        assert wire.call(operation, poll()).body == body
        assert wire.call(operation, poll()).body == body


def test_polls_are_checked_at_once(served: Served) -> None:
    """A poll that SWF refuses does not wait."""
    assert served.call("PollForDecisionTask", poll(domain="unknown")).fault == "UnknownResourceFault"
    assert served.call("PollForActivityTask", {"domain": "d"}).fault == "ValidationException"


def test_a_task_has_pages(served: Served) -> None:
    """The next page of a task's history is asked for with its token, in a poll that does not wait."""
    served.start()
    served.call("SignalWorkflowExecution", {"domain": "d", "workflowId": "x", "signalName": "s"})
    first = served.call("PollForDecisionTask", {**poll(), "maximumPageSize": 2}).value

    second = served.call(
        "PollForDecisionTask", {**poll(), "maximumPageSize": 2, "nextPageToken": first["nextPageToken"]}
    ).value

    assert [event["eventId"] for event in first["events"] + second["events"]] == [1, 2, 3, 4]
    assert second["taskToken"] == first["taskToken"]


@pytest.mark.parametrize("how", ["close", "reset"])
def test_who_hangs_up_waits_no_longer(served: Served, how: str) -> None:
    """The server notices at once, and the task goes to somebody else."""
    first, second = waiting(served, 2)

    hang_up(first, how)
    until(lambda: pollers(served) == 1)

    run_id = served.start()
    assert second.answer().value["startedEventId"] == 3
    assert kinds(served, "x", run_id).count("DecisionTaskStarted") == 1


def test_a_task_that_is_delivered_while_clients_hang_up_is_not_lost(served: Served) -> None:
    """Of many clients most hang up while tasks come: each task is in the hands of one who read it, at once."""
    tasks, leaving = 100, 60
    wires = waiting(served, leaving)

    with ThreadPoolExecutor(4) as pool:
        left = pool.map(leave, wires)
        run_ids = dict(zip(map(str, range(tasks)), pool.map(served.start, map(str, range(tasks))), strict=True))
        taken = [execution for executions in left for execution in executions]
    with served.wire() as wire:
        taken += [
            wire.call("PollForDecisionTask", poll()).value["workflowExecution"] for _ in range(tasks - len(taken))
        ]

    assert {execution["workflowId"]: execution["runId"] for execution in taken} == run_ids
    assert len(taken) == tasks
    expected = ["WorkflowExecutionStarted", "DecisionTaskScheduled", "DecisionTaskStarted"]
    assert all(kinds(served, *execution) == expected for execution in run_ids.items())


def leave(wire: Wire) -> list[dict[str, str]]:
    """Hang up, and give the executions of what was answered before the server knew."""
    wire.socket.shutdown(socket.SHUT_WR)
    _, _, body = wire.rest().partition(b"\r\n\r\n")
    return [json.loads(body)["workflowExecution"]] if body else []


def held(served: Served) -> int:
    """How many tasks somebody has."""
    return len(served.engine._ledger.in_hand)


def test_who_asks_and_leaves_at_once_takes_nothing_along(served: Served) -> None:
    """Clients that hang up right after their request, with tasks waiting, have none: the next client gets each."""
    for number in range(30):
        served.start(str(number))
    for number in range(30):
        wire = served.wire()
        wire.send(request("PollForDecisionTask", poll()))
        hang_up(wire, "reset" if number % 2 else "close")
    until(lambda: held(served) == 0 and pollers(served) == 0)

    with served.wire() as wire:
        taken = [wire.call("PollForDecisionTask", poll()).value["workflowExecution"]["workflowId"] for _ in range(30)]

    assert sorted(taken) == sorted(map(str, range(30)))


class FlawedLog(SqliteLog):
    """A log that cannot be read at times."""

    flaws = 0

    def events(
        self, key: int, first: int = 1, last: int | None = None, *, reverse: bool = False, limit: int | None = None
    ) -> list[HistoryEvent]:
        if self.flaws:
            self.flaws -= 1
            raise DatabaseDamagedError(found="a flaw", where="the disk")
        return super().events(key, first, last, reverse=reverse, limit=limit)


def test_a_task_whose_history_cannot_be_read_is_the_next_pollers(serve: "Serve", tmp_path: Path) -> None:
    """The failure is told; the task waits for who polls next, who can read it."""
    path = tmp_path / "ostinato.db"
    with open_engine(path) as engine:
        first = serve(engine=engine)
        first.register()
        run_id = first.start()
        first.server.stop()
    log = FlawedLog(path)
    served = serve(engine=Engine(log, clock=SystemClock()))
    log.flaws = 1

    with served.wire() as wire:
        failed = wire.call("PollForDecisionTask", poll())
        task = wire.call("PollForDecisionTask", poll()).value

    assert (failed.status, failed.fault) == (500, "InternalFailure")
    assert task["workflowExecution"] == {"workflowId": "x", "runId": run_id}
    assert [event["eventId"] for event in task["events"]] == [1, 2, 3]
    assert kinds(served, "x", run_id).count("DecisionTaskStarted") == 1


def test_many_polls_at_once(served: Served) -> None:
    """A thousand polls on a list wait without a thread each; one more is refused in SWF's words."""
    waiting(served, 1_000)

    one_more: Answer = served.call("PollForDecisionTask", poll())

    assert one_more.fault == "LimitExceededFault"
    assert one_more.value["message"] == "Limit on maximum concurrent poll requests per task list reached"


def test_a_server_that_stops_answers_its_polls(serve: "Serve") -> None:
    """Open polls get the empty answer, and their connections are closed."""
    served = serve()
    served.register()
    wires = waiting(served, 20)

    served.server.stop()

    assert [wire.answer().body for wire in wires] == [NO_DECISION] * 20
    assert [wire.rest() for wire in wires] == [b""] * 20
