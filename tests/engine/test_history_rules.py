"""What recorded histories of Amazon's service show (`reference/swf.md` §3.3): each rule against the engine."""

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ostinato.errors import UnknownResourceFault
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import operations as o
from ostinato.model.enums import (
    ActivityTaskTimeoutType,
    ChildPolicy,
    CloseStatus,
    SignalExternalWorkflowExecutionFailedCause,
    StartChildWorkflowExecutionFailedCause,
    WorkflowExecutionTerminatedCause,
)
from ostinato.model.structures import WorkflowExecution, WorkflowType

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Scenario


def _eventful(scenario: "Scenario") -> None:
    """An execution in which much happens."""
    scenario.start()
    scenario.decide(scenario.schedule("a1"), d.StartTimer(timer_id="t", start_to_fire_timeout="5"), scenario.child())
    scenario.work("1")
    scenario.advance(5)
    scenario.signal()
    scenario.decide(d.RecordMarker(marker_name="m"), scenario.schedule("a2"))
    scenario.signal()
    scenario.decide(d.CompleteWorkflowExecution())


def test_rule_01_ids_are_contiguous_and_times_never_decrease(scenario: "Scenario") -> None:
    """Rule 1: ids run from 1 without a gap; times never decrease, and have milliseconds."""
    _eventful(scenario)

    events = scenario.history()
    assert [event.event_id for event in events] == list(range(1, len(events) + 1))
    times = [event.event_timestamp for event in events]
    assert times == sorted(times)
    assert all(round(time, 3) == time for time in times)


def test_rule_02_start_and_first_decision_task_share_a_time(scenario: "Scenario") -> None:
    """Rule 2: events 1 and 2 have one time; an execution without a parent has parentInitiatedEventId 0."""
    scenario.start()

    started, scheduled = scenario.history()
    assert isinstance(started, e.WorkflowExecutionStarted)
    assert isinstance(scheduled, e.DecisionTaskScheduled)
    assert started.event_timestamp == scheduled.event_timestamp
    assert started.parent_initiated_event_id == 0


def test_rule_03_decision_tasks_are_scheduled_with_their_cause(scenario: "Scenario") -> None:
    """Rule 3: a DecisionTaskScheduled has the time of the event right before it, which is a cause."""
    _eventful(scenario)

    events = scenario.history()
    for before, event in pairwise(events):
        if isinstance(event, e.DecisionTaskScheduled):
            assert event.event_timestamp == before.event_timestamp
            assert not isinstance(before, e.ActivityTaskStarted | e.MarkerRecorded | e.TimerStarted | e.TimerCanceled)


def test_rule_03_what_is_no_cause_schedules_nothing(scenario: "Scenario") -> None:
    """Rule 3: starts, markers, timers begun or canceled, cancel requests and empty answers are no causes."""
    scenario.start()
    scenario.decide(
        scenario.schedule(),
        d.RecordMarker(marker_name="m"),
        d.StartTimer(timer_id="t", start_to_fire_timeout="60"),
        d.CancelTimer(timer_id="t"),
    )
    scenario.activity_task()

    assert scenario.kinds()[3:] == [
        "DecisionTaskCompleted",
        "ActivityTaskScheduled",
        "MarkerRecorded",
        "TimerStarted",
        "TimerCanceled",
        "ActivityTaskStarted",
    ]


def test_rule_04_causes_join_a_scheduled_decision_task(scenario: "Scenario") -> None:
    """Rule 4: while a decision task is scheduled, new causes add only their own event."""
    scenario.start()
    scenario.signal()
    scenario.signal()

    assert scenario.kinds() == [
        "WorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "WorkflowExecutionSignaled",
        "WorkflowExecutionSignaled",
    ]


