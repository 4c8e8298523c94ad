"""From the engine's threads to the event loop: what arrives together wakes the loop once."""

import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import asyncio


class _Arrival(NamedTuple):
    future: "asyncio.Future[Any]"
    value: object
    error: Exception | None


class Arrivals:
    """Results for futures of one event loop, put by any thread."""

    def __init__(self) -> None:
        self._arrived: deque[_Arrival] = deque()
        self._is_awake = False

    def put(self, future: "asyncio.Future[Any]", value: object, error: Exception | None = None) -> None:
        """Let the future have the value, or the error, unless it has something already."""
        self._arrived.append(_Arrival(future, value, error))
        if not self._is_awake:
            self._is_awake = True
            # A loop that has ended has nobody who waits.
            with contextlib.suppress(RuntimeError):
                future.get_loop().call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        # First: whoever puts from now on wakes the loop again.
        self._is_awake = False
        while self._arrived:
            future, value, error = self._arrived.popleft()
            if future.done():
                continue
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(error)
