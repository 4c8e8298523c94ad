"""The event loop: what asyncio's own tests of workflows do not come to."""

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import pytest

from ostinato import activity, submit, workflow
from ostinato.errors import NotDurableError
from ostinato.testing.rehearsal import Rehearsal

if TYPE_CHECKING:
    from collections.abc import Coroutine


@activity(name="work")
def work(x: Any = None) -> Any: ...


def test_as_completed_of_coroutines() -> None:
    """They would be started in an order of chance, so they are refused; tasks are taken."""
    coroutines: list[Coroutine[Any, Any, None]] = []

    @workflow
    async def by_chance() -> None:
        coroutines.extend([asyncio.sleep(1), asyncio.sleep(2)])
        for future in asyncio.as_completed(coroutines):
            await future

    @workflow
    async def in_order() -> list[Any]:
        async def one(n: int) -> Any:
            return await submit(work, n)

        return [await f for f in asyncio.as_completed([asyncio.create_task(one(n)) for n in range(2)])]

    with pytest.raises(NotDurableError, match="starts them in another order"):
        Rehearsal(by_chance)
    for coroutine in coroutines:
        coroutine.close()  # asyncio did not come to one of them
    with Rehearsal(in_order) as r:
        r.complete("activity-work-2", "b")
        r.complete("activity-work-1", "a")
        assert r.result == ["b", "a"]


def test_canceled_callbacks() -> None:
    """A callback that was canceled before its turn does not run, be it queued or due."""

    @workflow
    async def cancels() -> list[Any]:
        loop, said = asyncio.get_running_loop(), list[Any]()
        for handle in (loop.call_soon(said.append, 1), loop.call_later(0, said.append, 2)):
            handle.cancel()
            said.append(handle.cancelled())
        loop.call_soon(said.append, 3)
        await asyncio.sleep(0)
        return said

    with Rehearsal(cancels) as r:
        assert r.result == [True, True, 3]


def test_a_refused_call_closes_what_it_was_given() -> None:
    """A coroutine handed to a refused call of the loop is not complained of as never awaited."""

    @workflow
    async def runs() -> None:
        asyncio.get_running_loop().run_until_complete(asyncio.sleep(1))

    with pytest.raises(NotDurableError, match=r"run_until_complete\(\)"):
        Rehearsal(runs)
    gc.collect()


def test_ctrl_c() -> None:
    """A keyboard interrupt within workflow code reaches whoever runs the replay."""

    @workflow
    async def interrupted() -> None:
        await asyncio.sleep(0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Rehearsal(interrupted)


def test_a_coroutine_that_does_not_want_to_end() -> None:
    """Putting away ends even if a coroutine goes on waiting each time it is closed."""
    ends: list[int] = []

    @workflow
    async def begins() -> None:
        await asyncio.create_task(stays())

    async def stays() -> None:
        loop = asyncio.get_running_loop()
        for n in range(101):
            try:
                await loop.create_future()
            except GeneratorExit:
                ends.append(n)

    r = Rehearsal(begins, is_compared=False)
    r.evict()

    assert len(ends) == 100
