"""Every query of lists and counts finds its rows by an index, in order."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import product

import pytest

from ostinato.engine.log.records import ExecutionQuery, Position, TimeKind
from ostinato.engine.log.statements import queries, schema
from ostinato.engine.log.visibility import Statement, counting, listing
from ostinato.model.enums import CloseStatus, ExecutionStatus

AFTER = Position(timestamp=5.0, key=7)
FILTERS: dict[str, dict[str, object]] = {
    "none": {},
    "type": {"type_name": "t"},
    "version": {"type_name": "t", "type_version": "1"},
    "tag": {"tag": "x"},
    "status": {"close_status": CloseStatus.FAILED},
}
INDEXES = {
    ("OPEN", "START", "none"): "open_by_start",
    ("OPEN", "START", "type"): "open_by_type",
    ("OPEN", "START", "version"): "open_by_type",
    ("OPEN", "START", "tag"): "open_by_tag",
    ("CLOSED", "START", "none"): "closed_by_start",
    ("CLOSED", "START", "type"): "closed_by_type_and_start",
    ("CLOSED", "START", "version"): "closed_by_type_and_start",
    ("CLOSED", "START", "tag"): "closed_by_tag_and_start",
    ("CLOSED", "START", "status"): "closed_by_status_and_start",
    ("CLOSED", "CLOSE", "none"): "closed_by_close",
    ("CLOSED", "CLOSE", "type"): "closed_by_type_and_close",
    ("CLOSED", "CLOSE", "version"): "closed_by_type_and_close",
    ("CLOSED", "CLOSE", "tag"): "closed_by_tag_and_close",
    ("CLOSED", "CLOSE", "status"): "closed_by_status_and_close",
}


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """An empty database of ours."""
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.executescript(schema())
        yield opened


def plan(connection: sqlite3.Connection, statement: Statement) -> str:
    """How SQLite would carry a statement out."""
    rows = connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.parameters)
    return "\n".join(str(row[3]) for row in rows)


@pytest.mark.parametrize(("status", "time", "name"), INDEXES)
def test_every_filter_has_its_index(connection: sqlite3.Connection, status: str, time: str, name: str) -> None:
    """With each filter and time, in both orders and on every page, the index that fits is used; nothing is sorted."""
    for ascending, after, latest in product((False, True), (None, AFTER), (None, 9.0)):
        query = ExecutionQuery(
            domain="d",
            status=ExecutionStatus(status),
            time=TimeKind(time),
            ascending=ascending,
            after=after,
            latest=latest,
            **FILTERS[name],  # type: ignore[arg-type]
        )

        for statement in (listing(query), counting(query)):
            steps = plan(connection, statement)
            assert f"INDEX {INDEXES[status, time, name]} (" in steps, steps
            assert "SCAN v" not in steps
            assert "TEMP B-TREE" not in steps, steps


@pytest.mark.parametrize("time", TimeKind)
def test_a_workflow_id_has_its_index(connection: sqlite3.Connection, time: TimeKind) -> None:
    """The runs of one workflow id are found by it; they are few, and sorted when found."""
    query = ExecutionQuery(domain="d", status=ExecutionStatus.CLOSED, time=time, workflow_id="w")

    assert "INDEX executions_by_workflow_id (domain=? AND workflow_id=?)" in plan(connection, listing(query))


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("find_newest", "executions_by_workflow_id"),
        ("find_run", "sqlite_autoindex_executions_1"),
        ("open_keys", "INDEX open_by_start"),
        ("expired", "closed_by_close"),
        ("executions_of", "PRIMARY KEY"),
        ("recorded_events_of", "PRIMARY KEY"),
        ("heartbeats_of", "PRIMARY KEY"),
        ("events", "PRIMARY KEY"),
        ("events_reversed", "PRIMARY KEY"),
    ],
)
def test_other_queries_have_theirs(connection: sqlite3.Connection, name: str, index: str) -> None:
    """No query of the log reads a table from end to end."""
    names = ("domain", "workflow_id", "run_id", "key", "keys", "first", "last", "limit", "now")

    assert index in plan(connection, Statement(queries()[name], dict.fromkeys(names)))
