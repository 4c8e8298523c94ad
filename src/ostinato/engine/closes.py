"""Ends of executions, for those who wait for them in this process: who does, and how the last ones ended.

Used under the engine's lock.
"""

from collections import OrderedDict
from queue import SimpleQueue
from typing import NamedTuple

from ostinato.model.events import HistoryEvent
from ostinato.model.fields import RunId

KEPT_CLOSES = 1_000
"""So many ends are remembered, for those who come to wait for what is over."""


class Close(NamedTuple):
    """How an execution ended. Not to be shown before the batch of that number is durable."""

    event: HistoryEvent
    batch: int


Waiter = SimpleQueue[Close | None]
"""Is given the end, or None if who waits should look for himself."""


class Closes:
    """Those who wait, and the last ends, by run id."""

    def __init__(self) -> None:
        self._waiting: dict[RunId, list[Waiter]] = {}
        self._last: OrderedDict[RunId, Close] = OrderedDict()

    def last(self, run_id: RunId) -> Close | None:
        """How the run ended, if it did so lately."""
        return self._last.get(run_id)

    def expect(self, run_id: RunId) -> Waiter:
        """What the end of the run will be put into."""
        waiter: Waiter = SimpleQueue()
        self._waiting.setdefault(run_id, []).append(waiter)
        return waiter

    def forget(self, run_id: RunId, waiter: Waiter) -> None:
        """Wait no longer."""
        waiters = self._waiting.get(run_id)
        if waiters is not None and waiter in waiters:
            waiters.remove(waiter)
            if not waiters:
                del self._waiting[run_id]

    def remember(self, run_id: RunId, close: Close) -> list[Waiter]:
        """Take in how a run ended; gives those who waited for that."""
        self._last[run_id] = close
        if len(self._last) > KEPT_CLOSES:
            self._last.popitem(last=False)
        return self._waiting.pop(run_id, [])

    def clear(self) -> None:
        """Remember no end: some may be lost. Who waits goes on."""
        self._last.clear()

    def wake_all(self) -> None:
        """Let everybody look for himself."""
        waiting, self._waiting = self._waiting, {}
        for waiters in waiting.values():
            for waiter in waiters:
                waiter.put(None)
