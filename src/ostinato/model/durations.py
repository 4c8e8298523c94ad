"""Durations as SWF writes them: whole seconds in decimal, or "NONE"."""

import math
from datetime import timedelta

from ostinato.errors import UsageError
from ostinato.model.limits import YEAR_SECONDS

NONE = "NONE"
"""No limit."""

Duration = float | timedelta
"""What workflow authors write: a number of seconds, or a `timedelta`."""


def seconds(duration: Duration) -> float:
    """The duration as a number of seconds."""
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)


def whole_seconds(duration: Duration) -> int:
    """The duration in whole seconds, rounded up, as SWF's timers and time-outs have it.

    Raises:
        UsageError: it is negative, not a number, or longer than SWF's one year.
    """
    number = seconds(duration)
    if not 0 <= number <= YEAR_SECONDS:
        raise UsageError(
            found=f"a duration of {duration!r}",
            expected=f"0 to {YEAR_SECONDS} seconds (one year), as a number or a timedelta",
        )
    return math.ceil(number)


def to_swf(duration: Duration | None) -> str:
    """The duration as SWF writes it; None is "NONE"."""
    return NONE if duration is None else str(whole_seconds(duration))


def from_swf(text: str | None) -> int | None:
    """Seconds of what SWF wrote; None if there is no limit."""
    return None if text is None or text == NONE else int(text)
