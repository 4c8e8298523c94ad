"""Operations and answers on the wire, with the service's own client library at the other end."""

import json
import math
from datetime import datetime
from typing import Any, get_args

import botocore.parsers
import botocore.serialize
import botocore.session
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from ostinato import errors
from ostinato.errors import SerializationException, SwfFault, UnknownOperationException, ValidationException
from ostinato.model import operations as o
from ostinato.model import wire_operations as w
from ostinato.model.decisions import CompleteWorkflowExecution, DecisionAttributes, RecordMarker, StartTimer
from ostinato.model.enums import RegistrationStatus
from ostinato.model.fields import RunId, TaskToken
from ostinato.model.operations import Operation
from ostinato.model.results import History
from ostinato.model.structures import TaskList, WorkflowExecution
from tests.model.test_wire import of, values

SERVICE: Any = botocore.session.get_session().get_service_model("swf")
SERIALIZER = botocore.serialize.create_serializer("json", include_validation=False)
PARSER = botocore.parsers.create_parser("json")
OPERATIONS: list[type[Operation[Any]]] = Operation.__subclasses__()
RESPOND: dict[str, Any] = {"taskToken": "t"}


def answer_types(kind: type[Operation[Any]]) -> tuple[Any, ...]:
    (answer,) = get_args(kind.__orig_bases__[0])  # type: ignore[attr-defined]  # a generic's
    return get_args(answer) or (answer,)


def times_are_numbers(value: Any) -> Any:
    match value:
        case dict():
            return {key: times_are_numbers(inner) for key, inner in value.items()}
        case list():
            return [times_are_numbers(inner) for inner in value]
        case datetime():
            return round(value.timestamp(), 3)
        case _:
            return value


def in_whole_seconds(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Values whose times are whole: the service's client sends no others."""
    return values(kind).map(rounded)


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(math.floor(value))
    if isinstance(value, msgspec.Struct):
        names = value.__struct_fields__
        return type(value)(**{name: rounded(getattr(value, name)) for name in names})
    return value


@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.__name__)
def test_requests_of_the_services_client_are_understood(kind: type[Operation[Any]]) -> None:
    """What botocore writes is read as the operation it says; and ours, written and read, is what it was."""
    model = SERVICE.operation_model(kind.__name__)

    @given(in_whole_seconds(inspect.type_info(kind)))
    def check(operation: Operation[Any]) -> None:
        theirs = SERIALIZER.serialize_to_request(w.operation_to_wire(operation), model)["body"]

        assert w.decode_operation(kind.__name__, theirs) == operation
        assert w.decode_operation(kind.__name__, w.encode_operation(operation)) == operation
        assert json.loads(w.encode_operation(operation)) == json.loads(theirs)

    check()


@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.__name__)
def test_the_services_client_understands_answers(kind: type[Operation[Any]]) -> None:
    """What is written is read by botocore, without a loss; and by us, as bytes and as botocore's dicts."""
    shape = SERVICE.operation_model(kind.__name__).output_shape
    # Only its class matters.
    asked: Any = kind(**{field.name: None for field in msgspec.structs.fields(kind) if field.required})

    @given(st.one_of([of(each) for each in answer_types(kind)]))
    def check(answer: Any) -> None:
        body = w.encode_answer(asked, answer)
        parsed = PARSER.parse({"headers": {}, "status_code": 200, "body": body}, shape)
        parsed.pop("ResponseMetadata")
        if answer is None:
            assert body in {b"", b'{"startedEventId":0}', b'{"previousStartedEventId":0,"startedEventId":0}'}
        else:
            assert times_are_numbers(parsed) == json.loads(body)
        assert w.decode_answer(asked, body) == answer
        assert w.answer_from_wire(asked, json.loads(body or b"{}")) == answer

    check()


def test_void_operations_and_empty_polls_answer_as_recorded() -> None:
    """Nothing at all; and without a token, which some clients would take for a task."""
    task_list = TaskList(name="t")
    decisions = o.PollForDecisionTask(domain="d", task_list=task_list)
    activities = o.PollForActivityTask(domain="d", task_list=task_list)

    assert w.encode_answer(o.DeprecateDomain(name="d"), None) == b""
    assert w.encode_answer(decisions, None) == b'{"previousStartedEventId":0,"startedEventId":0}'
    assert w.encode_answer(activities, None) == b'{"startedEventId":0}'
    for poll in (decisions, activities):
        assert w.decode_answer(poll, b'{"startedEventId":0,"taskToken":""}') is None
        assert w.answer_from_wire(poll, {"startedEventId": 0, "taskToken": ""}) is None


