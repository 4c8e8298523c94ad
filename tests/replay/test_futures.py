"""Futures, as `concurrent.futures` has them, and the waits over several."""

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from ostinato import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    activity,
    as_completed,
    spawn,
    starmap,
    submit,
    timer,
    wait,
    workflow,
)
from ostinato import (
    map as submit_each,
)
from ostinato.errors import ActivityFailed, UsageError
from ostinato.model import decisions as d
from ostinato.testing.rehearsal import Rehearsal

if TYPE_CHECKING:
    from ostinato import Future


@activity(name="work")
def work(x: Any = None, y: Any = None) -> Any: ...


def timers(r: Rehearsal) -> list[str]:
    return [x.timer_id for x in r.decisions if isinstance(x, (d.StartTimer, d.CancelTimer))]


def test_result_and_exception_with_a_time_out() -> None:
    """A time-out is a durable timer, canceled if it is not needed; 0 only looks."""

    @workflow
    def waits() -> list[Any]:
        future = submit(work)
        said: list[Any] = []
        for call in (future.result, future.exception):
            with pytest.raises(TimeoutError, match="took longer than 0 s"):
                call(timeout=0)
            with pytest.raises(TimeoutError, match=r"work \(activity-work-1\) took longer than 5 s"):
                call(timeout=5)
        said += [future.exception(timeout=50), future.result(), future.result(timeout=5), future.exception()]
        said.append(submit(work).result(timeout=5))
        return said

    with Rehearsal(waits) as r:
        r.fire("timer-1")
        r.fire("timer-2")
        r.complete("activity-work-1", 0)

        assert timers(r) == ["timer-3", "timer-4"]
        r.complete("activity-work-2", 2)

        assert r.result == [None, 0, 0, None, 2]


def test_states() -> None:
    """done, running, cancelled, cancel and callbacks are those of concurrent.futures."""

    @workflow
    def states() -> list[Any]:
        said: list[Any] = []
        future = submit(work)
        future.add_done_callback(lambda f: said.append(f is future))
        said += [future.done(), future.cancelled(), repr(future)]
        future.result()
        said += [future.done(), future.running(), future.cancel(), repr(future)]
        return said

    with Rehearsal(states) as r:
        r.complete("activity-work-1")

        assert r.result == [
            False,
            False,
            "<Future work (activity-work-1): pending>",
            True,
            True,
            False,
            False,
            "<Future work (activity-work-1): done>",
        ]


def test_exception_of_a_canceled_future() -> None:
    """A canceled future raises CancelledError, whichever way it is asked."""

    @workflow
    def asks() -> str:
        future = timer(5)
        future.cancel()
        for call in (future.result, future.exception):
            with pytest.raises(asyncio.CancelledError):
                call()
        return "done"

    with Rehearsal(asks) as r:
        assert r.result == "done"


@pytest.mark.parametrize(("condition", "done"), [(ALL_COMPLETED, 3), (FIRST_COMPLETED, 1), (FIRST_EXCEPTION, 2)])
def test_wait(condition: str, done: int) -> None:
    """wait() returns when its condition holds, and at once if it does already."""

    @workflow
    def waits() -> list[int]:
        futures = submit_each(work, range(3))
        first = wait(futures, return_when=condition)
        again = wait(futures, return_when=condition)
        return [len(first.done), len(first.not_done), len(again.done)]

    with Rehearsal(waits) as r:
        r.complete("activity-work-2")
        if not r.replay.is_closed:
            r.fail("activity-work-1", ValueError())
        if not r.replay.is_closed:
            r.complete("activity-work-3")

        assert r.result == [done, 3 - done, done]


def test_wait_with_a_time_out() -> None:
    """A time-out leaves what is not done."""

    @workflow
    def waits() -> list[int]:
        futures = [submit(work), submit(work)]
        done, not_done = wait(futures, timeout=5)
        return [len(done), len(not_done), len(wait([]).done)]

    with Rehearsal(waits) as r:
        r.complete("activity-work-2")
        r.fire("timer-1")

        assert r.result == [1, 1, 0]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (wait, r"wait\(\) was given a future; expected a list of futures. Put them into a list"),
        (as_completed, r"as_completed\(\) was given a future"),
        (list, r"work \(activity-work-1\), a future, was iterated over. Wait for its result: future.result\(\)"),
    ],
)
def test_a_future_is_no_list(ask: Any, said: str) -> None:
    """What takes several says so, and what goes through one is told to wait for it."""

    @workflow
    def program() -> Any:
        return ask(submit(work))

    with Rehearsal(program) as r:
        assert re.search(said, str(r.close))


