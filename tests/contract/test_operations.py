"""Every operation and every fault of the service, asked for by Amazon's own client."""

import uuid
from typing import Any

import botocore.exceptions
import pytest

from ostinato.engine.engine import open_engine
from ostinato.model.operations import Operation
from tests.contract.conftest import boto_client, serving

OPERATIONS = {kind.__name__ for kind in Operation.__subclasses__()}
TYPE = {"name": "w", "version": "1"}
ACTIVITY = {"name": "a", "version": "1"}
LIST = {"name": "tasks"}
ALWAYS = {"oldestDate": 0}
DEFAULTS = {
    "defaultTaskStartToCloseTimeout": "60",
    "defaultExecutionStartToCloseTimeout": "60",
    "defaultTaskList": LIST,
    "defaultChildPolicy": "TERMINATE",
}
ACTIVITY_DEFAULTS = {
    "defaultTaskStartToCloseTimeout": "60",
    "defaultTaskHeartbeatTimeout": "NONE",
    "defaultTaskList": LIST,
    "defaultTaskScheduleToStartTimeout": "60",
    "defaultTaskScheduleToCloseTimeout": "60",
}


@pytest.fixture
def domain(boto: Any) -> str:
    """A domain of the test's own, with a workflow type and an activity type."""
    name = str(uuid.uuid4())
    boto.register_domain(name=name, workflowExecutionRetentionPeriodInDays="7", description="é")
    boto.register_workflow_type(domain=name, **TYPE, **DEFAULTS)
    boto.register_activity_type(domain=name, **ACTIVITY, **ACTIVITY_DEFAULTS)
    return name


def start(boto: Any, domain: str, workflow_id: str = "w", **settings: Any) -> dict[str, str]:
    run = boto.start_workflow_execution(domain=domain, workflowId=workflow_id, workflowType=TYPE, **settings)
    return {"workflowId": workflow_id, "runId": run["runId"]}


def decide(boto: Any, domain: str, *decisions: dict[str, Any], **more: Any) -> Any:
    task = boto.poll_for_decision_task(domain=domain, taskList=LIST, identity="me")
    boto.respond_decision_task_completed(taskToken=task["taskToken"], decisions=list(decisions), **more)
    return task


def decision(kind: str, **attributes: Any) -> dict[str, Any]:
    return {"decisionType": kind, f"{kind[0].lower()}{kind[1:]}DecisionAttributes": attributes}


def schedule(activity_id: str) -> dict[str, Any]:
    return decision("ScheduleActivityTask", activityType=ACTIVITY, activityId=activity_id, input="in")


def history(boto: Any, domain: str, execution: dict[str, str]) -> list[str]:
    page = boto.get_workflow_execution_history(domain=domain, execution=execution)
    return [event["eventType"] for event in page["events"]]


