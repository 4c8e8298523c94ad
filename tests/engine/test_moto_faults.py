"""Where the best-known fake of SWF goes wrong and this engine does not (`reference/swf.md`; more is in other tests)."""

from typing import TYPE_CHECKING

import pytest

from ostinato.errors import UnknownResourceFault
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import operations as o
from ostinato.model.enums import CloseStatus
from ostinato.model.structures import TaskList, WorkflowExecution

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Scenario


def test_many_completions_ask_for_one_decision(scenario: "Scenario") -> None:
    """300 activities that end while no decider polls schedule one decision task, and openDecisionTasks is 1."""
    scenario.start()
    for page in range(3):
        if page:
            scenario.signal()
        scenario.decide(*(scenario.schedule(f"a{page}-{number}") for number in range(100)))
    for _ in range(300):
        scenario.work()

    after = scenario.kinds()[-601:]
    assert after.count("DecisionTaskScheduled") == 1
    assert scenario.describe().open_counts.open_decision_tasks == 1
    assert scenario.describe().open_counts.open_activity_tasks == 0


def test_decision_tasks_heed_priority(scenario: "Scenario") -> None:
    """Executions of higher priority are decided first, and histories show it."""
    for name, priority in (("one", "1"), ("five", "5"), ("three", "3")):
        scenario.start(name, task_priority=priority)

    order = [scenario.decision_task().workflow_execution.workflow_id for _ in range(3)]
    assert order == ["five", "three", "one"]
    scheduled = scenario.event(2, "five")
    assert isinstance(scheduled, e.DecisionTaskScheduled)
    assert scheduled.task_priority == "5"


@pytest.mark.parametrize(
    "end",
    [
        lambda token: o.RespondActivityTaskCompleted(task_token=token),
        lambda token: o.RespondActivityTaskFailed(task_token=token),
        lambda token: o.RespondActivityTaskCanceled(task_token=token),
    ],
)
def test_a_task_ends_once(scenario: "Scenario", end: "Callable[[str], o.Operation[None]]") -> None:
    """A second answer to an activity task is UnknownResourceFault, as is one to a decision task."""
    scenario.start()
    decided = scenario.decide(scenario.schedule())
    task = scenario.activity_task()
    scenario.swf.call(end(task.task_token))

    with pytest.raises(UnknownResourceFault, match="Unknown activity, scheduledEventId = 5"):
        scenario.swf.call(end(task.task_token))
    with pytest.raises(UnknownResourceFault, match="Unknown activity, scheduledEventId = 5"):
        scenario.swf.call(o.RecordActivityTaskHeartbeat(task_token=task.task_token))
    with pytest.raises(UnknownResourceFault, match="Unknown decision task, scheduledEventId = 2"):
        scenario.answer(decided.task_token)


def test_empty_texts_are_texts(scenario: "Scenario") -> None:
    """An input, a result and details of "" are kept; so is an event id of 0."""
    scenario.start(input="")
    scenario.decide(scenario.schedule(input=""), d.RecordMarker(marker_name="m", details=""))
    task = scenario.activity_task()
    assert task.input == ""
    scenario.swf.call(o.RespondActivityTaskCompleted(task_token=task.task_token, result=""))
    started, marker, completed = scenario.event(1), scenario.event(6), scenario.event(8)

    assert isinstance(started, e.WorkflowExecutionStarted)
    assert isinstance(marker, e.MarkerRecorded)
    assert isinstance(completed, e.ActivityTaskCompleted)
    assert (started.input, marker.details, completed.result) == ("", "", "")
    assert started.parent_initiated_event_id == 0


def test_the_start_is_written_down_whole(scenario: "Scenario") -> None:
    """WorkflowExecutionStarted has tags, priority and Lambda role."""
    scenario.start(tag_list=("t",), task_priority="4", lambda_role="role")

    started = scenario.event(1)
    assert isinstance(started, e.WorkflowExecutionStarted)
    assert (started.tag_list, started.task_priority, started.lambda_role) == (("t",), "4", "role")


