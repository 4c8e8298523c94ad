"""What the best-known fake of the service does wrong, and the rules read from recorded histories: over the wire."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.exceptions
import pytest

from tests.contract.test_operations import (
    ACTIVITY,
    ACTIVITY_DEFAULTS,
    ALWAYS,
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


@pytest.fixture
def domain(boto: Any) -> str:
    """A domain of the test's own, with a workflow type and an activity type."""
    name = str(uuid.uuid4())
    boto.register_domain(name=name, workflowExecutionRetentionPeriodInDays="7")
    boto.register_workflow_type(domain=name, **TYPE, **DEFAULTS)
    boto.register_activity_type(domain=name, **ACTIVITY, **ACTIVITY_DEFAULTS)
    return name


def events(boto: Any, domain: str, execution: dict[str, str]) -> list[dict[str, Any]]:
    page: list[dict[str, Any]] = boto.get_workflow_execution_history(domain=domain, execution=execution)["events"]
    return page


def attributes(event: dict[str, Any]) -> dict[str, Any]:
    kind = event["eventType"]
    found: dict[str, Any] = event[f"{kind[0].lower()}{kind[1:]}EventAttributes"]
    return found


def last(boto: Any, domain: str, execution: dict[str, str], kind: str) -> dict[str, Any]:
    return attributes([event for event in events(boto, domain, execution) if event["eventType"] == kind][-1])


COMPLETE = decision("CompleteWorkflowExecution", result="done")

DECISIONS: dict[str, tuple[dict[str, Any], str]] = {
    "ScheduleActivityTask": (schedule("a"), "ActivityTaskScheduled"),
    "RequestCancelActivityTask": (
        decision("RequestCancelActivityTask", activityId="x"),
        "RequestCancelActivityTaskFailed",
    ),
    "CompleteWorkflowExecution": (COMPLETE, "WorkflowExecutionCompleted"),
    "FailWorkflowExecution": (decision("FailWorkflowExecution", reason="r"), "WorkflowExecutionFailed"),
    "CancelWorkflowExecution": (decision("CancelWorkflowExecution", details="d"), "WorkflowExecutionCanceled"),
    "ContinueAsNewWorkflowExecution": (
        decision("ContinueAsNewWorkflowExecution", input="i"),
        "WorkflowExecutionContinuedAsNew",
    ),
    "RecordMarker": (decision("RecordMarker", markerName="m"), "MarkerRecorded"),
    "StartTimer": (decision("StartTimer", timerId="t", startToFireTimeout="60"), "TimerStarted"),
    "CancelTimer": (decision("CancelTimer", timerId="t"), "CancelTimerFailed"),
    "SignalExternalWorkflowExecution": (
        decision("SignalExternalWorkflowExecution", workflowId="x", signalName="s"),
        "SignalExternalWorkflowExecutionInitiated",
    ),
    "RequestCancelExternalWorkflowExecution": (
        decision("RequestCancelExternalWorkflowExecution", workflowId="x"),
        "RequestCancelExternalWorkflowExecutionInitiated",
    ),
    "StartChildWorkflowExecution": (
        decision("StartChildWorkflowExecution", workflowId="child", workflowType=TYPE),
        "StartChildWorkflowExecutionInitiated",
    ),
    "ScheduleLambdaFunction": (
        decision("ScheduleLambdaFunction", id="l", name="f"),
        "LambdaFunctionScheduled",
    ),
}


@pytest.mark.parametrize("kind", DECISIONS)
def test_each_of_13_decisions_has_its_event(boto: Any, domain: str, kind: str) -> None:
    """The fake knows seven, and a call with another kills the workflow."""
    execution = start(boto, domain, lambdaRole="arn:aws:iam::123456789012:role/r")
    wanted, event = DECISIONS[kind]

    decide(boto, domain, wanted)

    assert event in history(boto, domain, execution)


