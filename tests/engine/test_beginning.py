"""Operations that are begun without waiting for the disk."""

from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import Engine
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.errors import DatabaseWriteError, UnknownResourceFault
from ostinato.model import operations as o
from ostinato.model.structures import TaskList

if TYPE_CHECKING:
    from ostinato.engine.log.records import Batch
    from tests.engine.conftest import Scenario

Done = SimpleQueue[Exception | None]
SIGNAL = o.SignalWorkflowExecution(domain="d", workflow_id="x", signal_name="s")


def test_it_is_told_when_all_is_durable(scenario: "Scenario") -> None:
    """`begin` gives the answer at once, and tells when it may be seen; what was begun together is told together."""
    scenario.start()
    done: Done = SimpleQueue()

    assert scenario.engine.begin(SIGNAL, done.put) is None
    assert scenario.engine.begin(o.DescribeDomain(name="d"), done.put).domain_info.name == "d"

    assert [done.get(timeout=60) for _ in range(2)] == [None, None]
    assert scenario.kinds().count("WorkflowExecutionSignaled") == 1


def test_a_fault_is_raised_and_nothing_told(scenario: "Scenario") -> None:
    """A request that SWF refuses is refused at once."""
    done: Done = SimpleQueue()

    with pytest.raises(UnknownResourceFault):
        scenario.engine.begin(SIGNAL, done.put)

    assert done.empty()


def test_reading_needs_no_commit(scenario: "Scenario") -> None:
    """When nothing is on its way to the disk, an answer may be seen at once."""
    done: Done = SimpleQueue()

    scenario.engine.begin(o.DescribeDomain(name="d"), done.put)

    assert done.get_nowait() is None


def test_only_what_is_quick_is_begun(scenario: "Scenario") -> None:
    """What waits for a task or reads the log is not."""
    assert scenario.engine.is_quick(SIGNAL)
    assert scenario.engine.is_quick(o.RespondActivityTaskCompleted(task_token="t"))  # type: ignore[arg-type]
    assert not scenario.engine.is_quick(o.PollForActivityTask(domain="d", task_list=TaskList(name="l")))


class FullDisk(SqliteLog):
    """A log that cannot be written, when it is told so."""

    is_full = False

    def append(self, batch: "Batch") -> None:
        """Keep the batch, or not."""
        if self.is_full:
            raise DatabaseWriteError(found="full")
        super().append(batch)


def test_what_is_lost_is_told() -> None:
    """Who began what could not be kept is told, pollers too, and the engine goes on as if it had not been."""
    log = FullDisk(":memory:")
    with Engine(log, clock=ManualClock()) as engine, engine.time_held():
        register = o.RegisterDomain(name="d", workflow_execution_retention_period_in_days="1")
        log.is_full = True
        done: Done = SimpleQueue()

        engine.begin(register, done.put)

        assert isinstance(done.get(timeout=60), DatabaseWriteError)
        log.is_full = False
        with pytest.raises(UnknownResourceFault):
            engine.call(o.DescribeDomain(name="d"))
        engine.begin(register, done.put)
        assert done.get(timeout=60) is None
