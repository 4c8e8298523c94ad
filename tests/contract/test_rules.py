"""What recorded histories of Amazon's service show (`reference/swf.md` §3.3), each rule seen by Amazon's own client.

Rule 20 is of latencies, which no test of ours could hold a machine to: `benchmarks/` measures them.
"""

import datetime as dt
import uuid
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.contract.test_behaviour import attributes, events, last
from tests.contract.test_operations import (
    ACTIVITY,
    ACTIVITY_DEFAULTS,
    DEFAULTS,
    LIST,
    TYPE,
    decide,
    decision,
    history,
    refused,
    schedule,
    start,
)

CHILDREN = {"name": "children"}
NOBODY = {"name": "nobody"}
COMPLETE = decision("CompleteWorkflowExecution", result="done")
MARKER = decision("RecordMarker", markerName="m")
NO_CAUSES = {
    "ActivityTaskStarted",
    "ActivityTaskScheduled",
    "ActivityTaskCancelRequested",
    "LambdaFunctionStarted",
    "MarkerRecorded",
    "TimerStarted",
    "TimerCanceled",
    "DecisionTaskCompleted",
}


@pytest.fixture
def domain(boto: Any) -> str:
    """A domain of the test's own, with a workflow type and an activity type."""
    name = str(uuid.uuid4())
    boto.register_domain(name=name, workflowExecutionRetentionPeriodInDays="7")
    boto.register_workflow_type(domain=name, **TYPE, **DEFAULTS)
    boto.register_activity_type(domain=name, **ACTIVITY, **ACTIVITY_DEFAULTS)
    return name


def child(workflow_id: str = "child", **settings: Any) -> dict[str, Any]:
    given = {"workflowType": TYPE, "taskList": CHILDREN, **settings}
    return decision("StartChildWorkflowExecution", workflowId=workflow_id, **given)


def timer(timer_id: str, seconds: int) -> dict[str, Any]:
    return decision("StartTimer", timerId=timer_id, startToFireTimeout=str(seconds))


def task_of(boto: Any, domain: str, **where: Any) -> dict[str, Any]:
    """The next decision task, however long it takes."""
    while True:
        task: dict[str, Any] = boto.poll_for_decision_task(domain=domain, taskList=LIST, **where)
        if "taskToken" in task:
            return task


def work(boto: Any, domain: str, result: str = "out") -> dict[str, Any]:
    """Take an activity task and complete it."""
    task: dict[str, Any] = boto.poll_for_activity_task(domain=domain, taskList=LIST)
    boto.respond_activity_task_completed(taskToken=task["taskToken"], result=result)
    return task


def signal(boto: Any, domain: str, **more: Any) -> None:
    boto.signal_workflow_execution(domain=domain, workflowId="w", signalName="s", **more)


def decide_child(boto: Any, domain: str, *decisions: dict[str, Any]) -> dict[str, Any]:
    task: dict[str, Any] = boto.poll_for_decision_task(domain=domain, taskList=CHILDREN)
    boto.respond_decision_task_completed(taskToken=task["taskToken"], decisions=list(decisions))
    return task


def child_of(boto: Any, domain: str, parent: dict[str, str]) -> dict[str, str]:
    """The execution that the parent's history says was started."""
    started: dict[str, str] = last(boto, domain, parent, "ChildWorkflowExecutionStarted")["workflowExecution"]
    return started


@pytest.fixture
def eventful(boto: Any, domain: str) -> list[dict[str, Any]]:
    """The history of an execution in which much happened."""
    execution = start(boto, domain)
    decide(boto, domain, schedule("a1"), timer("t", 0), child(), MARKER)
    work(boto, domain)
    decide_child(boto, domain, COMPLETE)
    signal(boto, domain)
    decide(boto, domain, schedule("a2"), timer("t2", 60), decision("CancelTimer", timerId="t2"))
    signal(boto, domain)
    signal(boto, domain)
    decide(boto, domain, decision("CancelTimer", timerId="none"))
    boto.request_cancel_workflow_execution(domain=domain, workflowId="w")
    decide(boto, domain, COMPLETE)
    return events(boto, domain, execution)


