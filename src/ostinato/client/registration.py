"""Registers domains and types, once and again without harm, and tells where code and registered defaults differ."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import msgspec

from ostinato.errors import DomainAlreadyExistsFault, TypeAlreadyExistsFault, TypeDeprecatedFault, UnknownResourceFault
from ostinato.model.durations import to_swf
from ostinato.model.enums import RegistrationStatus
from ostinato.model.operations import (
    DeprecateActivityType,
    DeprecateWorkflowType,
    DescribeActivityType,
    DescribeDomain,
    DescribeWorkflowType,
    RegisterActivityType,
    RegisterDomain,
    RegisterWorkflowType,
)
from ostinato.model.structures import TaskList
from ostinato.replay.definitions import Activity, Definition, Workflow
from ostinato.swf import Swf

logger = logging.getLogger(__name__)

RETENTION_DAYS = "90"
"""How long a domain that is made here keeps closed executions: as long as SWF can."""


def register_domain(swf: Swf, domain: str, *, retention_days: str = RETENTION_DAYS) -> None:
    """Register the domain if there is none of that name.

    Args:
        swf: the service.
        domain: the domain's name.
        retention_days: how long it keeps closed executions, "0" to "90".

    Raises:
        SwfFault: SWF refuses it.
    """
    try:
        swf.call(DescribeDomain(name=domain))
    except UnknownResourceFault:
        with suppress(DomainAlreadyExistsFault):
            swf.call(RegisterDomain(name=domain, workflow_execution_retention_period_in_days=retention_days))


def register_types(swf: Swf, domain: str, definitions: Iterable[Definition]) -> None:
    """Register those types that are missing.

    Raises:
        SwfFault: SWF refuses one.
    """
    for definition in definitions:
        register_type(swf, domain, definition)


def register_type(swf: Swf, domain: str, definition: Definition) -> None:
    """Register the definition's type if it is missing; warn if it is deprecated or has other defaults."""
    if isinstance(definition, Workflow):
        _register_workflow_type(swf, domain, definition)
    else:
        _register_activity_type(swf, domain, definition)


def _register_workflow_type(swf: Swf, domain: str, workflow: Workflow[..., Any]) -> None:
    wanted = RegisterWorkflowType(
        domain=domain,
        name=workflow.name,
        version=workflow.version,
        default_task_start_to_close_timeout=to_swf(workflow.task_start_to_close_timeout),
        default_execution_start_to_close_timeout=to_swf(workflow.execution_start_to_close_timeout),
        default_task_list=TaskList(name=workflow.task_list),
        default_task_priority=_priority(workflow),
        default_child_policy=workflow.child_policy,
        default_lambda_role=workflow.lambda_role,
    )
    try:
        found = swf.call(DescribeWorkflowType(domain=domain, workflow_type=workflow.workflow_type))
    except UnknownResourceFault:
        with suppress(TypeAlreadyExistsFault):
            swf.call(wanted)
    else:
        _compare(workflow, wanted, found.configuration, found.type_info.status)


def _register_activity_type(swf: Swf, domain: str, activity: Activity[..., Any]) -> None:
    wanted = RegisterActivityType(
        domain=domain,
        name=activity.name,
        version=activity.version,
        default_task_start_to_close_timeout=to_swf(activity.start_to_close_timeout),
        default_task_heartbeat_timeout=to_swf(activity.heartbeat_timeout),
        default_task_list=TaskList(name=activity.task_list),
        default_task_priority=_priority(activity),
        default_task_schedule_to_start_timeout=to_swf(activity.schedule_to_start_timeout),
        default_task_schedule_to_close_timeout=to_swf(activity.schedule_to_close_timeout),
    )
    try:
        found = swf.call(DescribeActivityType(domain=domain, activity_type=activity.activity_type))
    except UnknownResourceFault:
        with suppress(TypeAlreadyExistsFault):
            swf.call(wanted)
    else:
        _compare(activity, wanted, found.configuration, found.type_info.status)


def _priority(definition: Definition) -> str | None:
    return None if definition.task_priority is None else str(definition.task_priority)


def _compare(definition: Definition, wanted: object, found: msgspec.Struct, status: RegistrationStatus) -> None:
    """Warn of what differs. The code's settings count all the same: decisions carry them."""
    name = f"{definition.name} {definition.version}"
    if status is RegistrationStatus.DEPRECATED:
        logger.warning("%s is deprecated in SWF: nothing new of that type can be started", name)
    fields = type(found).__struct_fields__
    drift = [
        f"{field}: registered {_shown(getattr(found, field))}, in code {_shown(getattr(wanted, field))}"
        for field in fields
        if getattr(found, field) != getattr(wanted, field)
    ]
    if drift:
        logger.warning("%s has other defaults in code than in SWF, and the code's are used: %s", name, "; ".join(drift))


def _shown(value: object) -> str:
    return value.name if isinstance(value, TaskList) else str(getattr(value, "value", value))


def deprecate_type(swf: Swf, domain: str, definition: Definition) -> None:
    """Deprecate the definition's type; one that is deprecated stays so.

    Raises:
        UnknownResourceFault: it is not registered.
    """
    with suppress(TypeDeprecatedFault):
        if isinstance(definition, Workflow):
            swf.call(DeprecateWorkflowType(domain=domain, workflow_type=definition.workflow_type))
        else:
            swf.call(DeprecateActivityType(domain=domain, activity_type=definition.activity_type))
