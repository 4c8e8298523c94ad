"""asyncio within `async def` workflows: what waits is durable, what no replay can repeat is refused."""

import asyncio
import contextvars
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import pytest

from ostinato import activity, now, run_once, signals, sleep, spawn, submit, timer, wait_signal, workflow
from ostinato.errors import ActivityFailed, NotDurableError
from ostinato.model import decisions as d
from ostinato.replay.loop import _REFUSED, ReplayLoop
from ostinato.testing.rehearsal import Rehearsal

if TYPE_CHECKING:
    from ostinato import Future


@activity(name="work")
def work(x: Any = None) -> Any: ...


def started(r: Rehearsal) -> list[tuple[str, str]]:
    return [(x.timer_id, x.start_to_fire_timeout) for x in r.decisions if isinstance(x, d.StartTimer)]


def canceled(r: Rehearsal) -> list[str]:
    return [x.timer_id for x in r.decisions if isinstance(x, d.CancelTimer)]


def test_sleep() -> None:
    """asyncio.sleep is a durable timer of whole seconds, rounded up; 0 only gives way."""

    @workflow
    async def sleeps() -> str:
        await asyncio.sleep(0)
        await asyncio.sleep(1.5)
        return await asyncio.sleep(86_400, "done")

    with Rehearsal(sleeps) as r:
        assert started(r) == [("timer-1", "2")]
        r.fire("timer-1")
        assert started(r) == [("timer-2", "86400")]
        r.fire("timer-2")

        assert r.result == "done"


def test_gather() -> None:
    """Gather gives the results in order, whichever comes first."""

    @workflow
    async def gathers() -> list[Any]:
        return list(await asyncio.gather(submit(work, 1), submit(work, 2), asyncio.sleep(5, "slept")))

    with Rehearsal(gathers) as r:
        r.complete("activity-work-2", 2)
        r.fire("timer-1")
        r.complete("activity-work-1", 1)

        assert r.result == [1, 2, "slept"]


def test_gather_of_failures() -> None:
    """Gather raises the first failure, or returns all of them."""

    @workflow
    async def gathers() -> list[str]:
        with pytest.raises(ActivityFailed, match="first"):
            await asyncio.gather(submit(work), submit(work))
        said = await asyncio.gather(submit(work), submit(work), return_exceptions=True)
        return [type(x).__name__ for x in said]

    with Rehearsal(gathers) as r:
        r.fail("activity-work-2", ValueError("first"))
        r.complete("activity-work-4", None)
        r.fail("activity-work-3", ValueError("x"))

        assert r.result == ["ActivityFailed", "NoneType"]


def test_wait() -> None:
    """asyncio.wait, with each of its conditions and a durable time-out."""

    @workflow
    async def waits() -> list[int]:
        futures = [submit(work, n) for n in range(4)]
        sizes = []
        for condition, limit in (
            (asyncio.FIRST_COMPLETED, None),
            (asyncio.FIRST_EXCEPTION, None),
            (asyncio.ALL_COMPLETED, 7),
        ):
            done, pending = await asyncio.wait(futures, timeout=limit, return_when=condition)
            sizes += [len(done), len(pending)]
            futures = list(pending)
        return sizes

    with Rehearsal(waits) as r:
        r.complete("activity-work-4")
        r.fail("activity-work-2", ValueError())
        assert started(r) == [("timer-1", "7")]
        r.complete("activity-work-1")
        r.fire("timer-1")

        assert r.result == [1, 3, 1, 2, 1, 1]


def test_wait_for() -> None:
    """asyncio.wait_for cancels what took too long, and its timer otherwise."""

    @workflow
    async def waits() -> Any:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(submit(work, 1), 10)
        return await asyncio.wait_for(submit(work, 2), 10)

    with Rehearsal(waits) as r:
        r.fire("timer-1")
        assert [type(x).__name__ for x in r.decisions] == [
            "RequestCancelActivityTask",
            "ScheduleActivityTask",
            "StartTimer",
        ]
        r.complete("activity-work-2", 2)

        assert canceled(r) == ["timer-2"]
        assert r.result == 2