def test_rule_01_ids_are_contiguous_and_times_never_decrease(eventful: list[dict[str, Any]]) -> None:
    """Ids run from 1 without a gap; times never decrease, and have milliseconds."""
    times = [event["eventTimestamp"] for event in eventful]

    assert [event["eventId"] for event in eventful] == list(range(1, len(eventful) + 1))
    assert times == sorted(times)
    assert all(time.microsecond % 1000 == 0 for time in times)


def test_rule_02_start_and_first_decision_task_share_a_time(boto: Any, domain: str) -> None:
    """Events 1 and 2 have one time; an execution without a parent has parentInitiatedEventId 0."""
    started, scheduled = events(boto, domain, start(boto, domain))

    assert (started["eventType"], scheduled["eventType"]) == ("WorkflowExecutionStarted", "DecisionTaskScheduled")
    assert started["eventTimestamp"] == scheduled["eventTimestamp"]
    assert attributes(started)["parentInitiatedEventId"] == 0
    assert "parentWorkflowExecution" not in attributes(started)


def test_rule_03_decision_tasks_are_scheduled_with_their_cause(eventful: list[dict[str, Any]]) -> None:
    """A DecisionTaskScheduled has the time of the event right before it, which is a cause."""
    pairs = [pair for pair in pairwise(eventful) if pair[1]["eventType"] == "DecisionTaskScheduled"]

    assert len(pairs) >= 4
    for before, scheduled in pairs:
        assert scheduled["eventTimestamp"] == before["eventTimestamp"]
        assert before["eventType"] not in NO_CAUSES


def test_rule_03_what_is_no_cause_schedules_nothing(boto: Any, domain: str) -> None:
    """Starts, markers, timers begun or canceled, cancellation requests, and an answer without decisions."""
    execution = start(boto, domain)
    decide(boto, domain, schedule("a"), MARKER, timer("t", 60), decision("CancelTimer", timerId="t"))
    boto.poll_for_activity_task(domain=domain, taskList=LIST)
    signal(boto, domain)
    decide(boto, domain, decision("RequestCancelActivityTask", activityId="a"))
    signal(boto, domain)
    decide(boto, domain)

    kinds = history(boto, domain, execution)
    assert kinds.count("DecisionTaskScheduled") == 3
    assert kinds[-1] == "DecisionTaskCompleted"


def test_rule_04_causes_join_a_scheduled_decision_task(boto: Any, domain: str) -> None:
    """While a decision task is scheduled, new causes add only their own event."""
    execution = start(boto, domain)
    signal(boto, domain)
    boto.request_cancel_workflow_execution(domain=domain, workflowId="w")

    assert history(boto, domain, execution)[2:] == ["WorkflowExecutionSignaled", "WorkflowExecutionCancelRequested"]


def test_rule_04_a_running_decision_task_gets_a_second_one_at_once(boto: Any, domain: str) -> None:
    """The first cause during a decision task schedules the next one; it is handed out after the answer."""
    execution = start(boto, domain)
    task = boto.poll_for_decision_task(domain=domain, taskList=LIST)
    signal(boto, domain)
    signal(boto, domain)

    kinds = history(boto, domain, execution)
    assert kinds[3:] == ["WorkflowExecutionSignaled", "DecisionTaskScheduled", "WorkflowExecutionSignaled"]
    assert boto.count_pending_decision_tasks(domain=domain, taskList=LIST)["count"] == 0
    boto.respond_decision_task_completed(taskToken=task["taskToken"], decisions=[])
    following = boto.poll_for_decision_task(domain=domain, taskList=LIST)
    assert attributes(following["events"][-1])["scheduledEventId"] == 5
    assert following["previousStartedEventId"] == 3


