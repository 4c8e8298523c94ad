"""Signal handlers on classes of workflows."""

from typing import Any

from ostinato import activity, continue_as_new, on_signal, submit, wait_signal, workflow
from ostinato.model import decisions as d
from ostinato.testing.rehearsal import Rehearsal


@activity(name="work")
def work(x: Any = None) -> Any: ...


class Parent:
    def __init__(self) -> None:
        self.said: list[Any] = []

    @on_signal("plain")
    def plain(self, x: int, y: int = 0) -> None:
        self.said.append(x + y)
        self.said.append(submit(work, x).result())

    @on_signal("other")
    def hidden(self) -> None:
        self.said.append("not this one")


@workflow(name="handles")
class Handles(Parent):
    @on_signal("coroutine")
    async def coroutine(self, *, x: int) -> None:
        self.said.append(await submit(work, x))

    @on_signal("fails")
    def fails(self) -> None:
        raise ValueError("in handler")

    @on_signal("continue")
    def next(self) -> None:
        continue_as_new()

    @on_signal("other")
    def hidden(self) -> None:
        self.said.append("this one")

    def run(self) -> list[Any]:
        wait_signal("end").result()
        return self.said


def test_handlers_run_beside_run() -> None:
    """Each signal runs its handler, `def` or `async def`, inherited or not, with converted arguments."""
    with Rehearsal(Handles) as r:
        r.signal("plain", 1, y=1)
        r.signal("coroutine", x=5)
        r.signal("other")
        r.complete("activity-work-2", "second")
        r.complete("activity-work-1", "first")
        r.signal("end")

        assert r.result == [2, "this one", "second", "first"]


def test_a_handler_that_fails() -> None:
    """An exception out of a handler fails the workflow."""
    with Rehearsal(Handles) as r:
        r.signal("fails")

        assert r.reason == "ValueError: in handler"


def test_a_handler_that_continues_as_new() -> None:
    """A handler may continue the execution as new."""
    with Rehearsal(Handles) as r:
        r.signal("continue")

        assert isinstance(r.close, d.ContinueAsNewWorkflowExecution)


def test_a_signal_that_does_not_fit() -> None:
    """What a handler cannot take is told aside, and is left for whoever asks for it."""

    @workflow(name="takes")
    class Takes(Parent):
        def run(self) -> Any:
            return wait_signal("plain").result()

    with Rehearsal(Takes) as r:
        r.signal("plain", "not a number")

        assert r.result == "not a number"
        assert "signal 'plain' was not taken by its handler" in r.replay.complaints[0]


def test_signals_after_the_end() -> None:
    """A signal that comes after the code has ended runs nothing."""
    with Rehearsal(Handles) as r:
        r.signal("end")
        r.script.signaled("plain", "1")
        r.play(refused={0: "UNHANDLED_DECISION"})

        assert r.result == []
