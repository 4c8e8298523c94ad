"""Group commit: many callers, one transaction of the log.

What changes is gathered under the engine's lock into the open batch. Whoever needs it durable takes the commit lock and
commits all that has gathered; the others find theirs done. Nobody is answered before.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from ostinato.engine.log.log import Log
from ostinato.engine.log.records import (
    PROBE,
    Batch,
    DomainRecord,
    TypeKey,
    TypeRecord,
    joined,
)
from ostinato.errors import DatabaseWriteError, StoreError

if TYPE_CHECKING:
    from ostinato.engine.log.records import (
        ClosedRecord,
        EventRecord,
        ExecutionRecord,
        HeartbeatRecord,
        HolderRecord,
    )
    from ostinato.engine.task_lists import TaskId

logger = logging.getLogger(__name__)

_REMEMBERED_FAILURES = 1_000


class OpenBatch:
    """What has changed since the last commit began."""

    __slots__ = (
        "after",
        "broken",
        "closed",
        "events",
        "forgotten",
        "free_if_lost",
        "heartbeats",
        "holders",
        "number",
        "registrations",
        "started",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        self.started: list[ExecutionRecord] = []
        self.events: list[EventRecord] = []
        self.holders: list[HolderRecord] = []
        self.heartbeats: list[HeartbeatRecord] = []
        self.closed: list[ClosedRecord] = []
        self.forgotten: list[int] = []
        self.registrations: list[Batch] = []
        self.free_if_lost: list[TaskId] = []
        """The tasks that nobody has if this batch is lost: who ended them was answered before it is durable, or who
        took them will not see them."""
        self.broken: StoreError | None = None
        """Why it must not be committed: something went wrong half-way."""
        self.after: list[Callable[[Exception | None], None]] = []
        """To be called when the batch is durable, with None, or is lost, with the reason."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to commit."""
        has_changes = self.events or self.holders or self.heartbeats or self.registrations or self.forgotten
        return not (has_changes or self.after or self.broken)

    def register(
        self,
        *,
        domain: DomainRecord | None = None,
        types: tuple[TypeRecord, ...] = (),
        deleted_type: TypeKey | None = None,
    ) -> None:
        """Note what became of a domain or of types."""
        self.registrations.append(
            Batch(
                domains=() if domain is None else (domain,),
                types=types,
                deleted_types=() if deleted_type is None else (deleted_type,),
            )
        )

    def batch(self) -> Batch:
        """All of it, for the log."""
        rest = Batch(
            started=self.started,
            events=self.events,
            holders=self.holders,
            heartbeats=self.heartbeats,
            closed=self.closed,
            forgotten_executions=self.forgotten,
        )
        return joined([*self.registrations, rest]) if self.registrations else rest


class Commits:
    """The open batch, and the making durable of it.

    Args:
        log: what keeps batches.
        lock: the engine's lock.
        lose: called with both locks held when a batch could not be kept: reads the state back from the log.
            It is given the batches that are lost.
    """

    def __init__(self, log: Log, lock: Lock, lose: Callable[[Sequence[OpenBatch]], None]) -> None:
        self._log = log
        self._lock = lock
        self._lose = lose
        self._commit_lock = Lock()
        self._failures: dict[int, StoreError] = {}
        self.open = OpenBatch(1)
        self.durable = 0
        """The number of the last batch that is settled: durable, or lost."""
        self.unusable: StoreError | None = None
        """Why nothing can be done any more: a batch was lost, and the state could not be read back."""
        self._trouble: StoreError | None = None
        """Why the last batch was lost; None if it was kept."""

    def trouble(self) -> StoreError | None:
        """Why nothing can be kept at the moment, or None.

        After a batch was lost, a write that changes nothing is tried.
        """
        if self._trouble is not None and self.unusable is None:
            with self._commit_lock:
                try:
                    self._log.append(PROBE)
                except StoreError as error:
                    self._trouble = error
                else:
                    self._trouble = None
        return self.unusable or self._trouble

    def commit(self, number: int) -> None:
        """Return when the batch of that number is durable.

        Raises:
            StoreError: it could not be kept, and is lost.
        """
        while self.durable < number:
            with self._commit_lock:
                after = self._commit_open() if self.durable < number else ()
            _tell(after, None)
        if self._failures:
            failure = self._failures.get(number)
            if failure is not None:
                raise DatabaseWriteError(
                    found=failure.found, expected=failure.expected, where=failure.where, hint=failure.hint
                ) from failure

    def commit_all(self) -> None:
        """Return when all that has changed so far is durable.

        Raises:
            StoreError: it could not be kept, and is lost.
        """
        if self.unusable is not None:
            raise self.unusable
        with self._lock:
            number = self.open.number if not self.open.is_empty else self.open.number - 1
        # What was settled before is none of this caller's business, even if it was lost.
        if number > self.durable:
            self.commit(number)

    def _commit_open(self) -> list[Callable[[Exception | None], None]]:
        closing = self.open
        try:
            with self._lock:
                self.open = OpenBatch(closing.number + 1)
            self._append(closing)
        except StoreError as error:
            _tell(self._abandon(closing, error), error)
            return []
        except BaseException as interruption:
            # As by Ctrl-C on the main thread, before or after the log kept the batch: it is asked which.
            failure = DatabaseWriteError(found=f"the commit was interrupted: {interruption!r}")
            _tell(self._abandon(closing, failure), failure)
            raise
        self._trouble = None
        self.durable = closing.number
        return closing.after

    def _append(self, batch: OpenBatch) -> None:
        if batch.broken is not None:
            raise batch.broken
        self._log.append(batch.batch())

    def _abandon(self, first: OpenBatch, error: StoreError) -> list[Callable[[Exception | None], None]]:
        self._trouble = error
        with self._lock:
            second = self.open
            lost = deque(self._failures, _REMEMBERED_FAILURES)
            self._failures = {number: self._failures[number] for number in lost}
            self._failures[first.number] = self._failures[second.number] = error
            self.open = OpenBatch(second.number + 1)
            self.durable = second.number
            try:
                self._lose([first, second] if first is not second else [first])
            except Exception as failure:  # noqa: BLE001 (whatever it is: what memory holds now is not the state)
                self.unusable = StoreError(
                    found=f"after a commit that failed ({error}) the state could not be read back: {failure}",
                    hint="Close the engine and open it again",
                )
        return [*first.after, *second.after] if first is not second else first.after


def _tell(after: Iterable[Callable[[Exception | None], None]], error: StoreError | None) -> None:
    for call in after:
        try:
            call(error)
        except Exception:
            # One who cannot be told, as his event loop is closed, must not keep the others from being told.
            logger.exception("who waited for a commit could not be told of it")
