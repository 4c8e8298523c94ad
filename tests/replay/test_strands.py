"""Plain functions as threads of workflow code."""

import asyncio
from typing import Any

import pytest

from ostinato import activity, sleep, spawn, submit, wait, workflow
from ostinato.errors import NondeterminismError, NotDurableError, UsageError
from ostinato.replay.strands import author_frame, park
from ostinato.testing.rehearsal import Rehearsal


@activity(name="work")
def work() -> Any: ...


def test_parking_elsewhere() -> None:
    """What is no strand cannot park, and leaves no coroutine behind."""

    async def nothing() -> None: ...

    with pytest.raises(UsageError, match="sleep\\(\\) would block"):
        park(nothing(), "sleep()")


def test_no_frame_at_all() -> None:
    """Code without an author has no line."""
    assert author_frame(None) is None


def test_the_line_of_a_time_out_within_a_strand() -> None:
    """A request that asyncio makes for a plain function is told at the function's own line."""

    @workflow(name="w")
    def before() -> None:
        submit(work)
        submit(work).result()

    @workflow(name="w")
    def after() -> None:
        submit(work).result(timeout=5)

    with Rehearsal(before) as r:
        r.play()
        r.workflow = after
        with pytest.raises(NondeterminismError) as caught:
            r.replace()

    assert caught.value.requested == "timer 'timer-1'"
    assert caught.value.source is not None
    assert caught.value.source.startswith(f'File "{__file__}", line {after.function.__code__.co_firstlineno + 2}, in ')


def test_strands_that_raise() -> None:
    """An exception in a strand has the author's frames only, once."""

    def inner() -> None:
        sleep(1)
        raise KeyError("inner")

    @workflow
    def outer() -> None:
        spawn(inner).result()

    with Rehearsal(outer) as r:
        r.fire("timer-1")

        assert r.reason == "KeyError: 'inner'"


def test_plain_calls_in_a_coroutine() -> None:
    """What would block an `async def`, or run an activity in the decider, drops the decision and fails no execution."""

    @workflow
    async def result() -> None:
        submit(work).result()

    @workflow
    async def sleeps() -> None:
        sleep(1)

    @workflow
    async def waits() -> None:
        wait([submit(work)])

    @workflow
    async def calls() -> None:
        work()

    @workflow
    def calls_plainly() -> None:
        work()

    for code, said in (
        (result, r"result\(\) would block an `async def` workflow.*Await it"),
        (sleeps, r"sleep\(\) would block"),
        (waits, r"wait\(\) would block"),
        (calls, r"the activity work was called in workflow code.*submit\(work, \.\.\.\)"),
        (calls_plainly, "the activity work was called in workflow code"),
    ):
        with pytest.raises(NotDurableError, match=said):
            Rehearsal(code)


def test_clean_up_that_waits_while_it_is_put_away() -> None:
    """A clean-up that waits when the replay is put away does not get to wait."""
    said: list[str] = []

    @workflow
    def cleans_up() -> None:
        future = submit(work)
        try:
            future.result()
        finally:
            said.append("clean-up")
            wait([future])
            said.append("waited")

    with Rehearsal(cleans_up, is_compared=False):
        pass

    assert said == ["clean-up"]


def test_a_strand_that_ignores_its_cancellation() -> None:
    """A spawned function that was given up may end as it likes: its future stays canceled."""

    @workflow
    def gives_up() -> str:
        def ignores() -> str:
            try:
                submit(work).result()
            except asyncio.CancelledError:
                return "ignored"
            return "never"

        spawned = spawn(ignores)
        sleep(1)
        spawned.cancel()
        sleep(1)
        return f"{spawned.cancelled()}"

    with Rehearsal(gives_up) as r:
        r.fire("timer-1")
        r.fire("timer-2")

        assert r.result == "True"


def test_a_strand_that_ends_by_a_cancellation() -> None:
    """A spawned function that lets a cancellation pass makes its future a canceled one."""

    @workflow
    def gives_up() -> str:
        future = submit(work)
        spawned = spawn(future.result)
        sleep(1)
        future.cancel()
        with pytest.raises(asyncio.CancelledError):
            spawned.result()
        return f"{spawned.cancelled()}"

    with Rehearsal(gives_up) as r:
        r.fire("timer-1")

        assert r.result == "True"