def test_a_poll_waits_and_wakes_at_once(boto: Any, domain: str) -> None:
    """The fake sleeps a second and finds nothing."""
    with ThreadPoolExecutor() as threads:
        polling = threads.submit(boto.poll_for_decision_task, domain=domain, taskList=LIST)
        execution = start(boto, domain)

        assert polling.result(10)["workflowExecution"] == execution


def test_empty_polls_have_no_token(boto: Any, domain: str) -> None:
    """Some clients take an empty one for a task."""
    decisions = boto.poll_for_decision_task(domain=domain, taskList={"name": "idle"})
    activities = boto.poll_for_activity_task(domain=domain, taskList={"name": "idle"})

    for empty in (decisions, activities):
        assert empty.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    assert decisions == {"previousStartedEventId": 0, "startedEventId": 0}
    assert activities == {"startedEventId": 0}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("scheduleToStartTimeout", "SCHEDULE_TO_START"),
        ("scheduleToCloseTimeout", "SCHEDULE_TO_CLOSE"),
    ],
)
def test_activities_time_out_unasked(boto: Any, domain: str, name: str, kind: str) -> None:
    """Every kind of time-out, without another call; a task that never started has no started event."""
    execution = start(boto, domain)
    task = schedule("a")
    task["scheduleActivityTaskDecisionAttributes"] |= {"scheduleToStartTimeout": "NONE", name: "0"}
    decide(boto, domain, task)

    boto.poll_for_decision_task(domain=domain, taskList=LIST)

    timed_out = last(boto, domain, execution, "ActivityTaskTimedOut")
    assert timed_out["timeoutType"] == kind
    assert timed_out["startedEventId"] == 0


def test_start_to_close_times_out(boto: Any, domain: str) -> None:
    """The fake never notices."""
    execution = start(boto, domain)
    task = schedule("a")
    task["scheduleActivityTaskDecisionAttributes"]["startToCloseTimeout"] = "1"
    decide(boto, domain, task)
    boto.poll_for_activity_task(domain=domain, taskList=LIST)

    while not boto.poll_for_decision_task(domain=domain, taskList=LIST).get("taskToken"):
        pass

    assert last(boto, domain, execution, "ActivityTaskTimedOut")["timeoutType"] == "START_TO_CLOSE"


def test_timeouts_may_be_none(boto: Any, domain: str) -> None:
    """The fake breaks for every domain after that."""
    execution = start(boto, domain, taskStartToCloseTimeout="NONE")

    decide(boto, domain, COMPLETE)

    assert history(boto, domain, execution)[-1] == "WorkflowExecutionCompleted"


def test_timers_are_counted_and_end_with_the_workflow(boto: Any, domain: str) -> None:
    """The fake's still fires after the close."""
    execution = start(boto, domain)
    decide(boto, domain, decision("StartTimer", timerId="t", startToFireTimeout="1"))
    detail = boto.describe_workflow_execution(domain=domain, execution=execution)
    boto.signal_workflow_execution(domain=domain, workflowId="w", signalName="s")
    decide(boto, domain, COMPLETE)
    boto.poll_for_decision_task(domain=domain, taskList=LIST)

    assert detail["openCounts"]["openTimers"] == 1
    assert history(boto, domain, execution)[-1] == "WorkflowExecutionCompleted"


def test_causes_share_one_decision_task(boto: Any, domain: str) -> None:
    """Rules 2, 3 and 4: the fake schedules one for each completion."""
    execution = start(boto, domain)
    decide(boto, domain, *map(schedule, "abc"))
    for _ in "abc":
        token = boto.poll_for_activity_task(domain=domain, taskList=LIST)["taskToken"]
        boto.respond_activity_task_completed(taskToken=token)
    recorded = events(boto, domain, execution)
    kinds = [event["eventType"] for event in recorded]

    assert kinds.count("DecisionTaskScheduled") == 2
    for place, event in enumerate(recorded):
        if event["eventType"] == "DecisionTaskScheduled":
            assert event["eventTimestamp"] == recorded[place - 1]["eventTimestamp"]
    counts = boto.describe_workflow_execution(domain=domain, execution=execution)["openCounts"]
    assert counts["openDecisionTasks"] == 1


