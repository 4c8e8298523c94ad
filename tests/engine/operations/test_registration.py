"""Domains and types: registering, deprecating, taking that back, deleting, describing, listing, tagging."""

from typing import TYPE_CHECKING

import pytest

from ostinato.errors import (
    DefaultUndefinedFault,
    DomainAlreadyExistsFault,
    DomainDeprecatedFault,
    LimitExceededFault,
    TooManyTagsFault,
    TypeAlreadyExistsFault,
    TypeDeprecatedFault,
    TypeNotDeprecatedFault,
    UnknownResourceFault,
    WorkflowExecutionAlreadyStartedFault,
)
from ostinato.model import operations as o
from ostinato.model.enums import RegistrationStatus
from ostinato.model.structures import ActivityType, ResourceTag, WorkflowType

if TYPE_CHECKING:
    from tests.engine.conftest import Scenario

W1 = WorkflowType(name="w", version="1")
A1 = ActivityType(name="a", version="1")
REGISTERED = RegistrationStatus.REGISTERED
DEPRECATED = RegistrationStatus.DEPRECATED


def _domain(name: str) -> o.RegisterDomain:
    return o.RegisterDomain(name=name, workflow_execution_retention_period_in_days="7")


def test_a_domain_lives(scenario: "Scenario") -> None:
    """Registered, deprecated with all its types, and taken back; each twice is a fault of its own."""
    call = scenario.swf.call
    with pytest.raises(DomainAlreadyExistsFault):
        call(_domain("d"))
    with pytest.raises(DomainAlreadyExistsFault):
        call(o.UndeprecateDomain(name="d"))
    call(o.DeprecateDomain(name="d"))
    with pytest.raises(DomainDeprecatedFault):
        call(o.DeprecateDomain(name="d"))
    assert call(o.DescribeDomain(name="d")).domain_info.status is DEPRECATED
    with pytest.raises(TypeDeprecatedFault):
        scenario.start()
    with pytest.raises(UnknownResourceFault):
        call(o.RegisterActivityType(domain="d", name="new", version="1"))
    call(o.UndeprecateDomain(name="d"))

    assert call(o.DescribeDomain(name="d")).domain_info.status is REGISTERED
    assert call(o.DescribeWorkflowType(domain="d", workflow_type=W1)).type_info.status is DEPRECATED


def test_a_workflow_type_lives(scenario: "Scenario") -> None:
    """Deprecated, taken back, deleted; only a deprecated type can be deleted, and its name is free then."""
    call = scenario.swf.call
    with pytest.raises(TypeAlreadyExistsFault, match=r"WorkflowType=\[name=w, version=1\]"):
        call(o.RegisterWorkflowType(domain="d", name="w", version="1"))
    with pytest.raises(TypeNotDeprecatedFault, match="is currently registered and cannot be deleted"):
        call(o.DeleteWorkflowType(domain="d", workflow_type=W1))
    with pytest.raises(TypeAlreadyExistsFault):
        call(o.UndeprecateWorkflowType(domain="d", workflow_type=W1))
    call(o.DeprecateWorkflowType(domain="d", workflow_type=W1))
    with pytest.raises(TypeDeprecatedFault):
        call(o.DeprecateWorkflowType(domain="d", workflow_type=W1))
    with pytest.raises(TypeDeprecatedFault):
        scenario.start()
    call(o.UndeprecateWorkflowType(domain="d", workflow_type=W1))
    call(o.DeprecateWorkflowType(domain="d", workflow_type=W1))
    call(o.DeleteWorkflowType(domain="d", workflow_type=W1))

    with pytest.raises(UnknownResourceFault, match=r"Unknown type: WorkflowType=\[name=w, version=1\]"):
        scenario.start()
    call(o.RegisterWorkflowType(domain="d", name="w", version="1"))


def test_an_activity_type_lives(scenario: "Scenario") -> None:
    """The same for activity types."""
    call = scenario.swf.call
    call(o.DeprecateActivityType(domain="d", activity_type=A1))
    assert call(o.DescribeActivityType(domain="d", activity_type=A1)).type_info.deprecation_date is not None
    call(o.UndeprecateActivityType(domain="d", activity_type=A1))
    detail = call(o.DescribeActivityType(domain="d", activity_type=A1))
    assert (detail.type_info.status, detail.type_info.deprecation_date) == (REGISTERED, None)
    assert detail.configuration.default_task_start_to_close_timeout == "60"
    call(o.DeprecateActivityType(domain="d", activity_type=A1))
    call(o.DeleteActivityType(domain="d", activity_type=A1))

    with pytest.raises(UnknownResourceFault, match=r"Unknown type: ActivityType=\[name=a, version=1\]"):
        call(o.DescribeActivityType(domain="d", activity_type=A1))


