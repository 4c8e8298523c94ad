"""Requests out of bounds get the service's fault, with every breach named."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.engine.validation import check
from ostinato.errors import SerializationException, ValidationException
from ostinato.model import decisions as d
from ostinato.model import operations as o
from ostinato.model.enums import CloseStatus
from ostinato.model.fields import BoundedTaskToken, TaskToken
from ostinato.model.structures import (
    ActivityType,
    CloseStatusFilter,
    ExecutionTimeFilter,
    TagFilter,
    TaskList,
    WorkflowExecutionFilter,
    WorkflowType,
    WorkflowTypeFilter,
)

WORKFLOW_TYPE = WorkflowType(name="w", version="1")
ACTIVITY_TYPE = ActivityType(name="a", version="1")
TOKEN: BoundedTaskToken = TaskToken("token")
TIMES = ExecutionTimeFilter(oldest_date=0.0)
OPERATIONS = [
    cls for cls in vars(o).values() if isinstance(cls, type) and issubclass(cls, o.Operation) and cls is not o.Operation
]


def started(**changes: Any) -> o.StartWorkflowExecution:
    """A request that is fine but for the changes."""
    members: dict[str, Any] = {"domain": "d", "workflow_id": "w", "workflow_type": WORKFLOW_TYPE}
    return o.StartWorkflowExecution(**{**members, **changes})


def responded(*decisions: Any) -> o.RespondDecisionTaskCompleted:
    """An answer with these decisions."""
    return o.RespondDecisionTaskCompleted(task_token=TOKEN, decisions=decisions)


def refused(operation: o.Operation[Any]) -> str:
    """The message of the fault for the request."""
    with pytest.raises(ValidationException) as caught:
        check(operation)
    return caught.value.message


def test_requests_within_bounds_pass() -> None:
    """A full request, each member at its bound, is fine."""
    check(
        started(
            workflow_id="x" * 256,
            task_list=TaskList(name="t"),
            input="é" * 32_768,
            tag_list=("t" * 256,) * 5,
            execution_start_to_close_timeout="31536000",
            task_priority="0",
        )
    )
    check(
        responded(
            d.ScheduleActivityTask(activity_type=ACTIVITY_TYPE, activity_id="a", heartbeat_timeout="NONE"),
            d.StartTimer(timer_id="t", start_to_fire_timeout="0"),
            d.CompleteWorkflowExecution(result=""),
        )
    )
    check(o.PollForDecisionTask(domain="d", task_list=TaskList(name="t"), maximum_page_size=0, reverse_order=True))


def test_one_breach_is_told_as_the_service_does() -> None:
    """One value too long gives one error, in the service's words."""
    assert refused(o.DescribeDomain(name="x" * 200 + "y" * 57)) == (
        f"1 validation error detected: Value '{'x' * 200}{'y' * 56}...' at 'name' failed to satisfy constraint: "
        "Member must have length less than or equal to 256"
    )


def test_several_breaches_are_told_together() -> None:
    """Each breach is named, in the order of the members."""
    message = refused(started(domain="", workflow_id="a:b", child_policy=None, input="x" * 32_769))

    assert message.startswith("3 validation errors detected: Value '' at 'domain' failed")
    assert "; Value 'a:b' at 'workflowId' failed" in message
    assert message.endswith(
        "at 'input' failed to satisfy constraint: Member must have length less than or equal to 32768"
    )


def test_paths_lead_to_nested_members() -> None:
    """A member of a structure, and of a decision in a list, is named by its whole path on the wire."""
    assert "at 'taskList.name' failed" in refused(started(task_list=TaskList(name="")))
    message = refused(
        responded(
            d.StartTimer(timer_id="t", start_to_fire_timeout="1"),
            d.ScheduleActivityTask(activity_type=ACTIVITY_TYPE, activity_id="a/b", task_list=TaskList(name="x" * 257)),
        )
    )
    assert "at 'decisions.2.member.scheduleActivityTaskDecisionAttributes.activityId' failed" in message
    assert "at 'decisions.2.member.scheduleActivityTaskDecisionAttributes.taskList.name' failed" in message


def test_lists_have_bounds_and_so_have_their_members() -> None:
    """Six tags are too many; a tag that is too long is told at the list."""
    six = refused(started(tag_list=("a", "b", "c", "d", "e", "f")))
    assert "Value '[a, b, c, d, e, f]' at 'tagList' failed" in six
    assert six.endswith("Member must have length less than or equal to 5")
    assert "Member must satisfy constraint: [Member must have length less than or equal to 128, " in refused(
        o.UntagResource(resource_arn="arn:x", tag_keys=("",))
    )


def test_at_most_a_hundred_decisions() -> None:
    """SWF takes 100 decisions at once (its quotas page) and no more."""
    marker = d.RecordMarker(marker_name="m")
    check(responded(*[marker] * 100))

    assert "at 'decisions' failed to satisfy constraint: Member must have length less than or equal to 100" in refused(
        responded(*[marker] * 101)
    )


def test_numbers_have_bounds() -> None:
    """A page has at most 1,000 items."""
    assert refused(o.PollForDecisionTask(domain="d", task_list=TaskList(name="t"), maximum_page_size=1001)) == (
        "1 validation error detected: Value '1001' at 'maximumPageSize' failed to satisfy constraint: "
        "Member must have value less than or equal to 1000"
    )
    assert "greater than or equal to 0" in refused(
        o.PollForDecisionTask(domain="d", task_list=TaskList(name="t"), maximum_page_size=-1)
    )


