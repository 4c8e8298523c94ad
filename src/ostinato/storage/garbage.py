"""What stores keep that no history names any more: finding it, and throwing it away."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ostinato.model.events import (
    ActivityTaskCanceled,
    ActivityTaskCompleted,
    ActivityTaskFailed,
    ActivityTaskStarted,
    ActivityTaskTimedOut,
    HistoryEvent,
)

YOUNGEST = 1200.0
"""What was put into a store within so many seconds is never garbage: processes use it again for half as long."""

_KEY = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAMED = re.compile(_KEY)
_OURS = re.compile(rf"{_KEY}|\.{_KEY}\.[0-9a-f]{{32}}")
"""The keys that payloads are put under, and what `FileStore` leaves of one that it could not write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A payload in a store: its key, its size in bytes, and when it was put there, in seconds since the epoch."""

    key: str
    size: int
    changed: float


@runtime_checkable
class Sweepable(Protocol):
    """A store that can be tidied."""

    def entries(self) -> Iterator[Entry]:
        """All that it keeps.

        Raises:
            Exception: it does not answer.
        """
        ...

    def delete(self, key: str, /) -> None:
        """Keep it no more. A key that is not there is none to delete.

        Raises:
            Exception: it does not answer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An execution's history.

    Args:
        is_open: whether the execution is.
        events: its events.
    """

    is_open: bool
    events: Iterable[HistoryEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Garbage:
    """A payload that no history names.

    Args:
        store: the name of its store.
        entry: what the store says of it.
    """

    store: str
    entry: Entry


def garbage(
    entries: Mapping[str, Iterable[Entry]], *, before: float, histories: Callable[[], Iterable[Past]]
) -> Sequence[Garbage]:
    """What stores keep, was put there before some time, and no history names.

    No history names yet what the last heartbeat of a running activity task said. So what was put there since the first
    of these began is kept, too. What lies in a store under other keys than payloads have is somebody else's.

    Args:
        entries: what the stores keep, by their names.
        before: seconds since the epoch. What is younger may be named in a moment.
        histories: gives all histories that there are. They are read after the stores were, so that nothing is missed.
    """
    old = [
        Garbage(store=name, entry=entry)
        for name, kept in entries.items()
        for entry in kept
        if entry.changed < before and _OURS.fullmatch(entry.key)
    ]
    unnamed = {each.entry.key for each in old}
    for past in histories() if old else ():
        began: dict[int, float] = {}
        for event in past.events:
            unnamed.difference_update(_keys_in(event))
            match event:
                case ActivityTaskStarted():
                    began[event.event_id] = event.event_timestamp
                case ActivityTaskCompleted() | ActivityTaskFailed() | ActivityTaskTimedOut() | ActivityTaskCanceled():
                    began.pop(event.started_event_id, None)
                case _:
                    pass
        if past.is_open and began:
            before = min(before, min(began.values()) - YOUNGEST)
    return [each for each in old if each.entry.key in unnamed and each.entry.changed < before]


def _keys_in(event: HistoryEvent) -> Iterator[str]:
    """Whatever the event's texts say that may be a key."""
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if isinstance(value, str):
            yield from _NAMED.findall(value)
