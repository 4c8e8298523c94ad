"""What was recorded of Amazon's wire and answers (`reference/swf.md` §3.1 and §3.2), with Amazon's own client."""

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.contract.test_behaviour import attributes, events, last
from tests.contract.test_operations import (
    ACTIVITY,
    ACTIVITY_DEFAULTS,
    ALWAYS,
    DEFAULTS,
    LIST,
    TYPE,
    decide,
    decision,
    refused,
    schedule,
    start,
)

COMPLETE = decision("CompleteWorkflowExecution")
DECISION_TYPES = [
    "CompleteWorkflowExecution",
    "StartTimer",
    "RequestCancelExternalWorkflowExecution",
    "SignalExternalWorkflowExecution",
    "CancelTimer",
    "RecordMarker",
    "ScheduleActivityTask",
    "ContinueAsNewWorkflowExecution",
    "ScheduleLambdaFunction",
    "FailWorkflowExecution",
    "RequestCancelActivityTask",
    "StartChildWorkflowExecution",
    "CancelWorkflowExecution",
]


@pytest.fixture
def domain(boto: Any) -> str:
    """A domain of the test's own, with a workflow type and an activity type."""
    name = str(uuid.uuid4())
    boto.register_domain(name=name, workflowExecutionRetentionPeriodInDays="7")
    boto.register_workflow_type(domain=name, **TYPE, **DEFAULTS)
    boto.register_activity_type(domain=name, **ACTIVITY, **ACTIVITY_DEFAULTS)
    return name


@dataclass
class Recorder:
    """What went over the wire: the answers, and what to change of requests' headers."""

    answers: list[Any] = field(default_factory=list[Any])
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def last(self) -> Any:
        """The last answer, as it came."""
        return self.answers[-1]


@pytest.fixture
def wire(boto: Any) -> Iterator[Recorder]:
    """Takes down what comes."""
    recorder = Recorder()

    def before(params: dict[str, Any], **_: Any) -> None:
        params["headers"].update(recorder.headers)

    def after(http_response: Any, **_: Any) -> None:
        recorder.answers.append(http_response)

    boto.meta.events.register("before-call.swf", before, unique_id="before")
    boto.meta.events.register("after-call.swf", after, unique_id="after")
    yield recorder
    boto.meta.events.unregister("before-call.swf", unique_id="before")
    boto.meta.events.unregister("after-call.swf", unique_id="after")


# §3.1


@pytest.mark.parametrize("prefix", ["com.amazonaws.swf.service.model.SimpleWorkflowService", "SimpleWorkflowService"])
def test_old_and_new_clients_are_understood(boto: Any, domain: str, wire: Recorder, prefix: str) -> None:
    """Any target's prefix; boto2's content type and encoding are answered in its flavor, also for a fault."""
    wire.headers = {
        "X-Amz-Target": f"{prefix}.DescribeDomain",
        "Content-Type": "application/json; charset=UTF-8",
        "Content-Encoding": "amz-1.0",
    }

    assert boto.describe_domain(name=domain)["domainInfo"]["name"] == domain
    assert wire.last.headers["Content-Type"] == "application/json"
    assert refused(boto, "describe_domain", name="none") == ("UnknownResourceFault", "Unknown domain: none")
    assert wire.last.headers["Content-Type"] == "application/json"


def test_answers_have_the_headers_that_were_recorded(boto: Any, domain: str, wire: Recorder) -> None:
    """Length, type, a request id (a UUID, which boto3 tells), and a date."""
    metadata = boto.describe_domain(name=domain)["ResponseMetadata"]

    headers = wire.last.headers
    assert headers["Content-Type"] == "application/x-amz-json-1.0"
    assert int(headers["Content-Length"]) == len(wire.last.content)
    assert str(uuid.UUID(headers["x-amzn-RequestId"])) == metadata["RequestId"]
    assert "Date" in headers


