"""The events of executions, at hand: the newest in memory, the rest read back from the log.

What memory holds is bounded, and only events that are durable are let go. Not thread-safe: the engine's lock covers
`append` and `newest`; `read` asks the log and needs no lock.
"""

from collections import OrderedDict
from typing import NamedTuple

from ostinato.engine.log.log import Log
from ostinato.model.events import HistoryEvent
from ostinato.model.fields import EventId

KEPT_EVENTS = 50_000
"""So many events memory holds at most, over all executions, uncommitted ones aside."""

_LONG_TAIL = 256


class Newest(NamedTuple):
    """The newest events of a history, without a gap."""

    first: EventId
    events: tuple[HistoryEvent, ...]


class _Tail:
    """The events of one execution that memory holds."""

    __slots__ = ("batch", "events", "first", "former_batch", "former_length")

    def __init__(self, first: EventId) -> None:
        self.first = first
        self.events: list[HistoryEvent] = []
        self.batch = 0
        self.former_batch = 0
        self.former_length = 0
        """So many of the events are of a batch before the newest."""


class Histories:
    """The events of all executions.

    Args:
        log: where they are kept.
        capacity: how many events memory holds.
    """

    def __init__(self, log: Log, capacity: int = KEPT_EVENTS) -> None:
        self._log = log
        self._capacity = capacity
        self._tails: OrderedDict[int, _Tail] = OrderedDict()
        self._held = 0

    def append(self, key: int, event: HistoryEvent, batch: int) -> None:
        """Take in an execution's next event, which the batch of that number will make durable."""
        tail = self._tails.get(key)
        if tail is None:
            tail = self._tails[key] = _Tail(event.event_id)
        if batch != tail.batch:
            self._tails.move_to_end(key)
            tail.former_batch = tail.batch
            tail.former_length = len(tail.events)
            tail.batch = batch
        tail.events.append(event)
        self._held += 1

    def trim(self, key: int, previous_started_event_id: EventId, durable: int) -> None:
        """Let go of what is not likely to be asked for again, as far as batches up to `durable` made it durable."""
        tail = self._tails.get(key)
        if tail is not None and len(tail.events) > _LONG_TAIL and tail.former_batch <= durable:
            surplus = min(tail.former_length, previous_started_event_id - tail.first)
            if surplus > 0:
                del tail.events[:surplus]
                tail.first = EventId(tail.first + surplus)
                tail.former_length -= surplus
                self._held -= surplus
        while self._held > self._capacity and self._evict(durable):
            pass

    def newest(self, key: int, first: int, last: int) -> Newest:
        """What memory holds of the events from `first` to `last`; the rest, if any, is durable."""
        tail = self._tails.get(key)
        if tail is None or tail.first > last:
            return Newest(EventId(last + 1), ())
        start = max(first, tail.first)
        return Newest(EventId(start), tuple(tail.events[start - tail.first : last + 1 - tail.first]))

    def read(self, key: int, first: int, newest: Newest) -> tuple[HistoryEvent, ...]:
        """The events from `first` on, of which the newest are at hand."""
        if first >= newest.first:
            return newest.events
        return (*self._log.events(key, first, newest.first - 1), *newest.events)

    def clear(self) -> None:
        """Let go of all."""
        self._tails.clear()
        self._held = 0

    def _evict(self, durable: int) -> bool:
        key, tail = next(iter(self._tails.items()))
        if tail.batch > durable:
            return False
        del self._tails[key]
        self._held -= len(tail.events)
        return True
