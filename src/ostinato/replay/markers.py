"""What a marker in history is: a note of the author's, or one that Ostinato needs."""

from datetime import datetime
from typing import Any, NamedTuple

RUN_ONCE = "run_once-"
PATCHED = "patched-"
REUSED = "reused-"
"""So begin the names of markers that hold what `run_once` gave, a patch that was taken, a result that was reused."""


class Marker(NamedTuple):
    """A note that a workflow left in its history: what its name and details are, and when it was left."""

    name: str
    details: Any
    recorded_at: datetime


def is_note(name: str) -> bool:
    """Whether a marker of that name is a note, and none of those that Ostinato leaves by itself."""
    return not name.startswith((RUN_ONCE, PATCHED, REUSED))
