"""How many activities may run at once in this process, whichever task lists they come from."""

import threading
from types import TracebackType


class Room:
    """A number of places; an activity runs in one of them."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._taken = 0
        self._changed = threading.Condition()

    @property
    def taken(self) -> int:
        """How many activities run."""
        return self._taken

    def await_place(self, timeout: float) -> bool:
        """Wait until a place is free, without taking it; False if none was within the time-out, in seconds."""
        if self._taken < self.places:
            return True
        with self._changed:
            return self._changed.wait_for(lambda: self._taken < self.places, timeout)

    def await_empty(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs; False if something still did after the time-out, in seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._taken == 0, timeout)

    def take(self) -> None:
        """Take a place, waiting for it."""
        with self._changed:
            while self._taken >= self.places:
                self._changed.wait()
            self._taken += 1

    def leave(self) -> None:
        """Give a place back."""
        with self._changed:
            self._taken -= 1
            self._changed.notify_all()

    def __enter__(self) -> None:
        """Take a place, waiting for it."""
        self.take()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the place back."""
        self.leave()