@pytest.mark.parametrize("kind", [o.PollForDecisionTask, o.PollForActivityTask])
def test_a_broken_task_is_not_taken_for_none(kind: Any) -> None:
    """A poll with a token has to have the rest."""
    poll = kind(domain="d", task_list=TaskList(name="t"))

    with pytest.raises(msgspec.ValidationError):
        w.decode_answer(poll, b'{"startedEventId":3,"taskToken":"x"}')
    with pytest.raises(msgspec.ValidationError):
        w.answer_from_wire(poll, {"startedEventId": 3, "taskToken": "x"})


@given(st.text())
def test_data_does_not_lead_the_encoding_of_events_astray(text: str) -> None:
    """What looks like the place of the events is data if it stands in a token."""
    tricky = f'{text}"events":[]'.replace("\ud800", "").encode(errors="ignore").decode()
    history = History(events=(), next_page_token=tricky)
    execution = WorkflowExecution(workflow_id="w", run_id=RunId("r"))
    operation = o.GetWorkflowExecutionHistory(domain="d", execution=execution)

    assert w.decode_answer(operation, w.encode_answer(operation, history)) == history


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"name":"\\ud800"}', b'{"x":NaN}', b"[" * 100_000]
)
def test_what_is_no_object_is_refused(body: bytes) -> None:
    """Also what nests without an end."""
    with pytest.raises(SerializationException):
        w.decode_operation("DescribeDomain", body)


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("DescribeDomain", {"name": 1}, "Expected a string at 'name', found a number"),
        ("DescribeDomain", {"name": ["x"]}, "Expected a string at 'name', found a list"),
        ("DescribeDomain", {"name": {}}, "Expected a string at 'name', found an object"),
        (
            "CountPendingActivityTasks",
            {"domain": "d", "taskList": "t"},
            "Expected a structure at 'taskList', found a string",
        ),
        ("ListDomains", {"maximumPageSize": "1"}, "Expected a number at 'maximumPageSize', found a string"),
        ("ListDomains", {"maximumPageSize": True}, "Expected a number at 'maximumPageSize', found true or false"),
        ("ListDomains", {"reverseOrder": 1}, "Expected true or false at 'reverseOrder', found a number"),
        ("ListDomains", {"registrationStatus": 7}, "Expected a string at 'registrationStatus', found a number"),
        ("UntagResource", {"tagKeys": "a"}, "Expected a list at 'tagKeys', found a string"),
        ("UntagResource", {"tagKeys": ["a", None]}, "Expected a string at 'tagKeys.2.member', found null"),
        (
            "CountOpenWorkflowExecutions",
            {"startTimeFilter": {"oldestDate": "now"}},
            "Expected a time in seconds at 'startTimeFilter.oldestDate', found a string",
        ),
        (
            "RespondDecisionTaskCompleted",
            {**RESPOND, "decisions": ["x"]},
            "Expected a structure at 'decisions.1.member'",
        ),
    ],
)
def test_wrong_types_are_told(name: str, body: dict[str, Any], message: str) -> None:
    """What was expected, where, and what was found."""
    with pytest.raises(SerializationException, match=message):
        w.decode_operation(name, json.dumps(body).encode())


NULL = "failed to satisfy constraint: Member must not be null"


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("DescribeDomain", {}, f"1 validation error detected: Value null at 'name' {NULL}"),
        ("DescribeDomain", {"name": None}, f"1 validation error detected: Value null at 'name' {NULL}"),
        (
            "CountPendingActivityTasks",
            {"taskList": {}},
            f"2 validation errors detected: Value null at 'domain' {NULL}; Value null at 'taskList.name' {NULL}",
        ),
        (
            "ListDomains",
            {"registrationStatus": "GONE"},
            (
                "1 validation error detected: Value 'GONE' at 'registrationStatus' failed to satisfy constraint: "
                "Member must satisfy enum value set: [REGISTERED, DEPRECATED]"
            ),
        ),
        (
            "RespondDecisionTaskCompleted",
            {**RESPOND, "decisions": [{"decisionType": "StartTimer"}]},
            (
                "2 validation errors detected: "
                f"Value null at 'decisions.1.member.startTimerDecisionAttributes.timerId' {NULL}; "
                f"Value null at 'decisions.1.member.startTimerDecisionAttributes.startToFireTimeout' {NULL}"
            ),
        ),
        (
            "RespondDecisionTaskCompleted",
            {**RESPOND, "decisions": [{"decisionType": "Sleep", "startTimerDecisionAttributes": {"timerId": "t"}}]},
            (
                "2 validation errors detected: "
                f"Value null at 'decisions.1.member.startTimerDecisionAttributes.startToFireTimeout' {NULL}; "
                "Value 'Sleep' at 'decisions.1.member.decisionType' failed to satisfy constraint: Member must satisfy "
                "enum value set: [CompleteWorkflowExecution, StartTimer, RequestCancelExternalWorkflowExecution, "
                "SignalExternalWorkflowExecution, CancelTimer, RecordMarker, ScheduleActivityTask, "
                "ContinueAsNewWorkflowExecution, ScheduleLambdaFunction, FailWorkflowExecution, "
                "RequestCancelActivityTask, "
                "StartChildWorkflowExecution, CancelWorkflowExecution]"
            ),
        ),
        (
            "RespondDecisionTaskCompleted",
            {**RESPOND, "decisions": [{}]},
            f"1 validation error detected: Value null at 'decisions.1.member.decisionType' {NULL}",
        ),
    ],
)
def test_what_is_missing_or_unknown_is_told_in_the_services_words(
    name: str, body: dict[str, Any], message: str
) -> None:
    """All of it at once."""
    with pytest.raises(ValidationException) as refused:
        w.decode_operation(name, json.dumps(body).encode())

    assert refused.value.message == message