@pytest.mark.parametrize(
    "closing", ["CompleteWorkflowExecution", "FailWorkflowExecution", "ContinueAsNewWorkflowExecution"]
)
def test_nothing_is_lost_by_closing(boto: Any, domain: str, closing: str) -> None:
    """A signal that came while the decision was made keeps the execution open; the fake loses it."""
    execution = start(boto, domain)
    task = boto.poll_for_decision_task(domain=domain, taskList=LIST)
    boto.signal_workflow_execution(domain=domain, workflowId="w", signalName="s")

    boto.respond_decision_task_completed(taskToken=task["taskToken"], decisions=[DECISIONS[closing][0]])

    assert last(boto, domain, execution, f"{closing}Failed")["cause"] == "UNHANDLED_DECISION"
    assert "WorkflowExecutionSignaled" in history(boto, domain, execution)


def test_an_activity_id_is_free_again(boto: Any, domain: str) -> None:
    """It is in use while the task is open, and no longer."""
    execution = start(boto, domain)
    decide(boto, domain, schedule("a"), schedule("a"))
    assert last(boto, domain, execution, "ScheduleActivityTaskFailed")["cause"] == "ACTIVITY_ID_ALREADY_IN_USE"
    token = boto.poll_for_activity_task(domain=domain, taskList=LIST)["taskToken"]
    boto.respond_activity_task_completed(taskToken=token)

    decide(boto, domain, schedule("a"))

    assert history(boto, domain, execution)[-1] == "ActivityTaskScheduled"


def test_priorities_are_kept(boto: Any, domain: str) -> None:
    """The higher first; and described."""
    for priority in ("1", "5", "3"):
        start(boto, domain, f"p{priority}", taskPriority=priority)

    order = [boto.poll_for_decision_task(domain=domain, taskList=LIST)["workflowExecution"] for _ in range(3)]

    assert [execution["workflowId"] for execution in order] == ["p5", "p3", "p1"]
    detail = boto.describe_workflow_execution(domain=domain, execution=order[0])
    assert detail["executionConfiguration"]["taskPriority"] == "5"


def test_heartbeats_tell_of_cancellation(boto: Any, domain: str) -> None:
    """And a worker may report that it stopped."""
    execution = start(boto, domain)
    decide(boto, domain, schedule("a"))
    token = boto.poll_for_activity_task(domain=domain, taskList=LIST)["taskToken"]
    boto.signal_workflow_execution(domain=domain, workflowId="w", signalName="s")
    decide(boto, domain, decision("RequestCancelActivityTask", activityId="a"))

    assert boto.record_activity_task_heartbeat(taskToken=token)["cancelRequested"] is True
    boto.respond_activity_task_canceled(taskToken=token)
    assert "ActivityTaskCanceled" in history(boto, domain, execution)


def test_terminating_closes_children_and_tells_when(boto: Any, domain: str) -> None:
    """The fake applies no policy and keeps no time."""
    execution = start(boto, domain)
    decide(boto, domain, DECISIONS["StartChildWorkflowExecution"][0])
    boto.terminate_workflow_execution(domain=domain, workflowId="w")
    closed = boto.list_closed_workflow_executions(domain=domain, closeTimeFilter=ALWAYS)["executionInfos"]

    assert {info["execution"]["workflowId"] for info in closed} == {"w", "child"}
    assert all(info["closeTimestamp"] >= info["startTimestamp"] for info in closed)
    assert last(boto, domain, execution, "WorkflowExecutionTerminated")["cause"] == "OPERATOR_INITIATED"


def paged(method: Any, key: str, **given: Any) -> list[list[Any]]:
    pages: list[list[Any]] = []
    token: dict[str, str] = {}
    while True:
        page = method(**given, **token)
        pages.append(page[key])
        if "nextPageToken" not in page:
            return pages
        token = {"nextPageToken": page["nextPageToken"]}


