"""How fast activities may be begun: a token bucket, for all task lists of a process or for one."""

import threading
import time
from collections.abc import Callable

LONGEST_GLANCE = 1.0
"""Seconds after which a thread that waits for a token looks whether it should stop."""


class TokenBucket:
    """Tokens that come at a steady rate, and are kept up to a second's worth (at least one). Safe between threads.

    Args:
        rate: tokens per second.
        clock: gives seconds that only grow.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._capacity = max(rate, 1.0)
        self._tokens = self._capacity
        self._clock = clock
        self._at = clock()
        self._lock = threading.Lock()

    def take(self) -> float:
        """Take a token: 0 if there was one, or else, without taking any, the seconds until there is one."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._tokens + (now - self._at) * self.rate, self._capacity)
            self._at = now
            if self._tokens >= 1:
                self._tokens -= 1
                return 0.0
            return (1 - self._tokens) / self.rate

    def give_back(self) -> None:
        """Give a token back that was not needed: the poll brought no task."""
        with self._lock:
            self._tokens = min(self._tokens + 1, self._capacity)


class Pace:
    """All limits that hold for one task list.

    Args:
        buckets: a token of each is needed to begin an activity.
    """

    def __init__(self, *buckets: TokenBucket) -> None:
        self._buckets = buckets

    def await_turn(self, is_ended: threading.Event) -> bool:
        """Wait for a token of each bucket, and take them; False, with none taken, if the event was set meanwhile."""
        for index, bucket in enumerate(self._buckets):
            while wait := bucket.take():
                if is_ended.wait(min(wait, LONGEST_GLANCE)):
                    for taken in self._buckets[:index]:
                        taken.give_back()
                    return False
        return True

    def give_back(self) -> None:
        """Give all tokens back."""
        for bucket in self._buckets:
            bucket.give_back()