def test_json_is_compact_and_times_are_seconds(boto: Any, domain: str, wire: Recorder) -> None:
    """No spaces; the epoch's seconds with three decimals at most."""
    events(boto, domain, start(boto, domain))

    text = wire.last.content.decode()
    value = json.loads(text)
    assert text == json.dumps(value, separators=(",", ":"))
    for event in value["events"]:
        assert round(event["eventTimestamp"], 3) == event["eventTimestamp"]


def test_void_operations_have_an_empty_body(boto: Any, domain: str, wire: Recorder) -> None:
    """200, and nothing."""
    start(boto, domain)
    boto.terminate_workflow_execution(domain=domain, workflowId="w")

    assert (wire.last.status_code, wire.last.content, wire.last.headers["Content-Length"]) == (200, b"", "0")


def test_empty_polls_are_the_recorded_bytes(boto: Any, domain: str, wire: Recorder) -> None:
    """47 bytes for decisions and 20 for activities: there is no token, not even an empty one."""
    boto.poll_for_decision_task(domain=domain, taskList={"name": "idle"})
    boto.poll_for_activity_task(domain=domain, taskList={"name": "idle"})

    decisions, activities = (answer.content for answer in wire.answers)
    assert decisions == b'{"previousStartedEventId":0,"startedEventId":0}'
    assert activities == b'{"startedEventId":0}'


def test_run_ids_and_tokens_have_their_form(boto: Any, domain: str) -> None:
    """A run id is "22" and 32 bytes in base 64; a task token has 1,024 characters at most."""
    execution = start(boto, domain)
    token = boto.poll_for_decision_task(domain=domain, taskList=LIST)["taskToken"]

    assert re.fullmatch(r"22[A-Za-z0-9+/]{43}=", execution["runId"])
    assert 1 <= len(token) <= 1024


@pytest.mark.parametrize(
    ("method", "given", "type_name"),
    [
        ("describe_domain", {"name": "none"}, "com.amazonaws.swf.base.model#UnknownResourceFault"),
        ("describe_domain", {"name": ""}, "com.amazon.coral.validate#ValidationException"),
        ("describe_domain", {"name": 3}, "com.amazon.coral.service#SerializationException"),
    ],
)
def test_faults_have_their_namespace(
    boto: Any, wire: Recorder, method: str, given: dict[str, Any], type_name: str
) -> None:
    """In the body; the bare name is in a header."""
    name, message = refused(boto, method, **given)

    body = json.loads(wire.last.content)
    assert (body["__type"], body["message"]) == (type_name, message)
    assert wire.last.headers["x-amzn-query-error"].partition(";")[0] == name == type_name.partition("#")[2]


def test_what_simpleflow_reads_of_faults(boto: Any, domain: str) -> None:
    """It takes what is unknown out of the message by these expressions."""
    _, of_domain = refused(boto, "describe_domain", name="none")
    _, of_type = refused(boto, "start_workflow_execution", domain=domain, workflowId="x", workflowType=ACTIVITY)
    _, of_run = refused(boto, "describe_workflow_execution", domain=domain, execution={"workflowId": "x", "runId": "r"})
    _, of_id = refused(boto, "signal_workflow_execution", domain=domain, workflowId="x", signalName="s")

    for message, what in ((of_domain, "domain"), (of_type, "type"), (of_run, "execution"), (of_id, "execution")):
        found = re.match(r"^Unknown ([^ :,]+)", message)
        assert found is not None
        assert found[1] == what
    for message, what in ((of_type, "WorkflowType"), (of_run, "WorkflowExecution"), (of_id, "workflowId")):
        found = re.search(r"Unknown (?:type|execution)[:,]\s*([^ =]+)\s*=", message)
        assert found is not None
        assert found[1] == what


