"""The event log as the engine sees it: the only truth there is.

Domains, types, executions and their events, appended in transactions. The log decides nothing and knows no rule of
SWF's.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from ostinato.engine.log.records import (
    Batch,
    DomainRecord,
    ExecutionQuery,
    ExecutionRecord,
    OpenExecution,
    TypeRecord,
)
from ostinato.model.events import HistoryEvent


class Log(Protocol):
    """Keeps batches, each wholly or not at all, and finds again what was kept.

    `append`, `forget` and `close` are called by one thread at a time; the rest by any thread, also while one of those
    runs.
    """

    @property
    def secret(self) -> bytes:
        """32 random bytes, the same as long as the log lives: the key of the engine's tokens."""
        ...

    @property
    def epoch(self) -> int:
        """How often the log was opened, this time included."""
        ...

    @property
    def next_execution_key(self) -> int:
        """The first key that, when the log was opened, no execution had ever had, not even one that was forgotten."""
        ...

    def append(self, batch: Batch) -> None:
        """Keep the batch; it is durable when this returns.

        Raises:
            StoreError: it could not be kept; nothing was changed.
        """
        ...

    def domains(self) -> list[DomainRecord]:
        """Every domain, by name."""
        ...

    def types(self) -> list[TypeRecord]:
        """Every activity type and workflow type, by kind, domain, name and version."""
        ...

    def open_executions(self) -> Iterator[OpenExecution]:
        """Every open execution with its events, by key, one at a time. Not to be read while batches are appended."""
        ...

    def events(
        self, key: int, first: int = 1, last: int | None = None, *, reverse: bool = False, limit: int | None = None
    ) -> list[HistoryEvent]:
        """The events with ids from `first` to `last`, both included, oldest first unless `reverse`; at most `limit`."""
        ...

    def find(self, domain: str, workflow_id: str, run_id: str | None = None) -> ExecutionRecord | None:
        """The execution with these ids; without a run id, the newest with that workflow id, open or closed."""
        ...

    def list_executions(self, query: ExecutionQuery) -> list[ExecutionRecord]:
        """The executions that the query asks for, by its time and then by key; the latest first unless `ascending`."""
        ...

    def count_executions(self, query: ExecutionQuery) -> int:
        """How many executions the query asks for, up to its `limit`; its `after` counts too."""
        ...

    def expired(self, now: float, limit: int = 1_000) -> list[int]:
        """The keys of at most `limit` closed executions that their domain's retention period no longer covers."""
        ...

    def forget(self, keys: Iterable[int]) -> None:
        """Delete these executions and their events.

        Raises:
            StoreError: they could not be deleted; nothing was changed.
        """
        ...

    def close(self) -> None:
        """Give the log back; nothing can be asked of it any more. Closing twice is harmless."""
        ...
