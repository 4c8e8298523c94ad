"""`Future`, which mimics `concurrent.futures.Future` and is asyncio's too; and the waits over several of them."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

from ostinato.errors import UsageError
from ostinato.model.durations import Duration, seconds
from ostinato.replay.loop import OrderedFuture, ReplayLoop
from ostinato.replay.strands import park

T = TypeVar("T")

__all__ = [
    "ALL_COMPLETED",
    "FIRST_COMPLETED",
    "FIRST_EXCEPTION",
    "DoneAndNotDone",
    "Future",
    "as_completed",
    "shield",
    "wait",
]


class Future(OrderedFuture[T]):
    """The result-to-be of something that a workflow asked for.

    In a plain `def` its `result()` and `exception()` wait; in an `async def` it is awaited. It may be an argument of
    another `submit`, also deep within lists, dicts and dataclasses.
    """

    __slots__ = ("is_running", "label", "on_cancel", "source")

    def __init__(self, *, loop: ReplayLoop, label: str, on_cancel: Callable[[], None] | None = None) -> None:
        # And not by way of OrderedFuture: workflows make very many of these.
        asyncio.Future.__init__(self, loop=loop)  # pyright: ignore[reportUnknownMemberType]
        self._number = loop.next_number()
        self.label = label
        """What it stands for, for humans."""
        self.is_running = False
        """Whether a worker has begun with it."""
        self.on_cancel = on_cancel
        self.source: asyncio.Future[Any] | None = None
        """Another one that this one ends as."""

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
        if self.done():
            return False
        return self.source.running() if isinstance(self.source, Future) else self.is_running

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

    def __iter__(self) -> NoReturn:  # pyright: ignore[reportIncompatibleMethodOverride]  # asyncio's is for old coroutines
        """Refuse: its result is not there by itself.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            found=f"{self.label}, a future, was iterated over",
            hint="Wait for its result: future.result(), or `await future`",
        )

    def _wait(self, call: str, timeout: Duration | None) -> None:
        limit = None if timeout is None else seconds(timeout)
        done, _ = park(asyncio.wait((self,), timeout=limit), call)
        if not done:
            raise TimeoutError(f"{self.label} took longer than {limit:g} s")

    def __repr__(self) -> str:
        return f"<Future {self.label}: {'done' if self.done() else 'running' if self.is_running else 'pending'}>"


def hand_on(source: asyncio.Future[Any], target: Future[Any], go_on: Callable[[Any], Any] | None = None) -> None:
    """Let a future end as another one does; to give it up gives that one up.

    Args:
        source: the one that ends first.
        target: the one that follows it.
        go_on: makes the target's result of the source's; if it makes a future, the target follows that one.
    """

    def ended(_: object) -> None:
        if source.cancelled():
            target.cancel()
        elif target.done():
            pass
        elif (error := source.exception()) is not None:
            target.set_exception(error)
        else:
            arrive(source.result())

    def arrive(value: Any) -> None:
        try:
            made = value if go_on is None else go_on(value)
        except Exception as error:  # noqa: BLE001  (it is seen where the target is waited for)
            target.set_exception(error)
            return
        if isinstance(made, asyncio.Future):
            hand_on(made, target)  # pyright: ignore[reportUnknownArgumentType]
        else:
            target.set_result(made)

    def give_up() -> None:
        source.cancel()

    target.source = source
    target.on_cancel = give_up
    source.add_done_callback(ended)


def shield(future: asyncio.Future[T]) -> Future[T]:
    """A future of the same result, to be waited for where a cancellation should not stop what it stands for.

    If the execution is asked to cancel, `asyncio.CancelledError` is raised where the shield is waited for, as anywhere;
    the activity, child or timer behind it goes on, and may be waited for again. For plain `def` and `async def`.
    """
    loop: Any = future.get_loop()
    shielded: Future[T] = Future(loop=loop, label=getattr(future, "label", "a shielded task"))
    hand_on(future, shielded)
    shielded.on_cancel = None
    return shielded


AnyFuture = TypeVar("AnyFuture", bound=asyncio.Future[Any])