def test_a_decision_of_no_type_is_told_all_that_there_are(boto: Any, domain: str) -> None:
    """In the service's own order; nothing is applied, and the token stays good."""
    start(boto, domain)
    token = boto.poll_for_decision_task(domain=domain, taskList=LIST)["taskToken"]

    code, message = refused(
        boto, "respond_decision_task_completed", taskToken=token, decisions=[{"decisionType": "Dance"}]
    )

    assert code == "ValidationException"
    assert f"[{', '.join(DECISION_TYPES)}]" in message
    code, message = refused(
        boto, "respond_decision_task_completed", taskToken=token, decisions=[COMPLETE, schedule("a")]
    )
    assert (code, message) == ("ValidationException", "Close must be last decision in list")
    boto.respond_decision_task_completed(taskToken=token, decisions=[COMPLETE])


def test_a_type_in_use_cannot_be_deleted(boto: Any, domain: str) -> None:
    """In the words that clients were shown."""
    _, message = refused(boto, "delete_activity_type", domain=domain, activityType=ACTIVITY)

    assert "The type is currently registered and cannot be deleted in its current state" in message


def test_a_childs_successor_keeps_its_parent(boto: Any, domain: str) -> None:
    """Also after continue-as-new; its close is told to the parent under the same ids."""
    execution = start(boto, domain)
    children = {"name": "children"}
    decide(
        boto,
        domain,
        decision("StartChildWorkflowExecution", workflowId="c", workflowType=TYPE, taskList=children, input="1"),
    )
    token = boto.poll_for_decision_task(domain=domain, taskList=children)["taskToken"]
    again = decision("ContinueAsNewWorkflowExecution", input="2", taskList=children)
    boto.respond_decision_task_completed(taskToken=token, decisions=[again])
    task = boto.poll_for_decision_task(domain=domain, taskList=children)
    boto.respond_decision_task_completed(taskToken=task["taskToken"], decisions=[COMPLETE])

    started = attributes(task["events"][0])
    assert started["parentWorkflowExecution"] == execution
    assert started["parentInitiatedEventId"] == 5
    assert started["input"] == "2"
    assert "continuedExecutionRunId" in started
    completed = last(boto, domain, execution, "ChildWorkflowExecutionCompleted")
    assert (completed["initiatedEventId"], completed["startedEventId"]) == (5, 6)
    assert completed["workflowExecution"] == task["workflowExecution"]


def test_a_page_size_of_zero_is_the_largest(boto: Any, domain: str) -> None:
    """As is none; more than 1,000 is refused."""
    execution = start(boto, domain)
    decide(boto, domain, *(decision("RecordMarker", markerName=str(place)) for place in range(99)))

    for size in ({}, {"maximumPageSize": 0}):
        page = boto.get_workflow_execution_history(domain=domain, execution=execution, **size)
        assert len(page["events"]) == 103
        assert "nextPageToken" not in page
    code, _ = refused(boto, "get_workflow_execution_history", domain=domain, execution=execution, maximumPageSize=1001)
    assert code == "ValidationException"


def test_a_decision_task_may_begin_where_the_last_one_started(boto: Any, domain: str) -> None:
    """`startAtPreviousStartedEvent`: that event is the first."""
    start(boto, domain)
    decide(boto, domain)
    boto.signal_workflow_execution(domain=domain, workflowId="w", signalName="s")

    task = boto.poll_for_decision_task(domain=domain, taskList=LIST, startAtPreviousStartedEvent=True)

    assert task["previousStartedEventId"] == 3
    assert [event["eventId"] for event in task["events"]] == [3, 4, 5, 6, 7]


def test_a_lambda_function_needs_a_role(boto: Any, domain: str) -> None:
    """An execution without one may have it scheduled, and is told why it does not start."""
    execution = start(boto, domain)
    decide(boto, domain, decision("ScheduleLambdaFunction", id="l", name="f"))

    kinds = [event["eventType"] for event in events(boto, domain, execution)]
    assert kinds[4:] == ["LambdaFunctionScheduled", "StartLambdaFunctionFailed", "DecisionTaskScheduled"]
    failed = last(boto, domain, execution, "StartLambdaFunctionFailed")
    assert failed["message"] == "No IAM role is attached to the current workflow execution."


# §3.2


