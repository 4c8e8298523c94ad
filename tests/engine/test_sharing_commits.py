"""What workers and deciders of the engine's own process may have before it is durable, and what nobody may."""

import threading
from typing import TYPE_CHECKING

import pytest

from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import Engine
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.errors import DatabaseWriteError, UnknownResourceFault
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import operations as o
from ostinato.model.structures import TaskList, WorkflowExecution
from tests.engine.conftest import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ostinato.engine.log.records import Batch
    from ostinato.engine.task_lists import Delivery

DECIDERS = o.PollForDecisionTask(domain="d", task_list=TaskList(name="deciders"))
WORKERS = o.PollForActivityTask(domain="d", task_list=TaskList(name="workers"))


class FullDisk(SqliteLog):
    """A log that cannot be written, when it is told so."""

    is_full = False

    def append(self, batch: "Batch") -> None:
        """Keep the batch, or not."""
        if self.is_full:
            raise DatabaseWriteError(found="full")
        super().append(batch)


@pytest.fixture(name="log")
def _log() -> FullDisk:
    return FullDisk(":memory:")


@pytest.fixture(name="local")
def _local(log: FullDisk) -> "Iterator[Scenario]":
    """A scenario whose calls come from the engine's own process, with an execution that was started."""
    clock = ManualClock()
    with Engine(log, clock=clock, poll_seconds=0.0) as engine, engine.time_held():
        scenario = Scenario(engine, clock)
        scenario.register()
        scenario.start()
        scenario.swf = engine.local()
        yield scenario


def written(scenario: Scenario) -> list[str]:
    """The types of the events that the log holds of the execution."""
    return [type(event).__name__ for event in scenario.engine._log.events(1)]


def test_a_local_decision_is_durable_before_its_activity_is_seen(local: Scenario) -> None:
    """The decider goes on without a commit; who takes the activity commits, whether he comes then or waits already."""
    local.decide(local.schedule("a1"))
    assert "ActivityTaskScheduled" not in written(local)
    local.activity_task()
    assert "ActivityTaskScheduled" in written(local)

    local.signal()
    deliveries: list[Delivery] = []
    pending = local.engine._polling.begin(WORKERS, deliveries.append, is_local=True)
    local.decide(local.schedule("a2"))
    assert written(local).count("ActivityTaskScheduled") == 1
    pending.answer(deliveries[0])
    assert written(local).count("ActivityTaskScheduled") == 2


def test_another_process_gets_no_activity_before_it_is_durable(local: Scenario) -> None:
    """A poller over a wire, who waits already, has the activity when its start is durable."""
    seen: list[list[str]] = []
    local.engine.begin_poll(WORKERS, lambda _: seen.append(written(local)))

    local.decide(local.schedule())

    assert seen[0][-2:] == ["ActivityTaskScheduled", "ActivityTaskStarted"]


def test_a_decision_of_another_process_is_durable_when_it_is_answered(local: Scenario) -> None:
    """As everything that is answered over a wire."""
    local.swf = local.engine

    local.decide(d.RecordMarker(marker_name="m"))

    assert written(local)[-1] == "MarkerRecorded"


def test_many_decisions_do_not_pile_up(local: Scenario) -> None:
    """However many decisions follow one another, few of their events are not durable."""
    for number in range(100):
        local.decide(d.RecordMarker(marker_name=str(number)))
        with local.engine._transactions.transaction() as transaction:
            transaction.is_volatile = True
            execution = next(iter(local.engine._ledger.executions))
            local.engine._ledger.want_decision(execution, local.clock.now())

    assert len(local.engine._commits.open.events) <= 256


def test_a_lost_decision_is_handed_out_again(local: Scenario, log: FullDisk) -> None:
    """If the commit fails after the decider was answered, the task is the next poller's, and the activity nobody's."""
    task = local.decision_task()
    local.engine._commits.commit_all()
    local.answer(task.task_token, local.schedule())
    log.is_full = True

    with pytest.raises(DatabaseWriteError):
        local.activity_task()

    log.is_full = False
    assert local.swf.call(WORKERS) is None
    again = local.decision_task()
    assert again.started_event_id == task.started_event_id
    local.answer(again.task_token, local.schedule())
    assert local.work().activity_id == "a1"


def test_a_lost_decision_stays_free_over_a_second_failure(local: Scenario, log: FullDisk) -> None:
    """What nobody has, nobody has after another commit that failed."""
    task = local.decision_task()
    local.engine._commits.commit_all()
    local.answer(task.task_token, local.schedule())
    log.is_full = True
    for _ in range(2):
        with pytest.raises(DatabaseWriteError):
            local.swf.call(o.SignalWorkflowExecution(domain="d", workflow_id="x", signal_name="s"))
    log.is_full = False

    assert local.decision_task().started_event_id == task.started_event_id


def test_who_waits_for_an_end_sees_it_when_it_is_durable(local: Scenario) -> None:
    """`await_close` gives the closing event, to those who waited and to those who come later, and commits first."""
    execution = WorkflowExecution(workflow_id="x", run_id=local.runs["x"])  # type: ignore[arg-type]
    got: list[object] = []
    seen: list[list[str]] = []

    def wait() -> None:
        got.append(local.engine.await_close("d", execution, 60))
        seen.append(written(local))

    thread = threading.Thread(target=wait)
    thread.start()
    while not local.engine._ledger.closes._waiting:
        pass
    local.decide(d.CompleteWorkflowExecution(result="1"))
    thread.join(60)

    assert isinstance(got[0], e.WorkflowExecutionCompleted)
    assert seen[0][-1] == "WorkflowExecutionCompleted"
    assert local.engine.await_close("d", execution, 0) == got[0]


def test_an_end_that_is_lost_is_not_shown(local: Scenario, log: FullDisk) -> None:
    """If it cannot be kept, the execution is open again, and who asks is told nothing of the end."""
    execution = WorkflowExecution(workflow_id="x", run_id=local.runs["x"])  # type: ignore[arg-type]
    task = local.decision_task()
    local.engine._commits.commit_all()
    local.answer(task.task_token, d.CompleteWorkflowExecution())
    log.is_full = True

    assert local.engine.await_close("d", execution, 0) is None

    log.is_full = False
    assert local.engine.await_close("d", execution, 0) is None
    assert written(local)[-1] == "DecisionTaskStarted"


def test_waiting_for_the_end_of_nothing_ends_at_once(open_scenario: "Callable[..., Scenario]") -> None:
    """An execution that is not known is none to wait for; who asks for its history is told."""
    scenario = open_scenario()
    scenario.register()
    unknown = WorkflowExecution(workflow_id="x", run_id="r")  # type: ignore[arg-type]

    assert scenario.engine.await_close("d", unknown, None) is None
    with pytest.raises(UnknownResourceFault):
        scenario.swf.call(o.GetWorkflowExecutionHistory(domain="d", execution=unknown))