class DoneAndNotDone(NamedTuple, Generic[AnyFuture]):
    """The futures that are done, and those that are not."""

    done: set[AnyFuture]
    not_done: set[AnyFuture]


def wait(
    fs: Iterable[AnyFuture], timeout: Duration | None = None, return_when: str = ALL_COMPLETED
) -> DoneAndNotDone[AnyFuture]:
    """Wait in a plain `def` until futures are done, as `concurrent.futures.wait` does. In `async def`: `asyncio.wait`.

    Args:
        fs: the futures.
        timeout: how long, by a durable timer; None waits for ever.
        return_when: ALL_COMPLETED, FIRST_COMPLETED or FIRST_EXCEPTION.
    """
    futures = dict.fromkeys(_several(fs, "wait()"))
    if return_when not in (ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION):
        raise UsageError(
            found=f"return_when={return_when!r}", expected="ALL_COMPLETED, FIRST_COMPLETED or FIRST_EXCEPTION"
        )
    if not futures or _is_enough(futures, return_when):
        done = {f for f in futures if f.done()}
        return DoneAndNotDone(done, {f for f in futures if f not in done})
    limit = None if timeout is None else seconds(timeout)
    return DoneAndNotDone(*park(asyncio.wait(futures, timeout=limit, return_when=return_when), "wait()"))


def _several(fs: Iterable[AnyFuture], call: str) -> Iterable[AnyFuture]:
    """The futures.

    Raises:
        UsageError: it is a single one.
    """
    if isinstance(fs, asyncio.Future):
        raise UsageError(found=f"{call} was given a future", expected="a list of futures", hint="Put them into a list")
    return fs


def _is_enough(futures: Iterable[asyncio.Future[Any]], return_when: str) -> bool:
    if return_when == ALL_COMPLETED:
        return all(f.done() for f in futures)
    if return_when == FIRST_COMPLETED:
        return any(f.done() for f in futures)
    return all(f.done() for f in futures) or any(
        f.done() and not f.cancelled() and _error(f) is not None for f in futures
    )


def _error(future: asyncio.Future[Any]) -> BaseException | None:
    return asyncio.Future[Any].exception(future)


def as_completed(fs: Iterable[asyncio.Future[T]], timeout: Duration | None = None) -> Iterator[asyncio.Future[T]]:
    """The futures in the order in which they are done, for a plain `def`. In `async def`: `asyncio.as_completed`.

    Raises:
        TimeoutError: not all were done within the time-out, counted from the call.
    """
    futures = list(dict.fromkeys(_several(fs, "as_completed()")))
    if not futures:
        return iter(())
    return _Arrivals(futures, None if timeout is None else seconds(timeout))


class _Arrivals(Iterator[asyncio.Future[T]]):
    """Gives each future when it is done. One durable timer serves all the waits; it starts with the first of them."""

    def __init__(self, futures: list[asyncio.Future[T]], limit: float | None) -> None:
        self._loop = futures[0].get_loop()
        self._count = len(futures)
        self._given = 0
        self._arrived = deque(f for f in futures if f.done())
        self._deadline = None if limit is None else self._loop.time() + limit
        self._alarm: asyncio.TimerHandle | None = None
        self._waiter: asyncio.Future[None] | None = None
        for future in futures:
            if not future.done():
                future.add_done_callback(self._arrive)

    def __next__(self) -> asyncio.Future[T]:
        if self._given == self._count:
            self._stop()
            raise StopIteration
        while not self._arrived:
            self._wait()
        self._given += 1
        return self._arrived.popleft()

    def _wait(self) -> None:
        if self._deadline is not None:
            if self._loop.time() >= self._deadline:
                self._stop()
                raise TimeoutError(f"{self._count - self._given} of {self._count} futures are not done")
            if self._alarm is None:
                self._alarm = self._loop.call_at(self._deadline, self._wake)
        self._waiter = self._loop.create_future()
        park(self._waiter, "as_completed()")

    def _arrive(self, future: asyncio.Future[T]) -> None:
        self._arrived.append(future)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _stop(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
