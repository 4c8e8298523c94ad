"""Histories of the real service, made by simpleflow's programs, replayed by the same programs written for Ostinato."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from ostinato import (
    LambdaFunction,
    Workflow,
    activity,
    marker,
    now,
    signal,
    submit,
    wait_signal,
    workflow,
)
from ostinato.errors import ActivityFailed, ChildWorkflowFailed, NondeterminismError
from ostinato.model import events as e
from ostinato.model import wire
from ostinato.model.fields import RunId
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.converter import JsonConverter
from ostinato.replay.execution import current
from ostinato.replay.replay import Replay
from ostinato.replay.strands import park

HISTORIES = json.loads((Path(__file__).parents[1] / "data" / "real-histories.json").read_text())["histories"]
_MODULE = "tests.integration.workflow"


def _activity(name: str, **options: Any) -> Any:
    return activity(name=f"{_MODULE}.{name}", version="example", **options)(lambda *_: None)


sleep_ = _activity("sleep")
increment = _activity("increment")
cancel_workflow = _activity("cancel_workflow")
wait_and_signal = _activity("wait_and_signal")
send_unrequested_signal = _activity("send_unrequested_signal")
returns_too_big_data = _activity(
    "returns_too_big_data_activity",
    activity_id=f"activity-{_MODULE}.returns_too_big_data_activity-1c819d1df3ad46e07eced4ec93147ce9",
)


def _next_decision() -> None:
    """What simpleflow does after a marker: it asks for another decision."""
    park(current("a test").next_batch(), "a test")


@workflow
def signal_(wait: bool) -> None:  # noqa: FBT001  (as simpleflow's program takes it)
    delivery = signal("signal", 1)
    if wait:
        delivery.result()
    for number in (1, 2, 3):
        marker(f"marker {number}")
        _next_decision()


@workflow
def with_replays_(wait: bool) -> None:  # noqa: FBT001  (the same)
    marker("marker 1")
    if wait:
        _next_decision()
    marker("marker 1", '"some details"')
    if wait:
        _next_decision()
    marker("marker 2", '"2nd marker\'s details"')
    _next_decision()


@workflow
def unrequested_signal_() -> str:
    result: str = submit(send_unrequested_signal).result()
    return result


@workflow
def lambda_() -> None:
    function = LambdaFunction("hello-world-python", id="hello-world-python-5ced6d5d9fae58fd0a7eb0d3908cabed")
    assert submit(function, {"args": [8], "kwargs": {"foo": "bar"}}).result() == 42


@workflow
def simpleflow_activity_rerun_(seconds: int) -> None:
    assert submit(sleep_, seconds).result() == "slept 0s"


@workflow
def failing_workflow_output_() -> None:
    child = _child(
        "ChildReturnsTooBigDataWorkflow", "workflow-returns_too_big_data-test-simpleflow-workflow--66e30f0e--1"
    )
    with pytest.raises(ChildWorkflowFailed):
        submit(child).result()


@workflow
def wait_signal_() -> None:
    first, second = submit(wait_and_signal), submit(wait_and_signal, "signal 2")
    wait_signal("signal").result()
    wait_signal("signal 2").result()
    first.result()
    second.result()
    assert submit(increment, 1).result() == 2


@workflow
def failing_activity_output_() -> None:
    with pytest.raises(ActivityFailed, match="JumboTooLargeError: Message too long"):
        submit(returns_too_big_data).result()


@workflow
def child_workflow_() -> list[Any]:
    child = _child("ChainTestWorkflow", "workflow-chaintest-test-simpleflow-workflow--6d7a0f66--1")
    return [submit(child, 4).result()]


@workflow
async def cancel_requested_refused(_unused: bool) -> None:  # noqa: FBT001  (the same)
    future = submit(cancel_workflow)
    while not future.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(future)


@workflow
def increments(x: int) -> None:
    submit(increment, x).result()


@workflow
def fails() -> None:
    raise ValueError(f"the input was too big at {now()}")


def _child(name: str, workflow_id: str) -> Workflow[..., Any]:
    return workflow(name=f"{_MODULE}.{name}", version="example", workflow_id=workflow_id)(lambda *_: None)


_PROGRAMS: dict[str, Any] = {
    "test_signal_played_twice_ignored_as_idempotent": signal_,
    "test_signal_played_once_by_default": signal_,
    "test_with_replays": with_replays_,
    "test_without_replays": with_replays_,
    "test_unrequested_signal": unrequested_signal_,
    "test_lambda": lambda_,
    "test_simpleflow_activity_rerun": simpleflow_activity_rerun_,
    "test_failing_workflow_output": failing_workflow_output_,
    "test_wait_signal": wait_signal_,
    "test_failing_activity_output": failing_activity_output_,
    "test_child_workflow": child_workflow_,
    "test_cancel_requested_refused": cancel_requested_refused,
    "test_failing_activity_input": fails,
    "test_failing_workflow_input": fails,
}


def _replay_of(history: dict[str, Any]) -> tuple[Replay, tuple[e.HistoryEvent, ...]]:
    signals = [
        x["signalExternalWorkflowExecutionInitiatedEventAttributes"]
        for x in history["events"]
        if x["eventType"] == "SignalExternalWorkflowExecutionInitiated"
    ]
    execution = WorkflowExecution(
        workflow_id="test-simpleflow-workflow", run_id=RunId(signals[0]["runId"] if signals else "22")
    )
    replay = Replay(_PROGRAMS[history["name"]], execution=execution, converter=JsonConverter())
    return replay, wire.events_from_wire(history["events"])


@pytest.mark.parametrize("history", HISTORIES, ids=[f"{i}-{h['name']}" for i, h in enumerate(HISTORIES)])
def test_program_agrees_with_its_history(history: dict[str, Any]) -> None:
    """The same program in our style asks for what the service recorded, to the end, and for nothing more."""
    replay, events = _replay_of(history)

    decisions = replay.feed(events)

    assert decisions == ()
    assert replay.is_closed
    assert replay.last_event_id == events[-1].event_id


@pytest.mark.parametrize("history", HISTORIES, ids=[f"{i}-{h['name']}" for i, h in enumerate(HISTORIES)])
def test_each_batch_is_enough_to_go_on(history: dict[str, Any]) -> None:
    """Fed batch by batch, a kept replay decides at each decision task what the service then recorded."""
    replay, events = _replay_of(history)
    ends = [i + 1 for i, event in enumerate(events) if isinstance(event, e.DecisionTaskStarted)]

    decided = 0
    for start, end in zip([0, *ends], ends, strict=False):
        decided += len(replay.feed(events[start:end]))

    recorded = [event for event in events if getattr(event, "decision_task_completed_event_id", 0)]
    assert decided == len(recorded)
    replay.evict()


def test_other_program_does_not_agree() -> None:
    """A program that asks for something else than its history is told both sides."""
    history = next(h for h in HISTORIES if h["name"] == "test_simpleflow_activity_rerun")
    events = wire.events_from_wire(history["events"])
    execution = WorkflowExecution(workflow_id="test-simpleflow-workflow", run_id=RunId("22"))
    replay = Replay(increments, execution=execution, converter=JsonConverter())

    with pytest.raises(NondeterminismError, match=r"sleep-1.*event 5.*increment-1.*line \d+, in increments"):
        replay.feed(events)
