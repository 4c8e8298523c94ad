"""How long decisions took, by what history says of them. Standard library only."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

SHORT = 100
DECISIONS = 20
"""So many decisions are timed: those up to 100 events of history, and the last ones."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is read of an event."""

    event_id: int
    event_type: str
    timestamp: float


@dataclass(frozen=True, slots=True)
class DecisionTimes:
    """Median seconds from DecisionTaskStarted to DecisionTaskCompleted: up to 100 events of history, and at its end."""

    short: float
    long: float

    @classmethod
    def of(cls, events: Iterable[Event]) -> DecisionTimes:
        """Read them; the first decision, which may have imported the program, is left out."""
        started = 0.0
        times: list[tuple[int, float]] = []
        for event in events:
            if event.event_type == "DecisionTaskStarted":
                started = event.timestamp
            elif event.event_type == "DecisionTaskCompleted":
                times.append((event.event_id, event.timestamp - started))
        early = [seconds for event_id, seconds in times[1:] if event_id <= SHORT]
        return cls(
            short=statistics.median(early or [seconds for _, seconds in times[1:]]),
            long=statistics.median(seconds for _, seconds in times[-DECISIONS:]),
        )