def test_timeout() -> None:
    """asyncio.timeout is a durable timer around any waits; a signal that came late is kept."""

    @workflow
    async def approval() -> list[Any]:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3 * 86_400):
                await wait_signal("approve")
        async with asyncio.timeout(None):
            return [await wait_signal("approve")]

    with Rehearsal(approval) as r:
        assert started(r) == [("timer-1", "259200")]
        r.fire("timer-1")
        r.signal("approve", "me")

        assert r.result == ["me"]


def test_timeout_that_does_not_pass() -> None:
    """A time-out that is not needed any more is canceled; reschedule moves it."""

    @workflow
    async def approval() -> Any:
        async with asyncio.timeout(10) as limit:
            limit.reschedule(asyncio.get_running_loop().time() + 20)
            return await wait_signal("approve")

    with Rehearsal(approval) as r:
        assert started(r) == [("timer-2", "20")]
        r.signal("approve", 0)

        assert canceled(r) == ["timer-2"]
        assert r.result == 0


def test_task_group() -> None:
    """A TaskGroup's tasks run side by side; a failure cancels the others and is raised as a group."""

    @workflow
    async def groups() -> list[Any]:
        async def one(n: int) -> Any:
            return await submit(work, n)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(n)) for n in range(2)]
        said = ""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(one(3))
                group.create_task(one(4))
        except* ActivityFailed as failures:
            said = type(failures.exceptions[0]).__name__
        return [*(t.result() for t in tasks), said]

    with Rehearsal(groups) as r:
        r.complete("activity-work-2", "b")
        r.complete("activity-work-1", "a")
        r.fail("activity-work-4", ValueError())

        assert r.decisions[0] == d.RequestCancelActivityTask(activity_id="activity-work-3")
        assert r.result == ["a", "b", "ActivityFailed"]


def test_synchronization() -> None:
    """Event, Lock, Semaphore, Condition, Barrier and Queue work between tasks."""

    @workflow
    async def synchronizes() -> list[Any]:
        event, lock, queue, gate = asyncio.Event(), asyncio.Lock(), asyncio.Queue[Any](1), asyncio.Semaphore(2)
        barrier, condition = asyncio.Barrier(2), asyncio.Condition()
        said: list[Any] = []

        async def produce() -> None:
            for n in range(3):
                async with lock, gate:
                    await queue.put(await submit(work, n))
            event.set()
            await barrier.wait()
            async with condition:
                condition.notify_all()

        task = asyncio.create_task(produce())
        said += [await queue.get() for _ in range(3)]
        await event.wait()
        async with condition:
            waiting = asyncio.create_task(barrier.wait())
            await condition.wait()
        await asyncio.gather(task, waiting)
        return said

    with Rehearsal(synchronizes) as r:
        for n in range(3):
            r.complete(f"activity-work-{n + 1}", n)

        assert r.result == [0, 1, 2]


