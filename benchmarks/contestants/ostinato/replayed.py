"""Ostinato's replay without an engine: events in, decisions out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from histories import Event
from served import DOMAIN, require

from ostinato import Workflow
from ostinato.model.decisions import CompleteWorkflowExecution, DecisionAttributes, ScheduleActivityTask
from ostinato.model.events import HistoryEvent
from ostinato.model.fields import RunId
from ostinato.model.structures import WorkflowExecution
from ostinato.model.wire import events_from_wire
from ostinato.payloads.converter import JsonConverter
from ostinato.replay.replay import Replay

EXECUTION = WorkflowExecution(workflow_id="benchmark", run_id=RunId("run"))


def new_replay(workflow: Workflow[..., Any]) -> Replay:
    """Give a replay that has seen nothing."""
    return Replay(workflow, execution=EXECUTION, converter=JsonConverter(), domain=DOMAIN)


def as_text(events: Sequence[Event]) -> bytes:
    """Give a history as SWF sends it."""
    return msgspec.json.encode({"events": events})


def of_text(text: bytes) -> Sequence[HistoryEvent]:
    """Read a history that SWF sent."""
    return events_from_wire(msgspec.json.decode(text)["events"])


def cpu_seconds(replay: Replay, events: Sequence[HistoryEvent]) -> float:
    """Give the CPU seconds of one decision, which must be to schedule one activity."""
    started = time.process_time()
    decisions = replay.feed(events)
    taken = time.process_time() - started
    require([type(decision) for decision in decisions], [ScheduleActivityTask])
    return taken


def completion_seconds(workflow: Workflow[..., Any], read: Callable[[], Sequence[HistoryEvent]], result: int) -> float:
    """Give the CPU seconds of reading a history and replaying it, which must complete the workflow."""
    started = time.process_time()
    decisions = new_replay(workflow).feed(read())
    taken = time.process_time() - started
    require_completed_with(decisions, result)
    return taken


def require_completed_with(decisions: Sequence[DecisionAttributes], result: int) -> None:
    """Stop the measurement if the decisions are not the workflow's completion with this result."""
    require(list(decisions), [CompleteWorkflowExecution(result=str(result))])
