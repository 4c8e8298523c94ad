"""Between the log's records and the rows of its tables, both ways; nothing here touches a database."""

from collections.abc import Iterable, Mapping, Sequence
from sqlite3 import Row

import msgspec

from ostinato.engine.log.records import (
    ClosedRecord,
    DomainRecord,
    EventRecord,
    ExecutionRecord,
    HeartbeatRecord,
    HolderRecord,
    TypeKey,
    TypeKind,
    TypeRecord,
)
from ostinato.model.enums import CloseStatus, RegistrationStatus
from ostinato.model.events import HistoryEvent
from ostinato.model.fields import RunId
from ostinato.model.results import ActivityTypeConfiguration, WorkflowTypeConfiguration
from ostinato.model.structures import ResourceTag, WorkflowExecution, WorkflowType

Columns = tuple[object, ...]
"""The values of a row to be written, in the order of its query."""
Change = tuple[str | None, int | None, object, object, object]
"""A row of the view `batch`: its kind, the execution's key, and what else it says (`writing.sql`)."""
TextRow = tuple[str]
"""An event's text."""
EventRow = tuple[int, int, str]
"""The execution's key, who was handed the task, and the event's text."""

_ENCODER = msgspec.json.Encoder()
_EVENTS = msgspec.json.Decoder(list[HistoryEvent])
_TAGS = msgspec.json.Decoder(tuple[str, ...])
_CONFIGURATIONS: Mapping[
    TypeKind, msgspec.json.Decoder[ActivityTypeConfiguration] | msgspec.json.Decoder[WorkflowTypeConfiguration]
] = {
    TypeKind.ACTIVITY: msgspec.json.Decoder(ActivityTypeConfiguration),
    TypeKind.WORKFLOW: msgspec.json.Decoder(WorkflowTypeConfiguration),
}
_RESOURCE_TAGS = msgspec.json.Decoder(tuple[ResourceTag, ...])


def from_domain(record: DomainRecord) -> Columns:
    """The row of a domain."""
    tags = _text(record.tags) if record.tags else None
    return (record.name, record.status.value, record.retention, record.description, tags)


def to_domain(row: Row) -> DomainRecord:
    """The domain of a row."""
    return DomainRecord(
        name=row["name"],
        status=RegistrationStatus(row["status"]),
        retention=row["retention"],
        description=row["description"],
        tags=_RESOURCE_TAGS.decode(row["tags"]) if row["tags"] else (),
    )


def from_type_key(key: TypeKey) -> Columns:
    """The primary key of a type."""
    return (key.kind.value, key.domain, key.name, key.version)


def from_type(record: TypeRecord) -> Columns:
    """The row of a type."""
    return (
        *from_type_key(record.key),
        record.status.value,
        record.creation_date,
        record.deprecation_date,
        record.description,
        _text(record.configuration),
    )


def to_type(row: Row) -> TypeRecord:
    """The type of a row."""
    kind = TypeKind(row["kind"])
    return TypeRecord(
        kind=kind,
        domain=row["domain"],
        name=row["name"],
        version=row["version"],
        status=RegistrationStatus(row["status"]),
        creation_date=row["creation_date"],
        deprecation_date=row["deprecation_date"],
        description=row["description"],
        configuration=_CONFIGURATIONS[kind].decode(row["configuration"]),
    )


def from_execution(record: ExecutionRecord) -> Change:
    """What is written of an execution. Its ids and names hold no control characters."""
    parent = record.parent
    rest = (
        record.domain,
        record.workflow_id,
        record.run_id,
        record.workflow_type.name,
        record.workflow_type.version,
        record.close_status.value if record.close_status else None,
        _text(record.tag_list) if record.tag_list else None,
        parent.workflow_id if parent else None,
        parent.run_id if parent else None,
    )
    return ("execution", record.key, record.start_timestamp, record.close_timestamp, _text(rest))


def from_tags(records: Iterable[ExecutionRecord]) -> list[Change]:
    """What is written of the executions' tags."""
    return [("tag", record.key, tag, None, None) for record in records for tag in record.tag_list]


def from_close(record: ClosedRecord) -> Change:
    """What is written when an execution closes."""
    return ("close", record.key, record.close_timestamp, record.close_status.value, None)


def from_forgotten(key: int) -> Change:
    """What is written when an execution is forgotten."""
    return ("forget", key, None, None, None)


def to_execution(row: Row) -> ExecutionRecord:
    """The execution of a row."""
    parent = row["parent_workflow_id"]
    status = row["close_status"]
    return ExecutionRecord(
        key=row["key"],
        domain=row["domain"],
        workflow_id=row["workflow_id"],
        run_id=RunId(row["run_id"]),
        workflow_type=WorkflowType(name=row["type_name"], version=row["type_version"]),
        start_timestamp=row["start_timestamp"],
        close_timestamp=row["close_timestamp"],
        close_status=CloseStatus(status) if status else None,
        tag_list=_TAGS.decode(row["tag_list"]) if row["tag_list"] else (),
        parent=WorkflowExecution(workflow_id=parent, run_id=row["parent_run_id"]) if parent else None,
    )


def from_event(record: EventRecord) -> Change:
    """What is written of an event."""
    event = record.event
    return ("event", record.execution_key, event.event_id, record.handed_by, _ENCODER.encode(event).decode())


def to_event_records(rows: Sequence[EventRow]) -> list[EventRecord]:
    """The events of executions, with who was handed what."""
    events = to_events([(text,) for _, _, text in rows])
    return [
        EventRecord(execution_key=key, event=event, handed_by=handed_by)
        for event, (key, handed_by, _) in zip(events, rows, strict=True)
    ]


def to_events(rows: Sequence[TextRow]) -> list[HistoryEvent]:
    """The events of rows; read as one text, which is quicker than one by one."""
    return _EVENTS.decode(f"[{','.join([row[0] for row in rows])}]")


def from_holder(record: HolderRecord) -> Change:
    """What is written when a task changes hands."""
    return ("holder", record.execution_key, record.started_event_id, record.handed_by, None)


def from_heartbeat(record: HeartbeatRecord) -> Change:
    """What is written of a heartbeat."""
    return ("heartbeat", record.execution_key, record.scheduled_event_id, record.timestamp, record.details)


def to_heartbeat(row: Row) -> HeartbeatRecord:
    """The heartbeat of a row."""
    return HeartbeatRecord(
        execution_key=row["execution_key"],
        scheduled_event_id=row["scheduled_event_id"],
        timestamp=row["timestamp"],
        details=row["details"],
    )


def _text(value: object) -> str:
    return _ENCODER.encode(value).decode()
