"""Time, passed in: the system's, or one that tests move by hand.

Times are seconds since the epoch (UTC), to the millisecond, as SWF's timestamps are.
"""

import time
from threading import Lock
from typing import Protocol

MANUAL_START = 1_500_000_000.0
"""When a `ManualClock` starts unless told otherwise: 14 July 2017, 02:40 UTC."""


class Clock(Protocol):
    """Tells the time; never an earlier one than it told before."""

    def now(self) -> float:
        """Seconds since the epoch, to the millisecond."""
        ...


class SystemClock:
    """The system's time. If that is set back, this goes on from where it was, at the same pace."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._latest = 0.0
        self._ahead = 0.0

    def now(self) -> float:
        """Seconds since the epoch, to the millisecond."""
        with self._lock:
            system = round(time.time(), 3)
            # To stand still until the system's time has caught up would hold up every timer for as long.
            self._ahead = 0.0 if system >= self._latest else max(self._ahead, self._latest - system)
            self._latest = max(self._latest, round(system + self._ahead, 3))
            return self._latest


class ManualClock:
    """A time that stands still until it is moved, and never goes back."""

    def __init__(self, start: float = MANUAL_START) -> None:
        self._now = round(start, 3)

    def now(self) -> float:
        """Seconds since the epoch, to the millisecond."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by so many seconds; a negative number moves nothing."""
        self.advance_to(self._now + seconds)

    def advance_to(self, instant: float) -> None:
        """Move on to this instant, in seconds since the epoch; an earlier one than now moves nothing."""
        self._now = max(self._now, round(instant, 3))
