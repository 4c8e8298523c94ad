"""Clocks: to the millisecond, and never backwards."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.engine.clock import MANUAL_START, ManualClock, SystemClock


def test_system_clock_tells_the_system_time_to_the_millisecond() -> None:
    """`SystemClock` is the system's time, rounded to milliseconds."""
    before = round(time.time(), 3)

    now = SystemClock().now()

    assert before <= now <= round(time.time(), 3) + 0.001
    assert now == round(now, 3)


@given(st.lists(st.floats(min_value=0, max_value=4e9), min_size=1))
def test_system_clock_never_goes_back(readings: list[float]) -> None:
    """However the system's time is set, each reading is at least the one before, and at least the system's."""
    told = []
    with pytest.MonkeyPatch.context() as patch:
        clock = SystemClock()
        for reading in readings:
            patch.setattr(time, "time", lambda reading=reading: reading)
            told.append(clock.now())

    assert told == sorted(told)
    assert all(now >= round(reading, 3) for now, reading in zip(told, readings, strict=True))


def test_system_clock_goes_on_after_it_was_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the system's time is set back by an hour, ten seconds later are still ten seconds later."""
    clock = SystemClock()
    told = []
    for reading in (10_000.0, 6_400.0, 6_410.0):
        monkeypatch.setattr(time, "time", lambda reading=reading: reading)
        told.append(clock.now())

    assert told == [10_000.0, 10_000.0, 10_010.0]


def test_manual_clock_stands_still_until_moved() -> None:
    """A `ManualClock` moves by what it is told, to the millisecond."""
    clock = ManualClock()

    assert clock.now() == clock.now() == MANUAL_START
    clock.advance(1.5)
    assert clock.now() == MANUAL_START + 1.5
    clock.advance_to(MANUAL_START + 60.0004)
    assert clock.now() == MANUAL_START + 60


@given(st.lists(st.floats(min_value=-1e6, max_value=1e6)))
def test_manual_clock_never_goes_back(steps: list[float]) -> None:
    """Moving by a negative number of seconds, or to an earlier instant, moves nothing."""
    clock = ManualClock(start=1e9)
    for step in steps:
        before = clock.now()
        clock.advance(step)

        assert clock.now() == max(before, round(before + step, 3))
