"""Sagas: what was done is undone, last first."""

import asyncio
from typing import Any

import pytest

from ostinato import Saga, activity, continue_as_new, submit, wait_signal, workflow
from ostinato.model import decisions as d
from ostinato.testing.rehearsal import Rehearsal


@activity(name="do")
def do(what: str) -> str:
    return what


@activity(name="undo")
def undo(what: str) -> None: ...


@workflow
def plain(how: str = "") -> str:
    with Saga() as saga:
        for what in ("room", "car"):
            saga.compensate_with(undo, what)
            submit(do, what).result()
        if how == "new":
            continue_as_new()
        if how == "by hand":
            saga.compensate().result()
        if how == "bad":
            asyncio.get_running_loop().run_in_executor(None, print)
        wait_signal("go").result()
    return "booked"


@workflow
async def coroutine(how: str = "") -> str:
    async with Saga() as saga:
        for what in ("room", "car"):
            saga.compensate_with(undo, what)
            await submit(do, what)
        await wait_signal("go")
    return "booked"


BOTH = pytest.mark.parametrize("code", [plain, coroutine])


def booked(code: Any, how: str = "") -> Rehearsal:
    r = Rehearsal(code, how)
    r.complete("activity-do-1", "room")
    r.complete("activity-do-2", "car")
    return r


def inputs(r: Rehearsal) -> list[str | None]:
    return [x.input for x in r.decisions if isinstance(x, d.ScheduleActivityTask)]


@BOTH
def test_nothing_is_undone_if_all_is_well(code: Any) -> None:
    """The compensations are forgotten."""
    with booked(code) as r:
        r.signal("go")
        assert r.result == "booked"


@BOTH
def test_a_failure_undoes_in_reverse(code: Any) -> None:
    """One after the other, and then goes on its way."""
    with Rehearsal(code) as r:
        r.complete("activity-do-1", "room")
        r.fail("activity-do-2", ValueError("no car"))
        assert inputs(r) == ['{"args":["car"],"kwargs":{}}']
        r.complete("activity-undo-1")
        assert inputs(r) == ['{"args":["room"],"kwargs":{}}']
        r.complete("activity-undo-2")
        assert str(r.reason).startswith("ActivityFailed: activity do (activity-do-2) failed: ValueError: no car")


@BOTH
def test_a_cancellation_undoes_too_and_a_second_one_does_not_stop_it(code: Any) -> None:
    """The execution ends as canceled when all is undone."""
    with booked(code) as r:
        r.cancel()
        assert inputs(r) == ['{"args":["car"],"kwargs":{}}']
        r.cancel()
        assert r.decisions == ()
        r.complete("activity-undo-1")
        r.complete("activity-undo-2")
        assert isinstance(r.close, d.CancelWorkflowExecution)


@BOTH
def test_a_cancellation_while_a_failure_is_undone_counts(code: Any) -> None:
    """It is raised when all is undone."""
    with Rehearsal(code) as r:
        r.fail("activity-do-1", ValueError("no room"))
        r.cancel()
        r.complete("activity-undo-1")
        assert isinstance(r.close, d.CancelWorkflowExecution)


@BOTH
def test_a_compensation_that_fails_is_told_when_the_others_are_done(code: Any) -> None:
    """With what went wrong, and its cause."""
    with booked(code) as r:
        r.cancel()
        r.fail("activity-undo-1", OSError("no line"))
        r.complete("activity-undo-2")
        assert str(r.reason).startswith(
            "CompensationFailed: 1 of 2 compensations failed: activity undo (activity-undo-1)"
        )


def test_functions_of_workflow_code_compensate_too() -> None:
    """And a canceled one counts as failed."""
    done: list[str] = []

    def note(what: str) -> None:
        done.append(what)

    async def give_up() -> None:
        raise asyncio.CancelledError

    @workflow
    def code() -> None:
        with Saga() as saga:
            saga.compensate_with(note, "first")
            saga.compensate_with(give_up)
            raise ValueError("x")

    with Rehearsal(code) as r:
        assert r.reason == "CompensationFailed: 1 of 2 compensations failed: CancelledError"
        assert done[0] == "first"


def test_continue_as_new_undoes_nothing() -> None:
    """It is no failure."""
    with booked(plain, "new") as r:
        assert isinstance(r.close, d.ContinueAsNewWorkflowExecution)


def test_what_drops_the_decision_undoes_nothing() -> None:
    """The execution stays as it is until the code is mended; also if a compensation does it."""
    from ostinato.errors import NotDurableError  # noqa: PLC0415

    with pytest.raises(NotDurableError):
        booked(plain, "bad")

    async def bad() -> None:
        do("x")

    @workflow
    async def code() -> None:
        async with Saga() as saga:
            saga.compensate_with(bad)
            raise ValueError("x")

    with pytest.raises(NotDurableError):
        Rehearsal(code)


def test_compensations_may_be_carried_out_by_hand() -> None:
    """Once: what was undone is not undone again."""
    with booked(plain, "by hand") as r:
        r.complete("activity-undo-1")
        r.complete("activity-undo-2")
        r.cancel()
        assert isinstance(r.close, d.CancelWorkflowExecution)