def test_rule_05_decisions_are_written_in_order_at_one_time(boto: Any, domain: str) -> None:
    """One event for each decision, with the answer's time and id; then a decision task, as one of them failed."""
    execution = start(boto, domain)
    decide(boto, domain, MARKER, decision("CancelTimer", timerId="none"), schedule("a"), timer("t", 60))

    written = events(boto, domain, execution)[3:]
    assert [event["eventType"] for event in written] == [
        "DecisionTaskCompleted",
        "MarkerRecorded",
        "CancelTimerFailed",
        "ActivityTaskScheduled",
        "TimerStarted",
        "DecisionTaskScheduled",
    ]
    assert len({event["eventTimestamp"] for event in written}) == 1
    assert {attributes(event)["decisionTaskCompletedEventId"] for event in written[1:-1]} == {4}


def test_rule_05_a_close_is_in_the_batch(boto: Any, domain: str) -> None:
    """What was asked for before it in the same answer stands before it, at its time."""
    execution = start(boto, domain)
    decide(boto, domain, schedule("a"), MARKER, COMPLETE)

    written = events(boto, domain, execution)[3:]
    assert [event["eventType"] for event in written[1:]] == [
        "ActivityTaskScheduled",
        "MarkerRecorded",
        "WorkflowExecutionCompleted",
    ]
    assert len({event["eventTimestamp"] for event in written}) == 1


@pytest.mark.parametrize("closing", ["CompleteWorkflowExecution", "CancelWorkflowExecution", "FailWorkflowExecution"])
def test_rule_06_closing_with_open_things_is_allowed(boto: Any, domain: str, closing: str) -> None:
    """With a started activity, an open timer and a child; the counts of what was open stay."""
    execution = start(boto, domain)
    decide(boto, domain, schedule("a"), timer("t", 60), child(childPolicy="ABANDON"))
    boto.poll_for_activity_task(domain=domain, taskList=LIST)
    decide(boto, domain, decision(closing))

    detail = boto.describe_workflow_execution(domain=domain, execution=execution)
    assert detail["executionInfo"]["executionStatus"] == "CLOSED"
    counts = detail["openCounts"]
    assert counts["openActivityTasks"] == counts["openTimers"] == counts["openChildWorkflowExecutions"] == 1


@pytest.mark.parametrize("closing", ["Complete", "Fail", "Cancel", "ContinueAsNew"])
def test_rule_06_what_the_decider_has_not_seen_forbids_closing(boto: Any, domain: str, closing: str) -> None:
    """Each close fails with UNHANDLED_DECISION if something came meanwhile; the next decision may close."""
    execution = start(boto, domain)
    task = boto.poll_for_decision_task(domain=domain, taskList=LIST)
    signal(boto, domain)
    boto.respond_decision_task_completed(
        taskToken=task["taskToken"], decisions=[decision(f"{closing}WorkflowExecution")]
    )

    failed = f"{closing}WorkflowExecutionFailed"
    kinds = history(boto, domain, execution)
    assert kinds[3:] == ["WorkflowExecutionSignaled", "DecisionTaskScheduled", "DecisionTaskCompleted", failed]
    assert last(boto, domain, execution, failed) == {"cause": "UNHANDLED_DECISION", "decisionTaskCompletedEventId": 6}
    decide(boto, domain, COMPLETE)
    assert history(boto, domain, execution)[-1] == "WorkflowExecutionCompleted"


def _terminate(boto: Any, domain: str) -> None:
    boto.terminate_workflow_execution(domain=domain, workflowId="w")


def _decide(closing: str) -> Callable[[Any, str], Any]:
    return lambda boto, domain: decide(boto, domain, decision(closing))


CLOSES: dict[str, Callable[[Any, str], Any]] = {
    "Completed": _decide("CompleteWorkflowExecution"),
    "Failed": _decide("FailWorkflowExecution"),
    "Canceled": _decide("CancelWorkflowExecution"),
    "ContinuedAsNew": _decide("ContinueAsNewWorkflowExecution"),
    "Terminated": _terminate,
}