def test_every_operation_answers(boto: Any, domain: str) -> None:
    """All 39, in the life of a domain: each is understood, and its answer is what the service's model says."""
    called: set[str] = set()
    boto.meta.events.register("before-call.swf", lambda model, **_: called.add(model.name), unique_id="calls")
    status: dict[str, Any] = {"domain": domain, "registrationStatus": "REGISTERED"}

    described = boto.describe_domain(name=domain)
    arn = described["domainInfo"]["arn"]
    assert described["configuration"] == {"workflowExecutionRetentionPeriodInDays": "7"}
    boto.tag_resource(resourceArn=arn, tags=[{"key": "k", "value": "v"}])
    assert boto.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "k", "value": "v"}]
    boto.untag_resource(resourceArn=arn, tagKeys=["k"])
    names = [info["name"] for info in boto.list_domains(registrationStatus="REGISTERED")["domainInfos"]]
    assert domain in names
    assert boto.describe_workflow_type(domain=domain, workflowType=TYPE)["configuration"] == DEFAULTS
    assert boto.describe_activity_type(domain=domain, activityType=ACTIVITY)["configuration"] == ACTIVITY_DEFAULTS
    assert [info["workflowType"] for info in boto.list_workflow_types(**status)["typeInfos"]] == [TYPE]
    assert [info["activityType"] for info in boto.list_activity_types(**status)["typeInfos"]] == [ACTIVITY]

    execution = start(boto, domain, tagList=["t"], input="in")
    assert boto.count_pending_decision_tasks(domain=domain, taskList=LIST)["count"] == 1
    boto.signal_workflow_execution(domain=domain, workflowId="w", signalName="s", input="x")
    task = decide(boto, domain, *map(schedule, "abcd"), executionContext="ctx")
    assert [event["eventType"] for event in task["events"]][-1] == "DecisionTaskStarted"
    assert boto.count_pending_activity_tasks(domain=domain, taskList=LIST)["count"] == 4
    tokens = [boto.poll_for_activity_task(domain=domain, taskList=LIST)["taskToken"] for _ in range(3)]
    assert boto.record_activity_task_heartbeat(taskToken=tokens[0], details="1/2")["cancelRequested"] is False
    boto.respond_activity_task_completed(taskToken=tokens[0], result="out")
    boto.respond_activity_task_failed(taskToken=tokens[1], reason="no", details="why")
    boto.respond_activity_task_canceled(taskToken=tokens[2], details="stopped")
    boto.request_cancel_workflow_execution(domain=domain, workflowId="w")
    detail = boto.describe_workflow_execution(domain=domain, execution=execution)
    assert detail["openCounts"]["openActivityTasks"] == 1
    assert detail["latestExecutionContext"] == "ctx"
    open_ = boto.list_open_workflow_executions(domain=domain, startTimeFilter=ALWAYS)["executionInfos"]
    assert [info["execution"] for info in open_] == [execution]
    assert boto.count_open_workflow_executions(domain=domain, startTimeFilter=ALWAYS)["count"] == 1
    boto.terminate_workflow_execution(domain=domain, workflowId="w", reason="done", childPolicy="ABANDON")
    closed = boto.list_closed_workflow_executions(domain=domain, closeTimeFilter=ALWAYS, tagFilter={"tag": "t"})
    assert [info["closeStatus"] for info in closed["executionInfos"]] == ["TERMINATED"]
    assert boto.count_closed_workflow_executions(domain=domain, startTimeFilter=ALWAYS)["count"] == 1
    assert history(boto, domain, execution)[-1] == "WorkflowExecutionTerminated"

    for of, given in (("activity_type", {"activityType": ACTIVITY}), ("workflow_type", {"workflowType": TYPE})):
        getattr(boto, f"deprecate_{of}")(domain=domain, **given)
        getattr(boto, f"undeprecate_{of}")(domain=domain, **given)
        getattr(boto, f"deprecate_{of}")(domain=domain, **given)
        getattr(boto, f"delete_{of}")(domain=domain, **given)
    boto.deprecate_domain(name=domain)
    boto.undeprecate_domain(name=domain)

    called |= {"RegisterDomain", "RegisterWorkflowType", "RegisterActivityType"}
    assert called == OPERATIONS


@pytest.fixture
def execution(boto: Any, domain: str) -> dict[str, str]:
    """An open execution."""
    return start(boto, domain)


UNKNOWN = {"workflowId": "x", "runId": "r"}


@pytest.mark.parametrize(
    ("method", "given", "message"),
    [
        ("describe_domain", {"name": "nothing"}, "Unknown domain: nothing"),
        (
            "describe_workflow_type",
            {"workflowType": {"name": "x", "version": "y"}},
            "Unknown type: WorkflowType=[name=x, version=y]",
        ),
        (
            "describe_activity_type",
            {"activityType": {"name": "x", "version": "y"}},
            "Unknown type: ActivityType=[name=x, version=y]",
        ),
        ("signal_workflow_execution", {"workflowId": "x", "signalName": "s"}, "Unknown execution, workflowId = x"),
        (
            "describe_workflow_execution",
            {"execution": UNKNOWN},
            "Unknown execution: WorkflowExecution=[workflowId=x, runId=r]",
        ),
        (
            "get_workflow_execution_history",
            {"execution": UNKNOWN},
            "Unknown execution: WorkflowExecution=[workflowId=x, runId=r]",
        ),
    ],
)
def test_unknown_resource_fault(boto: Any, domain: str, method: str, given: dict[str, Any], message: str) -> None:
    """In the words that were recorded, which clients take apart."""
    fault = refused(boto, method, **({} if "name" in given else {"domain": domain}), **given)

    assert fault == ("UnknownResourceFault", message)