def test_rule_04_a_running_decision_task_gets_a_second_one_at_once(scenario: "Scenario") -> None:
    """Rule 4: the first cause during a decision task schedules the next at once; it is handed out after the answer."""
    scenario.start()
    task = scenario.decision_task()
    scenario.signal()
    scenario.signal()

    assert scenario.kinds()[2:] == [
        "DecisionTaskStarted",
        "WorkflowExecutionSignaled",
        "DecisionTaskScheduled",
        "WorkflowExecutionSignaled",
    ]
    assert scenario.poll() is None
    scenario.answer(task.task_token)
    following = scenario.decision_task()
    assert isinstance(following.events[-1], e.DecisionTaskStarted)
    assert following.events[-1].scheduled_event_id == 5


def test_rule_05_decisions_are_written_in_order_at_one_time(scenario: "Scenario") -> None:
    """Rule 5: one event for each decision, in their order, with the answer's time and id; then a decision task."""
    scenario.start()
    scenario.decide(
        d.RecordMarker(marker_name="m"),
        d.CancelTimer(timer_id="none"),
        scenario.schedule(),
        d.StartTimer(timer_id="t", start_to_fire_timeout="9"),
    )

    events = scenario.history()[3:]
    assert [type(event).__name__ for event in events] == [
        "DecisionTaskCompleted",
        "MarkerRecorded",
        "CancelTimerFailed",
        "ActivityTaskScheduled",
        "TimerStarted",
        "DecisionTaskScheduled",
    ]
    assert len({event.event_timestamp for event in events}) == 1
    assert {getattr(event, "decision_task_completed_event_id", 4) for event in events} == {4}


def test_rule_06_closing_with_open_things_is_allowed(scenario: "Scenario") -> None:
    """Rule 6: an execution may complete with open activities, timers and children."""
    scenario.start()
    scenario.decide(scenario.schedule(), scenario.child(child_policy=ChildPolicy.ABANDON))
    scenario.activity_task()
    scenario.decide(d.CompleteWorkflowExecution(result="r"))

    assert scenario.kinds()[-1] == "WorkflowExecutionCompleted"


def test_rule_06_an_event_the_decider_has_not_seen_forbids_closing(scenario: "Scenario") -> None:
    """Rule 6: a close is refused with UNHANDLED_DECISION if something came meanwhile."""
    scenario.start()
    task = scenario.decision_task()
    scenario.signal()
    scenario.answer(task.task_token, d.CompleteWorkflowExecution())

    assert scenario.kinds()[3:] == [
        "WorkflowExecutionSignaled",
        "DecisionTaskScheduled",
        "DecisionTaskCompleted",
        "CompleteWorkflowExecutionFailed",
    ]
    scenario.decide(d.CompleteWorkflowExecution())
    assert scenario.kinds()[-1] == "WorkflowExecutionCompleted"


@pytest.mark.parametrize(
    ("decision", "event_type"),
    [
        (d.CompleteWorkflowExecution(), e.WorkflowExecutionCompleted),
        (d.FailWorkflowExecution(), e.WorkflowExecutionFailed),
        (d.CancelWorkflowExecution(), e.WorkflowExecutionCanceled),
        (d.ContinueAsNewWorkflowExecution(), e.WorkflowExecutionContinuedAsNew),
    ],
)
def test_rule_07_child_policy_applies_to_every_close(
    scenario: "Scenario", decision: d.DecisionAttributes, event_type: type[e.Event]
) -> None:
    """Rule 7: however the parent closes itself, its children are terminated if its policy says so."""
    scenario.start()
    scenario.decide(scenario.child())
    scenario.runs["c"] = scenario.event(6).workflow_execution.run_id  # type: ignore[union-attr]
    scenario.decide(decision)

    assert isinstance(scenario.history()[-1], event_type)
    terminated = scenario.history("c")[-1]
    assert isinstance(terminated, e.WorkflowExecutionTerminated)
    assert terminated.cause is WorkflowExecutionTerminatedCause.CHILD_POLICY_APPLIED
    assert terminated.child_policy is ChildPolicy.TERMINATE


