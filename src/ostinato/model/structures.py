"""The small structures that SWF's events, decisions and operations share."""

from typing import Any, dataclass_transform

import msgspec

from ostinato.model.enums import CloseStatus
from ostinato.model.fields import (
    BoundedRunId,
    Name,
    ResourceTagKey,
    ResourceTagValue,
    Tag,
    Timestamp,
    Version,
    VersionOptional,
    WorkflowId,
)


class _ByKeyword(msgspec.StructMeta):
    """Makes every subclass take keywords only, which msgspec does not hand down."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> Any:
        config.setdefault("kw_only", True)
        return super().__new__(cls, name, bases, namespace, **config)


# Type checkers learn here that subclasses are frozen too; msgspec hands it down, but does not tell them.
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Structure(msgspec.Struct, metaclass=_ByKeyword, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """What every value of the API is: immutable, built by keyword, camelCase on the wire, absent when None."""


class ActivityType(Structure):
    """Name and version of an activity."""

    name: Name
    version: Version


class WorkflowType(Structure):
    """Name and version of a workflow."""

    name: Name
    version: Version


class TaskList(Structure):
    """The queue that pollers take tasks from; it exists by being named."""

    name: Name


class WorkflowExecution(Structure):
    """One run of a workflow id."""

    workflow_id: WorkflowId
    run_id: BoundedRunId


class ResourceTag(Structure):
    """A tag on a domain."""

    key: ResourceTagKey
    value: ResourceTagValue | None = None


class WorkflowTypeFilter(Structure):
    """Keeps executions of one type, or of one version of it."""

    name: Name
    version: VersionOptional | None = None


class TagFilter(Structure):
    """Keeps executions that have this very tag."""

    tag: Tag


class WorkflowExecutionFilter(Structure):
    """Keeps executions with this workflow id."""

    workflow_id: WorkflowId


class CloseStatusFilter(Structure):
    """Keeps executions that closed this way."""

    status: CloseStatus


class ExecutionTimeFilter(Structure):
    """Keeps executions between two times, both inclusive; no end is now."""

    oldest_date: Timestamp
    latest_date: Timestamp | None = None
