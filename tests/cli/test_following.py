"""What is read of an execution by who follows it, and what is told of it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ostinato import (
    Client,
    FileStore,
    Handle,
    Payloads,
    Retry,
    activity,
    continue_as_new,
    submit,
    wait_signal,
    workflow,
)
from ostinato.cli.display import SUMMARY_SECONDS, Lines
from ostinato.cli.following import FAMILY, Ending, Follower, HasClosed, WasInterrupted
from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import Engine, open_engine
from ostinato.errors import PayloadDamagedError
from ostinato.payloads.policy import PLAIN
from ostinato.worker.catalog import catalog_of
from ostinato.worker.context import activity_info
from ostinato.worker.local import LocalWorker
from tests.cli.conftest import wait_until


@activity(retry=Retry(max_attempts=2, interval=60))
def flaky() -> int:
    if activity_info().attempt < 2:
        raise ConnectionError("nobody there")
    return activity_info().attempt


@workflow
def child(runs: int) -> int:
    if runs > 1:
        continue_as_new(runs - 1)
    return submit(flaky).result()


@workflow
def parent(children: int, runs: int = 1) -> int:
    return sum(future.result() for future in [submit(child, runs) for _ in range(children)])


@workflow
def approval(text: str) -> str:
    return f"{text} {wait_signal('go', as_type=str).result()}"


@activity
def leap(text: str) -> None:
    raise ValueError("too high", text)


@workflow
def secretive(text: str) -> str:
    submit(leap, text).exception()
    return text


class Following:
    """A client, a worker for what it starts, and a follower; all that this writes."""

    def __init__(self, engine: Engine, client: Client) -> None:
        self.engine = engine
        self.client = client
        self.told = io.StringIO()
        self._looks = 0

    def worker(self) -> LocalWorker:
        """A worker, which begins to work."""
        catalog = catalog_of([flaky, leap, child, parent, approval, secretive])
        return LocalWorker(self.client.swf, domain="d", catalog=catalog, payloads=self.client.payloads)

    def follow(self, handle: Handle[Any]) -> Ending:
        """Look once, or for as long as the execution continues as new."""
        self._looks = 0
        times = count(0.0, SUMMARY_SECONDS)
        display = Lines(self.told, lambda: next(times))
        follower = Follower(self.client.swf, "d", display, self._has_looked)
        return follower.follow(handle.first_execution, is_resumed=False)

    def _has_looked(self) -> bool:
        self._looks += 1
        return self._looks > 1


@contextmanager
def following(payloads: Payloads = PLAIN) -> Iterator[Following]:
    """On an engine whose time skips."""
    with open_engine(":memory:", clock=ManualClock()) as engine:
        client = Client(engine.local(), domain="d", payloads=payloads)
        client.register()
        client.register(parent, child, approval, secretive)
        yield Following(engine, client)


@pytest.mark.parametrize(("children", "told"), [(1, 1), (FAMILY + 3, FAMILY)])
def test_children_that_came_and_went_between_two_looks_are_read(children: int, told: int) -> None:
    """What failed in them is told, of as many as a screen has room for."""
    with following() as f:
        handle = f.client.start(parent, children)
        with f.worker():
            handle.result(30)

        assert isinstance(f.follow(handle), HasClosed)
    assert f.told.getvalue().count("ConnectionError: nobody there; attempt 2 in 60 s") == told


def test_the_runs_that_continue_a_child_are_read() -> None:
    """To the last one."""
    with following() as f:
        handle = f.client.start(parent, 1, runs=3)
        with f.worker():
            handle.result(30)

        f.follow(handle)
    assert f.told.getvalue().count("ConnectionError: nobody there; attempt 2 in 60 s") == 1


def test_signals_are_told_by_the_context() -> None:
    """No decider tells of them to who only looks."""
    with following() as f, f.engine.time_held(), f.worker():
        handle = f.client.start(approval, "x")
        wait_until(lambda: handle.describe().latest_execution_context is not None)

        assert isinstance(f.follow(handle), WasInterrupted)
        assert f.told.getvalue() == "0 finished, waits for signal 'go'\n"


def test_a_payload_that_is_lost_harms_nobody_who_looks(tmp_path: Path) -> None:
    """What failed is told without it. But a result that is lost is none."""
    kept = tmp_path / "kept"

    def payloads() -> Payloads:
        return Payloads(store=FileStore(str(kept)), threshold=100)

    with following(payloads()) as f:
        handle = f.client.start(secretive, "x" * 200)
        with f.worker():
            handle.result(30)
        for file in kept.glob("*/*"):
            file.write_bytes(b"damaged")
        f.client = Client(f.engine.local(), domain="d", payloads=payloads())

        with pytest.raises(PayloadDamagedError):
            f.follow(handle)
    assert f.told.getvalue().startswith("tests.cli.test_following.leap (activity-tests.cli.test_following.leap-1): ")
    assert "ValueError: ('too high'" in f.told.getvalue()
