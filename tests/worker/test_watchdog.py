"""Decisions whose code never waits are broken off, and harm nobody."""

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from ostinato import Client, Worker, activity, submit, workflow
from ostinato.errors import NotDurableError
from ostinato.worker import watchdog
from ostinato.worker.watchdog import Watchdog

SECONDS = 60


def spin() -> None:
    while True:
        pass


def swallow() -> None:
    while True:
        with contextlib.suppress(Exception):
            spin()


@activity
def nothing() -> str:
    return "nothing"


@workflow(task_start_to_close_timeout=1)
def spins() -> None:
    submit(nothing).result()
    spin()


@workflow(task_start_to_close_timeout=1)
async def spins_too() -> None:
    swallow()


@workflow
def waits() -> str:
    return submit(nothing).result()


@pytest.mark.parametrize("program", [spins, spins_too])
def test_the_others_go_on(program: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It stays open, and the log says where it is; decider and execution are as they were."""
    with Client("memory:") as client, Worker(client, program, waits, nothing):
        stuck = client.start(program)
        deadline = time.monotonic() + SECONDS
        while "ran on for 1 s" not in caplog.text:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert client.run(waits) == "nothing"
        assert stuck.describe().execution_info.execution_status.value == "OPEN"
        stuck.terminate()

    assert "in spin" in caplog.text


def test_what_is_made_in_time_is_let_be() -> None:
    """Its value comes, or its exception."""
    dog = Watchdog()

    assert dog.run(lambda: 7, 1) == 7
    assert dog.run(lambda: 7, None) == 7
    with pytest.raises(KeyError):
        dog.run(lambda: {"y": 1}["x"], 1)
    dog.stop()


def test_code_that_catches_everything_is_broken_off_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As long as it does, the log says where it is; in the end it is an error, whatever it gives."""
    monkeypatch.setattr(watchdog, "PATIENCE", 0.05)
    caught: list[BaseException] = []

    def stubborn() -> str:
        while len(caught) < 3:
            try:
                spin()
            except BaseException as error:  # noqa: BLE001
                caught.append(error)
        return "done"

    dog = Watchdog()
    with pytest.raises(NotDurableError, match="ran on for 1 s") as raised:
        dog.run(stubborn, 0)
    assert "in spin" in raised.value.where
    assert "cannot be broken off after 1.05 s" in caplog.text
    dog.stop()


def test_nothing_is_raised_after_the_end(caplog: pytest.LogCaptureFixture) -> None:
    """Whenever a decision ends: what comes after it is not interrupted."""

    def until(end: float) -> Callable[[], None]:
        def compute() -> None:
            while time.monotonic() < end:
                pass

        return compute

    dog = Watchdog()
    ends: list[str] = []
    with caplog.at_level(logging.ERROR):
        for late in (-0.001, -0.0005, 0, 0.0005, 0.001):
            try:
                dog.run(until(time.monotonic() + 1 + late), 1)
                ends.append("made")
            except NotDurableError:
                ends.append("broken off")
            for _ in range(20_000):
                ends.count("")  # what would be interrupted
    dog.stop()

    assert len(ends) == 5
    assert not caplog.records
