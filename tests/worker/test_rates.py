from threading import Event

from hypothesis import given
from hypothesis import strategies as st

from ostinato.worker.rates import Pace, TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.floats(0.1, 50), st.lists(st.floats(0, 3), max_size=200))
def test_no_more_tokens_than_the_rate_gives(rate: float, pauses: list[float]) -> None:
    """In any stretch from the start: a full bucket, and what came since."""
    clock = Clock()
    bucket = TokenBucket(rate, clock)
    taken = 0

    for pause in pauses:
        clock.now += pause
        taken += bucket.take() == 0

    assert taken <= max(rate, 1) + rate * clock.now + 1e-6


def test_the_wait_told_is_the_wait_needed() -> None:
    """After it there is a token."""
    clock = Clock()
    bucket = TokenBucket(0.5, clock)
    assert bucket.take() == 0

    wait = bucket.take()
    clock.now += wait

    assert wait == 2.0
    assert bucket.take() == 0


def test_a_token_that_is_given_back_can_be_taken_at_once() -> None:
    """A poll that brought no task costs nothing."""
    bucket = TokenBucket(1, Clock())
    bucket.take()

    bucket.give_back()

    assert bucket.take() == 0


def test_who_is_told_to_end_waits_no_longer_and_keeps_no_token() -> None:
    """The tokens of other buckets, taken before, are there for others."""
    clock = Clock()
    full, empty = TokenBucket(1, clock), TokenBucket(0.001, clock)
    empty.take()
    is_ended = Event()
    is_ended.set()

    assert not Pace(full, empty).await_turn(is_ended)

    assert full.take() == 0
