"""The event log in SQLite: in one file that outlives the process, or in memory.

One connection writes; another reads, so that reading does not wait for a commit. In memory one connection does both.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

import msgspec

from ostinato.engine.log import rows, visibility
from ostinato.engine.log.faults import damaged, not_read, not_written
from ostinato.engine.log.file import MEMORY, in_memory, opened, reading
from ostinato.engine.log.ownership import Ownership
from ostinato.engine.log.records import (
    Batch,
    DomainRecord,
    ExecutionQuery,
    ExecutionRecord,
    OpenExecution,
    TypeRecord,
    grouped,
)
from ostinato.engine.log.statements import queries
from ostinato.engine.log.steps import Step, steps_of
from ostinato.errors import StoreError
from ostinato.model.events import HistoryEvent

Value = TypeVar("Value")

_LAST_EVENT = 2**31 - 1
_NO_LIMIT = -1
_PORTION_EVENTS = 5_000
"""So many events of open executions are read at once, unless one execution has more."""
_PORTION_KEYS = 200
_NONE: Mapping[str, object] = {}


class SqliteLog:
    """A `Log` in a SQLite file, or, for the path ":memory:", in memory.

    Args:
        path: the file. It is made if it does not exist; its directory must.

    Raises:
        DatabaseInUseError: another process has it open, or this one.
        DatabaseForeignError: the file is not ours, or of a newer version. It was not touched.
        DatabaseDamagedError: it is broken.
        StoreError: the system does not let us use it.
    """

    def __init__(self, path: Path | str) -> None:
        self._where = str(path)
        self._queries = queries()
        with ExitStack() as resources:
            self._connect(resources)
            self._open()
            self._resources = resources.pop_all()

    def _connect(self, resources: ExitStack) -> None:
        self._writing = self._reading = RLock()
        self._process: int | None = None
        if self._where == MEMORY:
            self._writer = self._reader = resources.enter_context(closing(in_memory()))
            return
        path = _real(self._where)
        resources.callback(Ownership(path).release)
        self._process = os.getpid()
        self._writer = resources.enter_context(closing(opened(path)))
        self._reader = resources.enter_context(closing(reading(path)))
        self._reading = RLock()

    def _open(self) -> None:
        try:
            epoch, secret = self._writer.execute(self._queries["open"]).fetchall()[0]
            (key,) = self._writer.execute(self._queries["next_execution_key"]).fetchone()
        except sqlite3.Error as error:
            raise not_written(error, self._where) from None
        self._epoch, self._secret, self._next_execution_key = int(epoch), bytes(secret), int(key)

    @property
    def secret(self) -> bytes:
        """32 random bytes, made with the log."""
        return self._secret

    @property
    def epoch(self) -> int:
        """How often the log was opened, this time included."""
        return self._epoch

    @property
    def next_execution_key(self) -> int:
        """The first key after all that were given until the log was opened."""
        return self._next_execution_key

    def append(self, batch: Batch) -> None:
        """Keep the batch in one transaction, which is on the disk when this returns.

        Raises:
            DatabaseWriteError: it could not be kept; nothing was changed.
            DatabaseDamagedError: the database is broken; nothing was changed.
            StoreError: this is a fork of the process that owns the file; nothing was changed.
        """
        # Two who write the same histories would each spoil the other's, and SQLite does not bear a fork.
        if self._process is not None and os.getpid() != self._process:
            raise StoreError(
                found=f"this process was forked from the one that uses the database ({self._process})",
                where=self._where,
                hint="Open the engine after the fork, in one process, and share it by `ostinato server`",
            )
        with self._writing:
            try:
                self._write([*steps_of(batch)])
            except BaseException as error:
                self._roll_back()
                if isinstance(error, Exception):
                    raise not_written(error, self._where) from error
                raise

    def domains(self) -> list[DomainRecord]:
        """Every domain, by name."""
        return self._records(rows.to_domain, self._queries["domains"])

    def types(self) -> list[TypeRecord]:
        """Every activity type and workflow type, by kind, domain, name and version."""
        return self._records(rows.to_type, self._queries["types"])

    def open_executions(self) -> Iterator[OpenExecution]:
        """Every open execution with its events, by key; some at a time are read."""
        for keys in _portions(self._fetched(self._queries["open_keys"])):
            of_these = {"keys": msgspec.json.encode(keys).decode()}
            recorded = self._fetched(self._queries["recorded_events_of"], of_these)
            events = grouped(self._understood(partial(rows.to_event_records, recorded)))
            beats = grouped(self._records(rows.to_heartbeat, self._queries["heartbeats_of"], of_these))
            for record in self._records(rows.to_execution, self._queries["executions_of"], of_these):
                yield OpenExecution(
                    record=record, events=events.get(record.key, []), heartbeats=beats.get(record.key, [])
                )

    def events(
        self, key: int, first: int = 1, last: int | None = None, *, reverse: bool = False, limit: int | None = None
    ) -> list[HistoryEvent]:
        """The events with ids from `first` to `last`, both included, oldest first unless `reverse`; at most `limit`."""
        bounds = {
            "key": key,
            "first": first,
            "last": _LAST_EVENT if last is None else last,
            "limit": _NO_LIMIT if limit is None else limit,
        }
        found = self._fetched(self._queries["events_reversed" if reverse else "events"], bounds)
        return self._understood(partial(rows.to_events, found))

    def find(self, domain: str, workflow_id: str, run_id: str | None = None) -> ExecutionRecord | None:
        """The execution with these ids; without a run id, the newest with that workflow id, open or closed."""
        ids = {"domain": domain, "workflow_id": workflow_id, "run_id": run_id}
        query = self._queries["find_newest" if run_id is None else "find_run"]
        return next(iter(self._records(rows.to_execution, query, ids)), None)

    def list_executions(self, query: ExecutionQuery) -> list[ExecutionRecord]:
        """The executions that the query asks for, by its time and then by key; the latest first unless `ascending`."""
        statement = visibility.listing(query)
        return self._records(rows.to_execution, statement.sql, statement.parameters)

    def count_executions(self, query: ExecutionQuery) -> int:
        """How many executions the query asks for, up to its `limit`; its `after` counts too."""
        statement = visibility.counting(query)
        return int(self._fetched(statement.sql, statement.parameters)[0][0])

    def expired(self, now: float, limit: int = 1_000) -> list[int]:
        """The keys of at most `limit` closed executions that their domain's retention period no longer covers."""
        return [int(row[0]) for row in self._fetched(self._queries["expired"], {"now": now, "limit": limit})]

    def forget(self, keys: Iterable[int]) -> None:
        """Delete these executions and their events, in one transaction.

        Raises:
            StoreError: they could not be deleted; nothing was changed.
        """
        self.append(Batch(forgotten_executions=tuple(keys)))

    def close(self) -> None:
        """Close the file and let other processes have it. Closing twice is harmless."""
        with self._writing, self._reading:
            self._resources.close()

    def _write(self, steps: Sequence[Step]) -> None:
        execute = self._writer.execute
        if len(steps) == 1:  # which is a transaction by itself
            execute(*steps[0])
            return
        execute("BEGIN IMMEDIATE")
        for sql, values in steps:
            execute(sql, values)
        execute("COMMIT")

    def _roll_back(self) -> None:
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        except sqlite3.Error:
            # The transaction is not committed, and SQLite undoes it at the next opening at the latest.
            pass

    def _records(
        self, to_record: Callable[[sqlite3.Row], Value], sql: str, parameters: Mapping[str, object] = _NONE
    ) -> list[Value]:
        found = self._fetched(sql, parameters, sqlite3.Row)
        return self._understood(lambda: [to_record(row) for row in found])

    def _fetched(
        self, sql: str, parameters: Mapping[str, object] = _NONE, row_factory: type[sqlite3.Row] | None = None
    ) -> list[Any]:
        try:
            with self._reading:
                cursor = self._reader.cursor()
                cursor.row_factory = row_factory
                return cursor.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise not_read(error, self._where) from error

    def _understood(self, read: Callable[[], Value]) -> Value:
        try:
            return read()
        except (msgspec.DecodeError, ValueError) as error:
            raise damaged(f"a row cannot be understood: {error}", self._where) from error


def _portions(lengths: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """The keys, in their order, as many at a time as may be read at once; each comes with its number of events."""
    keys: list[int] = []
    events = 0
    for key, length in lengths:
        if keys and (events + length > _PORTION_EVENTS or len(keys) == _PORTION_KEYS):
            yield keys
            keys, events = [], 0
        keys.append(key)
        events += length
    if keys:
        yield keys


def _real(path: str) -> Path:
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise StoreError(found=f"this is no path to a file: {error}", where=path, hint="Name another file") from None