def refused(boto: Any, method: str, **given: Any) -> tuple[str, str]:
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        getattr(boto, method)(**given)
    response: Any = refusal.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return response["Error"]["Code"], response["Error"]["Message"]


def test_already_exists_faults(boto: Any, domain: str) -> None:
    """A domain and types are registered once."""
    again = refused(boto, "register_workflow_type", domain=domain, **TYPE)

    assert refused(boto, "register_domain", name=domain, workflowExecutionRetentionPeriodInDays="1") == (
        "DomainAlreadyExistsFault",
        domain,
    )
    assert again == ("TypeAlreadyExistsFault", "WorkflowType=[name=w, version=1]")
    assert refused(boto, "register_activity_type", domain=domain, **ACTIVITY)[0] == "TypeAlreadyExistsFault"


def test_deprecated_faults(boto: Any, domain: str) -> None:
    """Of what is deprecated nothing new is made, and what is not cannot be deleted."""
    for of, given in (("activity_type", {"activityType": ACTIVITY}), ("workflow_type", {"workflowType": TYPE})):
        assert refused(boto, f"delete_{of}", domain=domain, **given)[0] == "TypeNotDeprecatedFault"
        getattr(boto, f"deprecate_{of}")(domain=domain, **given)
        assert refused(boto, f"deprecate_{of}", domain=domain, **given)[0] == "TypeDeprecatedFault"
    start_ = {"domain": domain, "workflowId": "w", "workflowType": TYPE}
    assert refused(boto, "start_workflow_execution", **start_)[0] == "TypeDeprecatedFault"
    boto.undeprecate_workflow_type(domain=domain, workflowType=TYPE)
    boto.deprecate_domain(name=domain)

    assert refused(boto, "deprecate_domain", name=domain)[0] == "DomainDeprecatedFault"
    # Its types go with it.
    assert refused(boto, "start_workflow_execution", **start_)[0] == "TypeDeprecatedFault"
    assert refused(boto, "register_activity_type", domain=domain, name="b", version="1")[0] == "UnknownResourceFault"


def test_already_started_fault(boto: Any, domain: str, execution: dict[str, str]) -> None:
    """One open execution for each workflow id."""
    assert execution
    fault = refused(boto, "start_workflow_execution", domain=domain, workflowId="w", workflowType=TYPE)

    assert fault[0] == "WorkflowExecutionAlreadyStartedFault"


@pytest.mark.parametrize("missing", DEFAULTS)
def test_default_undefined_fault(boto: Any, domain: str, missing: str) -> None:
    """What neither the request nor the type says, if it is needed."""
    rest = {name: value for name, value in DEFAULTS.items() if name != missing}
    boto.register_workflow_type(domain=domain, name="poor", version="1", **rest)

    fault = refused(
        boto,
        "start_workflow_execution",
        domain=domain,
        workflowId="w",
        workflowType={"name": "poor", "version": "1"},
    )

    assert fault[0] == "DefaultUndefinedFault"


def test_too_many_tags_fault(boto: Any, domain: str) -> None:
    """Fifty on a domain."""
    arn = boto.describe_domain(name=domain)["domainInfo"]["arn"]
    tags = [{"key": f"k{place}", "value": ""} for place in range(51)]

    assert refused(boto, "tag_resource", resourceArn=arn, tags=tags)[0] in {"TooManyTagsFault", "ValidationException"}
    boto.tag_resource(resourceArn=arn, tags=tags[:50])
    assert refused(boto, "tag_resource", resourceArn=arn, tags=tags[50:])[0] == "TooManyTagsFault"


