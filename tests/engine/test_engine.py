"""The engine as its callers see it: who is answered when, who gets which task, and what a restart finds."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ostinato.engine.clock import ManualClock, SystemClock
from ostinato.engine.engine import open_engine
from ostinato.errors import LimitExceededFault, StoreError, UnknownResourceFault, UsageError, ValidationException
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import operations as o
from ostinato.model.structures import TaskList

if TYPE_CHECKING:
    from collections.abc import Callable

    from ostinato.engine.engine import Engine
    from ostinato.engine.task_lists import Delivery
    from tests.engine.conftest import Scenario

DECIDERS = o.PollForDecisionTask(domain="d", task_list=TaskList(name="deciders"))
WORKERS = o.PollForActivityTask(domain="d", task_list=TaskList(name="workers"))


def test_a_waiting_poller_is_woken_at_once(open_scenario: "Callable[..., Scenario]") -> None:
    """A poll that began before the execution gets its task when that starts."""
    with open_engine(":memory:", poll_seconds=30) as engine:
        scenario = open_scenario()
        scenario.engine = engine
        scenario.swf = engine
        scenario.register()
        got: list[object] = []
        thread = threading.Thread(target=lambda: got.append(engine.call(DECIDERS)))
        thread.start()
        while not engine._ledger.decision_lists.poller_count:
            pass
        scenario.start()
        thread.join(timeout=10)

        assert [type(task).__name__ for task in got] == ["DecisionTask"]


def test_a_poller_that_has_left_gets_nothing(scenario: "Scenario") -> None:
    """A poll that waited in vain is not given the task that comes next."""
    assert scenario.poll() is None
    scenario.start()

    assert scenario.poll() is not None
    assert scenario.poll() is None


def test_a_poll_can_wait_without_a_thread(scenario: "Scenario") -> None:
    """`begin_poll` calls back with the task; once withdrawn it is never called."""
    deliveries: list[Delivery] = []
    pending = scenario.engine.begin_poll(DECIDERS, deliveries.append)
    gone: list[Delivery] = []
    assert scenario.engine.begin_poll(DECIDERS, gone.append).withdraw()
    scenario.start()
    scenario.start("y")

    answer = pending.answer(deliveries[0])
    assert answer is not None
    assert answer.workflow_execution.workflow_id == "x"
    assert (len(deliveries), gone) == (1, [])
    assert not pending.withdraw()


def test_each_task_has_one_poller(open_scenario: "Callable[..., Scenario]") -> None:
    """Many workers at once: every activity is handed out once, and none is lost."""
    with open_engine(":memory:", poll_seconds=0.05) as engine:
        scenario = open_scenario()
        scenario.engine = engine
        scenario.swf = engine
        scenario.register()
        scenario.start()
        scenario.decide(*(scenario.schedule(f"a{number}") for number in range(100)))
        got: list[str] = []

        def work() -> None:
            while (task := engine.call(WORKERS)) is not None:
                got.append(task.activity_id)
                engine.call(o.RespondActivityTaskCompleted(task_token=task.task_token))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(got) == sorted(f"a{number}" for number in range(100))
        assert scenario.kinds().count("ActivityTaskCompleted") == 100


def test_no_more_than_a_thousand_pollers_per_list(scenario: "Scenario") -> None:
    """The 1,001st poller of a list gets LimitExceededFault, in the service's words (recorded)."""
    for _ in range(1_000):
        scenario.engine.begin_poll(DECIDERS, lambda _: None)

    with pytest.raises(LimitExceededFault, match="Limit on maximum concurrent poll requests per task list reached"):
        scenario.engine.begin_poll(DECIDERS, lambda _: None)


def test_a_decision_task_is_paged(scenario: "Scenario") -> None:
    """Each page has the asked size and the same token; the last has no nextPageToken, also if it is full."""
    scenario.start()
    for _ in range(6):
        scenario.signal()
    first = scenario.poll(maximum_page_size=3)
    assert first is not None
    scenario.signal()
    second = scenario.poll(maximum_page_size=3, next_page_token=first.next_page_token)
    assert second is not None
    third = scenario.poll(maximum_page_size=3, next_page_token=second.next_page_token)
    assert third is not None

    pages = (first, second, third)
    assert [[event.event_id for event in page.events] for page in pages] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert third.next_page_token is None
    assert {page.task_token for page in pages} == {first.task_token}