def test_shield() -> None:
    """A shielded future is not canceled with who waits for it."""

    @workflow
    async def shields() -> Any:
        future = submit(work, 1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.shield(future)
        return await future

    with Rehearsal(shields) as r:
        assert r.fire("timer-1") == ()
        r.complete("activity-work-1", 9)

        assert r.result == 9


def test_as_completed() -> None:
    """asyncio.as_completed gives futures as they end."""

    @workflow
    async def completes() -> list[Any]:
        return [await f for f in asyncio.as_completed([submit(work, n) for n in range(3)], timeout=100)]

    with Rehearsal(completes) as r:
        for n in (2, 3, 1):
            r.complete(f"activity-work-{n}", n)
        assert r.result == [2, 3, 1]
        assert canceled(r) == ["timer-1"]


def test_async_comprehensions_generators_and_context_managers() -> None:
    """Whatever syntax waits, waits durably."""

    @workflow
    async def syntax() -> list[Any]:
        async def generate() -> Any:
            try:
                for n in range(3):
                    yield await submit(work, n)
            finally:
                said.append("closed")

        said: list[Any] = []
        said.extend([x async for x in generate()])
        async for x in signals("s"):
            said.append(x)
            if x == 2:
                break
        return said

    with Rehearsal(syntax) as r:
        for n in range(3):
            r.complete(f"activity-work-{n + 1}", n)
        r.signal("s", 1)
        r.signal("s", 2)

        assert r.result == ["closed", 0, 1, 2, 1, 2]


def test_futures_as_arguments_of_tasks_and_submits() -> None:
    """A task of asyncio may be an argument too."""

    @workflow
    async def chains() -> Any:
        async def twice() -> int:
            return int(await submit(work, 1)) * 2

        return await submit(work, {"x": [asyncio.create_task(twice())]})

    with Rehearsal(chains) as r:
        r.complete("activity-work-2", 4)
        name = next(x for x in r.decisions if isinstance(x, d.ScheduleActivityTask))
        assert name.activity_id == "activity-work-1"
        assert name.input == '{"args":[{"x":[8]}],"kwargs":{}}'
        r.complete(name.activity_id, "end")

        assert r.result == "end"


def test_sets_of_futures_are_ordered() -> None:
    """Sets of futures and tasks are walked in the order in which they were made, in every replay."""

    @workflow
    async def walks() -> None:
        futures = {asyncio.ensure_future(submit(work, n)) for n in range(20)}
        done, _ = await asyncio.wait(futures)
        for future in done:
            submit(work.options(name="again"), future.result())

    with Rehearsal(walks, is_compared=True) as r:
        for n in range(20):
            r.happened().activity_completed(f"activity-work-{n + 1}", str(n))
        r.play()

        asked = [x.input or "" for x in r.decisions if isinstance(x, d.ScheduleActivityTask)]
        assert sorted(asked) == sorted(f'{{"args":[{n}],"kwargs":{{}}}}' for n in range(20))


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")


def test_contextvars() -> None:
    """Each strand and task has a copy of its maker's context."""

    @workflow
    async def contexts() -> list[str]:
        def plain(name: str) -> str:
            before = variable.get()
            variable.set(name)
            submit(work).result()
            return f"{before} {variable.get()}"

        async def coroutine(name: str) -> str:
            before = variable.get()
            variable.set(name)
            await submit(work)
            return f"{before} {variable.get()}"

        variable.set("main")
        said = await asyncio.gather(spawn(plain, "a"), spawn(plain, "b"), coroutine("c"), spawn(coroutine, "d"))
        return [*said, variable.get()]

    with Rehearsal(contexts) as r:
        for n in (3, 1, 4, 2):
            r.complete(f"activity-work-{n}")

        assert r.result == ["main a", "main b", "main c", "main d", "main"]
    assert variable.get() == "none"


def test_a_task_keeps_what_it_set_in_an_empty_context() -> None:
    """Neither is it lost at the next wait, nor does another task see it that ends meanwhile."""

    @workflow
    async def setting() -> list[str]:
        async def other() -> str:
            variable.set("other's")
            await asyncio.sleep(1)
            return variable.get()

        await asyncio.create_task(other())
        seen = variable.get()
        variable.set("own")
        await submit(work)
        return [seen, await asyncio.create_task(other()), variable.get()]

    def rehearsed() -> Any:
        with Rehearsal(setting) as r:
            r.fire("timer-1")
            r.complete("activity-work-1")
            r.fire("timer-2")
            return r.result

    assert contextvars.Context().run(rehearsed) == ["none", "other's", "own"]


def test_an_async_generator_that_is_left_cleans_up() -> None:
    """Whatever it awaits for that, beside the code that has left it."""

    @workflow
    async def leaves() -> list[Any]:
        said: list[Any] = []

        async def pages() -> AsyncGenerator[Any, None]:
            try:
                yield await submit(work, 1)
                yield await submit(work, 2)
            finally:
                said.append(await submit(work, "clean up"))

        async for page in pages():
            said.append(page)
            break
        said.append(await submit(work, "last"))
        return said

    with Rehearsal(leaves) as r:
        r.complete("activity-work-1", "page")
        r.complete("activity-work-3", "clean")
        r.complete("activity-work-2", "last")

        assert r.result == ["page", "clean", "last"]


def test_what_clean_up_sets_is_not_the_threads() -> None:
    """Else the next workflow that is replayed there would find it."""

    @workflow
    async def setting() -> None:
        try:
            await submit(work)
        finally:
            variable.set("left")

    def evicted() -> str:
        with Rehearsal(setting) as r:
            r.evict()
        return variable.get()

    assert contextvars.Context().run(evicted) == "none"


def test_blocking_calls_in_async_code_say_what_to_do() -> None:
    """What would block the loop is refused with a hint."""

    @workflow
    async def blocks() -> list[str]:
        said = []
        for call in (
            lambda: submit(work).result(),
            lambda: sleep(1),
            lambda: submit(work).exception(),
            lambda: next(signals("x")),
        ):
            with pytest.raises(Exception, match="would block") as caught:
                call()
            said.append(str(caught.value))
        return said

    with Rehearsal(blocks) as r:
        said = r.result

    assert said[0].startswith("result() would block an `async def` workflow")
    assert "await asyncio.sleep" in said[1]


@pytest.mark.parametrize("name", sorted(_REFUSED))
def test_what_no_replay_can_repeat(name: str) -> None:
    """What touches the world is refused, with what to do instead; the decision is dropped, the workflow lives."""

    @workflow
    async def touches() -> None:
        result = getattr(asyncio.get_running_loop(), name)()
        if result is not None:
            await result

    with pytest.raises(NotDurableError) as caught:
        Rehearsal(touches)

    assert f"workflow code called the event loop's {name}()" in str(caught.value)
    assert caught.value.hint


def test_threads_sockets_and_programs_of_asyncio() -> None:
    """Asyncio's own functions for threads, sockets and programs run into the same refusals."""

    async def to_thread() -> None:
        await asyncio.to_thread(print)

    async def connect() -> None:
        await asyncio.open_connection("localhost", 1)

    async def program() -> None:
        await asyncio.create_subprocess_exec("true")

    async def shell() -> None:
        await asyncio.create_subprocess_shell("true")

    async def server() -> None:
        await asyncio.start_server(lambda *_: None, "localhost", 1)

    for code in (to_thread, connect, program, shell, server):
        with pytest.raises(NotDurableError, match="ubmit an activity"):
            Rehearsal(workflow(code))


def test_a_refusal_within_a_group() -> None:
    """What is not durable drops the decision also out of a TaskGroup, which wraps it."""

    @workflow
    async def touches() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(print))

    with pytest.raises(NotDurableError, match="run_in_executor"):
        Rehearsal(touches)