def test_types_are_listed_by_name_and_status(scenario: "Scenario") -> None:
    """With a filter by name, backwards, and in pages."""
    call = scenario.swf.call
    for name in ("c", "b"):
        for version in ("1", "2"):
            call(o.RegisterActivityType(domain="d", name=name, version=version))
    call(o.DeprecateActivityType(domain="d", activity_type=A1))
    every = o.ListActivityTypes(domain="d", registration_status=REGISTERED)
    names = [(info.activity_type.name, info.activity_type.version) for info in call(every).type_infos]
    assert names == [("b", "1"), ("b", "2"), ("c", "1"), ("c", "2")]
    only = call(o.ListActivityTypes(domain="d", registration_status=REGISTERED, name="c")).type_infos
    assert [info.activity_type.version for info in only] == ["1", "2"]
    old = call(o.ListActivityTypes(domain="d", registration_status=DEPRECATED)).type_infos
    assert [info.activity_type for info in old] == [A1]
    first = call(o.ListActivityTypes(domain="d", registration_status=REGISTERED, maximum_page_size=3))
    rest = call(
        o.ListActivityTypes(
            domain="d", registration_status=REGISTERED, maximum_page_size=3, next_page_token=first.next_page_token
        )
    )
    assert (len(first.type_infos), len(rest.type_infos), rest.next_page_token) == (3, 1, None)
    backwards = call(o.ListWorkflowTypes(domain="d", registration_status=REGISTERED, reverse_order=True))
    assert [info.workflow_type for info in backwards.type_infos] == [W1]


def test_domains_are_listed(scenario: "Scenario") -> None:
    """By name, one status at a time."""
    call = scenario.swf.call
    call(_domain("a"))
    call(_domain("z"))
    call(o.DeprecateDomain(name="z"))

    listed = call(o.ListDomains(registration_status=REGISTERED)).domain_infos
    assert [info.name for info in listed] == ["a", "d"]
    assert [info.name for info in call(o.ListDomains(registration_status=DEPRECATED)).domain_infos] == ["z"]


def test_there_are_at_most_a_hundred_domains(scenario: "Scenario") -> None:
    """The 101st is LimitExceededFault."""
    for number in range(99):
        scenario.swf.call(_domain(f"n{number}"))

    with pytest.raises(LimitExceededFault):
        scenario.swf.call(_domain("more"))


def test_domains_have_tags(scenario: "Scenario") -> None:
    """Set, replaced, taken off and listed by the domain's ARN; at most 50."""
    call = scenario.swf.call
    arn = call(o.DescribeDomain(name="d")).domain_info.arn
    assert arn is not None
    call(o.TagResource(resource_arn=arn, tags=(ResourceTag(key="a", value="1"), ResourceTag(key="b", value="2"))))
    call(o.TagResource(resource_arn=arn, tags=(ResourceTag(key="a", value="3"),)))
    call(o.UntagResource(resource_arn=arn, tag_keys=("b",)))
    assert call(o.ListTagsForResource(resource_arn=arn)).tags == (ResourceTag(key="a", value="3"),)

    with pytest.raises(TooManyTagsFault):
        call(o.TagResource(resource_arn=arn, tags=tuple(ResourceTag(key=str(number)) for number in range(50))))
    with pytest.raises(UnknownResourceFault):
        call(o.ListTagsForResource(resource_arn="arn:aws:swf:x:0:/domain/none"))


# Starting


def test_one_execution_of_a_workflow_id_is_open(scenario: "Scenario") -> None:
    """A second start is refused while the first is open, and fine afterwards."""
    scenario.start()
    with pytest.raises(WorkflowExecutionAlreadyStartedFault):
        scenario.start()
    scenario.swf.call(o.TerminateWorkflowExecution(domain="d", workflow_id="x"))

    scenario.start()


def test_a_start_without_what_it_needs_is_refused(scenario: "Scenario") -> None:
    """DefaultUndefinedFault names the default that neither the request nor the type has."""
    scenario.swf.call(o.RegisterWorkflowType(domain="d", name="w", version="bare"))

    with pytest.raises(DefaultUndefinedFault, match="defaultExecutionStartToCloseTimeout"):
        scenario.start(workflow_type=WorkflowType(name="w", version="bare"))
    with pytest.raises(DefaultUndefinedFault, match="defaultTaskList"):
        scenario.start(workflow_type=WorkflowType(name="w", version="bare"), execution_start_to_close_timeout="9")


def test_everything_needs_its_domain(scenario: "Scenario") -> None:
    """An unknown domain is told in the service's words."""
    with pytest.raises(UnknownResourceFault, match="Unknown domain: none"):
        scenario.start(domain="none")
    with pytest.raises(UnknownResourceFault, match="Unknown domain: none"):
        scenario.swf.call(o.ListActivityTypes(domain="none", registration_status=REGISTERED))
    with pytest.raises(UnknownResourceFault, match="Unknown domain: none"):
        scenario.swf.call(o.DescribeDomain(name="none"))


def test_registrations_outlive_a_failed_start(scenario: "Scenario") -> None:
    """A refused operation changes nothing."""
    before = scenario.engine._commits.durable
    with pytest.raises(UnknownResourceFault):
        scenario.start(workflow_type=WorkflowType(name="none", version="1"))

    assert scenario.engine._commits.durable == before


def test_a_deprecated_domain_starts_nothing(scenario: "Scenario") -> None:
    """Not even of a type that was undeprecated since."""
    scenario.swf.call(o.DeprecateDomain(name="d"))
    scenario.swf.call(o.UndeprecateWorkflowType(domain="d", workflow_type=W1))

    with pytest.raises(UnknownResourceFault, match="Unknown domain: d"):
        scenario.start()
    scenario.swf.call(o.UndeprecateDomain(name="d"))
    scenario.start()
