"""Instants and spans of time, as people type and read them."""

import re
import time
from datetime import UTC, datetime, timedelta

import click

_PARTS = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_MINUTE = 60
_HOUR = 3600
_DAY = 86_400


def read_instant(text: str) -> datetime:
    """The instant that was typed: `2h`, `1d12h` (so long ago), or a date with or without a time, in ISO 8601.

    Raises:
        click.BadParameter: it is neither.
    """
    seconds = read_span(text)
    if seconds is not None:
        return datetime.fromtimestamp(time.time() - seconds, UTC)
    try:
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{text!r} is neither a time as 2026-01-31T12:00 nor so long ago as 2h or 3d."
        ) from None


def read_seconds(text: str) -> float:
    """The seconds of a duration that was typed: `90`, `90s`, `15m`, `2h`, `3d`.

    Raises:
        click.BadParameter: it is none.
    """
    seconds = read_span(text)
    try:
        return float(text) if seconds is None else seconds
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a duration such as 90, 15m, 2h or 3d.") from None


def read_span(text: str) -> float | None:
    """The seconds of `2h`, `1d12h` and the like; None if it is not written so."""
    found = _PARTS.findall(text)
    if not found or _PARTS.sub("", text).strip():
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in found)


def iso(instant: datetime) -> str:
    """The instant in ISO 8601, in UTC, to the millisecond."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local(instant: datetime) -> str:
    """The instant in local time."""
    return instant.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def spell(span: timedelta) -> str:
    """The span in few characters."""
    seconds = span.total_seconds()
    if 0 < seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    whole = max(round(seconds), 0)
    if whole < _MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 and seconds != whole else f"{whole} s"  # noqa: PLR2004
    if whole < _HOUR:
        return f"{whole // _MINUTE}:{whole % _MINUTE:02} min"
    if whole < _DAY:
        return f"{whole // _HOUR}:{whole % _HOUR // _MINUTE:02} h"
    days, hours = whole // _DAY, whole % _DAY // _HOUR
    return f"{days} d {hours} h" if hours else f"{days} d"


def instant_of(timestamp: float) -> datetime:
    """The instant that SWF's timestamp is."""
    return datetime.fromtimestamp(timestamp, UTC)
