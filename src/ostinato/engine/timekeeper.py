"""The thread that sleeps until the next deadline."""

import logging
import math
from collections.abc import Callable
from threading import Condition, Lock, Thread

from ostinato.engine.clock import Clock
from ostinato.errors import StoreError
from ostinato.model.fields import Timestamp

logger = logging.getLogger(__name__)

_LONGEST_SLEEP = 60.0
_AFTER_FAILURE = 1.0


class Timekeeper:
    """Fires what is due, on time; asleep otherwise.

    Args:
        clock: tells the time.
        lock: the engine's lock.
        next_deadline: gives the next instant at which something is due. Called under the lock.
        fire: fires what is due and makes it durable. Called without the lock.
    """

    def __init__(
        self, clock: Clock, lock: Lock, next_deadline: Callable[[], Timestamp | None], fire: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._next_deadline = next_deadline
        self._fire = fire
        self._wake = Condition(lock)
        self._sleeps_until = -math.inf
        self._is_closed = False
        self._thread = Thread(target=self._keep_time, name="ostinato-timekeeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def notice(self, at: Timestamp | None) -> None:
        """Learn of the earliest deadline; wakes the thread if it would oversleep it. Under the engine's lock."""
        if at is not None and at < self._sleeps_until:
            self._sleeps_until = -math.inf
            self._wake.notify()

    def close(self) -> None:
        """End, and wait for the end."""
        with self._wake:
            self._is_closed = True
            self._wake.notify()
        self._thread.join()

    def _keep_time(self) -> None:
        while self._sleep():
            try:
                self._fire()
            except StoreError as error:
                logger.error("deadlines wait, because the database cannot be written: %s", error)  # noqa: TRY400
                with self._wake:
                    self._wake.wait(_AFTER_FAILURE)

    def _sleep(self) -> bool:
        """Sleep until something is due; False if the engine closes."""
        with self._wake:
            while not self._is_closed:
                at = self._next_deadline()
                now = self._clock.now()
                if at is not None and at <= now:
                    return True
                self._sleeps_until = math.inf if at is None else at
                self._wake.wait(_LONGEST_SLEEP if at is None else min(at - now, _LONGEST_SLEEP))
                self._sleeps_until = -math.inf
            return False