def test_a_description_has_the_recorded_members(boto: Any, domain: str) -> None:
    """Those of 2023 too; what there is none of is absent, and all five counts are there."""
    execution = start(boto, domain)

    described = boto.describe_workflow_execution(domain=domain, execution=execution)

    del described["ResponseMetadata"]
    started = described["executionInfo"].pop("startTimestamp")
    assert started == events(boto, domain, execution)[0]["eventTimestamp"]
    assert described == {
        "executionConfiguration": {
            "childPolicy": "TERMINATE",
            "executionStartToCloseTimeout": "60",
            "taskList": LIST,
            "taskStartToCloseTimeout": "60",
        },
        "executionInfo": {
            "cancelRequested": False,
            "execution": execution,
            "executionStatus": "OPEN",
            "workflowType": TYPE,
        },
        "openCounts": {
            "openActivityTasks": 0,
            "openChildWorkflowExecutions": 0,
            "openDecisionTasks": 1,
            "openLambdaFunctions": 0,
            "openTimers": 0,
        },
    }


def test_the_latest_activity_is_an_event_of_any_kind(boto: Any, domain: str) -> None:
    """`latestActivityTaskTimestamp` is that of the last start or end, not of scheduling; at first there is none."""
    execution = start(boto, domain)
    decide(boto, domain, schedule("a"))

    def latest() -> Any:
        return boto.describe_workflow_execution(domain=domain, execution=execution).get("latestActivityTaskTimestamp")

    def time_of(kind: str) -> Any:
        return next(event["eventTimestamp"] for event in events(boto, domain, execution) if event["eventType"] == kind)

    assert latest() is None
    token = boto.poll_for_activity_task(domain=domain, taskList=LIST)["taskToken"]
    assert latest() == time_of("ActivityTaskStarted")
    boto.respond_activity_task_failed(taskToken=token)
    assert latest() == time_of("ActivityTaskFailed")


def test_the_latest_context_stays(boto: Any, domain: str) -> None:
    """An answer without one keeps the former; an empty one is one."""
    execution = start(boto, domain)
    seen: list[str] = []
    for context in ({"executionContext": "c"}, {}, {"executionContext": ""}, {}):
        decide(boto, domain, **context)
        detail = boto.describe_workflow_execution(domain=domain, execution=execution)
        seen.append(detail["latestExecutionContext"])
        boto.signal_workflow_execution(domain=domain, workflowId="w", signalName="s")

    assert seen == ["c", "c", "", ""]


def test_a_closed_execution_was_not_asked_to_stop(boto: Any, domain: str) -> None:
    """`cancelRequested` was recorded false after the close, whatever was requested; counts stay as they were."""
    execution = start(boto, domain)
    decide(boto, domain, schedule("a"))
    boto.poll_for_activity_task(domain=domain, taskList=LIST)
    boto.request_cancel_workflow_execution(domain=domain, workflowId="w")
    decide(boto, domain, decision("CancelWorkflowExecution"))

    detail = boto.describe_workflow_execution(domain=domain, execution=execution)
    assert detail["executionInfo"]["closeStatus"] == "CANCELED"
    assert detail["executionInfo"]["cancelRequested"] is False
    assert detail["openCounts"]["openActivityTasks"] == 1


def test_lists_have_no_token_at_their_end(boto: Any, domain: str, wire: Recorder) -> None:
    """Nor anything else beside the infos."""
    start(boto, domain)
    boto.list_open_workflow_executions(domain=domain, startTimeFilter=ALWAYS)

    assert list(json.loads(wire.last.content)) == ["executionInfos"]


def test_a_type_is_described_as_recorded(boto: Any, domain: str, wire: Recorder) -> None:
    """Its defaults, and when it was registered."""
    boto.describe_workflow_type(domain=domain, workflowType=TYPE)

    described = json.loads(wire.last.content)
    assert described["configuration"] == DEFAULTS
    assert set(described["typeInfo"]) == {"creationDate", "status", "workflowType"}
    assert (described["typeInfo"]["status"], described["typeInfo"]["workflowType"]) == ("REGISTERED", TYPE)
