"""What a worker's process counts, for `/metrics`: a watcher of notices, and sums that outlive processes."""

import threading
from collections import Counter
from collections.abc import Mapping
from typing import assert_never

from ostinato.worker.notices import (
    ActivityReported,
    CallFailed,
    Complained,
    DecisionDropped,
    DecisionMade,
    Notice,
    ReplayBegun,
    ReplaysDiffered,
    Watch,
    ignore,
)

MEANINGS: Mapping[str, str] = {
    "decisions": "Decision tasks that were answered.",
    "decisions_dropped": "Decision tasks on which no decision could be made.",
    "replays": "Histories that were replayed from their beginning.",
    "replays_differed": "Fresh replays that decided otherwise than the kept one.",
    "complaints": "Exceptions in workflow code that nobody looked at.",
    "activities": "Activity tasks that were reported.",
    "call_failures": "Calls to SWF that failed and were made again.",
}
"""Each counter, and what it counts."""


class Counters:
    """Counts notices. Safe between threads.

    Args:
        watch: is told the notices, too.
    """

    def __init__(self, watch: Watch = ignore) -> None:
        self._watch = watch
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def watch(self, notice: Notice) -> None:
        """Count the notice."""
        with self._lock:
            self._counts[_counted(notice)] += 1
        self._watch(notice)

    def snapshot(self) -> dict[str, int]:
        """The counts so far."""
        with self._lock:
            return dict(self._counts)


def _counted(notice: Notice) -> str:
    match notice:
        case DecisionMade():
            return "decisions"
        case DecisionDropped():
            return "decisions_dropped"
        case ReplayBegun():
            return "replays"
        case ReplaysDiffered():
            return "replays_differed"
        case Complained():
            return "complaints"
        case ActivityReported():
            return "activities"
        case CallFailed():
            return "call_failures"
        case _:
            assert_never(notice)
