"""Everything that time does: four time-outs of activities, two of decision tasks, executions, Lambda, retention."""

from typing import TYPE_CHECKING

import pytest

from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import open_engine
from ostinato.errors import UnknownResourceFault
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import operations as o
from ostinato.model.enums import ActivityTaskTimeoutType, DecisionTaskTimeoutType
from ostinato.model.structures import TaskList, WorkflowExecution

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.conftest import Scenario


@pytest.mark.parametrize(
    ("setting", "is_taken", "timeout_type"),
    [
        ("schedule_to_start_timeout", False, ActivityTaskTimeoutType.SCHEDULE_TO_START),
        ("schedule_to_close_timeout", False, ActivityTaskTimeoutType.SCHEDULE_TO_CLOSE),
        ("schedule_to_close_timeout", True, ActivityTaskTimeoutType.SCHEDULE_TO_CLOSE),
        ("start_to_close_timeout", True, ActivityTaskTimeoutType.START_TO_CLOSE),
        ("heartbeat_timeout", True, ActivityTaskTimeoutType.HEARTBEAT),
    ],
)
def test_each_activity_timeout_fires(
    scenario: "Scenario",
    setting: str,
    is_taken: bool,  # noqa: FBT001
    timeout_type: ActivityTaskTimeoutType,
) -> None:
    """Each of the four time-outs fires after its seconds, not before, and asks for a decision."""
    scenario.start()
    scenario.decide(scenario.schedule(**{setting: "5"}))
    task = scenario.activity_task() if is_taken else None
    scenario.advance(4.999)
    assert "ActivityTaskTimedOut" not in scenario.kinds()
    scenario.advance(0.001)

    timed_out, scheduled = scenario.history()[-2:]
    assert isinstance(timed_out, e.ActivityTaskTimedOut)
    assert isinstance(scheduled, e.DecisionTaskScheduled)
    assert timed_out.timeout_type is timeout_type
    assert timed_out.started_event_id == (task.started_event_id if task is not None else 0)
    if task is not None:
        with pytest.raises(UnknownResourceFault, match="Unknown activity, scheduledEventId = 5"):
            scenario.swf.call(o.RespondActivityTaskCompleted(task_token=task.task_token))


def test_a_task_that_timed_out_is_not_handed_out(scenario: "Scenario") -> None:
    """After SCHEDULE_TO_START has passed nobody gets the task, and it is not counted as waiting."""
    scenario.start()
    scenario.decide(scenario.schedule(schedule_to_start_timeout="5"))
    scenario.advance(5)

    assert scenario.swf.call(o.PollForActivityTask(domain="d", task_list=TaskList(name="workers"))) is None
    pending = scenario.swf.call(o.CountPendingActivityTasks(domain="d", task_list=TaskList(name="workers")))
    assert pending.count == 0


def test_the_heartbeat_timeout_does_not_run_before_the_start(scenario: "Scenario") -> None:
    """A task that nobody took has no heartbeat to miss."""
    scenario.start()
    scenario.decide(scenario.schedule(heartbeat_timeout="5"))
    scenario.advance(50)

    assert scenario.kinds()[-1] == "ActivityTaskScheduled"


def test_heartbeats_keep_a_task_alive_and_their_details_come_back(scenario: "Scenario") -> None:
    """Each heartbeat starts the heartbeat time-out anew; the last one's details are in ActivityTaskTimedOut."""
    scenario.start()
    scenario.decide(scenario.schedule(heartbeat_timeout="5"))
    task = scenario.activity_task()
    for step in range(3):
        scenario.advance(4)
        scenario.swf.call(o.RecordActivityTaskHeartbeat(task_token=task.task_token, details=str(step)))
    scenario.advance(5)

    timed_out = scenario.history()[-2]
    assert isinstance(timed_out, e.ActivityTaskTimedOut)
    assert (timed_out.timeout_type, timed_out.details) == (ActivityTaskTimeoutType.HEARTBEAT, "2")
    assert timed_out.event_timestamp == scenario.event(6).event_timestamp + 17


def test_a_heartbeat_tells_of_a_cancel_request(scenario: "Scenario") -> None:
    """A started task learns from its heartbeat that it should stop, and its cancellation names the request."""
    scenario.start()
    scenario.decide(scenario.schedule())
    task = scenario.activity_task()
    beat = o.RecordActivityTaskHeartbeat(task_token=task.task_token)
    assert not scenario.swf.call(beat).cancel_requested
    scenario.signal()
    scenario.decide(d.RequestCancelActivityTask(activity_id="a1"))
    assert scenario.swf.call(beat).cancel_requested
    scenario.swf.call(o.RespondActivityTaskCanceled(task_token=task.task_token))

    canceled = scenario.history()[-2]
    assert isinstance(canceled, e.ActivityTaskCanceled)
    requested = scenario.event(canceled.latest_cancel_requested_event_id or 0)
    assert isinstance(requested, e.ActivityTaskCancelRequested)