@pytest.mark.parametrize("how", CLOSES)
@pytest.mark.parametrize("policy", ["TERMINATE", "REQUEST_CANCEL", "ABANDON"])
def test_rule_07_child_policy_applies_to_every_close(boto: Any, domain: str, how: str, policy: str) -> None:
    """However the parent closes, its policy is applied to its children (a time-out's is rule 18's)."""
    execution = start(boto, domain, childPolicy=policy)
    decide(boto, domain, child())
    of_child = child_of(boto, domain, execution)
    CLOSES[how](boto, domain)

    assert history(boto, domain, execution)[-1] == f"WorkflowExecution{how}"
    after = events(boto, domain, of_child)[2:]
    match policy:
        case "TERMINATE":
            (terminated,) = after
            assert attributes(terminated)["cause"] == "CHILD_POLICY_APPLIED"
            assert attributes(terminated)["childPolicy"] == "TERMINATE"
        case "REQUEST_CANCEL":
            (requested,) = after
            assert requested["eventType"] == "WorkflowExecutionCancelRequested"
            assert attributes(requested)["cause"] == "CHILD_POLICY_APPLIED"
        case _:
            assert after == []


def test_rule_08_effects_come_after_the_decisions(boto: Any, domain: str) -> None:
    """Starts of children, signals and cancellation requests follow the whole answer, as transactions of their own."""
    execution = start(boto, domain)
    other = start(boto, domain, "other", taskList=NOBODY)
    decide(
        boto,
        domain,
        child(),
        decision("SignalExternalWorkflowExecution", workflowId="other", signalName="s"),
        decision("RequestCancelExternalWorkflowExecution", workflowId="other"),
        MARKER,
    )

    kinds = history(boto, domain, execution)
    assert kinds[3:8] == [
        "DecisionTaskCompleted",
        "StartChildWorkflowExecutionInitiated",
        "SignalExternalWorkflowExecutionInitiated",
        "RequestCancelExternalWorkflowExecutionInitiated",
        "MarkerRecorded",
    ]
    assert sorted(kinds[8:]) == [
        "ChildWorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "ExternalWorkflowExecutionCancelRequested",
        "ExternalWorkflowExecutionSignaled",
    ]
    received = history(boto, domain, other)[2:]
    assert sorted(received) == ["WorkflowExecutionCancelRequested", "WorkflowExecutionSignaled"]
    when = {event["eventType"]: event["eventTimestamp"] for event in events(boto, domain, execution)}
    there = {event["eventType"]: event["eventTimestamp"] for event in events(boto, domain, other)}
    assert when["SignalExternalWorkflowExecutionInitiated"] <= there["WorkflowExecutionSignaled"]
    assert there["WorkflowExecutionSignaled"] <= when["ExternalWorkflowExecutionSignaled"]


def test_rule_09_timers_fire_when_due(boto: Any, domain: str) -> None:
    """One of no seconds at once, in a transaction of its own; one of a second after no less."""
    execution = start(boto, domain)
    decide(boto, domain, timer("zero", 0), timer("one", 1))

    assert history(boto, domain, execution)[-2:] == ["TimerFired", "DecisionTaskScheduled"]
    decide(boto, domain)
    task_of(boto, domain)
    recorded = events(boto, domain, execution)
    fired = {attributes(event)["timerId"]: event for event in recorded if event["eventType"] == "TimerFired"}
    assert attributes(fired["one"])["startedEventId"] == 6
    taken = fired["one"]["eventTimestamp"] - recorded[5]["eventTimestamp"]
    assert taken >= dt.timedelta(seconds=1)


def test_rule_10_signals_and_cancellations_say_where_they_come_from(boto: Any, domain: str) -> None:
    """Through the API: externalInitiatedEventId 0 and no execution. Of a workflow, maybe itself: who, and its event."""
    execution = start(boto, domain)
    signal(boto, domain)
    signal(boto, domain, input="i")
    boto.request_cancel_workflow_execution(domain=domain, workflowId="w")
    bare, full, cancel = map(attributes, events(boto, domain, execution)[2:])
    decide(
        boto,
        domain,
        decision("SignalExternalWorkflowExecution", workflowId="w", signalName="self", control="k"),
        decision("RequestCancelExternalWorkflowExecution", workflowId="w"),
    )

    assert bare == {"signalName": "s", "externalInitiatedEventId": 0}
    assert full == {"signalName": "s", "externalInitiatedEventId": 0, "input": "i"}
    assert cancel == {"externalInitiatedEventId": 0}
    received = last(boto, domain, execution, "WorkflowExecutionSignaled")
    assert received == {"signalName": "self", "externalInitiatedEventId": 8, "externalWorkflowExecution": execution}
    canceled = last(boto, domain, execution, "WorkflowExecutionCancelRequested")
    assert canceled == {"externalInitiatedEventId": 9, "externalWorkflowExecution": execution}
    signaled = last(boto, domain, execution, "ExternalWorkflowExecutionSignaled")
    assert signaled == {"initiatedEventId": 8, "workflowExecution": execution}


