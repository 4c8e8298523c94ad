"""`async def` activities beside one another."""

import asyncio
import threading
from typing import TYPE_CHECKING

from ostinato import activity, submit, workflow
from ostinato.worker.coroutines import Abandoned, Coroutines

if TYPE_CHECKING:
    from ostinato.worker.coroutines import Outcome
    from tests.worker.conftest import Serve


def test_many_async_activities_need_few_threads(serve: "Serve") -> None:
    """Two hundred of them that wait for one another are two hundred places, and hardly any threads."""
    all_there = asyncio.Event()
    arrived = 0
    threads = 0

    @activity
    async def arrive() -> None:
        nonlocal arrived, threads
        arrived += 1
        if arrived == 200:
            threads = threading.active_count()
            all_there.set()
        await all_there.wait()

    @workflow
    async def meet() -> int:
        return len(await asyncio.gather(*[submit(arrive) for _ in range(200)]))

    worker = serve(meet, arrive, concurrency=200)
    assert worker.execute(meet, "m") == 200

    assert threads < 30


def test_no_more_async_activities_run_at_once_than_allowed(serve: "Serve") -> None:
    """They take places as others do."""
    running = 0
    most = 0

    @activity
    async def count() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    @workflow
    async def many() -> None:
        await asyncio.gather(*[submit(count) for _ in range(50)])

    serve(many, count, concurrency=3).execute(many, "m")

    assert most <= 3


def test_what_is_begun_after_the_stop_is_abandoned() -> None:
    """`done` is called all the same, once."""
    coroutines = Coroutines()
    coroutines.stop()
    outcomes: list[Outcome] = []

    coroutines.begin(lambda: asyncio.sleep(0), None, outcomes.append)  # type: ignore[arg-type]

    assert outcomes == [Abandoned()]