def test_wait_for_something_else() -> None:
    """A condition that is none is refused."""

    @workflow
    def waits() -> None:
        with pytest.raises(UsageError, match="return_when='SOON'"):
            wait([timer(1)], return_when="SOON")

    with Rehearsal(waits) as r:
        assert r.close is not None


def test_as_completed() -> None:
    """as_completed gives the futures in the order in which they end, with one timer for all its waits."""

    @workflow
    def completes() -> list[Any]:
        assert list(as_completed([])) == []
        return [f.result() for f in as_completed(submit_each(work, range(4)), timeout=100)]

    with Rehearsal(completes) as r:
        for n in (3, 1, 4):
            r.complete(f"activity-work-{n}", n)
        r.complete("activity-work-2", 2)

        assert timers(r) == ["timer-1"]
        assert r.result == [3, 1, 4, 2]


def test_as_completed_of_what_is_done() -> None:
    """What was done before, or is while nobody waits, is given too."""

    @workflow
    def completes() -> list[Any]:
        futures = submit_each(work, range(3))
        futures[1].result()
        arrivals = as_completed(futures)
        said = [next(arrivals).result()]
        timer(5).result()
        return [*said, *(f.result() for f in arrivals)]

    with Rehearsal(completes) as r:
        r.complete("activity-work-2", 2)
        r.complete("activity-work-3", 3)
        r.complete("activity-work-1", 1)
        r.fire("timer-1")

        assert r.result == [2, 3, 1]


def test_as_completed_times_out() -> None:
    """The time-out counts from the call."""

    @workflow
    def completes() -> list[Any]:
        arrivals = as_completed(submit_each(work, range(2)), timeout=10)
        first = next(arrivals).result()
        with pytest.raises(TimeoutError, match="1 of 2 futures are not done"):
            next(arrivals)
        return [first]

    with Rehearsal(completes) as r:
        r.complete("activity-work-2", 2)
        r.fire("timer-1")

        assert r.result == [2]


def test_as_completed_of_many_is_linear() -> None:
    """Thousands of futures are waited for in time that grows with their number."""

    @workflow
    def completes(count: int) -> int:
        futures: list[Future[None]] = [spawn(timer(n % 7 + 1).result) for n in range(count)]
        del futures
        many = submit_each(work, range(count))
        return sum(f.result() for f in as_completed(many))

    with Rehearsal(completes, 900, is_compared=False) as r:
        while r.decisions:
            r.play()
        began = time.process_time()
        for n in range(900):
            r.complete(f"activity-work-{n + 1}", 1)

        assert r.result == 900
        assert time.process_time() - began < 5


def test_map_and_starmap() -> None:
    """Map and starmap give futures in the items' order."""

    @workflow
    def maps() -> list[Any]:
        return [f.result() for f in [*submit_each(work, "ab"), *starmap(work, [(1, 2)])]]

    with Rehearsal(maps) as r:
        inputs = [x.input for x in r.decisions if isinstance(x, d.ScheduleActivityTask)]
        assert inputs == [
            '{"args":["a"],"kwargs":{}}',
            '{"args":["b"],"kwargs":{}}',
            '{"args":[1,2],"kwargs":{}}',
        ]
        for n in (3, 2, 1):
            r.complete(f"activity-work-{n}", n)

        assert r.result == [1, 2, 3]


def test_a_failed_future_raises_each_time() -> None:
    """A failed future raises wherever its result is asked for; it is never None."""

    @workflow
    def asks() -> str:
        future = submit(work)
        for _ in range(2):
            with pytest.raises(ActivityFailed):
                future.result()
        return type(future.exception()).__name__

    with Rehearsal(asks) as r:
        r.fail("activity-work-1", ValueError())

        assert r.result == "ActivityFailed"
