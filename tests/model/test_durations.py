"""Durations as authors write them and as SWF does."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.errors import UsageError
from ostinato.model.durations import Duration, from_swf, to_swf, whole_seconds
from ostinato.model.limits import YEAR_SECONDS


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        (0, 0),
        (1, 1),
        (0.001, 1),
        (1.5, 2),
        (60.0, 60),
        (timedelta(0), 0),
        (timedelta(milliseconds=1), 1),
        (timedelta(days=365), YEAR_SECONDS),
        (YEAR_SECONDS, YEAR_SECONDS),
    ],
)
def test_durations_are_whole_seconds_rounded_up(duration: Duration, seconds: int) -> None:
    """No timer fires before its time."""
    assert whole_seconds(duration) == seconds


@pytest.mark.parametrize("duration", [-1, -0.1, math.nan, math.inf, YEAR_SECONDS + 1, timedelta(seconds=-1)])
def test_durations_out_of_bounds_are_refused(duration: Duration) -> None:
    """The error shows what was given and what may be."""
    with pytest.raises(UsageError, match="expected 0 to 31536000 seconds"):
        whole_seconds(duration)


@given(st.none() | st.integers(0, YEAR_SECONDS))
def test_durations_come_back(seconds: int | None) -> None:
    """None is "NONE", and nothing else is."""
    assert from_swf(to_swf(seconds)) == seconds


def test_an_absent_duration_is_no_limit() -> None:
    """A member that is not there says the same as "NONE"."""
    assert from_swf(None) is None
    assert to_swf(None) == "NONE"
