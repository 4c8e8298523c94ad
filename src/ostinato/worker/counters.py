"""What a worker's process counts, for `/metrics`: a watcher of notices, and sums that outlive processes."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import assert_never

from ostinato.worker.notices import (
    ActivityReported,
    CallFailed,
    Complained,
    DecisionDropped,
    DecisionMade,
    Notice,
    ReplayBegun,
    ReplayContinued,
    ReplaysDiffered,
    Watch,
    all_of,
    ignore,
)

MEANINGS: Mapping[str, str] = {
    "decisions": "Decision tasks that were answered.",
    "decisions_dropped": "Decision tasks on which no decision could be made.",
    "replays": "Histories that were replayed from their beginning.",
    "replays_continued": "Replays that were kept, and went on with what was new.",
    "replay_checks": "Histories that were replayed to check a replay that was kept.",
    "replays_differed": "Fresh replays that decided otherwise than the kept one.",
    "complaints": "Exceptions in workflow code that nobody looked at.",
    "activities": "Activity tasks that were reported.",
    "call_failures": "Calls to SWF that failed and were made again.",
}
"""Each counter, and what it counts."""


class Counters:
    """Counts notices. Safe between threads."""

    def __init__(self) -> None:
        self._watch: Watch = ignore
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def tell(self, watches: Sequence[Watch]) -> None:
        """Let these be told the notices, too, from now on."""
        self._watch = all_of(watches)

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
        case ReplayBegun(is_check=is_check):
            return "replay_checks" if is_check else "replays"
        case ReplayContinued():
            return "replays_continued"
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
