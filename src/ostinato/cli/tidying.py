"""What `ostinato payloads gc` does: reads all histories, and removes from stores what none of them names."""

import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from ostinato.cli.columns import Column, Rows
from ostinato.cli.formats import write_rows
from ostinato.cli.instants import instant_of
from ostinato.cli.output_options import Output
from ostinato.cli.registry import domains
from ostinato.client.client import Client
from ostinato.client.histories import read_history
from ostinato.client.search import Search, list_executions
from ostinato.errors import PayloadStoreError, UnknownResourceFault, UsageError
from ostinato.model.enums import ExecutionStatus, RegistrationStatus
from ostinato.model.events import HistoryEvent
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.policy import Payloads, store_name
from ostinato.storage.garbage import YOUNGEST, Entry, Garbage, Past, Sweepable, garbage
from ostinato.worker.targets import load_payloads

_COLUMNS: tuple[Column[Garbage], ...] = (
    Column("key", lambda each: each.entry.key, is_whole=True),
    Column("size", lambda each: each.entry.size),
    Column("changed", lambda each: instant_of(each.entry.changed), is_whole=True),
    Column("store", lambda each: each.store),
)


@dataclass(frozen=True, kw_only=True)
class Tidying:
    """What was asked for.

    Args:
        payloads: what names the stores; see `load_payloads`.
        older_than: seconds since something was put into its store before it may be removed.
        is_dry: whether nothing is removed.
    """

    payloads: str
    older_than: float
    is_dry: bool


def tidy(client: Client, wanted: Tidying, output: Output, data: TextIO) -> None:
    """Remove what no history names, and write what that was.

    Raises:
        UsageError: there is no store, or one that cannot be tidied, or `older_than` is too short.
        PayloadStoreError: a store does not answer.
    """
    if wanted.older_than < YOUNGEST:
        raise UsageError(
            where="--older-than",
            found=f"{wanted.older_than:g} seconds",
            expected="20m or more: what is younger may be named in a moment",
        )
    stores = _stores(load_payloads(wanted.payloads))
    entries = {name: _entries(name, store) for name, store in stores.items()}
    found = garbage(entries, before=time.time() - wanted.older_than, histories=lambda: _histories(client))
    write_rows(Rows(_COLUMNS, found if wanted.is_dry else _removed(found, stores)), output, data)


def _stores(payloads: Payloads) -> Mapping[str, Sweepable]:
    """The stores to tidy, by name."""
    if not payloads.all_stores:
        raise UsageError(
            where="--payloads",
            found="no store",
            expected="the URL of a store, or package.module:name of a Payloads with one",
        )
    stores: dict[str, Sweepable] = {}
    for store in payloads.all_stores:
        if not isinstance(store, Sweepable):
            raise UsageError(
                where="--payloads",
                found=f"the store {store_name(store)}, which cannot be tidied",
                expected="a store that has `entries` and `delete`",
            )
        stores[store_name(store)] = store
    return stores


def _entries(name: str, store: Sweepable) -> Iterator[Entry]:
    """What the store keeps."""
    with _reaching(name):
        yield from store.entries()


def _removed(found: Iterable[Garbage], stores: Mapping[str, Sweepable]) -> Iterator[Garbage]:
    """The same, each when it was removed."""
    for each in found:
        with _reaching(each.store):
            stores[each.store].delete(each.entry.key)
        yield each


def _histories(client: Client) -> Iterator[Past]:
    """All histories of all domains."""
    for status in RegistrationStatus:
        for domain in domains(client, status):
            for info in list_executions(client.swf, domain.name, Search()):
                yield Past(
                    is_open=info.execution_status is ExecutionStatus.OPEN,
                    events=_events(client, domain.name, info.execution),
                )


def _events(client: Client, domain: str, execution: WorkflowExecution) -> Iterator[HistoryEvent]:
    """The execution's events; none any more if it was forgotten meanwhile."""
    try:
        yield from read_history(client.swf.call, domain, execution)
    except UnknownResourceFault:
        return


@contextmanager
def _reaching(name: str) -> Generator[None]:
    """What a store raises is told as what it is.

    Raises:
        PayloadStoreError: the store failed.
    """
    try:
        yield
    except Exception as error:
        raise PayloadStoreError(where=name, found=f"the store failed: {type(error).__name__}: {error}") from error
