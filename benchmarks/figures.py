"""Figures: what of a measurement is shown, in which unit, and which way is better. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.protocol.measurement import Measurement


class Unit(Enum):
    """A unit: how its numbers are written, and whether more of it is better."""

    PER_SECOND = ("{:,.0f}/s", 1.0, True)
    MICROSECONDS = ("{:,.0f} µs", 1_000_000.0, False)
    MILLISECONDS = ("{:,.1f} ms", 1000.0, False)
    SECONDS = ("{:,.2f} s", 1.0, False)
    TIMES = ("{:,.2f} ×", 1.0, False)
    KIBIBYTES = ("{:,.1f} KiB", 1 / 1024, False)

    def __init__(self, form: str, scale: float, *_more_is_better: bool) -> None:
        self.form = form
        self.scale = scale
        (self.is_more_better,) = _more_is_better

    def text(self, value: float) -> str:
        """Write a value, which is in seconds, bytes or plain numbers."""
        return self.form.format(value * self.scale)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a row: read from each measurement, shown as median and range."""

    title: str
    unit: Unit
    read: Callable[[Measurement], float | None]
    wanted: float | None = None
    """What Ostinato has to show on the reference machine: at least or at most, as the unit goes."""

    def advantage(self, ostinato: float, peer: float) -> float:
        """Give how many times better Ostinato is; below one, the peer is ahead."""
        return ostinato / peer if self.unit.is_more_better else peer / ostinato

    def is_met(self, value: float) -> bool:
        """Tell whether a value is as good as wanted."""
        if self.wanted is None:
            return True
        return value >= self.wanted if self.unit.is_more_better else value <= self.wanted

    def wanted_text(self) -> str:
        """Write what is wanted, or nothing."""
        if self.wanted is None:
            return ""
        return f"{'≥' if self.unit.is_more_better else '≤'} {self.unit.text(self.wanted)}"


def rate(measurement: Measurement) -> float:
    """Read how many were done in a second."""
    return measurement.count / measurement.seconds


def seconds(measurement: Measurement) -> float:
    """Read the seconds."""
    return measurement.seconds


def detail(name: str) -> Callable[[Measurement], float | None]:
    """Give a reader of one of the measurement's details, which a contestant may lack."""

    def read(measurement: Measurement) -> float | None:
        return measurement.details.get(name)

    return read