def test_pages_have_their_size_and_an_end(boto: Any, domain: str) -> None:
    """Forwards and backwards, histories and lists; the last page, though full, has no token."""
    execution = start(boto, domain)
    for place in range(3):
        start(boto, domain, f"x{place}")
    decide(boto, domain, *(decision("RecordMarker", markerName=str(place)) for place in range(5)))
    whole: dict[str, Any] = {"domain": domain, "execution": execution}

    pages = paged(boto.get_workflow_execution_history, "events", **whole, maximumPageSize=3)
    backwards = paged(boto.get_workflow_execution_history, "events", **whole, maximumPageSize=4, reverseOrder=True)
    listed = paged(
        boto.list_open_workflow_executions, "executionInfos", domain=domain, startTimeFilter=ALWAYS, maximumPageSize=2
    )

    assert [[event["eventId"] for event in page] for page in pages] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert [event["eventId"] for page in backwards for event in page] == list(range(9, 0, -1))
    assert [[info["execution"]["workflowId"] for info in page] for page in listed] == [["x2", "x1"], ["x0", "w"]]


def test_tokens_of_pages_fit_their_request(boto: Any, domain: str) -> None:
    """Another list's token, or a spoilt one, is refused."""
    for place in range(3):
        start(boto, domain, f"x{place}")
    page = boto.list_open_workflow_executions(domain=domain, startTimeFilter=ALWAYS, maximumPageSize=1)

    for token in (page["nextPageToken"] + "x", "AAAA"):
        given = {"domain": domain, "startTimeFilter": ALWAYS, "nextPageToken": token}
        assert refused(boto, "list_open_workflow_executions", **given) == ("ValidationException", "Invalid token")


def test_decision_tasks_have_pages_too(boto: Any, domain: str) -> None:
    """The same task, page after page."""
    start(boto, domain)
    decide(boto, domain, *(decision("RecordMarker", markerName=str(place)) for place in range(5)), schedule("a"))
    token = boto.poll_for_activity_task(domain=domain, taskList=LIST)["taskToken"]
    boto.respond_activity_task_completed(taskToken=token)

    first = boto.poll_for_decision_task(domain=domain, taskList=LIST, maximumPageSize=10)
    second = boto.poll_for_decision_task(
        domain=domain, taskList=LIST, maximumPageSize=10, nextPageToken=first["nextPageToken"]
    )

    assert first["taskToken"] == second["taskToken"]
    ids = [event["eventId"] for page in (first, second) for event in page["events"]]
    assert ids == list(range(1, first["startedEventId"] + 1))


FILTERS: dict[str, Any] = {
    "typeFilter": {"name": "other", "version": "1"},
    "tagFilter": {"tag": "zz"},
    "executionFilter": {"workflowId": "w1"},
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("state", ["open", "closed"])
def test_filters_filter(boto: Any, domain: str, name: str, state: str) -> None:
    """Most of them do not in the fake."""
    boto.register_workflow_type(domain=domain, name="other", version="1", **DEFAULTS)
    start(boto, domain, "w0", tagList=["z"])
    boto.start_workflow_execution(
        domain=domain, workflowId="w1", workflowType={"name": "other", "version": "1"}, tagList=["z", "zz"]
    )
    if state == "closed":
        for workflow_id in ("w0", "w1"):
            boto.terminate_workflow_execution(domain=domain, workflowId=workflow_id)

    given = {"domain": domain, "startTimeFilter": ALWAYS, name: FILTERS[name]}
    listed = getattr(boto, f"list_{state}_workflow_executions")(**given)["executionInfos"]
    count = getattr(boto, f"count_{state}_workflow_executions")(**given)["count"]

    assert [info["execution"]["workflowId"] for info in listed] == ["w1"]
    assert count == 1


def test_close_statuses_are_told_apart(boto: Any, domain: str) -> None:
    """The fake compares a dict with a string."""
    start(boto, domain, "w0")
    decide(boto, domain, COMPLETE)
    start(boto, domain, "w1")
    boto.terminate_workflow_execution(domain=domain, workflowId="w1")

    listed = boto.list_closed_workflow_executions(
        domain=domain, startTimeFilter=ALWAYS, closeStatusFilter={"status": "COMPLETED"}
    )

    assert [info["execution"]["workflowId"] for info in listed["executionInfos"]] == ["w0"]


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"startTimeFilter": ALWAYS, "closeTimeFilter": ALWAYS},
        {"startTimeFilter": ALWAYS, "tagFilter": {"tag": "t"}, "executionFilter": {"workflowId": "w"}},
    ],
    ids=len,
)
def test_filters_that_exclude_each_other_are_refused(boto: Any, domain: str, filters: dict[str, Any]) -> None:
    """Not by a failure of the server."""
    assert refused(boto, "list_closed_workflow_executions", domain=domain, **filters)[0] == "ValidationException"