@pytest.mark.parametrize(
    ("decisions", "wanted"),
    [
        (None, None),
        ([], ()),
        ([{"decisionType": "CompleteWorkflowExecution"}], (CompleteWorkflowExecution(),)),
        (
            [
                {
                    "decisionType": "RecordMarker",
                    "later": 1,
                    "recordMarkerDecisionAttributes": {"markerName": "m", "details": None, "later": 1},
                    "startTimerDecisionAttributes": {"timerId": "t", "startToFireTimeout": "1"},
                }
            ],
            (RecordMarker(marker_name="m"),),
        ),
    ],
)
def test_decisions_are_read_leniently(decisions: Any, wanted: tuple[DecisionAttributes, ...] | None) -> None:
    """Null is absent, an unknown member is passed over, and what an end does not need may be missing."""
    body = json.dumps({**RESPOND, "decisions": decisions, "later": None}).encode()

    read = w.decode_operation("RespondDecisionTaskCompleted", body)

    assert read == o.RespondDecisionTaskCompleted(task_token=TaskToken("t"), decisions=wanted)


def test_bounds_are_left_to_others() -> None:
    """A request out of bounds is read: who carries it out tells all that is wrong with it."""
    operation = o.RespondDecisionTaskCompleted(
        task_token=TaskToken(""), decisions=(StartTimer(timer_id="", start_to_fire_timeout="x" * 99),)
    )

    assert w.decode_operation("RespondDecisionTaskCompleted", w.encode_operation(operation)) == operation
    assert w.decode_operation("ListDomains", b'{"registrationStatus":"DEPRECATED","maximumPageSize":7e3}') == (
        o.ListDomains(registration_status=RegistrationStatus.DEPRECATED, maximum_page_size=7000)
    )


@pytest.mark.parametrize("name", ["", "Operation", "StartWorkflow", "describeDomain"])
def test_an_unknown_operation_is_told(name: str) -> None:
    """By the framework's fault."""
    with pytest.raises(UnknownOperationException):
        w.decode_operation(name, b"{}")


@pytest.mark.parametrize("kind", SwfFault.__subclasses__(), ids=lambda kind: kind.__name__)
def test_every_fault_comes_back_as_it_was(kind: type[SwfFault]) -> None:
    """With and without its message, and as botocore reads it."""
    for message in ("", "Unknown domain: é"):
        body = w.encode_fault(kind(message))

        found = w.decode_fault(body)
        parsed = PARSER.parse({"headers": {}, "status_code": 400, "body": body}, None)

        assert type(found) is kind
        assert found.message == message
        assert parsed["Error"] == {"Code": kind.code, "Message": message}


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (errors.UnknownResourceFault(), "com.amazonaws.swf.base.model#UnknownResourceFault"),
        (errors.ValidationException(), "com.amazon.coral.validate#ValidationException"),
        (errors.ThrottlingException(), "com.amazon.coral.availability#ThrottlingException"),
        (errors.SerializationException(), "com.amazon.coral.service#SerializationException"),
    ],
)
def test_faults_are_at_home_where_they_were_recorded(fault: SwfFault, name: str) -> None:
    """Each in its namespace."""
    assert w.fault_type(fault) == name


def test_foreign_faults_keep_their_names() -> None:
    """Also in the framework's other spellings; and what is no fault is told."""
    assert w.decode_fault(b'{"__type":"com.x#NewFault","Message":"m"}').message == "NewFault: m"
    assert w.decode_fault(b'{"__type":"NewFault"}').message == "NewFault"
    assert type(w.fault_from("UnknownResourceFault:http://x", "m")) is errors.UnknownResourceFault
    with pytest.raises(msgspec.ValidationError):
        w.decode_fault(b"{}")
