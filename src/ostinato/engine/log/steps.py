"""What SQLite has to do for a batch, in as few steps as can be.

Python lets go of its interpreter at each step of SQLite, and among busy threads gets it back only milliseconds later: a
batch of many steps would wait for them at each. So rows are inserted many at a time.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

from ostinato.engine.log import rows
from ostinato.engine.log.records import Batch, ClosedRecord
from ostinato.engine.log.statements import insertion, queries

Source = TypeVar("Source")

_PORTIONS = (128, 16)
"""So many rows are inserted at once, as long as there are that many; then the rest. Few, as SQLite reads each anew."""


class Step(NamedTuple):
    """A statement, and the values of its parameters."""

    sql: str
    values: Sequence[object] | Mapping[str, object]


def steps_of(batch: Batch) -> Iterator[Step]:
    """The steps that write the batch, in order."""
    yield from _each("write_domain", rows.from_domain, batch.domains)
    yield from _each("delete_type", rows.from_type_key, batch.deleted_types)
    yield from _each("write_type", rows.from_type, batch.types)
    yield from _inserted("write_execution", rows.from_execution, batch.started)
    yield from _inserted("write_tag", tuple, rows.from_tags(batch.started))
    yield from _inserted("write_event", rows.from_event, batch.events)
    yield from _each("write_holder", rows.from_holder, batch.holders)
    yield from _inserted("write_heartbeat", rows.from_heartbeat, batch.heartbeats)
    for closed in batch.closed:
        yield from _closing(closed)
    for query in ("forget_execution", "forget_tags", "forget_events", "forget_heartbeats"):
        yield from _each(query, _only, batch.forgotten_executions)


def _each(query: str, to_row: Callable[[Source], rows.Columns], records: Iterable[Source]) -> Iterator[Step]:
    return (Step(queries()[query], to_row(record)) for record in records)


def _inserted(query: str, to_row: Callable[[Source], rows.Columns], records: Sequence[Source]) -> Iterator[Step]:
    begin = 0
    while (left := len(records) - begin) > 0:
        count = next((portion for portion in _PORTIONS if left >= portion), left)
        values = chain.from_iterable(map(to_row, records[begin : begin + count]))
        yield Step(insertion(query, count), tuple(values))
        begin += count


def _closing(record: ClosedRecord) -> Iterator[Step]:
    values = {"key": record.key, "timestamp": record.close_timestamp, "status": record.close_status.value}
    yield Step(queries()["close_execution"], values)
    yield Step(queries()["close_tags"], values)
    yield Step(queries()["forget_heartbeats"], (record.key,))


def _only(value: object) -> rows.Columns:
    return (value,)