def test_limit_exceeded_fault() -> None:
    """A hundred domains and no more."""
    with open_engine(":memory:") as engine, serving(engine) as url:
        boto = boto_client(url)
        for place in range(100):
            boto.register_domain(name=f"d{place}", workflowExecutionRetentionPeriodInDays="1")

        fault = refused(boto, "register_domain", name="more", workflowExecutionRetentionPeriodInDays="1")

    assert fault[0] == "LimitExceededFault"


@pytest.mark.parametrize(
    "report",
    [
        ("respond_decision_task_completed", {}),
        ("respond_activity_task_completed", {}),
        ("respond_activity_task_failed", {}),
        ("respond_activity_task_canceled", {}),
        ("record_activity_task_heartbeat", {}),
    ],
    ids=lambda report: report[0],
)
def test_tokens_of_nobody_are_refused(boto: Any, report: tuple[str, dict[str, Any]]) -> None:
    """A token that the service did not make."""
    assert refused(boto, report[0], taskToken="nonsense")[0] in {"UnknownResourceFault", "ValidationException"}


def test_a_task_is_reported_once(boto: Any, domain: str, execution: dict[str, str]) -> None:
    """The second report finds it not open any more."""
    assert execution
    task = decide(boto, domain, schedule("a"))
    token = boto.poll_for_activity_task(domain=domain, taskList=LIST)["taskToken"]
    boto.respond_activity_task_completed(taskToken=token)

    assert refused(boto, "respond_activity_task_failed", taskToken=token) == (
        "UnknownResourceFault",
        "Unknown activity, scheduledEventId = 5",
    )
    assert refused(boto, "respond_decision_task_completed", taskToken=task["taskToken"]) == (
        "UnknownResourceFault",
        "Unknown decision task, scheduledEventId = 2",
    )


@pytest.mark.parametrize(
    ("method", "given", "message"),
    [
        ("register_domain", {"name": "d"}, "Value null at 'workflowExecutionRetentionPeriodInDays'"),
        ("register_domain", {"name": "a/b", "workflowExecutionRetentionPeriodInDays": "1"}, "'a/b' at 'name'"),
        ("register_domain", {"name": "x" * 257, "workflowExecutionRetentionPeriodInDays": "1"}, "less than or equal"),
        ("register_domain", {"name": "d", "workflowExecutionRetentionPeriodInDays": "91"}, "'91' at"),
        ("register_domain", {"name": "d", "workflowExecutionRetentionPeriodInDays": "abc"}, "'abc' at"),
        ("list_domains", {"registrationStatus": "FOO"}, "enum value set: [REGISTERED, DEPRECATED]"),
        ("list_domains", {"registrationStatus": "REGISTERED", "maximumPageSize": 1001}, "less than or equal to 1000"),
        ("list_domains", {"registrationStatus": "REGISTERED", "nextPageToken": "x"}, "Invalid token"),
    ],
)
def test_validation_exception(boto: Any, method: str, given: dict[str, Any], message: str) -> None:
    """Missing members, bounds, words and page tokens; in the framework's form."""
    code, text = refused(boto, method, **given)

    assert code == "ValidationException"
    assert message in text


@pytest.mark.parametrize(
    "given",
    [
        {"workflowId": "a:b"},
        {"tagList": list("abcdef")},
        {"input": "x" * 32_769},
        {"childPolicy": "FOO"},
        {"executionStartToCloseTimeout": "abc"},
        {"taskPriority": "high"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_starts_out_of_bounds_are_refused(boto: Any, domain: str, given: dict[str, Any]) -> None:
    """Each of which the best-known fake takes."""
    full = {"domain": domain, "workflowId": "w", "workflowType": TYPE, **given}

    assert refused(boto, "start_workflow_execution", **full)[0] == "ValidationException"
    assert boto.count_open_workflow_executions(domain=domain, startTimeFilter=ALWAYS)["count"] == 0


def test_serialization_exception(boto: Any) -> None:
    """A member of another type."""
    assert refused(boto, "describe_domain", name=3)[0] == "SerializationException"