def test_rule_11_a_decision_task_says_its_timeouts(boto: Any, domain: str) -> None:
    """What is recorded of 2023."""
    execution = start(boto, domain)

    scheduled = last(boto, domain, execution, "DecisionTaskScheduled")
    assert scheduled == {"startToCloseTimeout": "60", "scheduleToStartTimeout": "NONE", "taskList": LIST}


def test_rule_12_an_activity_task_has_the_effective_settings(boto: Any, domain: str) -> None:
    """Defaults are filled in; what is unset and optional is absent, input too."""
    execution = start(boto, domain)
    decide(
        boto,
        domain,
        decision("ScheduleActivityTask", activityType=ACTIVITY, activityId="a", startToCloseTimeout="7"),
    )

    assert last(boto, domain, execution, "ActivityTaskScheduled") == {
        "activityId": "a",
        "activityType": ACTIVITY,
        "decisionTaskCompletedEventId": 4,
        "heartbeatTimeout": "NONE",
        "scheduleToCloseTimeout": "60",
        "scheduleToStartTimeout": "60",
        "startToCloseTimeout": "7",
        "taskList": LIST,
    }


def test_rule_13_children_that_cannot_start(boto: Any, domain: str) -> None:
    """WORKFLOW_TYPE_DOES_NOT_EXIST has no Initiated event, WORKFLOW_ALREADY_RUNNING comes after one."""
    execution = start(boto, domain)
    decide(boto, domain, child(workflowType={"name": "none", "version": "1"}), child("w"))

    failed = [
        (attributes(event)["cause"], attributes(event)["initiatedEventId"])
        for event in events(boto, domain, execution)
        if event["eventType"] == "StartChildWorkflowExecutionFailed"
    ]
    assert failed == [("WORKFLOW_TYPE_DOES_NOT_EXIST", 0), ("WORKFLOW_ALREADY_RUNNING", 6)]


@pytest.mark.parametrize("kind", ["SignalExternal", "RequestCancelExternal"])
def test_rule_14_what_reaches_nobody_fails_after_it_was_initiated(boto: Any, domain: str, kind: str) -> None:
    """Initiated, then Failed with its id, the decision's and control, then a decision task."""
    execution = start(boto, domain)
    given = {"signalName": "s"} if kind == "SignalExternal" else {}
    decide(boto, domain, decision(f"{kind}WorkflowExecution", workflowId="none", control="k", **given))

    assert history(boto, domain, execution)[4:] == [
        f"{kind}WorkflowExecutionInitiated",
        f"{kind}WorkflowExecutionFailed",
        "DecisionTaskScheduled",
    ]
    assert last(boto, domain, execution, f"{kind}WorkflowExecutionFailed") == {
        "cause": "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION",
        "control": "k",
        "decisionTaskCompletedEventId": 4,
        "initiatedEventId": 5,
        "workflowId": "none",
    }