def test_rule_07_child_policy_applies_when_parent_is_terminated_or_times_out(scenario: "Scenario") -> None:
    """Rule 7: a terminated or timed-out parent's policy reaches its children; the request's goes before its own."""
    scenario.start("p", child_policy=ChildPolicy.REQUEST_CANCEL, execution_start_to_close_timeout="50")
    scenario.start("q")
    for _ in range(2):
        task = scenario.decision_task()
        scenario.answer(
            task.task_token,
            scenario.child(f"child-{task.workflow_execution.workflow_id}", execution_start_to_close_timeout="900"),
        )
    for name in ("p", "q"):
        scenario.runs[f"child-{name}"] = scenario.event(6, name).workflow_execution.run_id  # type: ignore[union-attr]
    scenario.advance(50)
    scenario.swf.call(
        o.TerminateWorkflowExecution(domain="d", workflow_id="q", child_policy=ChildPolicy.REQUEST_CANCEL)
    )

    assert scenario.kinds("p")[-1] == "WorkflowExecutionTimedOut"
    assert scenario.kinds("q")[-1] == "WorkflowExecutionTerminated"
    assert "WorkflowExecutionCancelRequested" in scenario.kinds("child-p")
    assert "WorkflowExecutionCancelRequested" in scenario.kinds("child-q")


def test_rule_07_abandoned_children_go_on(scenario: "Scenario") -> None:
    """Rule 7: with ABANDON nothing happens to the children, and their close is told to nobody."""
    scenario.start(child_policy=ChildPolicy.ABANDON)
    scenario.decide(scenario.child(), d.CompleteWorkflowExecution())
    task = scenario.decide(d.CompleteWorkflowExecution(), on="children")

    assert task.workflow_execution.workflow_id == "c"
    assert scenario.kinds()[-1] == "WorkflowExecutionCompleted"


def test_rule_08_effects_come_after_the_decisions(scenario: "Scenario") -> None:
    """Rule 8: child start and signal delivery come after all of the answer's events, as transactions of their own."""
    scenario.start()
    scenario.decide(
        scenario.child(),
        d.SignalExternalWorkflowExecution(workflow_id="c", signal_name="s"),
        d.RecordMarker(marker_name="m"),
    )

    assert scenario.kinds()[3:] == [
        "DecisionTaskCompleted",
        "StartChildWorkflowExecutionInitiated",
        "SignalExternalWorkflowExecutionInitiated",
        "MarkerRecorded",
        "ChildWorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "ExternalWorkflowExecutionSignaled",
    ]


def test_rule_09_a_timer_of_no_seconds_fires_by_itself(scenario: "Scenario") -> None:
    """Rule 9: a timer of 0 s fires at once in a transaction of its own, one of 2 s after 2 s."""
    scenario.start()
    scenario.decide(
        d.StartTimer(timer_id="zero", start_to_fire_timeout="0"),
        d.StartTimer(timer_id="two", start_to_fire_timeout="2"),
    )

    assert scenario.kinds()[-2:] == ["TimerFired", "DecisionTaskScheduled"]
    scenario.advance(1.999)
    assert scenario.kinds()[-2:] == ["TimerFired", "DecisionTaskScheduled"]
    scenario.advance(0.001)
    fired = scenario.history()[-1]
    assert isinstance(fired, e.TimerFired)
    assert (fired.timer_id, fired.started_event_id) == ("two", 6)


def test_rule_10_a_signal_says_where_it_comes_from(scenario: "Scenario") -> None:
    """Rule 10: one through the API has externalInitiatedEventId 0; one of a workflow names it, which may be itself."""
    scenario.start()
    scenario.swf.call(o.SignalWorkflowExecution(domain="d", workflow_id="x", signal_name="api", input="i"))
    scenario.swf.call(o.RequestCancelWorkflowExecution(domain="d", workflow_id="x"))
    scenario.decide(d.SignalExternalWorkflowExecution(workflow_id="x", signal_name="self"))

    events = scenario.history()
    api, cancel = events[2], events[3]
    assert isinstance(api, e.WorkflowExecutionSignaled)
    assert (api.signal_name, api.input, api.external_initiated_event_id) == ("api", "i", 0)
    assert api.external_workflow_execution is None
    assert isinstance(cancel, e.WorkflowExecutionCancelRequested)
    assert (cancel.external_initiated_event_id, cancel.external_workflow_execution, cancel.cause) == (0, None, None)
    received = next(event for event in events[5:] if isinstance(event, e.WorkflowExecutionSignaled))
    assert received.external_initiated_event_id == 7
    assert received.external_workflow_execution == WorkflowExecution(
        workflow_id="x",
        run_id=scenario.runs["x"],  # type: ignore[arg-type]
    )


