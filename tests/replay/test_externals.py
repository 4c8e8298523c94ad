"""Signals and cancellation requests to other executions, and markers."""

import asyncio
from typing import Any

import pytest

from ostinato import activity, marker, request_cancel, run_once, signal, sleep, submit, workflow
from ostinato.errors import CancelNotDelivered, SignalNotDelivered
from ostinato.model import decisions as d
from ostinato.model import enums
from ostinato.model import events as e
from ostinato.testing.rehearsal import Rehearsal


@activity(name="work")
def work(x: Any = None) -> Any: ...


@workflow
def signals_it() -> str:
    try:
        signal("s", 1, workflow_id="w", a=2).result()
    except SignalNotDelivered as error:
        return f"{error.reason}"
    return "delivered"


@workflow
def cancels_it() -> str:
    try:
        request_cancel("w", "run").result()
    except CancelNotDelivered as error:
        return f"{error.reason}"
    return "delivered"


SIGNAL = d.SignalExternalWorkflowExecution(
    workflow_id="w", run_id=None, signal_name="s", input='{"args":[1],"kwargs":{"a":2}}'
)
BOTH: Any = [
    (
        signals_it,
        "s",
        e.ExternalWorkflowExecutionSignaled,
        e.SignalExternalWorkflowExecutionFailed,
        enums.SignalExternalWorkflowExecutionFailedCause,
    ),
    (
        cancels_it,
        "w",
        e.ExternalWorkflowExecutionCancelRequested,
        e.RequestCancelExternalWorkflowExecutionFailed,
        enums.RequestCancelExternalWorkflowExecutionFailedCause,
    ),
]


@pytest.mark.parametrize(("code", "name", "success", "failure", "causes"), BOTH)
def test_delivery(code: Any, name: str, success: Any, failure: Any, causes: Any) -> None:
    """A delivery is done when it got there; each cause of failure, at once or late, is handled."""
    with Rehearsal(code) as r:
        r.happened().external_event(success, name)
        r.play()
        assert r.result == "delivered"
    for cause in causes:
        for is_late in (False, True):
            with Rehearsal(code) as r:
                if is_late:
                    r.happened().external_event(failure, name, cause=cause)
                    r.play()
                else:
                    r.play(refused={0: cause.name})
                if cause.name.endswith("RATE_EXCEEDED"):
                    (wait_a_second,) = r.decisions
                    assert isinstance(wait_a_second, d.StartTimer)
                    r.fire(wait_a_second.timer_id)
                    r.happened().external_event(success, name)
                    r.play()
                    assert r.result == "delivered"
                else:
                    assert r.result == cause.name


def test_to_itself_and_propagated() -> None:
    """Without a workflow id a signal goes to whichever run is open; a propagated one is marked for simpleflow."""

    @workflow
    def says() -> None:
        signal("s", propagate=True)

    with Rehearsal(says) as r:
        assert r.decisions[0] == d.SignalExternalWorkflowExecution(
            workflow_id="script", signal_name="s",
            input='{"args":[],"kwargs":{},"__propagate":true}',
        )  # fmt: skip


def test_given_up() -> None:
    """A signal that was not sent yet can be taken back; one on its way cannot, and one that waits can."""

    @workflow
    def gives_up() -> str:
        signal("a", workflow_id="w").cancel()
        second = signal("b", workflow_id="w")
        third = signal("c", workflow_id="w")
        sleep(1)
        second.cancel()
        third.cancel()
        with pytest.raises(asyncio.CancelledError):
            second.result()
        sleep(1)
        return "done"

    with Rehearsal(gives_up) as r:
        assert [x.signal_name for x in r.decisions if isinstance(x, d.SignalExternalWorkflowExecution)] == ["b", "c"]
        r.play(refused={1: "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_RATE_EXCEEDED"})
        r.fire("timer-1")
        assert d.CancelTimer(timer_id="__ostinato_signal-3-1") in r.decisions
        r.happened().external_event(e.ExternalWorkflowExecutionSignaled, "b")
        r.fire("timer-2")

        assert r.result == "done"


def test_refused_with_the_end() -> None:
    """A signal that SWF refuses together with the end is sent again before the end."""

    @workflow
    def says() -> None:
        signal("s", 1, workflow_id="w", a=2)

    with Rehearsal(says) as r:
        r.play(refused={0: "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_RATE_EXCEEDED", 1: "UNHANDLED_DECISION"})

        assert r.decisions[0] == SIGNAL
        assert r.close is not None


def test_refused_markers_are_complaints() -> None:
    """A marker that SWF refuses is told aside; the code goes on."""

    @workflow
    def notes() -> str:
        marker("m")
        submit(work).result()
        return "done"

    with Rehearsal(notes) as r:
        r.play(refused={0: "OPERATION_NOT_PERMITTED"})
        assert r.replay.complaints == ("marker m was not recorded: OPERATION_NOT_PERMITTED",)
        r.complete("activity-work-1")

        assert r.result == "done"


def test_refused_result_of_run_once() -> None:
    """A result that SWF refused to record is recorded again, and kept replays and fresh ones go on."""

    @workflow
    def asks() -> int:
        value = run_once(int, "7")
        submit(work).result()
        return value

    with Rehearsal(asks) as r:
        r.play(refused={0: "OPERATION_NOT_PERMITTED"})
        assert [type(x).__name__ for x in r.decisions] == ["StartTimer"]
        r.fire("__ostinato_run_once-int-1-1")
        assert [type(x).__name__ for x in r.decisions] == ["RecordMarker"]
        r.complete("activity-work-1")

        assert r.result == 7


def test_refused_result_of_run_once_after_the_end() -> None:
    """A result that waits to be recorded again is not, once the code has ended."""

    @workflow
    def asks() -> int:
        value = run_once(int, "7")
        sleep(9)
        return value

    with Rehearsal(asks) as r:
        r.play(refused={0: "OPERATION_NOT_PERMITTED"})
        r.fire("timer-1")
        r.happened(refused={0: "UNHANDLED_DECISION"})
        r.fire("__ostinato_run_once-int-1-1")

        assert r.result == 7
