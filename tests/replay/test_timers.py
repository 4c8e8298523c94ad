"""Durable timers."""

import asyncio

import pytest

from ostinato import Retry, activity, submit, timer, workflow
from ostinato.errors import TimerNotStarted
from ostinato.model import decisions as d
from ostinato.model import enums
from ostinato.testing.rehearsal import Rehearsal


@activity(name="work")
def work() -> int:
    raise AssertionError("only its decisions are looked at")


@workflow
def one() -> str:
    timer(5).result()
    return "fired"


@pytest.mark.parametrize("cause", [x.name for x in enums.StartTimerFailedCause])
def test_start_timer_failed(cause: str) -> None:
    """A timer that SWF cannot start now is asked for again; else its future fails with the cause."""
    with Rehearsal(one) as r:
        r.play(refused={0: cause})

        if cause in ("OPEN_TIMERS_LIMIT_EXCEEDED", "TIMER_CREATION_RATE_EXCEEDED"):
            assert r.decisions == (d.StartTimer(timer_id="timer-1", start_to_fire_timeout="5"),)
            r.fire("timer-1")
            assert r.result == "fired"
        else:
            assert r.reason == f"TimerNotStarted: timer timer-1 could not be started: {cause}"


def test_a_retry_whose_timer_is_refused() -> None:
    """A retry that cannot wait fails with the timer's cause."""

    @workflow
    def retries() -> str:
        with pytest.raises(TimerNotStarted):
            submit(work.options(activity_id="a", retry=Retry())).result()
        return "seen"

    with Rehearsal(retries) as r:
        r.fail("a", ValueError())
        r.play(refused={0: "OPERATION_NOT_PERMITTED"})

        assert r.result == "seen"


@pytest.mark.parametrize("is_sent", [False, True])
def test_cancel(is_sent: bool) -> None:  # noqa: FBT001
    """A timer is taken back, or canceled; twice is once."""

    @workflow
    def gives_up() -> str:
        first = timer(100)
        if is_sent:
            timer(1).result()
        first.cancel()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            first.result()
        return "done"

    with Rehearsal(gives_up) as r:
        if is_sent:
            r.fire("timer-2")
            assert r.decisions[0] == d.CancelTimer(timer_id="timer-1")

        assert r.result == "done"
        assert len(r.decisions) == 1 + is_sent


@pytest.mark.parametrize("cause", [x.name for x in enums.CancelTimerFailedCause])
def test_cancel_timer_failed(cause: str) -> None:
    """A timer that fired before its cancellation does no harm."""

    @workflow
    def gives_up() -> str:
        first = timer(100)
        timer(1).result()
        first.cancel()
        timer(1).result()
        return "done"

    with Rehearsal(gives_up) as r:
        r.fire("timer-2")
        r.script.timer_fired("timer-1")
        r.happened(refused={0: cause})
        r.fire("timer-3")

        assert r.result == "done"


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_timer_that_the_code_settled(is_refused: bool) -> None:  # noqa: FBT001
    """A timer's future that the workflow's own code settled stays as it is when the timer fires or is refused."""

    @workflow
    def settles() -> str:
        timer(5).set_result(None)
        timer(9).result()
        return "done"

    with Rehearsal(settles) as r:
        if is_refused:
            r.happened(refused={0: "OPERATION_NOT_PERMITTED"})
        else:
            r.fire("timer-1")
        r.fire("timer-2")

        assert r.result == "done"
