"""Registers domains and types, once and again without harm, and tells where code and registered defaults differ."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

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
from ostinato.replay.definitions import Definition, Workflow
from ostinato.swf import Swf

if TYPE_CHECKING:
    from ostinato.model.results import ActivityTypeDetail, WorkflowTypeDetail

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
    state = registration_of(swf, domain, definition)
    name = f"{definition.name} {definition.version}"
    if not state.is_there:
        with suppress(TypeAlreadyExistsFault):
            swf.call(_registration(domain, definition))
    if state.is_deprecated:
        logger.warning("%s is deprecated in SWF: nothing new of that type can be started", name)
    if state.drift:
        # The code's settings count all the same: decisions carry them.
        logger.warning(
            "%s has other defaults in code than in SWF, and the code's are used: %s", name, "; ".join(state.drift)
        )


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """How a definition's type is registered.

    Args:
        is_there: whether it is registered at all.
        is_deprecated: whether it is deprecated.
        drift: the defaults that code and SWF differ in, in words.
    """

    is_there: bool
    is_deprecated: bool = False
    drift: tuple[str, ...] = ()


def registration_of(swf: Swf, domain: str, definition: Definition) -> Registration:
    """How the definition's type is registered.

    Raises:
        SwfFault: SWF refuses to tell, for another reason than that it is not registered.
    """
    try:
        found = _described(swf, domain, definition)
    except UnknownResourceFault:
        return Registration(is_there=False)
    return Registration(
        is_there=True,
        is_deprecated=found.type_info.status is RegistrationStatus.DEPRECATED,
        drift=tuple(_drift(_registration(domain, definition), found.configuration)),
    )


def _described(swf: Swf, domain: str, definition: Definition) -> "WorkflowTypeDetail | ActivityTypeDetail":
    if isinstance(definition, Workflow):
        return swf.call(DescribeWorkflowType(domain=domain, workflow_type=definition.workflow_type))
    return swf.call(DescribeActivityType(domain=domain, activity_type=definition.activity_type))


def _registration(domain: str, definition: Definition) -> RegisterWorkflowType | RegisterActivityType:
    if isinstance(definition, Workflow):
        return RegisterWorkflowType(
            domain=domain,
            name=definition.name,
            version=definition.version,
            default_task_start_to_close_timeout=to_swf(definition.task_start_to_close_timeout),
            default_execution_start_to_close_timeout=to_swf(definition.execution_start_to_close_timeout),
            default_task_list=TaskList(name=definition.task_list),
            default_task_priority=_priority(definition),
            default_child_policy=definition.child_policy,
            default_lambda_role=definition.lambda_role,
        )
    return RegisterActivityType(
        domain=domain,
        name=definition.name,
        version=definition.version,
        default_task_start_to_close_timeout=to_swf(definition.start_to_close_timeout),
        default_task_heartbeat_timeout=to_swf(definition.heartbeat_timeout),
        default_task_list=TaskList(name=definition.task_list),
        default_task_priority=_priority(definition),
        default_task_schedule_to_start_timeout=to_swf(definition.schedule_to_start_timeout),
        default_task_schedule_to_close_timeout=to_swf(definition.schedule_to_close_timeout),
    )


def _priority(definition: Definition) -> str | None:
    return None if definition.task_priority is None else str(definition.task_priority)


def _drift(wanted: object, found: msgspec.Struct) -> Iterator[str]:
    for field in type(found).__struct_fields__:
        there, here = getattr(found, field), getattr(wanted, field)
        if there != here:
            yield f"{field}: registered {_shown(there)}, in code {_shown(here)}"


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
