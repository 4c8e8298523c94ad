"""From threads to the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from ostinato.errors import DatabaseWriteError
from ostinato.server.arrivals import Arrivals


def test_everything_arrives() -> None:
    """What many threads put is there, each where it belongs, whenever it is put."""

    async def run() -> list[int]:
        arrivals, loop = Arrivals(), asyncio.get_running_loop()
        futures: list[asyncio.Future[int]] = [loop.create_future() for _ in range(5_000)]
        with ThreadPoolExecutor(4) as pool:
            for number, future in enumerate(futures):
                pool.submit(arrivals.put, future, number)
            return await asyncio.gather(*futures)

    assert asyncio.run(run()) == list(range(5_000))


def test_an_error_arrives_and_the_late_are_passed_over() -> None:
    """An error is raised where it is awaited; a future that has something already keeps it."""

    async def run() -> None:
        arrivals = Arrivals()
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        arrivals.put(future, None, DatabaseWriteError(found="full"))
        arrivals.put(future, 3)
        await future

    with pytest.raises(DatabaseWriteError, match="full"):
        asyncio.run(run())


def test_a_loop_that_has_ended_is_no_fault() -> None:
    """What comes after the end of the loop concerns nobody."""

    async def future() -> "asyncio.Future[int]":
        return asyncio.get_running_loop().create_future()

    Arrivals().put(asyncio.run(future()), 3)
