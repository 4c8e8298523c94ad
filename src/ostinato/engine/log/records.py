"""What the event log keeps, as immutable values, and the questions that may be asked of it.

Nothing here decides or touches a disk. A `Batch` is the content of one transaction.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import chain
from typing import TypeVar, dataclass_transform

import msgspec

from ostinato.model.enums import CloseStatus, ExecutionStatus, RegistrationStatus
from ostinato.model.events import HistoryEvent
from ostinato.model.fields import EventId, RunId, Timestamp
from ostinato.model.results import ActivityTypeConfiguration, WorkflowTypeConfiguration
from ostinato.model.structures import ResourceTag, WorkflowExecution, WorkflowType

Part = TypeVar("Part")


# Type checkers learn here that subclasses are frozen too; msgspec hands it down, but does not tell them.
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every value of the log has in common: immutable, built by keyword."""


class TypeKind(Enum):
    """Whether a type is one of activities or of workflows."""

    ACTIVITY = "ACTIVITY"
    WORKFLOW = "WORKFLOW"


class DomainRecord(Record):
    """A domain. Writing one again replaces it."""

    name: str
    status: RegistrationStatus
    retention: str
    """Days that closed executions are kept, in decimal; "NONE" counts as 0."""
    description: str | None = None
    tags: tuple[ResourceTag, ...] = ()


class TypeKey(Record):
    """What tells a type from all others."""

    kind: TypeKind
    domain: str
    name: str
    version: str


class TypeRecord(Record):
    """An activity type or a workflow type. Writing one again replaces it."""

    kind: TypeKind
    domain: str
    name: str
    version: str
    status: RegistrationStatus
    creation_date: Timestamp
    configuration: ActivityTypeConfiguration | WorkflowTypeConfiguration
    """That of an activity type or of a workflow type, as `kind` says."""
    deprecation_date: Timestamp | None = None
    description: str | None = None

    @property
    def key(self) -> TypeKey:
        """What tells it from all others."""
        return TypeKey(kind=self.kind, domain=self.domain, name=self.name, version=self.version)


class ExecutionRecord(Record):
    """One execution, as lists and searches need it. The rest is in its events."""

    key: int
    """Its number in this log: positive, given once and never again; later executions have greater ones."""
    domain: str
    workflow_id: str
    run_id: RunId
    workflow_type: WorkflowType
    start_timestamp: Timestamp
    close_timestamp: Timestamp | None = None
    close_status: CloseStatus | None = None
    tag_list: tuple[str, ...] = ()
    parent: WorkflowExecution | None = None


class EventRecord(Record):
    """An event of an execution's history."""

    execution_key: int
    event: HistoryEvent
    handed_by: int = 0
    """The epoch of the process whose own poller took the task that this event starts; 0 for every other event."""


class HeartbeatRecord(Record):
    """The last sign of life of a started activity task. A later one replaces it; the execution's close ends it."""

    execution_key: int
    scheduled_event_id: EventId
    timestamp: Timestamp
    details: str | None = None


NOBODY = -1
"""In place of an epoch: the task was taken back from whom it was handed to, and nobody has it."""


class HolderRecord(Record):
    """Who has a task now that was started before, for somebody else. It replaces what its start says."""

    execution_key: int
    started_event_id: EventId
    handed_by: int
    """The epoch of the process whose own poller took it, `NOBODY`, or 0 for a poller of another process."""


class ClosedRecord(Record):
    """An execution's close."""

    key: int
    close_timestamp: Timestamp
    close_status: CloseStatus


class Batch(Record):
    """The content of one transaction: all of it is kept, or none.

    Types are deleted before types are written, and executions are forgotten last.
    """

    domains: Sequence[DomainRecord] = ()
    types: Sequence[TypeRecord] = ()
    deleted_types: Sequence[TypeKey] = ()
    started: Sequence[ExecutionRecord] = ()
    events: Sequence[EventRecord] = ()
    holders: Sequence[HolderRecord] = ()
    heartbeats: Sequence[HeartbeatRecord] = ()
    closed: Sequence[ClosedRecord] = ()
    forgotten_executions: Sequence[int] = ()


PROBE = Batch(
    heartbeats=(HeartbeatRecord(execution_key=0, scheduled_event_id=EventId(0), timestamp=Timestamp(0)),),
    forgotten_executions=(0,),
)
"""Writes, and leaves all as it was: no execution has the key 0."""


class OpenExecution(Record):
    """All that the log knows of an open execution, for the fold at start."""

    record: ExecutionRecord
    events: list[EventRecord]
    heartbeats: list[HeartbeatRecord]


OfExecution = TypeVar("OfExecution", EventRecord, HeartbeatRecord)


def grouped(records: Iterable[OfExecution]) -> dict[int, list[OfExecution]]:
    """The records of each execution, by its key, in their order."""
    groups: dict[int, list[OfExecution]] = {}
    for record in records:
        groups.setdefault(record.execution_key, []).append(record)
    return groups


class TimeKind(Enum):
    """Which of an execution's times a query bounds, and orders by."""

    START = "START"
    CLOSE = "CLOSE"


class Position(Record):
    """A place in the order of a query's answers: the bounded time and the key of an execution."""

    timestamp: Timestamp
    key: int


class ExecutionQuery(Record):
    """Which executions to list or count. At most one of `workflow_id`, `type_name`, `tag`, `close_status` is given."""

    domain: str
    status: ExecutionStatus
    time: TimeKind = TimeKind.START
    oldest: Timestamp = 0.0
    """Inclusive, as is `latest`."""
    latest: Timestamp | None = None
    workflow_id: str | None = None
    type_name: str | None = None
    type_version: str | None = None
    """Narrows `type_name`."""
    tag: str | None = None
    close_status: CloseStatus | None = None
    ascending: bool = False
    after: Position | None = None
    """Only what comes after this place, in the order asked for."""
    limit: int | None = None


def joined(batches: Sequence[Batch]) -> Batch:
    """One batch that leaves the log as the given ones would, one after the other."""
    if len(batches) == 1:
        return batches[0]
    types: dict[TypeKey, TypeRecord] = {}
    for batch in batches:
        for deleted in batch.deleted_types:
            types.pop(deleted, None)
        types.update((record.key, record) for record in batch.types)
    return Batch(
        domains=_chained(batch.domains for batch in batches),
        types=list(types.values()),
        deleted_types=_chained(batch.deleted_types for batch in batches),
        started=_chained(batch.started for batch in batches),
        events=_chained(batch.events for batch in batches),
        holders=_chained(batch.holders for batch in batches),
        heartbeats=_chained(batch.heartbeats for batch in batches),
        closed=_chained(batch.closed for batch in batches),
        forgotten_executions=_chained(batch.forgotten_executions for batch in batches),
    )


def _chained(parts: Iterable[Sequence[Part]]) -> list[Part]:
    return list(chain.from_iterable(parts))