def test_rule_11_a_decision_task_says_its_timeouts(scenario: "Scenario") -> None:
    """Rule 11: DecisionTaskScheduled has startToCloseTimeout, taskList, and since 2023 scheduleToStartTimeout NONE."""
    scenario.start()

    scheduled = scenario.event(2)
    assert isinstance(scheduled, e.DecisionTaskScheduled)
    assert (scheduled.start_to_close_timeout, scheduled.schedule_to_start_timeout) == ("30", "NONE")
    assert scheduled.task_list.name == "deciders"


def test_rule_12_an_activity_task_has_the_effective_settings(scenario: "Scenario") -> None:
    """Rule 12: defaults are filled in; what is unset and optional is absent."""
    scenario.start()
    scenario.decide(scenario.schedule(start_to_close_timeout="7"))

    scheduled = scenario.event(5)
    assert isinstance(scheduled, e.ActivityTaskScheduled)
    assert (scheduled.start_to_close_timeout, scheduled.heartbeat_timeout) == ("7", "NONE")
    assert scheduled.task_list.name == "workers"
    assert (scheduled.input, scheduled.control, scheduled.task_priority) == (None, None, None)


def test_rule_13_a_child_of_no_type_is_refused_at_once(scenario: "Scenario") -> None:
    """Rule 13: WORKFLOW_TYPE_DOES_NOT_EXIST has no Initiated event, WORKFLOW_ALREADY_RUNNING comes after one."""
    scenario.start("running")
    scenario.swf.call(o.TerminateWorkflowExecution(domain="d", workflow_id="running"))
    scenario.start()
    scenario.decide(scenario.child(workflow_type=WorkflowType(name="none", version="1")), scenario.child("x"))

    failed = [event for event in scenario.history() if isinstance(event, e.StartChildWorkflowExecutionFailed)]
    assert [(event.cause, event.initiated_event_id) for event in failed] == [
        (StartChildWorkflowExecutionFailedCause.WORKFLOW_TYPE_DOES_NOT_EXIST, 0),
        (StartChildWorkflowExecutionFailedCause.WORKFLOW_ALREADY_RUNNING, 6),
    ]


def test_rule_14_a_signal_to_nobody_fails_after_it_was_initiated(scenario: "Scenario") -> None:
    """Rule 14: Initiated, then Failed with its id, then a decision task; the same for a cancellation request."""
    scenario.start()
    scenario.decide(d.SignalExternalWorkflowExecution(workflow_id="none", signal_name="s", control="k"))

    failed, scheduled = scenario.history()[-2:]
    assert isinstance(failed, e.SignalExternalWorkflowExecutionFailed)
    assert failed.cause is SignalExternalWorkflowExecutionFailedCause.UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION
    assert (failed.initiated_event_id, failed.decision_task_completed_event_id, failed.control) == (5, 4, "k")
    assert isinstance(scheduled, e.DecisionTaskScheduled)
    scenario.decide(d.RequestCancelExternalWorkflowExecution(workflow_id="none"))
    assert scenario.kinds()[-3:] == [
        "RequestCancelExternalWorkflowExecutionInitiated",
        "RequestCancelExternalWorkflowExecutionFailed",
        "DecisionTaskScheduled",
    ]


