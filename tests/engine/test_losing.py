"""Tasks that were handed out, and answers to them, when the commits that they rest on fail."""

from collections.abc import Iterator
from functools import partial
from queue import SimpleQueue
from random import Random
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest

from ostinato.engine.clock import ManualClock, SystemClock
from ostinato.engine.engine import Engine
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.errors import DatabaseWriteError, StoreError, SwfFault, UnknownResourceFault
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import operations as o
from ostinato.model.structures import ExecutionTimeFilter
from tests.engine.conftest import DECIDER, WORKERS, Scenario

if TYPE_CHECKING:
    from ostinato.engine.log.records import Batch
    from ostinato.engine.task_lists import Delivery
    from ostinato.swf import Swf

POLL = o.PollForDecisionTask(domain="d", task_list=DECIDER)


class FailingLog(SqliteLog):
    """A log of which some appends fail."""

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.fails = 0
        """So many more appends fail."""
        self.rate = 0.0
        """So many of the others fail, by chance."""
        self._chance, self._lock = Random(1), Lock()

    def append(self, batch: "Batch") -> None:
        """Keep the batch, or not."""
        with self._lock:
            self.fails -= 1
            if self.fails >= 0 or self._chance.random() < self.rate:
                raise DatabaseWriteError(found="full")
        super().append(batch)


@pytest.fixture(name="log")
def _log() -> FailingLog:
    return FailingLog()


@pytest.fixture(name="scenario")
def _scenario(log: FailingLog) -> Iterator[Scenario]:
    clock = ManualClock()
    with Engine(log, clock=clock, poll_seconds=0.0) as engine:
        engine._transactions.hold_time(1)
        scenario = Scenario(engine, clock)
        scenario.register()
        yield scenario


def test_an_answer_to_a_start_that_was_lost_counts_for_no_other(log: FailingLog, scenario: Scenario) -> None:
    """A decider that repeats its answer after a failed commit does not answer a task that it has not seen."""
    scenario.start()
    lost = scenario.engine.local().call(POLL)
    assert lost is not None
    log.fails = 1
    with pytest.raises(DatabaseWriteError):
        scenario.answer(lost.task_token, d.CompleteWorkflowExecution())
    scenario.signal()
    again = scenario.decision_task()
    scenario.engine._commits.commit_all()

    assert again.started_event_id == lost.started_event_id + 1
    with pytest.raises(UnknownResourceFault):
        scenario.answer(lost.task_token, d.CompleteWorkflowExecution())
    scenario.answer(again.task_token, d.CompleteWorkflowExecution())


def test_a_lost_start_and_another_with_its_ids_are_told_apart(log: FailingLog, scenario: Scenario) -> None:
    """The same, when the new start has the very ids of the lost one."""
    scenario.start()
    lost = scenario.engine.local().call(POLL)
    assert lost is not None
    log.fails = 1
    with pytest.raises(DatabaseWriteError):
        scenario.answer(lost.task_token)
    again = scenario.decision_task()

    assert again.started_event_id == lost.started_event_id
    with pytest.raises(UnknownResourceFault):
        scenario.answer(lost.task_token, d.CompleteWorkflowExecution())
    scenario.answer(again.task_token, d.CompleteWorkflowExecution())


def test_a_task_that_was_lost_on_its_way_is_not_shown(log: FailingLog, scenario: Scenario) -> None:
    """A poller of this process whose task goes with a failed commit before he looks at it is told so."""
    scenario.start()
    box: SimpleQueue[Delivery] = SimpleQueue()
    pending = scenario.engine._polling.begin(POLL, box.put, is_local=True)
    log.fails = 1
    with pytest.raises(DatabaseWriteError):
        scenario.signal()
    lost = box.get_nowait()
    again = scenario.decision_task()

    with pytest.raises(StoreError, match="went with a commit that failed"):
        pending.answer(lost)
    pending.hand_back(lost)
    assert scenario.poll() is None
    scenario.answer(again.task_token)


def test_however_many_commits_fail_no_task_is_done_by_nobody() -> None:
    """Deciders and workers, of this process and of others, that repeat answers which failed bring all to its end."""
    log = FailingLog()
    engine = Engine(log, clock=SystemClock(), poll_seconds=0.02)
    scenario = Scenario(engine, None)  # type: ignore[arg-type]
    scenario.register()
    log.rate = 0.3
    for number in range(40):
        _insisted(lambda name=f"x{number}": scenario.start(name))
    is_over = Event()
    threads = [
        Thread(target=step, args=(swf, is_over))
        for step in (_decide, _work)
        for swf in (engine, engine, engine.local(), engine.local())
    ]
    for thread in threads:
        thread.start()
    # Counted from what is kept: what the engine holds at the moment may go with a commit yet.
    still_open = o.CountOpenWorkflowExecutions(domain="d", start_time_filter=ExecutionTimeFilter(oldest_date=0.0))
    latest = monotonic() + 60
    while (count := _insisted(lambda: engine.call(still_open)).count) and monotonic() < latest:
        sleep(0.05)
    is_over.set()
    for thread in threads:
        thread.join(timeout=20)
    log.rate = 0.0

    assert count == 0
    for number in range(40):
        assert scenario.kinds(f"x{number}").count("ActivityTaskCompleted") == 3
    engine.close()


def _insisted(call: Any) -> Any:
    while True:
        try:
            return call()
        except StoreError:
            continue
        except SwfFault:
            return None


def _decide(swf: "Swf", is_over: Event) -> None:
    while not is_over.is_set():
        task = _insisted(lambda: swf.call(POLL))
        if task is not None:
            kinds = [type(event) for event in task.events]
            assert [event.event_id for event in task.events] == list(range(1, len(kinds) + 1))
            decisions: tuple[d.DecisionAttributes, ...] = ()
            if e.ActivityTaskScheduled not in kinds:
                decisions = tuple(Scenario.schedule(str(number)) for number in range(3))
            elif kinds.count(e.ActivityTaskCompleted) == 3:
                decisions = (d.CompleteWorkflowExecution(),)
            answer = o.RespondDecisionTaskCompleted(task_token=task.task_token, decisions=decisions)
            _insisted(partial(swf.call, answer))


def _work(swf: "Swf", is_over: Event) -> None:
    while not is_over.is_set():
        task = _insisted(lambda: swf.call(o.PollForActivityTask(domain="d", task_list=WORKERS)))
        if task is not None:
            answer = o.RespondActivityTaskCompleted(task_token=task.task_token)
            _insisted(partial(swf.call, answer))
