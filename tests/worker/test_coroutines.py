"""`async def` activities beside one another."""

import asyncio
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING

import pytest

from ostinato import activity, submit, workflow
from ostinato.worker.coroutines import Abandoned, Coroutines

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from ostinato.model.results import ActivityTask
    from ostinato.worker.coroutines import Outcome
    from ostinato.worker.middleware import ActivityMiddleware, Report
    from tests.worker.conftest import Serve

NAMES: ContextVar[str] = ContextVar("names", default="")


def around(task: "ActivityTask") -> "Generator[None, Report | None]":
    NAMES.set(task.activity_id)
    yield


@pytest.mark.parametrize("middleware", [(), (around, around)])
def test_many_async_activities_need_few_threads(serve: "Serve", middleware: "Sequence[ActivityMiddleware]") -> None:
    """Two hundred of them that wait for one another are two hundred places, and hardly any threads."""
    all_there = asyncio.Event()
    arrived = 0
    threads = 0
    names: set[str] = set()

    @activity
    async def arrive() -> None:
        nonlocal arrived, threads
        arrived += 1
        names.add(NAMES.get())
        if arrived == 200:
            threads = threading.active_count()
            all_there.set()
        await all_there.wait()

    @workflow
    async def meet() -> int:
        return len(await asyncio.gather(*[submit(arrive) for _ in range(200)]))

    worker = serve(meet, arrive, concurrency=200, activity_middleware=middleware)
    assert worker.execute(meet, "m") == 200

    assert threads < 30
    assert len(names) == (200 if middleware else 1)


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
