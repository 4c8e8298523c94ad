"""`Worker` as a program uses it."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from ostinato import Client, Worker, activity, submit, wait_signal, workflow
from ostinato.engine.engine import open_engine
from ostinato.errors import UsageError
from tests.contract.conftest import serving

SECONDS = 60


@activity
def double(x: int) -> int:
    return 2 * x


@activity
async def triple(x: int) -> int:
    await asyncio.sleep(0)
    return 3 * x


@workflow
def product(x: int) -> int:
    return submit(triple, submit(double, x)).result()


@workflow
def patient() -> str:
    return str(wait_signal("go on").result())


@pytest.fixture(params=["memory:", "sqlite:", "http:"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    """A client of each kind of engine."""
    if request.param != "http:":
        with Client("memory:" if request.param == "memory:" else f"sqlite:{tmp_path / 'o.db'}") as client:
            yield client
        return
    with open_engine(":memory:") as engine, serving(engine) as url, Client(url, domain="over there") as client:
        yield client


def test_it_serves_what_it_is_given(client: Client) -> None:
    """Domain and types are registered, decisions made, activities run."""
    with Worker(client, product, double, triple):
        assert client.run(product, 7) == 42


def test_it_serves_what_a_module_can_name() -> None:
    """So that nothing is forgotten."""
    shop = ModuleType("shop")
    vars(shop).update(product=product, double=double, triple=triple)

    with Client("memory:") as client, Worker(client, shop):
        assert client.run(product, 1) == 6


def test_what_was_open_goes_on(tmp_path: Path) -> None:
    """In the next program with that file."""
    with Client(f"sqlite:{tmp_path / 'o.db'}") as client, Worker(client, patient):
        run_id = client.start(patient.options(workflow_id="p")).run_id
    with Client(f"sqlite:{tmp_path / 'o.db'}") as client, Worker(client, patient):
        handle = client.handle("p", workflow=patient)
        handle.signal("go on", "at last")
        assert handle.result(timeout=SECONDS) == "at last"
        assert handle.run_id == run_id


class Slow:
    """An activity that is held up, and its workflow."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.may_end = threading.Event()

        @activity(name="hold")
        def hold() -> str:
            self.has_begun.set()
            assert self.may_end.wait(SECONDS)
            return "held"

        @workflow(name="holding")
        def holding() -> str:
            return submit(hold).result()

        self.hold, self.holding = hold, holding


def test_its_end_waits_for_what_runs(client: Client) -> None:
    """The result is there when it has stopped: the activity does not run again."""
    slow = Slow()
    with Worker(client, slow.hold, slow.holding, grace=SECONDS):
        handle = client.start(slow.holding)
        assert slow.has_begun.wait(SECONDS)
        threading.Timer(0.2, slow.may_end.set).start()

    with Worker(client, slow.hold, slow.holding):
        assert handle.result(timeout=SECONDS) == "held"
    kinds = [type(event).__name__ for event in handle.history()]
    assert kinds.count("ActivityTaskStarted") == kinds.count("ActivityTaskCompleted") == 1


def test_its_end_does_not_wait_for_ever(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """It says what runs on, whose result is reported all the same."""
    slow = Slow()
    with caplog.at_level(logging.WARNING), Worker(client, slow.hold, slow.holding, grace=0.1):
        handle = client.start(slow.holding)
        assert slow.has_begun.wait(SECONDS)
    assert "1 activities run on after 0.1 s" in caplog.text
    slow.may_end.set()
    with Worker(client, slow.hold, slow.holding):
        assert handle.result(timeout=SECONDS) == "held"


def test_nothing_is_left_when_the_client_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    """A report that comes too late for an engine in this process is given up, and all threads end."""
    before = set(threading.enumerate())
    slow = Slow()
    with Client("memory:") as client, Worker(client, slow.hold, slow.holding, grace=0.1):
        client.start(slow.holding)
        assert slow.has_begun.wait(SECONDS)
    slow.may_end.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(SECONDS)
        assert not thread.is_alive(), thread.name
    assert "could not be reported: the engine is closed" in caplog.text


def test_what_a_poll_in_flight_brings_is_done(client: Client) -> None:
    """Whoever has taken a task does it, or nobody would until it has timed out."""
    with Worker(client, product, double, triple):
        assert client.run(product, 1) == 6

    begun = time.monotonic()
    handle = client.start(product, 2)
    with Worker(client, product, double, triple):
        assert handle.result(timeout=SECONDS) == 12
    assert time.monotonic() - begun < SECONDS / 2


def test_it_serves_once() -> None:
    """A second start, or a start after the end, would not do what one thinks."""
    with Client("memory:") as client:
        worker = Worker(client, product)
        worker.stop()
        worker = Worker(client, product)
        with worker, pytest.raises(UsageError, match="Make another one"):
            worker.start()
        with pytest.raises(UsageError, match="Make another one"):
            worker.start()
        worker.stop()


def test_what_it_cannot_serve_is_told_where_it_is_made() -> None:
    """Before anything is registered."""

    @activity(isolation="process")
    def apart() -> None: ...

    with Client("memory:") as client:
        with pytest.raises(UsageError, match="nothing to serve"):
            Worker(client)
        with pytest.raises(UsageError, match="1 or more"):
            Worker(client, product, concurrency=0)
        with pytest.raises(UsageError, match=r"apart.*isolation=\"thread\""):
            Worker(client, apart)
