"""When a failed task is tried again."""

from datetime import timedelta
from typing import Any

import pytest

from ostinato import EndState, Retry
from ostinato.errors import ActivityCanceled, ActivityFailed, ActivityTimedOut, TaskError, UsageError
from ostinato.replay.retry import end_state


def failed(error_type: str = "ValueError") -> ActivityFailed:
    return ActivityFailed(name="a", activity_id="a", error_type=error_type)


class Mine(LookupError): ...


def test_waits() -> None:
    """Waits grow by the factor up to the longest, and end with the attempts."""
    retry = Retry(5, interval=timedelta(seconds=2), backoff=3, max_interval=20)

    assert [retry.wait(failed(), n, 0.5) for n in range(1, 6)] == [2, 6, 18, 20, None]


def test_jitter() -> None:
    """Jitter moves a wait by its share, up or down."""
    retry = Retry(interval=10, jitter=0.1)

    assert [retry.wait(failed(), 1, chance) for chance in (0, 0.5, 1)] == pytest.approx([9, 10, 11])


@pytest.mark.parametrize(
    ("kind", "raised", "fits"),
    [
        (ValueError, "ValueError", True),
        (ValueError, "UnicodeError", True),
        (ValueError, "KeyError", False),
        (Exception, "KeyError", True),
        ("Timeout", "requests.exceptions.Timeout", True),
        ("requests.exceptions.Timeout", "requests.exceptions.Timeout", True),
        ("imeout", "requests.exceptions.Timeout", False),
        (LookupError, f"{Mine.__module__}.Mine", True),
        (Mine, f"{Mine.__module__}.Mine", True),
        (ActivityFailed, "Whatever", True),
        (TaskError, "Whatever", True),
        ("ActivityFailed", "Whatever", True),
    ],
)
def test_kinds_of_errors(kind: Any, raised: str, fits: bool) -> None:  # noqa: FBT001
    """Errors are named by class, subclass or name."""
    assert (Retry(retry_on=[kind]).wait(failed(raised), 1, 0.5) is not None) == fits
    assert (Retry(give_up_on=[kind]).wait(failed(raised), 1, 0.5) is None) == fits


def test_end_states() -> None:
    """Only tasks that ended in the given ways are tried again."""
    late = ActivityTimedOut(timeout_type="HEARTBEAT", name="a", activity_id="a")
    canceled = ActivityCanceled(name="a", activity_id="a")

    assert end_state(late) is EndState.TIMED_OUT
    assert end_state(failed()) is EndState.FAILED
    assert Retry().wait(late, 1, 0.5) == 1
    assert Retry().wait(canceled, 1, 0.5) is None
    assert Retry(states=[EndState.CANCELED]).wait(canceled, 1, 0.5) == 1


@pytest.mark.parametrize("name", ["max_attempts", "interval", "backoff", "max_interval", "jitter"])
def test_numbers_that_mean_nothing(name: str) -> None:
    """Numbers out of their range are refused by name."""
    with pytest.raises(UsageError, match=rf"Retry\.{name}: -1"):
        Retry(**{name: -1})  # type: ignore[arg-type]