@pytest.mark.parametrize("how", ["Completed", "Failed", "Canceled", "Terminated", "TimedOut"])
def test_rule_15_a_childs_close_names_its_events(boto: Any, domain: str, how: str) -> None:
    """It has initiatedEventId and startedEventId, of ChildWorkflowExecutionStarted."""
    execution = start(boto, domain)
    decide(boto, domain, child(executionStartToCloseTimeout="1" if how == "TimedOut" else "60"))
    decide(boto, domain)
    closing = {"Completed": "Complete", "Failed": "Fail", "Canceled": "Cancel"}
    if how in closing:
        decide_child(boto, domain, decision(f"{closing[how]}WorkflowExecution"))
    elif how == "Terminated":
        boto.terminate_workflow_execution(domain=domain, workflowId="child")
    task_of(boto, domain)

    closed = last(boto, domain, execution, f"ChildWorkflowExecution{how}")
    assert (closed["initiatedEventId"], closed["startedEventId"]) == (5, 6)
    assert closed["workflowExecution"] == child_of(boto, domain, execution)


def test_rule_16_a_worker_may_cancel_unasked(boto: Any, domain: str) -> None:
    """ActivityTaskCanceled needs no request before it, and then names none."""
    execution = start(boto, domain)
    decide(boto, domain, schedule("a"))
    token = boto.poll_for_activity_task(domain=domain, taskList=LIST)["taskToken"]
    boto.respond_activity_task_canceled(taskToken=token, details="no")

    canceled = last(boto, domain, execution, "ActivityTaskCanceled")
    assert canceled == {"scheduledEventId": 5, "startedEventId": 6, "details": "no"}


def test_rule_17_termination_says_who_and_why(boto: Any, domain: str) -> None:
    """Also during a decision task, whose answer comes too late; nothing follows it."""
    execution = start(boto, domain)
    token = boto.poll_for_decision_task(domain=domain, taskList=LIST)["taskToken"]
    boto.terminate_workflow_execution(domain=domain, workflowId="w", reason="r", details="d")
    late = refused(boto, "respond_decision_task_completed", taskToken=token)

    assert late == ("UnknownResourceFault", "Unknown decision task, scheduledEventId = 2")
    assert refused(boto, "signal_workflow_execution", domain=domain, workflowId="w", signalName="s") == (
        "UnknownResourceFault",
        "Unknown execution, workflowId = w",
    )
    assert history(boto, domain, execution)[2:] == ["DecisionTaskStarted", "WorkflowExecutionTerminated"]
    terminated = last(boto, domain, execution, "WorkflowExecutionTerminated")
    assert terminated == {"cause": "OPERATOR_INITIATED", "childPolicy": "TERMINATE", "reason": "r", "details": "d"}


def test_rule_18_a_timed_out_workflow_abandons_its_decision_task(boto: Any, domain: str) -> None:
    """START_TO_CLOSE and the policy, which is applied to its own children; its scheduled decision task is no more."""
    start(boto, domain, "parent")
    settings = {"executionStartToCloseTimeout": "1", "taskList": NOBODY, "childPolicy": "REQUEST_CANCEL"}
    decide(boto, domain, child("w", **settings))
    decide(boto, domain)
    task_of(boto, domain)
    (closed,) = boto.list_closed_workflow_executions(domain=domain, startTimeFilter={"oldestDate": 0})["executionInfos"]

    assert closed["closeStatus"] == "TIMED_OUT"
    recorded = events(boto, domain, closed["execution"])
    assert [event["eventType"] for event in recorded][1:] == ["DecisionTaskScheduled", "WorkflowExecutionTimedOut"]
    assert attributes(recorded[-1]) == {"timeoutType": "START_TO_CLOSE", "childPolicy": "REQUEST_CANCEL"}
    assert boto.count_pending_decision_tasks(domain=domain, taskList=NOBODY)["count"] == 0


def test_rule_19_each_task_comes_once_in_whatever_order(boto: Any, domain: str) -> None:
    """The service promises no order. Ours keeps one: the oldest first, and a higher priority before it."""
    start(boto, domain)
    low, high = schedule("low"), schedule("high")
    low["scheduleActivityTaskDecisionAttributes"]["taskPriority"] = "-1"
    high["scheduleActivityTaskDecisionAttributes"]["taskPriority"] = "7"
    decide(boto, domain, low, schedule("first"), high, schedule("second"))

    assert [work(boto, domain)["activityId"] for _ in range(4)] == ["high", "first", "second", "low"]