def test_a_decision_task_is_paged_backwards(scenario: "Scenario") -> None:
    """With reverseOrder the newest event comes first, and pages lead to the oldest."""
    scenario.start()
    scenario.signal()
    first = scenario.poll(maximum_page_size=3, reverse_order=True)
    assert first is not None
    second = scenario.poll(maximum_page_size=3, reverse_order=True, next_page_token=first.next_page_token)
    assert second is not None

    assert [event.event_id for event in (*first.events, *second.events)] == [4, 3, 2, 1]
    assert second.next_page_token is None


def test_a_decider_may_ask_for_what_is_new(scenario: "Scenario") -> None:
    """StartAtPreviousStartedEvent begins with the last answered start, and includes it."""
    scenario.start()
    scenario.decide()
    scenario.signal()
    task = scenario.poll(start_at_previous_started_event=True)

    assert task is not None
    assert task.previous_started_event_id == 3
    assert [event.event_id for event in task.events] == [3, 4, 5, 6, 7]


def test_page_tokens_cannot_be_made_up_bent_or_kept(scenario: "Scenario") -> None:
    """A token of another list, a changed one and one older than a day are refused in the service's words."""
    scenario.start()
    scenario.signal()
    page = scenario.poll(maximum_page_size=1)
    assert page is not None
    token = page.next_page_token
    assert token is not None

    for bad in ("x", token[:-1] + ("A" if token[-1] != "A" else "B")):
        with pytest.raises(ValidationException, match="Invalid token"):
            scenario.poll(maximum_page_size=1, next_page_token=bad)
    with pytest.raises(ValidationException, match="Invalid token"):
        scenario.poll("other", maximum_page_size=1, next_page_token=token)
    scenario.advance(86_401)
    with pytest.raises(ValidationException, match="Specified token has exceeded its maximum lifetime"):
        scenario.poll(maximum_page_size=1, next_page_token=token)


def test_task_tokens_cannot_be_made_up(scenario: "Scenario") -> None:
    """An activity's token is none of a decision task's, and a changed one is none at all."""
    scenario.start()
    task = scenario.decision_task()

    with pytest.raises(ValidationException, match="Invalid token"):
        scenario.swf.call(o.RespondActivityTaskCompleted(task_token=task.task_token))
    with pytest.raises(ValidationException, match="Invalid token"):
        scenario.answer(task.task_token[:-2] + "AA")  # type: ignore[arg-type]


# Restarts


def test_a_restart_goes_on(open_scenario: "Callable[..., Scenario]", tmp_path: Path) -> None:
    """Executions, tasks in hand, timers and tokens outlive the process."""
    before = open_scenario(tmp_path / "db")
    before.register()
    before.start()
    before.decide(before.schedule(), d.StartTimer(timer_id="t", start_to_fire_timeout="10"))
    task = before.activity_task()
    before.engine.close()
    after = open_scenario(tmp_path / "db", before.clock)
    after.runs = before.runs

    assert after.swf.call(WORKERS) is None
    after.swf.call(o.RespondActivityTaskCompleted(task_token=task.task_token, result="late"))
    after.advance(10)
    assert after.kinds()[-4:] == [
        "ActivityTaskStarted",
        "ActivityTaskCompleted",
        "DecisionTaskScheduled",
        "TimerFired",
    ]
    after.decide(d.CompleteWorkflowExecution())


def test_tasks_that_died_with_their_process_are_handed_out_again(
    open_scenario: "Callable[..., Scenario]", tmp_path: Path
) -> None:
    """What a local poller had in hand comes again at the next start: same event ids, same token, no second start."""
    before = open_scenario(tmp_path / "db")
    before.register()
    before.start()
    before.start("y")
    local = before.engine.local()
    before.swf = local
    before.decide(before.schedule())
    activity = before.activity_task()
    decision = before.decision_task()
    before.engine.close()
    before.clock.advance(50)
    after = open_scenario(tmp_path / "db", before.clock)
    after.runs = before.runs

    after.advance(20)
    again = after.activity_task()
    assert (again.task_token, again.started_event_id) == (activity.task_token, activity.started_event_id)
    assert after.decision_task().task_token == decision.task_token
    assert after.kinds().count("ActivityTaskStarted") == 1
    after.advance(60)
    assert after.kinds()[-2:] == ["ActivityTaskTimedOut", "DecisionTaskScheduled"]