def test_every_close_has_its_time(scenario: "Scenario") -> None:
    """A timed-out and a terminated execution have a closeTimestamp, and the startTimestamp that they had."""
    started = scenario.clock.now()
    for name in ("late", "ended"):
        scenario.start(name, execution_start_to_close_timeout="10")
    scenario.advance(5)
    scenario.swf.call(o.TerminateWorkflowExecution(domain="d", workflow_id="ended"))
    scenario.advance(5)

    late, ended = scenario.describe("late").execution_info, scenario.describe("ended").execution_info
    assert (late.close_status, late.close_timestamp) == (CloseStatus.TIMED_OUT, started + 10)
    assert (ended.close_status, ended.close_timestamp) == (CloseStatus.TERMINATED, started + 5)
    assert late.start_timestamp == ended.start_timestamp == started


def test_open_timers_are_counted(scenario: "Scenario") -> None:
    """OpenTimers is the number of timers that run."""
    scenario.start()
    scenario.decide(
        d.StartTimer(timer_id="1", start_to_fire_timeout="5"), d.StartTimer(timer_id="2", start_to_fire_timeout="9")
    )
    assert scenario.describe().open_counts.open_timers == 2
    scenario.advance(5)

    assert scenario.describe().open_counts.open_timers == 1


def test_timers_that_fail_name_themselves(scenario: "Scenario") -> None:
    """StartTimerFailed and CancelTimerFailed have the timer's id."""
    scenario.start()
    timer = d.StartTimer(timer_id="t", start_to_fire_timeout="5")
    scenario.decide(timer, timer, d.CancelTimer(timer_id="none"))

    started, canceled = scenario.event(6), scenario.event(7)
    assert isinstance(started, e.StartTimerFailed)
    assert isinstance(canceled, e.CancelTimerFailed)
    assert (started.timer_id, canceled.timer_id) == ("t", "none")


def test_one_odd_execution_harms_no_other(scenario: "Scenario") -> None:
    """Executions without limits do not keep others from starting, polling and timing out."""
    scenario.start("odd", task_start_to_close_timeout="NONE")
    scenario.decision_task()
    scenario.start("fine")
    scenario.decide(d.CompleteWorkflowExecution())

    assert scenario.kinds("fine")[-1] == "WorkflowExecutionCompleted"
    assert scenario.kinds("odd")[-1] == "DecisionTaskStarted"


def test_a_signal_may_have_no_input(scenario: "Scenario") -> None:
    """SignalWorkflowExecution without input is a signal without input."""
    scenario.start()
    scenario.signal()

    signaled = scenario.event(3)
    assert isinstance(signaled, e.WorkflowExecutionSignaled)
    assert signaled.input is None


def test_a_cancellation_request_is_written_down_and_decided_upon(scenario: "Scenario") -> None:
    """RequestCancelWorkflowExecution asks; the decider cancels."""
    scenario.start()
    scenario.decide()
    scenario.swf.call(
        o.RequestCancelWorkflowExecution(domain="d", workflow_id="x", run_id=scenario.runs["x"])  # type: ignore[arg-type]
    )
    scenario.decide(d.CancelWorkflowExecution(details="as asked"))

    canceled = scenario.history()[-1]
    assert isinstance(canceled, e.WorkflowExecutionCanceled)
    assert canceled.details == "as asked"


def test_pages_have_the_asked_size_also_of_polls(scenario: "Scenario") -> None:
    """MaximumPageSize counts for polls and histories."""
    scenario.start()
    for _ in range(5):
        scenario.signal()
    execution = WorkflowExecution(workflow_id="x", run_id=scenario.runs["x"])  # type: ignore[arg-type]

    page = scenario.swf.call(o.GetWorkflowExecutionHistory(domain="d", execution=execution, maximum_page_size=2))
    assert (len(page.events), page.next_page_token is None) == (2, False)
    task = scenario.swf.call(
        o.PollForDecisionTask(domain="d", task_list=TaskList(name="deciders"), maximum_page_size=3)
    )
    assert task is not None
    assert (len(task.events), task.next_page_token is None) == (3, False)