def test_missing_member_is_told() -> None:
    """A required member that is None was not given."""
    assert "Value null at 'workflowType' failed to satisfy constraint: Member must not be null" in refused(
        started(workflow_type=None)
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"domain": 5}, "Expected a string at 'domain', found int"),
        ({"workflow_type": "w"}, "Expected a structure (WorkflowType) at 'workflowType', found str"),
        ({"tag_list": 3}, "Expected a list at 'tagList', found int"),
        ({"tag_list": (3,)}, "Expected a string at 'tagList.1.member', found int"),
        ({"tag_list": "abc"}, "Expected a list at 'tagList', found str"),
        ({"child_policy": "TERMINATE"}, "Expected ChildPolicy at 'childPolicy', found str"),
    ],
)
def test_wrong_type_is_told(changes: dict[str, Any], message: str) -> None:
    """A value of a wrong type, from code that was not type-checked, is a fault and no crash."""
    with pytest.raises(SerializationException) as caught:
        check(started(**changes))
    assert caught.value.message == message


def test_wrong_types_elsewhere_are_told_too() -> None:
    """The same for numbers and for members of lists of structures."""
    poll = o.PollForDecisionTask(domain="d", task_list=TaskList(name="t"), maximum_page_size="9")  # type: ignore[arg-type]
    with pytest.raises(SerializationException, match="Expected a whole number at 'maximumPageSize', found str"):
        check(poll)
    with pytest.raises(SerializationException, match=r"Expected a structure at 'decisions\.1\.member', found str"):
        check(responded("CompleteWorkflowExecution"))


def test_half_a_surrogate_pair_is_refused() -> None:
    """Text that cannot be encoded never reaches the log, where it would spoil the commit of others."""
    assert "Member must be well-formed Unicode text" in refused(started(input="\ud800"))


def test_exclusive_filters() -> None:
    """One time filter, exactly, and at most one other filter."""
    closed = o.ListClosedWorkflowExecutions
    status = CloseStatusFilter(status=CloseStatus.COMPLETED)
    check(closed(domain="d", close_time_filter=TIMES, close_status_filter=status))

    assert "Must specify time filter" in refused(closed(domain="d"))
    assert "[startTimeFilter, closeTimeFilter]" in refused(
        closed(domain="d", start_time_filter=TIMES, close_time_filter=TIMES)
    )
    assert "[closeStatusFilter, tagFilter]" in refused(
        closed(domain="d", start_time_filter=TIMES, close_status_filter=status, tag_filter=TagFilter(tag="t"))
    )
    assert "[executionFilter, typeFilter]" in refused(
        o.CountOpenWorkflowExecutions(
            domain="d",
            start_time_filter=TIMES,
            execution_filter=WorkflowExecutionFilter(workflow_id="w"),
            type_filter=WorkflowTypeFilter(name="n"),
        )
    )


def test_close_comes_last() -> None:
    """A decision that closes the execution is the last of its list."""
    assert (
        refused(responded(d.CompleteWorkflowExecution(), d.RecordMarker(marker_name="m")))
        == "Close must be last decision in list"
    )


@pytest.mark.parametrize("cls", OPERATIONS, ids=lambda cls: cls.__name__)
def test_every_operation_can_be_checked(cls: type[o.Operation[Any]]) -> None:
    """Each of the 39 operations with every member missing names every required one."""
    fields = msgspec.structs.fields(cls)
    empty = cls(**{field.name: None for field in fields})

    required = [field.encode_name for field in fields if field.required]
    if required:
        message = refused(empty)
        assert all(f"Value null at '{name}'" in message for name in required)
        assert message.startswith(f"{len(required)} validation error")


@given(st.text(max_size=300), st.text(max_size=9), st.text(max_size=12))
def test_walk_and_words_agree(workflow_id: str, timeout: str, priority: str) -> None:
    """Whatever the texts are, a request passes or is refused with at least one breach, and nothing else happens."""
    request = started(workflow_id=workflow_id, task_start_to_close_timeout=timeout, task_priority=priority)
    message = ""
    try:
        check(request)
    except ValidationException as fault:
        message = fault.message

    assert message == "" or message.startswith(("1 ", "2 ", "3 "))


def test_names_in_real_histories_pass() -> None:
    """The ids and task lists that the real service took are taken here too."""
    path = next(Path(__file__).parents[1].glob("**/real-histories.json"), None)
    if path is None:
        pytest.skip("the recorded histories are not here")
    for history in json.loads(path.read_text())["histories"]:
        for event in history["events"]:
            attributes: dict[str, Any] = next((v for k, v in event.items() if k.endswith("Attributes")), {})
            if event["eventType"] == "ActivityTaskScheduled":
                check(
                    responded(
                        d.ScheduleActivityTask(
                            activity_type=ACTIVITY_TYPE,
                            activity_id=attributes["activityId"],
                            task_list=TaskList(name=attributes["taskList"]["name"]),
                            heartbeat_timeout=attributes.get("heartbeatTimeout"),
                        )
                    )
                )
            if event["eventType"] == "TimerStarted":
                timer = attributes["timerId"], attributes["startToFireTimeout"]
                check(responded(d.StartTimer(timer_id=timer[0], start_to_fire_timeout=timer[1])))
