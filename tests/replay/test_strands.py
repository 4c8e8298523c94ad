"""Plain functions as threads of workflow code."""

from typing import Any

import pytest

from ostinato import activity, sleep, spawn, submit, workflow
from ostinato.errors import NondeterminismError, UsageError
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
