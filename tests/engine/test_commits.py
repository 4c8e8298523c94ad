"""Commits that are broken off, and those who are told of commits."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import Engine, open_engine
from ostinato.engine.log.records import PROBE
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.errors import DatabaseWriteError, StoreError, UnknownResourceFault
from ostinato.model import operations as o
from tests.engine.conftest import Scenario

if TYPE_CHECKING:
    from ostinato.engine.log.records import Batch, OpenExecution

SIGNAL = o.SignalWorkflowExecution(domain="d", workflow_id="x", signal_name="s")


class BreakingLog(SqliteLog):
    """A log whose next append is broken off, or whose next reading fails, when it is told so."""

    before: BaseException | None = None
    """Raised in place of the next append."""
    after: BaseException | None = None
    """Raised when the next append is done."""
    unread: StoreError | None = None

    def append(self, batch: "Batch") -> None:
        """Keep the batch, or not."""
        before, self.before = self.before, None
        if before is not None:
            raise before
        super().append(batch)
        after, self.after = self.after, None
        if after is not None:
            raise after

    def open_executions(self) -> "Iterator[OpenExecution]":
        """Every open execution."""
        if self.unread is not None:
            raise self.unread
        return super().open_executions()


@pytest.fixture(name="log")
def _log(tmp_path: Path) -> BreakingLog:
    return BreakingLog(tmp_path / "ostinato.db")


@pytest.fixture(name="scenario")
def _scenario(log: BreakingLog) -> Iterator[Scenario]:
    clock = ManualClock()
    engine = Engine(log, clock=clock, poll_seconds=0.0)
    engine._transactions.hold_time(1)
    scenario = Scenario(engine, clock)
    scenario.register()
    yield scenario
    with suppress(StoreError):
        engine.close()


def test_what_an_interrupt_kept_from_the_log_is_not_in_memory_either(log: BreakingLog, scenario: Scenario) -> None:
    """Ctrl-C in a commit on the main thread: nothing is answered later that rests on what the log does not have."""
    log.before = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        scenario.start("x")

    with pytest.raises(UnknownResourceFault):
        scenario.signal("x")
    scenario.start("x")
    assert scenario.kinds("x") == ["WorkflowExecutionStarted", "DecisionTaskScheduled"]


def test_what_the_log_kept_before_an_interrupt_is_there(log: BreakingLog, scenario: Scenario, tmp_path: Path) -> None:
    """Ctrl-C just after the disk had it: the caller is interrupted, and history goes on from there."""
    log.after = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        scenario.start("x")
    scenario.signal("x")
    scenario.engine.close()

    with open_engine(tmp_path / "ostinato.db", clock=scenario.clock) as reopened:
        assert reopened.statistics().open_executions == 1


def test_who_shares_an_interrupted_commit_is_told(log: BreakingLog, scenario: Scenario) -> None:
    """Nobody waits for ever for a commit that was broken off."""
    done: SimpleQueue[Exception | None] = SimpleQueue()
    scenario.engine._commits.open.after.append(done.put)
    log.before = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        scenario.start("x")

    assert isinstance(done.get_nowait(), DatabaseWriteError)


def test_trouble_lasts_until_something_can_be_kept(log: BreakingLog, scenario: Scenario) -> None:
    """Or until a write that changes nothing is tried with success; asking is free while all is well."""
    assert scenario.engine.trouble() is None
    log.before = DatabaseWriteError(found="full")
    with pytest.raises(DatabaseWriteError):
        scenario.start("x")

    log.before = DatabaseWriteError(found="still full")
    assert str(scenario.engine.trouble()) == "still full"
    assert scenario.engine.trouble() is None

    log.before = DatabaseWriteError(found="full again")
    with pytest.raises(DatabaseWriteError):
        scenario.start("x")
    scenario.start("x")
    assert scenario.engine.trouble() is None


def test_the_write_that_changes_nothing_reaches_the_disk(tmp_path: Path) -> None:
    """It would not tell otherwise that there is room again."""
    path = tmp_path / "probed.db"
    log = SqliteLog(path)
    before = path.with_name("probed.db-wal").stat().st_size

    log.append(PROBE)

    assert path.with_name("probed.db-wal").stat().st_size > before
    log.close()


def test_without_its_state_an_engine_does_nothing(log: BreakingLog, scenario: Scenario) -> None:
    """If a commit fails and the log cannot be read back either, all is refused rather than answered wrongly."""
    scenario.start("x")
    log.before, log.unread = DatabaseWriteError(found="full"), StoreError(found="the disk is gone")
    with pytest.raises(DatabaseWriteError, match="full"):
        scenario.signal("x")

    for refused in (scenario.signal, scenario.start, scenario.poll, scenario.kinds, scenario.describe):
        with pytest.raises(StoreError, match="could not be read back: the disk is gone"):
            refused()
    assert "could not be read back" in str(scenario.engine.trouble())


def test_one_who_cannot_be_told_keeps_nobody_from_being_told(
    scenario: Scenario, caplog: pytest.LogCaptureFixture
) -> None:
    """An error in what is called after a commit is logged; the others are called, and later commits go on."""
    scenario.start("x")
    done: SimpleQueue[Exception | None] = SimpleQueue()

    def fail(_: Exception | None) -> None:
        raise RuntimeError("Event loop is closed")

    for told in (fail, done.put, fail, done.put):
        scenario.engine.begin(SIGNAL, told)

    assert [done.get(timeout=60) for _ in range(2)] == [None, None]
    assert "could not be told" in caplog.text
