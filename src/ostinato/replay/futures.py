"""`Future`, which mimics `concurrent.futures.Future` and is asyncio's too; and the waits over several of them."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION
from datetime import timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from ostinato.errors import UsageError
from ostinato.model.durations import Duration
from ostinato.replay.loop import OrderedFuture, ReplayLoop
from ostinato.replay.strands import park

T = TypeVar("T")

__all__ = ["ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION", "DoneAndNotDone", "Future", "as_completed", "wait"]


class Future(OrderedFuture[T]):
    """The result-to-be of something that a workflow asked for.

    In a plain `def` its `result()` and `exception()` wait; in an `async def` it is awaited. It may be an argument of
    another `submit`, also deep within lists, dicts and dataclasses.
    """

    __slots__ = ("is_running", "label", "on_cancel")

    def __init__(self, *, loop: ReplayLoop, label: str, on_cancel: Callable[[], None] | None = None) -> None:
        asyncio.Future.__init__(self, loop=loop)  # and not by way of OrderedFuture: workflows make very many of these
        self._number = loop.next_number()
        self.label = label
        """What it stands for, for humans."""
        self.is_running = False
        """Whether a worker has begun with it."""
        self.on_cancel = on_cancel

    def result(self, timeout: Duration | None = None) -> T:
        """The result, waiting for it.

        Args:
            timeout: how long to wait, by a durable timer of whole seconds, rounded up; None waits for ever.

        Raises:
            TimeoutError: the time-out passed.
            asyncio.CancelledError: it was canceled.
            Exception: what it failed with.
        """
        if self.done():
            return super().result()
        if timeout is None:
            return park(self, "result()")
        self._wait("result()", timeout)
        return super().result()

    def exception(self, timeout: Duration | None = None) -> BaseException | None:
        """What it failed with, waiting for it; None if it ended well.

        Raises:
            TimeoutError: the time-out passed.
            asyncio.CancelledError: it was canceled.
        """
        if not self.done():
            self._wait("exception()", timeout)
        return super().exception()

    def running(self) -> bool:
        """Whether a worker has begun with it and it is not done."""
        return self.is_running and not self.done()

    def cancel(self, msg: Any | None = None) -> bool:
        """Give it up: what it stands for is asked to cancel, and whoever waits for it gets `CancelledError`.

        Returns:
            False if it was done already.
        """
        if not super().cancel(msg):
            return False
        if self.on_cancel is not None:
            self.on_cancel()
        return True

    def _wait(self, call: str, timeout: Duration | None) -> None:
        limit = None if timeout is None else seconds(timeout)
        done, _ = park(asyncio.wait((self,), timeout=limit), call)
        if not done:
            raise TimeoutError(f"{self.label} took longer than {limit:g} s")

    def __repr__(self) -> str:
        return f"<Future {self.label}: {'done' if self.done() else 'running' if self.is_running else 'pending'}>"


class DoneAndNotDone(NamedTuple, Generic[T]):
    """The futures that are done, and those that are not."""

    done: set[asyncio.Future[T]]
    not_done: set[asyncio.Future[T]]


def wait(
    fs: Iterable[asyncio.Future[T]], timeout: Duration | None = None, return_when: str = ALL_COMPLETED
) -> DoneAndNotDone[T]:
    """Wait in a plain `def` until futures are done, as `concurrent.futures.wait` does. In `async def`: `asyncio.wait`.

    Args:
        fs: the futures.
        timeout: how long, by a durable timer; None waits for ever.
        return_when: ALL_COMPLETED, FIRST_COMPLETED or FIRST_EXCEPTION.
    """
    futures = dict.fromkeys(fs)
    if return_when not in (ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION):
        raise UsageError(
            found=f"return_when={return_when!r}", expected="ALL_COMPLETED, FIRST_COMPLETED or FIRST_EXCEPTION"
        )
    if not futures or _is_enough(futures, return_when):
        done = {f for f in futures if f.done()}
        return DoneAndNotDone(done, {f for f in futures if f not in done})
    limit = None if timeout is None else seconds(timeout)
    return DoneAndNotDone(*park(asyncio.wait(futures, timeout=limit, return_when=return_when), "wait()"))


def _is_enough(futures: Iterable[asyncio.Future[Any]], return_when: str) -> bool:
    if return_when == ALL_COMPLETED:
        return all(f.done() for f in futures)
    if return_when == FIRST_COMPLETED:
        return any(f.done() for f in futures)
    return all(f.done() for f in futures) or any(
        f.done() and not f.cancelled() and _error(f) is not None for f in futures
    )


def _error(future: asyncio.Future[Any]) -> BaseException | None:
    return asyncio.Future.exception(future)


def as_completed(fs: Iterable[asyncio.Future[T]], timeout: Duration | None = None) -> Iterator[asyncio.Future[T]]:
    """The futures in the order in which they are done, for a plain `def`. In `async def`: `asyncio.as_completed`.

    Raises:
        TimeoutError: not all were done within the time-out, counted from the call.
    """
    futures = list(dict.fromkeys(fs))
    if not futures:
        return iter(())
    arrived: deque[asyncio.Future[T]] = deque(f for f in futures if f.done())
    for future in futures:
        if not future.done():
            future.add_done_callback(arrived.append)
    loop = futures[0].get_loop()
    deadline = None if timeout is None else loop.time() + seconds(timeout)
    return _arrivals(loop, futures, arrived, deadline)


def _arrivals(
    loop: asyncio.AbstractEventLoop,
    futures: list[asyncio.Future[T]],
    arrived: deque[asyncio.Future[T]],
    deadline: float | None,
) -> Iterator[asyncio.Future[T]]:
    given: dict[asyncio.Future[T], None] = {}
    while len(given) < len(futures):
        if not arrived:
            left = None if deadline is None else deadline - loop.time()
            waiting = [f for f in futures if f not in given]
            if left is None or left > 0:
                park(asyncio.wait(waiting, timeout=left, return_when=FIRST_COMPLETED), "as_completed()")
        if not arrived:
            raise TimeoutError(f"{len(futures) - len(given)} of {len(futures)} futures are not done")
        future = arrived.popleft()
        given[future] = None
        yield future


def seconds(duration: Duration) -> float:
    """The duration as a number of seconds."""
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)
