"""A request to cancel the execution: accepted, refused, shielded against; and what was open."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ostinato import activity, marker, markers, on_cancel, shield, signal, submit, wait, wait_signal, workflow
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.testing.rehearsal import Rehearsal


@activity(name="work")
def work(x: Any = None) -> Any: ...


@workflow(name="child")
def child() -> Any: ...


def kinds(r: Rehearsal) -> list[str]:
    return [type(x).__name__ for x in r.decisions]


def answering(answer: Callable[[], Any]) -> Rehearsal:
    @workflow
    class Answers:
        def run(self) -> str:
            wait_signal("go").result()
            return "done"

        @on_cancel
        def decide(self) -> Any:
            return answer()

    return Rehearsal(Answers)


def test_a_handler_may_refuse() -> None:
    """Then the code learns nothing of the request."""
    with answering(lambda: False) as r:
        r.cancel()
        assert r.decisions == ()
        r.signal("go")
        assert r.result == "done"


@pytest.mark.parametrize("answer", [lambda: None, lambda: True])
def test_a_handler_may_accept(answer: Callable[[], Any]) -> None:
    """By giving anything but False."""
    with answering(answer) as r:
        r.cancel()
        assert isinstance(r.close, d.CancelWorkflowExecution)


def test_a_handler_that_fails_fails_the_workflow() -> None:
    """As one for signals."""
    with answering(lambda: 1 // 0) as r:
        r.cancel()
        assert str(r.reason).startswith("ZeroDivisionError")


def test_a_handler_may_wait_and_be_canceled_itself() -> None:
    """An `async def`; out of which a cancellation is a yes."""

    @workflow
    class Asks:
        async def run(self) -> None:
            await wait_signal("never")

        @on_cancel
        async def ask(self) -> None:
            await wait_signal("sure")
            raise asyncio.CancelledError

    with Rehearsal(Asks) as r:
        r.cancel()
        assert r.decisions == ()
        r.signal("sure")
        assert isinstance(r.close, d.CancelWorkflowExecution)


def test_what_was_open_is_canceled_too() -> None:
    """Also what the code did not wait for at that moment; but not its clean-up."""

    @workflow
    def careless() -> None:
        submit(child.options(workflow_id="c"))
        first = submit(work)
        try:
            wait([first])
        finally:
            submit(work.options(activity_id="clean up"))

    with Rehearsal(careless) as r:
        r.happened().child_event(e.ChildWorkflowExecutionStarted, "c")
        r.play()
        r.cancel()
        assert kinds(r) == [
            "ScheduleActivityTask",
            "RequestCancelExternalWorkflowExecution",
            "RequestCancelActivityTask",
            "CancelWorkflowExecution",
        ]


def test_what_is_on_its_way_is_not_called_back() -> None:
    """A signal that was sent to another execution is not undone by the end of its sender."""

    @workflow
    def tells() -> None:
        signal("news", workflow_id="other")
        wait_signal("never").result()

    with Rehearsal(tells) as r:
        assert kinds(r) == ["SignalExternalWorkflowExecution"]
        r.cancel()

        assert kinds(r) == ["CancelWorkflowExecution"]


def test_a_shielded_task_goes_on() -> None:
    """Here to its end, in plain code that refuses to be canceled."""

    @workflow
    def stubborn() -> Any:
        task = submit(work)
        try:
            return shield(task).result()
        except asyncio.CancelledError:
            return [shield(task).result(), shield(task).result()]

    with Rehearsal(stubborn) as r:
        r.cancel()
        assert r.decisions == ()
        r.complete("activity-work-1", 7)
        assert r.result == [7, 7]


def test_a_shield_ends_as_what_is_behind_it() -> None:
    """In failure and cancellation."""

    @workflow
    async def code() -> Any:
        task = submit(work)
        shielded = shield(task)
        second = shield(asyncio.ensure_future(asyncio.sleep(0)))
        second.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([shielded])
        return shielded.cancelled()

    with Rehearsal(code) as r:
        assert r.result is True

    @workflow
    async def fails() -> Any:
        return await shield(submit(work))

    with Rehearsal(fails) as r:
        r.fail("activity-work-1", ValueError("x"))
        assert str(r.reason).startswith("ActivityFailed")


def test_the_code_may_list_its_markers() -> None:
    """Of one name, or all, in order."""

    @workflow
    def notes() -> list[Any]:
        marker("a", {"n": 1})
        wait_signal("go").result()
        marker("b")
        marker("a", "text")
        times = [note.recorded_at for note in markers()]
        return [[note.details for note in markers("a")], [note.name for note in markers()], times == sorted(times)]

    with Rehearsal(notes) as r:
        r.signal("go")
        assert r.result == [[{"n": 1}, "text"], ["a", "b", "a"], True]
