"""Random asyncio programs do in a workflow what they do under asyncio itself: the same steps, in the same order."""

import asyncio
import contextvars
import gc
import itertools
import selectors
import sys
import warnings
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato import Client, workflow
from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import open_engine
from ostinato.errors import WorkflowTimedOut
from ostinato.replay.loop import _close
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker
from tests.worker.conftest import DOMAIN

Log = list[str]

TIMED = 20
"""So many statements of a program take time: each another power of two, so that no two moments are the same."""

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="-")


class Statement(NamedTuple):
    """What a program does: `number` tells it from others, `choice` says which task is meant."""

    kind: str
    number: int
    seconds: int
    choice: int
    blocks: "tuple[Block, ...]"


Block = tuple[Statement, ...]
Sketch = tuple[str, int, list[list[Any]]]
"""A statement without its number and its time."""


class BoomError(Exception):
    """What programs raise."""


class Program:
    """Runs statements, and logs what happens."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.is_over = False
        self.tasks: list[asyncio.Task[int]] = []
        self.lock = asyncio.Lock()
        self.semaphore = asyncio.Semaphore(2)
        self.event = asyncio.Event()
        self.queue: asyncio.Queue[int] = asyncio.Queue(2)
        self.condition = asyncio.Condition()

    def say(self, *words: object) -> None:
        if not self.is_over:
            self.log.append(" ".join(map(str, words)))

    async def main(self, block: Block) -> None:
        try:
            self.say("result", await asyncio.wait_for(self.run(block), 2**TIMED))
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  (the program's)
            self.say("failed", type(error).__name__)
        self.say(*((task.done(), task.done() and task.cancelled()) for task in self.tasks))
        # asyncio goes on to the end of its round, a workflow ends at once.
        self.is_over = True

    async def run(self, block: Block) -> int:
        for statement in block:
            await getattr(self, f"do_{statement.kind}")(statement)
        return len(block)

    async def spawned(self, x: Statement) -> int:
        self.say(x.number, "begins", variable.get())
        try:
            return await self.run(x.blocks[0])
        except BaseException as error:
            self.say(x.number, "ends by", type(error).__name__)
            raise
        finally:
            self.say(x.number, "ends", variable.get())

    def later(self) -> "list[asyncio.Task[int]]":
        """The tasks that began after the one that runs: if all wait only for these, none waits for itself."""
        running = asyncio.current_task()
        return self.tasks[self.tasks.index(running) + 1 :] if running in self.tasks else self.tasks

    def other(self, x: Statement) -> "asyncio.Task[int] | None":
        later = self.later()
        return later[x.choice % len(later)] if later else None

    # What takes no other statements.

    async def do_sleep(self, x: Statement) -> None:
        await asyncio.sleep(x.seconds)
        self.say(x.number, "slept")

    async def do_set(self, x: Statement) -> None:
        self.say(x.number, "found", variable.get())
        variable.set(str(x.number))

    async def do_await(self, x: Statement) -> None:
        if task := self.other(x):
            self.say(x.number, "got", await task)

    async def do_shield(self, x: Statement) -> None:
        if task := self.other(x):
            self.say(x.number, "got", await asyncio.shield(task))

    async def do_wait_for(self, x: Statement) -> None:
        if task := self.other(x):
            self.say(x.number, "got", await asyncio.wait_for(task, x.seconds))

    async def do_cancel(self, x: Statement) -> None:
        if self.tasks:
            task = self.tasks[x.choice % len(self.tasks)]
            self.say(x.number, "cancels", task.cancel(), task.cancelled(), task.done())

    async def do_cancel_self(self, x: Statement) -> None:
        if task := asyncio.current_task():
            self.say(x.number, "cancels itself", task.cancel(), task.cancelling())

    async def do_uncancel(self, x: Statement) -> None:
        if task := asyncio.current_task():
            self.say(x.number, "takes back", task.uncancel(), len(asyncio.all_tasks()))

    async def do_call_back(self, x: Statement) -> None:
        if self.tasks:
            task = self.tasks[x.choice % len(self.tasks)]
            task.add_done_callback(lambda done: self.say(x.number, "told", done.cancelled(), variable.get()))

    async def do_raise(self, x: Statement) -> None:
        raise BoomError(x.number)

    async def do_set_event(self, _: Statement) -> None:
        self.event.set()

    async def do_wait_event(self, x: Statement) -> None:
        await self.event.wait()
        self.event.clear()
        self.say(x.number, "saw the event")

    async def do_put(self, x: Statement) -> None:
        await self.queue.put(x.number)
        self.say(x.number, "put")

    async def do_get(self, x: Statement) -> None:
        self.say(x.number, "got", await self.queue.get())

    async def do_wait_condition(self, x: Statement) -> None:
        async with self.condition:
            await self.condition.wait()
            self.say(x.number, "was notified")

    async def do_notify(self, x: Statement) -> None:
        async with self.condition:
            self.condition.notify(1 + x.choice % 2)

    async def do_gather(self, x: Statement) -> None:
        found = await asyncio.gather(*self.later()[:3], return_exceptions=bool(x.choice % 2))
        self.say(x.number, "gathered", *(each if isinstance(each, int) else type(each).__name__ for each in found))

    async def do_wait(self, x: Statement) -> None:
        if later := self.later()[:3]:
            when = (asyncio.FIRST_COMPLETED, asyncio.FIRST_EXCEPTION, asyncio.ALL_COMPLETED)[x.choice % 3]
            done, pending = await asyncio.wait(later, timeout=x.seconds if x.choice > 2 else None, return_when=when)
            self.say(x.number, "waited", len(done), len(pending))

    # What takes some.

    async def do_spawn(self, x: Statement) -> None:
        self.tasks.append(asyncio.create_task(self.spawned(x)))

    async def do_try(self, x: Statement) -> None:
        try:
            await self.run(x.blocks[0])
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  (the program's)
            self.say(x.number, "caught", type(error).__name__)
            await self.run(x.blocks[1])

    async def do_finally(self, x: Statement) -> None:
        try:
            await self.run(x.blocks[0])
        finally:
            self.say(x.number, "cleans up")
            await self.run(x.blocks[1])

    async def do_lock(self, x: Statement) -> None:
        async with self.lock:
            self.say(x.number, "locked")
            await self.run(x.blocks[0])

    async def do_semaphore(self, x: Statement) -> None:
        async with self.semaphore:
            self.say(x.number, "entered")
            await self.run(x.blocks[0])

    async def do_timeout(self, x: Statement) -> None:
        async with asyncio.timeout(x.seconds) as limit:
            await self.run(x.blocks[0])
        self.say(x.number, "in time", limit.expired())

    async def do_limit(self, x: Statement) -> None:
        self.say(x.number, "in time", await asyncio.wait_for(self.run(x.blocks[0]), x.seconds))

    async def do_group(self, x: Statement) -> None:
        # One, since a group cancels several in no order.
        async with asyncio.TaskGroup() as group:
            self.tasks.append(group.create_task(self.spawned(x)))
        self.say(x.number, "all done")

    async def do_generate(self, x: Statement) -> None:
        async def generate() -> AsyncGenerator[int, None]:
            try:
                for statement in x.blocks[0]:
                    await self.run((statement,))
                    yield statement.number
            finally:
                self.say(x.number, "is left")
                await self.run(x.blocks[1])

        async for number in generate():
            self.say(x.number, "was given", number)
            if x.choice < 2:
                break


KINDS = [name.removeprefix("do_") for name in vars(Program) if name.startswith("do_")]
PLAIN, NESTING = KINDS[: KINDS.index("spawn")], KINDS[KINDS.index("spawn") :]


def _nesting(inner: st.SearchStrategy[Sketch]) -> st.SearchStrategy[Sketch]:
    block = st.lists(inner, max_size=4)
    kinds = st.sampled_from([*NESTING, "spawn", "spawn"])
    return st.tuples(kinds, st.integers(0, 5), st.lists(block, min_size=2, max_size=2))


_leaves: st.SearchStrategy[Sketch] = st.tuples(
    st.sampled_from([*PLAIN, "sleep", "sleep"]), st.integers(0, 5), st.just([])
)
programs = st.lists(st.recursive(_leaves, _nesting, max_leaves=12), min_size=1, max_size=6)


def finished(sketches: list[Any], numbers: Iterator[int], times: Iterator[int]) -> Block:
    """The statements, with their numbers and times."""
    return tuple(
        Statement(
            kind,
            next(numbers),
            next(times, 0) if kind in {"sleep", "wait_for", "wait", "timeout", "limit"} else 0,
            choice,
            tuple(finished(block, numbers, times) for block in blocks),
        )
        for kind, choice, blocks in sketches
    )


class StuckError(Exception):
    """Nothing can happen any more."""


class Skipping(selectors.SelectSelector):
    """Sleeps by moving the time."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise StuckError
        self.now += timeout
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, whose time skips."""

    def __init__(self, selector: Skipping) -> None:
        self.skipping = selector
        super().__init__(selector)

    def time(self) -> float:
        return self.skipping.now


def under_asyncio(block: Block) -> Log:
    log: Log = []
    loop = SkippingLoop(Skipping())
    loop.set_exception_handler(lambda *_: None)
    with suppress(StuckError):
        loop.run_until_complete(Program(log).main(block))
    said = list(log)
    with warnings.catch_warnings(action="ignore"):
        for task in asyncio.all_tasks(loop):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            _close(task.get_coro())
        loop.close()
    return said


@contextmanager
def _no_complaints() -> Iterator[None]:
    """Nothing of what asyncio's own loop leaves behind half-way, where nothing can happen any more, is told."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        yield
    finally:
        gc.collect()
        sys.unraisablehook = hook


running: list[tuple[Block, Log]] = []


@workflow(name="program")
async def as_workflow() -> None:
    """Run the program that is at hand: it fits into no input, and is not replayed here."""
    block, log = running[-1]
    await Program(log).main(block)


@pytest.fixture(name="client", scope="module")
def a_client() -> Iterator[Client]:
    with ExitStack() as stack:
        stack.enter_context(_no_complaints())
        engine = stack.enter_context(open_engine(":memory:", clock=ManualClock()))
        stack.enter_context(LocalWorker(engine.local(), domain=DOMAIN, catalog=catalog_of([as_workflow])))
        yield Client(engine.local(), domain=DOMAIN)


@settings(max_examples=400)
@given(programs)
def test_the_same_happens_in_the_same_order(client: Client, sketches: list[Sketch]) -> None:
    """To the end of the program, or to where nothing can happen any more."""
    block = finished(sketches, itertools.count(1), (2**n for n in range(TIMED)))
    expected = contextvars.Context().run(under_asyncio, block)

    running.append((block, []))
    with suppress(WorkflowTimedOut):
        client.run(as_workflow)
    found = list(running.pop()[1])

    assert found == expected
