"""Signals that are handed on within a family."""

from typing import Any

import msgspec
import pytest

from ostinato import on_signal, signals, submit, wait_signal, workflow
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.enums import SignalExternalWorkflowExecutionFailedCause
from ostinato.model.fields import EventId, RunId
from ostinato.model.structures import WorkflowExecution
from ostinato.testing.rehearsal import Rehearsal

MARKED = '{"args":[1],"kwargs":{},"__propagate":true}'


@workflow(name="child")
def child() -> Any: ...


@workflow
def parent() -> Any:
    submit(child.options(workflow_id="a"))
    submit(child.options(workflow_id="b"))
    submit(child.options(workflow_id="unborn"))
    return list(zip(signals("go"), range(3), strict=False))


def born() -> Rehearsal:
    r = Rehearsal(parent)
    r.happened().child_event(e.ChildWorkflowExecutionStarted, "a")
    r.script.child_event(e.ChildWorkflowExecutionStarted, "b")
    return r


def sent(r: Rehearsal) -> list[tuple[str, str | None]]:
    return [(x.workflow_id, x.input) for x in r.decisions if isinstance(x, d.SignalExternalWorkflowExecution)]


def test_a_marked_signal_goes_to_the_children() -> None:
    """To all that have started; a failure to deliver concerns nobody."""
    with born() as r:
        r.script.signaled("go", MARKED)
        r.play()
        assert sent(r) == [("a", MARKED), ("b", MARKED)]
        cause = SignalExternalWorkflowExecutionFailedCause.UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION
        r.happened().external_event(e.SignalExternalWorkflowExecutionFailed, "go", cause=cause)
        r.play()
        assert r.decisions == ()
        assert r.replay.complaints == ()


def test_a_signal_does_not_go_back_to_its_sender() -> None:
    """Or it would never end."""
    with born() as r:
        sender = WorkflowExecution(workflow_id="a", run_id=RunId("22a"))
        r.script.add(
            e.WorkflowExecutionSignaled,
            signal_name="go",
            input=MARKED,
            external_workflow_execution=sender,
            external_initiated_event_id=EventId(7),
        )
        r.play()
        assert sent(r) == [("b", MARKED)]


@pytest.mark.parametrize("text", [None, "x __propagate", '["__propagate"]', '{"__propagate":false}', '{"__propagate"'])
def test_other_signals_stay_here(text: str | None) -> None:
    """Foreign inputs are no orders."""
    with born() as r:
        r.script.signaled("go", text)
        r.play()
        assert sent(r) == []


def test_a_marked_signal_goes_to_the_parent() -> None:
    """And is seen here too, by a handler as well."""

    @workflow
    class Family:
        def __init__(self) -> None:
            self.seen: list[int] = []

        def run(self) -> list[int]:
            wait_signal("end").result()
            return self.seen

        @on_signal("go")
        def go(self, x: int) -> None:
            self.seen.append(x)

    with Rehearsal(Family) as r:
        first: Any = r.script.events[0]
        above = WorkflowExecution(workflow_id="above", run_id=RunId("1"))
        r.script.events[0] = msgspec.structs.replace(first, parent_workflow_execution=above)
        r.replay.evict()
        r.replay = r._fresh()
        r.script.signaled("go", MARKED)
        r.play()
        assert sent(r) == [("above", MARKED)]
        r.signal("end")
        assert r.result == [1]