def test_a_local_decision_shares_the_commit_of_its_cause(open_scenario: "Callable[..., Scenario]") -> None:
    """Activity, decision, activity in one process: one commit for each step."""
    scenario = open_scenario()
    scenario.register()
    scenario.start()
    scenario.swf = scenario.engine.local()
    deliveries: list[Delivery] = []
    scenario.decide(scenario.schedule("a0"))
    commits = scenario.engine._commits
    first = commits.durable
    for step in range(1, 11):
        pending = scenario.engine._polling.begin(DECIDERS, deliveries.append, is_local=True)
        scenario.work()
        task = pending.answer(deliveries.pop())
        assert task is not None
        scenario.answer(task.task_token, scenario.schedule(f"a{step}"))

    assert commits.durable - first == 10


def test_nothing_stays_uncommitted_for_long(open_scenario: "Callable[..., Scenario]") -> None:
    """A local poller that finds nothing to do commits what others left."""
    scenario = open_scenario()
    scenario.register()
    scenario.start()
    scenario.swf = scenario.engine.local()
    scenario.decide(scenario.schedule())
    scenario.engine._polling.begin(DECIDERS, lambda _: None, is_local=True)
    scenario.work()
    assert not scenario.engine._commits.open.is_empty
    assert scenario.swf.call(WORKERS) is None

    assert scenario.engine._commits.open.is_empty


def test_a_closed_engine_says_so(open_scenario: "Callable[..., Scenario]") -> None:
    """After close, calls are refused; closing again is harmless."""
    scenario = open_scenario()
    scenario.register()
    scenario.engine.close()
    scenario.engine.close()

    with pytest.raises(StoreError, match="the engine is closed"):
        scenario.start()


def test_closing_ends_waiting_polls() -> None:
    """Who waits for a task when the engine closes gets none."""
    engine = open_engine(":memory:", poll_seconds=30)
    engine.call(o.RegisterDomain(name="d", workflow_execution_retention_period_in_days="7"))
    got: list[object] = []
    thread = threading.Thread(target=lambda: got.append(engine.call(DECIDERS)))
    thread.start()
    while not engine._ledger.decision_lists.poller_count:
        pass
    engine.close()
    thread.join(timeout=10)

    assert got == [None]


def test_the_systems_clock_fires_timers_by_itself(open_scenario: "Callable[..., Scenario]") -> None:
    """With the system's clock a timer fires on time while everybody waits."""
    with open_engine(":memory:", poll_seconds=10, clock=SystemClock()) as engine:
        scenario = open_scenario()
        scenario.engine = engine
        scenario.swf = engine
        scenario.register()
        scenario.start()
        scenario.decide(d.StartTimer(timer_id="t", start_to_fire_timeout="1"))
        task = scenario.decision_task()

        started, fired = task.events[4], task.events[5]
        assert isinstance(fired, e.TimerFired)
        assert 1 <= fired.event_timestamp - started.event_timestamp < 1.5
        with pytest.raises(UsageError, match="expected a ManualClock"):
            engine.advance(1)


def test_a_long_history_is_polled_from_the_log(scenario: "Scenario") -> None:
    """Memory keeps only the newest events; a poll for all of them still gets all."""
    scenario.start(task_start_to_close_timeout="NONE")
    for number in range(200):
        scenario.decide(d.RecordMarker(marker_name=str(number)))
        scenario.signal()
    tail = scenario.engine._histories._tails[1]
    task = scenario.decision_task()

    assert len(tail.events) < 400
    assert [event.event_id for event in task.events] == list(range(1, 1004))[:1000]
    sticky = scenario.engine._histories.newest(1, 900, 1003)
    assert sticky.events[-1].event_id == 1003


def test_an_execution_ends_at_25_000_events(scenario: "Scenario") -> None:
    """The 25,000th event is WorkflowExecutionTerminated with EVENT_LIMIT_EXCEEDED."""
    scenario.start()
    for _ in range(24_997):
        scenario.signal()
    with pytest.raises(UnknownResourceFault):
        scenario.signal()

    execution = scenario.engine._log.find("d", "x")
    assert execution is not None
    last = scenario.engine._log.events(execution.key, reverse=True, limit=1)[0]
    assert isinstance(last, e.WorkflowExecutionTerminated)
    assert last.event_id == 25_000


def test_two_engines_in_one_process_are_apart(tmp_path: Path) -> None:
    """No state is shared between engines."""
    one: Engine = open_engine(":memory:", clock=ManualClock())
    other: Engine = open_engine(tmp_path / "db", clock=ManualClock())
    one.call(o.RegisterDomain(name="d", workflow_execution_retention_period_in_days="7"))

    with pytest.raises(UnknownResourceFault, match="Unknown domain: d"):
        other.call(o.DescribeDomain(name="d"))
    one.close()
    other.close()