def test_started_tasks_are_not_pending(boto: Any, domain: str) -> None:
    """The fake counts them."""
    start(boto, domain)
    decide(boto, domain, *map(schedule, "ab"))
    boto.poll_for_activity_task(domain=domain, taskList=LIST)

    assert boto.count_pending_activity_tasks(domain=domain, taskList=LIST)["count"] == 1


def test_falsy_values_are_kept(boto: Any, domain: str) -> None:
    """Zeros and empty texts are values."""
    execution = start(boto, domain, input="")
    boto.signal_workflow_execution(domain=domain, workflowId="w", signalName="s", input="")

    started = last(boto, domain, execution, "WorkflowExecutionStarted")
    signaled = last(boto, domain, execution, "WorkflowExecutionSignaled")
    assert started["input"] == ""
    assert started["parentInitiatedEventId"] == 0
    assert signaled == {"signalName": "s", "input": "", "externalInitiatedEventId": 0}


def test_an_invalid_decision_applies_nothing(boto: Any, domain: str) -> None:
    """The token stays good; closing has to come last."""
    execution = start(boto, domain)
    task = boto.poll_for_decision_task(domain=domain, taskList=LIST)
    before = len(history(boto, domain, execution))

    for decisions in ([schedule("a"), {"decisionType": "StartTimer"}], [COMPLETE, schedule("a")]):
        with pytest.raises(botocore.exceptions.ClientError, match="ValidationException"):
            boto.respond_decision_task_completed(taskToken=task["taskToken"], decisions=decisions)
    assert len(history(boto, domain, execution)) == before
    boto.respond_decision_task_completed(taskToken=task["taskToken"], decisions=[COMPLETE])

    assert history(boto, domain, execution)[-1] == "WorkflowExecutionCompleted"


def test_a_task_list_for_decisions_may_be_changed(boto: Any, domain: str) -> None:
    """The sticky task list, which the fake passes over."""
    execution = start(boto, domain)
    decide(boto, domain, schedule("a"), taskList={"name": "mine"})
    boto.signal_workflow_execution(domain=domain, workflowId="w", signalName="s")

    assert last(boto, domain, execution, "DecisionTaskScheduled")["taskList"] == {"name": "mine"}


def test_eight_workers_get_each_task_once(boto: Any, domain: str) -> None:
    """And every task is got."""
    start(boto, domain)
    decide(boto, domain, *(schedule(f"a{place}") for place in range(99)))

    def work(_: int) -> list[str]:
        got = []
        while (task := boto.poll_for_activity_task(domain=domain, taskList=LIST)).get("taskToken"):
            boto.respond_activity_task_completed(taskToken=task["taskToken"])
            got.append(task["activityId"])
        return got

    with ThreadPoolExecutor(8) as threads:
        ids = [activity_id for got in threads.map(work, range(8)) for activity_id in got]

    assert sorted(ids) == sorted(f"a{place}" for place in range(99))