def test_a_task_that_has_not_started_is_canceled_at_once(scenario: "Scenario") -> None:
    """Its cancellation follows the request in the same answer, and nobody gets it any more."""
    scenario.start()
    scenario.decide(scenario.schedule(), d.RequestCancelActivityTask(activity_id="a1"))

    assert scenario.kinds()[4:] == [
        "ActivityTaskScheduled",
        "ActivityTaskCancelRequested",
        "ActivityTaskCanceled",
        "DecisionTaskScheduled",
    ]
    assert scenario.swf.call(o.PollForActivityTask(domain="d", task_list=TaskList(name="workers"))) is None


def test_a_decision_task_times_out_and_comes_again(scenario: "Scenario") -> None:
    """DecisionTaskTimedOut START_TO_CLOSE, a new DecisionTaskScheduled; the late answer is refused."""
    scenario.start()
    task = scenario.decision_task()
    scenario.advance(30)

    timed_out, scheduled = scenario.history()[-2:]
    assert isinstance(timed_out, e.DecisionTaskTimedOut)
    assert timed_out.timeout_type is DecisionTaskTimeoutType.START_TO_CLOSE
    assert (timed_out.scheduled_event_id, timed_out.started_event_id) == (2, 3)
    assert isinstance(scheduled, e.DecisionTaskScheduled)
    with pytest.raises(UnknownResourceFault, match="Unknown decision task, scheduledEventId = 2"):
        scenario.answer(task.task_token)
    again = scenario.decision_task()
    assert again.previous_started_event_id == 0


def test_a_decision_task_without_a_timeout_never_times_out(scenario: "Scenario") -> None:
    """TaskStartToCloseTimeout NONE is no limit (moto's engine breaks for all when it meets one)."""
    scenario.start(task_start_to_close_timeout="NONE")
    task = scenario.decision_task()
    scenario.advance(3000)

    scenario.answer(task.task_token, d.CompleteWorkflowExecution())
    assert scenario.kinds()[-1] == "WorkflowExecutionCompleted"


def test_a_sticky_list_without_a_decider_is_given_up(scenario: "Scenario") -> None:
    """After its schedule-to-start time-out the decision task goes to the execution's own list."""
    scenario.start()
    scenario.decide(
        d.StartTimer(timer_id="t", start_to_fire_timeout="1"),
        task_list=TaskList(name="sticky"),
        task_list_schedule_to_start_timeout="5",
    )
    scenario.advance(1)
    sticky = scenario.history()[-1]
    assert isinstance(sticky, e.DecisionTaskScheduled)
    assert (sticky.task_list.name, sticky.schedule_to_start_timeout) == ("sticky", "5")
    assert scenario.poll() is None
    scenario.advance(5)

    timed_out, scheduled = scenario.history()[-2:]
    assert isinstance(timed_out, e.DecisionTaskTimedOut)
    assert (timed_out.timeout_type, timed_out.started_event_id) == (DecisionTaskTimeoutType.SCHEDULE_TO_START, 0)
    assert isinstance(scheduled, e.DecisionTaskScheduled)
    assert scheduled.task_list.name == "deciders"
    assert scenario.poll("sticky") is None
    assert scenario.poll() is not None


def test_a_sticky_list_is_used_as_long_as_its_decider_lives(scenario: "Scenario") -> None:
    """Decision tasks go to the list that the last answer named; a start-to-close time-out there reverts it."""
    scenario.start()
    scenario.decide(task_list=TaskList(name="sticky"), task_list_schedule_to_start_timeout="5")
    scenario.signal()
    task = scenario.decision_task("sticky")
    scenario.answer(task.task_token)
    scenario.signal()
    scenario.decision_task("sticky")
    scenario.advance(30)

    assert scenario.poll("sticky") is None
    assert scenario.poll() is not None


def test_an_override_without_a_timeout_is_for_good(scenario: "Scenario") -> None:
    """A task list given without a schedule-to-start time-out stays, also after a time-out (API reference)."""
    scenario.start()
    scenario.decide(task_list=TaskList(name="other"))
    scenario.signal()
    scenario.decision_task("other")
    scenario.advance(30)

    assert scenario.poll("other") is not None


