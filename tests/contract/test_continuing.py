"""Signals that come as an execution continues as new, on every engine: each is seen once, and in order."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest

from ostinato import (
    Client,
    Workflow,
    continue_as_new,
    continue_as_new_after,
    info,
    on_signal,
    run_once,
    signal,
    signals,
    wait_signal,
    workflow,
)
from ostinato.model import events as e
from ostinato.model.operations import SignalWorkflowExecution
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker
from tests.contract.conftest import DOMAIN
from tests.contract.test_engines import ENGINES, opened

SECONDS = 60
SENDERS = 3
EACH = 40


@workflow
def collecting(seen: list[list[int]], count: int) -> list[list[int]]:
    """Takes numbers one by one, and begins afresh every few of them."""
    for number in signals("number", as_type=list[int]):
        seen.append(number)
        if len(seen) == count:
            return seen
        continue_as_new_after(8, seen, count)
    raise AssertionError("signals never end")


@workflow
class Handling:
    """The same by a handler."""

    async def run(self, seen: list[list[int]], count: int) -> list[list[int]]:
        self.seen = seen
        self.news = asyncio.Event()
        while len(self.seen) < count:
            continue_as_new_after(8, self.seen, count)
            self.news.clear()
            await self.news.wait()
        return self.seen

    @on_signal("number")
    def take(self, sender: int, number: int) -> None:
        self.seen.append([sender, number])
        self.news.set()


CLIENTS: dict[str, Client] = {}
"""Who tells `turning` something while it decides, by its workflow id."""


def tell(workflow_id: str) -> None:
    """Send a signal to the execution whose decision is being made."""
    client = CLIENTS[workflow_id]
    client.swf.call(
        SignalWorkflowExecution(domain=DOMAIN, workflow_id=workflow_id, signal_name="late", input='"in time"')
    )


@workflow
def turning(turn: int) -> str:
    """Is sent a signal in the very decision in which it continues as new."""
    if turn < 2:
        run_once(tell, info().workflow_id)
        continue_as_new(turn + 1)
    return f"{wait_signal('late').result()}, {wait_signal('late').result()}"


@workflow
def reminding(left: int) -> list[int]:
    """Tells the run after it something, and may be told of it no more itself."""
    if left:
        _ = signal("remember", left)
        continue_as_new(left - 1)
    return [wait_signal("remember").result() for _ in range(2)]


HANDLING: Workflow[..., Any] = cast("Any", Handling)


@pytest.fixture(params=ENGINES, scope="module", name="client")
def a_client(request: Any, tmp_path_factory: Any) -> Iterator[Client]:
    """A client of an engine of each kind, with a worker that serves the workflows above."""
    with opened(request.param, tmp_path_factory.mktemp("engine")) as swf:
        with LocalWorker(swf, domain=DOMAIN, catalog=catalog_of([collecting, HANDLING, turning, reminding])) as worker:
            yield Client(swf, domain=DOMAIN)
        close: Any = getattr(swf, "close", None)
        if close is not None:
            close()
    assert worker.join(10)


@pytest.mark.parametrize("definition", [collecting, HANDLING], ids=["signals", "handler"])
def test_each_signal_is_seen_once_and_in_order(client: Client, definition: Workflow[..., Any]) -> None:
    """Several senders, and a workflow that continues as new all the time."""
    handle = client.start(definition, [], SENDERS * EACH)

    def send(sender: int) -> None:
        for number in range(EACH):
            handle_of_this_thread = client.handle(handle.workflow_id)
            handle_of_this_thread.signal("number", sender, number)

    senders = [threading.Thread(target=send, args=(sender,)) for sender in range(SENDERS)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join(SECONDS)
    seen = handle.result(timeout=SECONDS)

    for sender in range(SENDERS):
        assert [number for who, number in seen if who == sender] == list(range(EACH))
    assert len(seen) == SENDERS * EACH
    assert handle.run_id != handle.first_execution.run_id


def test_a_signal_to_itself_reaches_the_run_that_goes_on(client: Client) -> None:
    """Also if it is sent in the decision that continues as new."""
    assert client.start(reminding, 2).result(timeout=SECONDS) == [2, 1]


def test_a_signal_in_the_very_decision_that_continues(client: Client) -> None:
    """It is refused once for each, and made again; the last of three runs has both signals."""
    workflow_id = f"turning-{id(client)}"
    CLIENTS[workflow_id] = client
    handle = client.start(turning.options(workflow_id=workflow_id), 0)

    assert handle.result(timeout=SECONDS) == "in time, in time"
    run: str | None = handle.first_execution.run_id
    refusals: list[str] = []
    while run is not None:
        history = list(client.handle(workflow_id, run).history())
        refusals += [x.cause.name for x in history if isinstance(x, e.ContinueAsNewWorkflowExecutionFailed)]
        last = history[-1]
        run = last.new_execution_run_id if isinstance(last, e.WorkflowExecutionContinuedAsNew) else None
    assert refusals == ["UNHANDLED_DECISION"] * 2
