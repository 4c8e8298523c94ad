"""The log gives back what was kept, in a file and in memory alike."""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ostinato.engine.log.records import (
    Batch,
    ClosedRecord,
    DomainRecord,
    EventRecord,
    ExecutionQuery,
    ExecutionRecord,
    HeartbeatRecord,
    HolderRecord,
    Position,
    TimeKind,
    TypeKind,
    TypeRecord,
)
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.engine.log.steps import steps_of
from ostinato.errors import DatabaseWriteError, StoreError
from ostinato.model.enums import CloseStatus, ExecutionStatus, RegistrationStatus
from ostinato.model.events import MarkerRecorded
from ostinato.model.fields import EventId, RunId
from ostinato.model.results import ActivityTypeConfiguration, WorkflowTypeConfiguration
from ostinato.model.structures import ResourceTag, TaskList, WorkflowExecution, WorkflowType

DAY = 86_400.0


@pytest.fixture(params=["memory", "file"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteLog]:
    """An empty log, in memory and in a file."""
    opened = SqliteLog(":memory:" if request.param == "memory" else tmp_path / "ostinato.db")
    yield opened
    opened.close()


def execution(key: int, **changes: object) -> ExecutionRecord:
    """An execution that differs from others by its key, and by the changes."""
    members: dict[str, object] = {
        "key": key,
        "domain": "d",
        "workflow_id": f"w{key}",
        "run_id": RunId(f"r{key}"),
        "workflow_type": WorkflowType(name="t", version="1"),
        "start_timestamp": float(key),
    }
    return ExecutionRecord(**{**members, **changes})  # type: ignore[arg-type]


def marker(event_id: int, details: str = "") -> MarkerRecorded:
    """An event like any other."""
    return MarkerRecorded(
        event_id=EventId(event_id),
        event_timestamp=1.5e9 + event_id / 1000,
        marker_name="m",
        decision_task_completed_event_id=EventId(4),
        details=details,
    )


def markers(key: int, count: int) -> list[EventRecord]:
    """A history of so many events."""
    return [EventRecord(execution_key=key, event=marker(event_id)) for event_id in range(1, count + 1)]


def test_domains_are_kept_and_replaced(log: SqliteLog) -> None:
    """A domain comes back as it was written last, with all its members."""
    old = DomainRecord(name="b", status=RegistrationStatus.REGISTERED, retention="7")
    new = DomainRecord(
        name="b",
        status=RegistrationStatus.DEPRECATED,
        retention="NONE",
        description="",
        tags=(ResourceTag(key="k", value="v"), ResourceTag(key="l")),
    )
    other = DomainRecord(name="a", status=RegistrationStatus.REGISTERED, retention="0", description="é")
    log.append(Batch(domains=[old, other]))

    log.append(Batch(domains=[new]))

    assert log.domains() == [other, new]


def test_types_are_kept_replaced_and_deleted(log: SqliteLog) -> None:
    """Types of both kinds come back with their defaults; a deleted one does not."""
    activity = TypeRecord(
        kind=TypeKind.ACTIVITY,
        domain="d",
        name="n",
        version="1",
        status=RegistrationStatus.REGISTERED,
        creation_date=1.5,
        configuration=ActivityTypeConfiguration(default_task_list=TaskList(name="t"), default_task_priority="3"),
    )
    workflow = TypeRecord(
        kind=TypeKind.WORKFLOW,
        domain="d",
        name="n",
        version="1",
        status=RegistrationStatus.DEPRECATED,
        creation_date=1.5,
        deprecation_date=2.5,
        description="what",
        configuration=WorkflowTypeConfiguration(default_execution_start_to_close_timeout="60"),
    )
    log.append(Batch(types=[workflow, activity]))
    assert log.types() == [activity, workflow]

    log.append(Batch(deleted_types=[activity.key]))

    assert log.types() == [workflow]


def test_a_type_deleted_and_registered_in_one_batch_is_there(log: SqliteLog) -> None:
    """Within a batch, types are deleted before types are written."""
    record = TypeRecord(
        kind=TypeKind.WORKFLOW,
        domain="d",
        name="n",
        version="1",
        status=RegistrationStatus.REGISTERED,
        creation_date=1.0,
        configuration=WorkflowTypeConfiguration(),
    )

    log.append(Batch(deleted_types=[record.key], types=[record]))

    assert log.types() == [record]


def test_an_execution_is_found_by_its_ids(log: SqliteLog) -> None:
    """A run is found by both its ids, and the newest run of a workflow id by that alone."""
    first = execution(1, workflow_id="w", tag_list=("a", "b", "a"), start_timestamp=9.0)
    second = execution(2, workflow_id="w", parent=WorkflowExecution(workflow_id="p", run_id=RunId("pr")))
    log.append(Batch(started=[first, second]))

    assert log.find("d", "w") == second
    assert log.find("d", "w", "r1") == first
    assert log.find("d", "w", "r3") is None
    assert log.find("d", "x", "r1") is None
    assert log.find("e", "w") is None


def test_a_close_is_kept(log: SqliteLog) -> None:
    """A closed execution shows when and how, and is open no more."""
    log.append(Batch(started=[execution(1), execution(2)]))
    log.append(Batch(closed=[ClosedRecord(key=1, close_timestamp=5.5, close_status=CloseStatus.TIMED_OUT)]))

    found = log.find("d", "w1")

    assert found == execution(1, close_timestamp=5.5, close_status=CloseStatus.TIMED_OUT)
    assert [each.record.key for each in log.open_executions()] == [2]


def test_an_execution_may_start_and_close_in_one_batch(log: SqliteLog) -> None:
    """A batch of several causes may hold the whole life of an execution."""
    closed = ClosedRecord(key=1, close_timestamp=2.0, close_status=CloseStatus.TERMINATED)

    log.append(Batch(started=[execution(1, tag_list=("t",))], closed=[closed], events=markers(1, 3)))

    query = ExecutionQuery(domain="d", status=ExecutionStatus.CLOSED, time=TimeKind.CLOSE, tag="t")
    assert [each.close_timestamp for each in log.list_executions(query)] == [2.0]


def test_open_executions_come_with_all_that_is_known(log: SqliteLog) -> None:
    """At a start, each open execution has its events with who was handed what, and its last heartbeats."""
    beats = [
        HeartbeatRecord(execution_key=1, scheduled_event_id=EventId(7), timestamp=2.5, details="half"),
        HeartbeatRecord(execution_key=1, scheduled_event_id=EventId(9), timestamp=3.5),
    ]
    older = HeartbeatRecord(execution_key=1, scheduled_event_id=EventId(7), timestamp=1.5, details="a bit")
    handed = EventRecord(execution_key=1, event=marker(4), handed_by=12)
    log.append(Batch(started=[execution(1), execution(2)], events=markers(1, 3), heartbeats=[older]))
    log.append(Batch(events=[handed], heartbeats=beats))

    one, other = log.open_executions()

    assert one.record == execution(1)
    assert one.events == [*markers(1, 3), handed]
    assert one.heartbeats == beats
    assert (other.record, other.events, other.heartbeats) == (execution(2), [], [])


def test_open_executions_are_read_in_portions(log: SqliteLog) -> None:
    """Many executions, with few events and with many: none is left out, and none gets another's."""
    lengths = {key: 6_000 if key == 250 else key % 4 for key in range(1, 500)}
    log.append(
        Batch(
            started=[execution(key) for key in lengths],
            events=[event for key, length in lengths.items() for event in (markers(key, length) if length else ())],
        )
    )

    found = {opened.record.key: opened.events for opened in log.open_executions()}

    assert list(found) == list(lengths)
    assert {key: len(events) for key, events in found.items()} == lengths
    assert all(event.execution_key == key for key, events in found.items() for event in events)


@given(
    first=st.integers(0, 12),
    last=st.none() | st.integers(0, 12),
    reverse=st.booleans(),
    limit=st.none() | st.integers(0, 12),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_a_stretch_of_history(
    log: SqliteLog, *, first: int, last: int | None, reverse: bool, limit: int | None
) -> None:
    """`events` is the slice of history that its arguments say, in both orders."""
    if log.find("d", "w1") is None:
        log.append(Batch(started=[execution(1), execution(2)], events=[*markers(1, 10), *markers(2, 3)]))
    wanted = [marker(i) for i in range(1, 11) if first <= i <= (10 if last is None else last)]
    wanted = wanted[::-1] if reverse else wanted

    assert log.events(1, first, last, reverse=reverse, limit=limit) == wanted[:limit]


@given(st.text(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
@example("\0", '"\x01\\\u2028\x7f')
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_kept(log: SqliteLog, text: str, workflow_id: str) -> None:
    """Quotes, NULs and every alphabet come back as they were; ids hold no control characters, which SWF sees to."""
    key = log.count_executions(ExecutionQuery(domain="d", status=ExecutionStatus.OPEN)) + 1
    record = execution(key, tag_list=(text,), workflow_id=workflow_id)
    event = EventRecord(execution_key=key, event=marker(1, text))

    log.append(Batch(started=[record], events=[event]))

    assert log.find("d", workflow_id) == record
    assert log.events(key) == [event.event]
    query = ExecutionQuery(domain="d", status=ExecutionStatus.OPEN, tag=text)
    assert log.list_executions(query)[0] == record


@pytest.mark.parametrize("count", [1, 2, 5, 16, 17, 128, 129, 511, 512, 513, 1100])
def test_a_batch_of_many_is_kept_whole(log: SqliteLog, count: int) -> None:
    """However many rows a table is given at once, all are there, in order."""
    tags = tuple(f"tag {number}" for number in range(count))
    records = [execution(1, tag_list=tags), *(execution(key) for key in range(2, count + 1))]
    events = [EventRecord(execution_key=1, event=marker(number)) for number in range(1, count + 1)]

    log.append(Batch(started=records, events=events))

    open_ones = ExecutionQuery(domain="d", status=ExecutionStatus.OPEN, ascending=True)
    assert log.list_executions(open_ones) == records
    assert log.events(1) == [record.event for record in events]
    assert [log.count_executions(msgspec.structs.replace(open_ones, tag=tag)) for tag in tags] == [1] * count


def test_a_batch_is_kept_wholly_or_not_at_all(log: SqliteLog) -> None:
    """When the last event of a batch cannot be written, nothing of the batch is there, and the log goes on."""
    log.append(Batch(started=[execution(1)], events=markers(1, 2)))
    domain = DomainRecord(name="d", status=RegistrationStatus.REGISTERED, retention="7")
    again = EventRecord(execution_key=1, event=marker(2))

    with pytest.raises(DatabaseWriteError, match="nothing was written"):
        log.append(Batch(domains=[domain], started=[execution(2)], events=[*markers(2, 2), again]))

    assert log.domains() == []
    assert log.find("d", "w2") is None
    assert log.events(2) == []
    log.append(Batch(events=[EventRecord(execution_key=1, event=marker(3))]))
    assert len(log.events(1)) == 3


def test_an_error_of_ours_rolls_back_too(log: SqliteLog) -> None:
    """What cannot be encoded leaves no half transaction open, and is told as any failure to write."""
    with pytest.raises(DatabaseWriteError, match=r"UnicodeEncodeError.*nothing was written\. Please report it"):
        log.append(Batch(started=[execution(1)], events=[EventRecord(execution_key=1, event=marker(1, "\ud800"))]))

    assert log.find("d", "w1") is None
    log.append(Batch(started=[execution(1)]))
    assert log.find("d", "w1") == execution(1)


def test_retention(log: SqliteLog) -> None:
    """A closed execution expires when its domain's days are over; an open one never."""
    for name, retention in (("none", "NONE"), ("zero", "0"), ("week", "7"), ("long", "90")):
        log.append(Batch(domains=[DomainRecord(name=name, status=RegistrationStatus.REGISTERED, retention=retention)]))
    names = ["none", "zero", "week", "long", "none"]
    log.append(Batch(started=[execution(key, domain=name) for key, name in enumerate(names, 1)]))
    closed = [ClosedRecord(key=key, close_timestamp=100.0, close_status=CloseStatus.COMPLETED) for key in range(1, 5)]
    log.append(Batch(closed=closed))

    assert log.expired(99.9) == []
    assert sorted(log.expired(100.0)) == [1, 2]
    assert sorted(log.expired(100.0 + 7 * DAY - 0.001)) == [1, 2]
    assert sorted(log.expired(100.0 + 7 * DAY)) == [1, 2, 3]
    assert sorted(log.expired(100.0 + 90 * DAY)) == [1, 2, 3, 4]
    assert len(log.expired(100.0 + 90 * DAY, limit=2)) == 2


def test_forgotten_executions_leave_no_trace(log: SqliteLog) -> None:
    """Of a forgotten execution no row is left, of another every row."""
    for key in (1, 2):
        beat = HeartbeatRecord(execution_key=key, scheduled_event_id=EventId(1), timestamp=1.0)
        started = execution(key, tag_list=("t",))
        log.append(Batch(started=[started], events=markers(key, 3), heartbeats=[beat]))

    log.forget([1])

    assert log.find("d", "w1") is None
    assert log.events(1) == []
    assert [each.record.key for each in log.open_executions()] == [2]
    tagged = ExecutionQuery(domain="d", status=ExecutionStatus.OPEN, tag="t")
    assert [each.key for each in log.list_executions(tagged)] == [2]
    assert log.count_executions(tagged) == 1
    assert len(log.events(2)) == 3


def test_closing_forgets_heartbeats_only(log: SqliteLog) -> None:
    """A closed execution keeps its events; its heartbeats are of no use any more."""
    beat = HeartbeatRecord(execution_key=1, scheduled_event_id=EventId(1), timestamp=1.0)
    log.append(Batch(started=[execution(1)], events=markers(1, 3), heartbeats=[beat]))

    log.append(Batch(closed=[ClosedRecord(key=1, close_timestamp=2.0, close_status=CloseStatus.FAILED)]))

    assert len(log.events(1)) == 3
    assert log._fetched("SELECT * FROM heartbeats") == []


def test_what_a_file_keeps_from_one_opening_to_the_next(tmp_path: Path) -> None:
    """The secret stays, the epoch grows by one, and keys go on, also after the newest execution was forgotten."""
    path = tmp_path / "ostinato.db"
    log = SqliteLog(path)
    secret = log.secret
    assert (len(secret), log.epoch, log.next_execution_key) == (32, 1, 1)
    log.append(Batch(started=[execution(1), execution(2)], events=markers(1, 5)))
    log.forget([2])
    log.close()

    log = SqliteLog(path)

    assert (log.secret, log.epoch, log.next_execution_key) == (secret, 2, 3)
    assert log.events(1) == [marker(i) for i in range(1, 6)]
    log.close()
    other = SqliteLog(tmp_path / "other.db")
    assert other.secret != secret
    other.close()


def test_a_closed_log_says_so(log: SqliteLog) -> None:
    """After `close` nothing can be asked or kept; closing again is harmless."""
    log.close()
    log.close()

    with pytest.raises(StoreError, match="closed"):
        log.domains()
    with pytest.raises(StoreError, match="closed"):
        log.append(Batch())


def test_reading_beside_writing(log: SqliteLog) -> None:
    """While one thread appends, others read whole batches, and see what an append before them kept."""
    log.append(Batch(started=[execution(1)]))
    faults: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            count = len(log.events(1))
            if count % 3:
                faults.append(f"{count} events are no whole batches")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for start in range(1, 300, 3):
        log.append(Batch(events=[EventRecord(execution_key=1, event=marker(start + i)) for i in range(3)]))
        assert len(log.events(1, start)) == 3
    done.set()
    for reader in readers:
        reader.join()

    assert faults == []


times = st.integers(1, 5).map(float)
closes = st.none() | st.tuples(times, st.sampled_from([CloseStatus.COMPLETED, CloseStatus.FAILED]))


@st.composite
def executions(draw: st.DrawFn) -> list[ExecutionRecord]:
    """Some executions that have much in common."""
    drawn = []
    for key in range(1, draw(st.integers(0, 12)) + 1):
        close = draw(closes)
        drawn.append(
            execution(
                key,
                domain=draw(st.sampled_from("de")),
                workflow_id=draw(st.sampled_from("vw")),
                workflow_type=WorkflowType(name=draw(st.sampled_from("tu")), version=draw(st.sampled_from("12"))),
                tag_list=tuple(draw(st.lists(st.sampled_from("xyz"), max_size=3))),
                start_timestamp=draw(times),
                close_timestamp=close[0] if close else None,
                close_status=close[1] if close else None,
            )
        )
    return drawn


@st.composite
def searches(draw: st.DrawFn) -> ExecutionQuery:
    """A query with any one of the filters, or none."""
    is_open = draw(st.booleans())
    filters: list[dict[str, object]] = [
        {},
        {"workflow_id": "w"},
        {"type_name": "t"},
        {"type_name": "t", "type_version": "1"},
        {"tag": "x"},
    ]
    filters += [] if is_open else [{"close_status": CloseStatus.FAILED}]
    return ExecutionQuery(
        domain="d",
        status=ExecutionStatus.OPEN if is_open else ExecutionStatus.CLOSED,
        time=TimeKind.START if is_open else draw(st.sampled_from(TimeKind)),
        oldest=draw(times),
        latest=draw(st.none() | times),
        ascending=draw(st.booleans()),
        limit=draw(st.none() | st.integers(0, 5)),
        **draw(st.sampled_from(filters)),  # type: ignore[arg-type]
    )


def moment(record: ExecutionRecord, query: ExecutionQuery) -> float:
    """The time of an execution that a query is about."""
    time = record.start_timestamp if query.time is TimeKind.START else record.close_timestamp
    assert time is not None
    return time


def fits(record: ExecutionRecord, query: ExecutionQuery) -> bool:
    """Whether a query asks for an execution: its meaning, spelt out."""
    return (
        record.domain == query.domain
        and (record.close_timestamp is None) == (query.status is ExecutionStatus.OPEN)
        and query.oldest <= moment(record, query)
        and (query.latest is None or moment(record, query) <= query.latest)
        and query.workflow_id in {None, record.workflow_id}
        and query.type_name in {None, record.workflow_type.name}
        and query.type_version in {None, record.workflow_type.version}
        and (query.tag is None or query.tag in record.tag_list)
        and query.close_status in {None, record.close_status}
    )


@given(executions(), searches())
def test_lists_and_counts_mean_what_the_query_says(records: list[ExecutionRecord], query: ExecutionQuery) -> None:
    """For any executions and any query, list and count agree with the meaning spelt out, in order and page by page."""
    log = SqliteLog(":memory:")
    log.append(Batch(started=records))
    wanted = sorted(
        (record for record in records if fits(record, query)),
        key=lambda record: (moment(record, query), record.key),
        reverse=not query.ascending,
    )

    assert log.list_executions(query) == wanted[: query.limit]
    assert log.count_executions(query) == len(wanted[: query.limit])
    for place, record in enumerate(wanted, 1):
        position = Position(timestamp=moment(record, query), key=record.key)
        members = {name: getattr(query, name) for name in query.__struct_fields__}
        after = ExecutionQuery(**{**members, "after": position, "limit": None})
        assert log.list_executions(after) == wanted[place:]
    log.close()


def test_a_fork_cannot_write(tmp_path: Path) -> None:
    """A child process that inherited the log is refused, and its parent goes on."""
    log = SqliteLog(tmp_path / "ostinato.db")
    child = os.fork()
    if not child:
        with suppress(StoreError):
            log.append(Batch())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)

    assert status == 0
    log.append(Batch())
    log.close()


def test_a_batch_is_one_step() -> None:
    """Whatever it changes of executions; what is left over in the statement does nothing."""
    batch = Batch(
        started=[execution(1, tag_list=("a", "b")), execution(2)],
        events=[*markers(1, 1), *markers(2, 1)],
        holders=[HolderRecord(execution_key=1, started_event_id=EventId(1), handed_by=7)],
        heartbeats=[HeartbeatRecord(execution_key=2, scheduled_event_id=EventId(1), timestamp=3.5)],
        closed=[ClosedRecord(key=1, close_timestamp=9.25, close_status=CloseStatus.FAILED)],
        forgotten_executions=[2],
    )

    (step,) = steps_of(batch)

    assert step.sql.startswith("INSERT INTO batch VALUES (?, ?, ?, ?, ?), (")
    assert len(step.values) == 12 * 5
