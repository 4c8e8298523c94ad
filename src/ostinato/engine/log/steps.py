"""What SQLite has to do for a batch, in as few steps as can be: one, as a rule.

Python lets go of its interpreter at each step of SQLite, and among busy threads gets it back only milliseconds later: a
batch of many steps would wait for them at each. So all changes of a batch are the rows of one insert (`writing.sql`).
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from ostinato.engine.log import rows
from ostinato.engine.log.records import Batch
from ostinato.engine.log.statements import insertion, queries

_SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512)
"""So many rows an insert has: few numbers, as SQLite has to read each statement anew. Those left over do nothing."""

_NOTHING: rows.Change = (None, None, None, None, None)


class Step(NamedTuple):
    """A statement, and the values of its parameters."""

    sql: str
    values: Sequence[object]


def steps_of(batch: Batch) -> Iterator[Step]:
    """The steps that write the batch, in order."""
    if batch.domains or batch.types or batch.deleted_types:
        yield from (Step(queries()["write_domain"], rows.from_domain(domain)) for domain in batch.domains)
        yield from (Step(queries()["delete_type"], rows.from_type_key(key)) for key in batch.deleted_types)
        yield from (Step(queries()["write_type"], rows.from_type(type_)) for type_ in batch.types)
    changes = _changes(batch)
    for begin in range(0, len(changes), _SIZES[-1]):
        yield _insert(changes[begin : begin + _SIZES[-1]])


def _changes(batch: Batch) -> list[rows.Change]:
    changes = [*map(rows.from_execution, batch.started), *rows.from_tags(batch.started)]
    changes += map(rows.from_event, batch.events)
    if batch.holders:
        changes += map(rows.from_holder, batch.holders)
    if batch.heartbeats:
        changes += map(rows.from_heartbeat, batch.heartbeats)
    if batch.closed:
        changes += map(rows.from_close, batch.closed)
    if batch.forgotten_executions:
        changes += map(rows.from_forgotten, batch.forgotten_executions)
    return changes


def _insert(changes: list[rows.Change]) -> Step:
    size = next(size for size in _SIZES if size >= len(changes))
    changes += [_NOTHING] * (size - len(changes))
    return Step(insertion(size), [*chain.from_iterable(changes)])