def test_every_method_of_a_loop_is_meant() -> None:
    """A loop's methods either work or say what to do: none is forgotten."""
    forgotten = {
        name
        for name in dir(asyncio.AbstractEventLoop)
        if not name.startswith("_") and getattr(ReplayLoop, name) is getattr(asyncio.AbstractEventLoop, name)
    }

    assert forgotten == set()


def test_loop_facts() -> None:
    """The loop's clock is history's; it is running and not closed."""

    @workflow
    async def asks() -> list[Any]:
        loop = asyncio.get_running_loop()
        assert loop is asyncio.get_event_loop()
        before = loop.time()
        await asyncio.sleep(10)
        await loop.shutdown_asyncgens()
        fired: list[str] = []
        loop.call_soon(fired.append, "soon")
        loop.call_later(0, fired.append, "now")
        handle = loop.call_later(5, fired.append, "never")
        handle.cancel()
        loop.call_at(loop.time() + 3, fired.append, "later")
        await asyncio.sleep(4)
        return [
            loop.time() - before >= 10,
            now().timestamp() == loop.time(),
            loop.is_running(),
            loop.is_closed(),
            loop.get_debug(),
            fired,
        ]

    with Rehearsal(asks) as r:
        r.fire("timer-1")
        assert started(r) == [("timer-3", "3"), ("timer-4", "4")]
        r.fire("timer-3")
        r.fire("timer-4")

        assert r.result == [True, True, True, False, False, ["soon", "now", "later"]]


def test_run_once_and_timers_in_async_code() -> None:
    """run_once gives its value at once, timers are awaited."""

    @workflow
    async def asks() -> Any:
        future: Future[None] = timer(3)
        value = run_once(int, "7")
        await future
        return value

    with Rehearsal(asks) as r:
        r.fire("timer-1")

        assert r.result == 7