def test_an_execution_lasts_a_year_at_most(scenario: "Scenario") -> None:
    """ExecutionStartToCloseTimeout is capped at one year."""
    scenario.start(execution_start_to_close_timeout="31536000")
    scenario.advance(31_536_000 - 1)
    assert "WorkflowExecutionTimedOut" not in scenario.kinds()
    scenario.advance(1)

    assert scenario.kinds()[-1] == "WorkflowExecutionTimedOut"


def test_timers_of_a_closed_execution_do_not_fire(scenario: "Scenario") -> None:
    """Nothing is written after the close."""
    scenario.start()
    scenario.decide(d.StartTimer(timer_id="t", start_to_fire_timeout="5"), d.CompleteWorkflowExecution())
    scenario.advance(100)

    assert scenario.kinds()[-1] == "WorkflowExecutionCompleted"
    assert scenario.describe().open_counts.open_timers == 1


def test_closed_executions_vanish_after_the_retention_period(scenario: "Scenario") -> None:
    """After seven days a closed execution is unknown, and its history gone; an open one stays."""
    scenario.start()
    scenario.start("open", execution_start_to_close_timeout="31536000", task_start_to_close_timeout="NONE")
    scenario.swf.call(o.TerminateWorkflowExecution(domain="d", workflow_id="x"))
    scenario.advance(7 * 86_400 - 1)
    assert scenario.kinds()[-1] == "WorkflowExecutionTerminated"
    scenario.advance(2)

    with pytest.raises(UnknownResourceFault, match="Unknown execution"):
        scenario.describe()
    execution = WorkflowExecution(workflow_id="x", run_id=scenario.runs["x"])  # type: ignore[arg-type]
    with pytest.raises(UnknownResourceFault, match="Unknown execution"):
        scenario.swf.call(o.GetWorkflowExecutionHistory(domain="d", execution=execution))
    assert scenario.describe("open").execution_info.close_status is None


def test_with_nothing_else_to_do_time_skips(scenario: "Scenario") -> None:
    """With a manual clock a waiting poller makes time go to the next deadline, and gets what that brings."""
    scenario.start()
    scenario.decide(d.StartTimer(timer_id="t", start_to_fire_timeout="1000"))
    before = scenario.clock.now()
    scenario.engine._transactions.hold_time(-1)
    task = scenario.decision_task()

    assert isinstance(task.events[-3], e.TimerFired)
    assert scenario.clock.now() == before + 1000


def test_time_passes_over_tasks_that_nobody_polls_for(open_scenario: "Callable[..., Scenario]") -> None:
    """A task without a worker holds time still for a moment only: then its time-out comes."""
    with open_engine(":memory:", clock=ManualClock(), poll_seconds=10) as engine:
        scenario = open_scenario()
        scenario.engine = engine
        scenario.swf = engine
        scenario.register()
        scenario.start()
        scenario.decide(scenario.schedule(schedule_to_start_timeout="1000"))
        task = scenario.decision_task()

    assert isinstance(task.events[-3], e.ActivityTaskTimedOut)


def test_heartbeats_outlive_the_process(open_scenario: "Callable[..., Scenario]", tmp_path: "Path") -> None:
    """The last heartbeat's time and details are there after a restart."""
    before = open_scenario(tmp_path / "db")
    before.register()
    before.start()
    before.decide(before.schedule(heartbeat_timeout="5"))
    task = before.activity_task()
    before.advance(4)
    before.swf.call(o.RecordActivityTaskHeartbeat(task_token=task.task_token, details="half"))
    before.engine.close()
    after = open_scenario(tmp_path / "db", before.clock)
    after.runs = before.runs
    after.advance(4.999)
    assert after.kinds()[-1] == "ActivityTaskStarted"
    after.advance(0.001)

    timed_out = after.history()[-2]
    assert isinstance(timed_out, e.ActivityTaskTimedOut)
    assert timed_out.details == "half"


def test_time_does_not_skip_while_a_task_is_in_somebodys_hands(scenario: "Scenario") -> None:
    """A started activity holds time still, however long nobody asks anything."""
    scenario.start()
    scenario.decide(scenario.schedule(), d.StartTimer(timer_id="t", start_to_fire_timeout="1000"))
    scenario.activity_task()
    scenario.engine._transactions.hold_time(-1)
    before = scenario.clock.now()

    assert scenario.poll() is None
    assert scenario.clock.now() == before