def test_rule_15_a_childs_close_names_its_events(scenario: "Scenario") -> None:
    """Rule 15: it has initiatedEventId and startedEventId, and what the child said."""
    scenario.start()
    scenario.decide(scenario.child())
    scenario.decide(d.CompleteWorkflowExecution(result="from child"), on="children")

    closed = next(event for event in scenario.history() if isinstance(event, e.ChildWorkflowExecutionCompleted))
    assert (closed.initiated_event_id, closed.started_event_id, closed.result) == (5, 6, "from child")


def test_rule_16_a_worker_may_cancel_unasked(scenario: "Scenario") -> None:
    """Rule 16: ActivityTaskCanceled needs no request before it."""
    scenario.start()
    scenario.decide(scenario.schedule())
    task = scenario.activity_task()
    scenario.swf.call(o.RespondActivityTaskCanceled(task_token=task.task_token, details="no"))

    canceled = scenario.history()[-2]
    assert isinstance(canceled, e.ActivityTaskCanceled)
    assert (canceled.latest_cancel_requested_event_id, canceled.details) == (None, "no")


def test_rule_17_termination_says_who_and_why(scenario: "Scenario") -> None:
    """Rule 17: cause OPERATOR_INITIATED, policy, reason and details; also during a decision task; nothing after it."""
    scenario.start()
    task = scenario.decision_task()
    scenario.swf.call(o.TerminateWorkflowExecution(domain="d", workflow_id="x", reason="r", details="d"))

    terminated = scenario.history()[-1]
    assert isinstance(terminated, e.WorkflowExecutionTerminated)
    assert terminated.cause is WorkflowExecutionTerminatedCause.OPERATOR_INITIATED
    assert (terminated.reason, terminated.details) == ("r", "d")
    assert terminated.child_policy is ChildPolicy.TERMINATE
    with pytest.raises(UnknownResourceFault, match="Unknown decision task, scheduledEventId = 2"):
        scenario.answer(task.task_token)
    assert scenario.kinds()[-1] == "WorkflowExecutionTerminated"


def test_rule_18_a_timed_out_workflow_abandons_its_decision_task(scenario: "Scenario") -> None:
    """Rule 18: WorkflowExecutionTimedOut START_TO_CLOSE with the policy; a scheduled decision task is no more."""
    scenario.start(execution_start_to_close_timeout="10")
    scenario.advance(10)

    assert scenario.kinds() == ["WorkflowExecutionStarted", "DecisionTaskScheduled", "WorkflowExecutionTimedOut"]
    assert scenario.describe().execution_info.close_status is CloseStatus.TIMED_OUT
    assert scenario.poll() is None


def test_rule_19_tasks_of_equal_priority_come_in_their_order(scenario: "Scenario") -> None:
    """Rule 19: SWF promises no order; here the oldest comes first, and a higher priority before it."""
    scenario.start()
    scenario.decide(
        scenario.schedule("low"),
        scenario.schedule("lower", task_priority="-1"),
        scenario.schedule("high", task_priority="7"),
        scenario.schedule("second"),
    )

    assert [scenario.activity_task().activity_id for _ in range(4)] == ["high", "low", "second", "lower"]


def test_a_task_that_never_started_times_out_with_started_event_0(scenario: "Scenario") -> None:
    """ActivityTaskTimedOut of a task that nobody took has startedEventId 0."""
    scenario.start()
    scenario.decide(scenario.schedule(schedule_to_start_timeout="5"))
    scenario.advance(5)

    timed_out = scenario.history()[-2]
    assert isinstance(timed_out, e.ActivityTaskTimedOut)
    assert timed_out.timeout_type is ActivityTaskTimeoutType.SCHEDULE_TO_START
    assert timed_out.started_event_id == 0


def test_run_ids_look_like_amazons(open_scenario: "Callable[..., Scenario]") -> None:
    """A run id is "22" and 32 bytes in base 64: 46 characters."""
    scenario = open_scenario()
    scenario.register()

    run_id = scenario.start()
    assert run_id.startswith("22")
    assert len(run_id) == 46
