"""Decisions that SWF does not carry out: the events that say so. For histories written by hand."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from ostinato.model import decisions as d
from ostinato.model import enums
from ostinato.model import events as e


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a kind of decision is refused.

    Args:
        event: the type of the event.
        causes: why it may be.
        members: what the event takes over from the decision.
    """

    event: type[e.Event]
    causes: type[Enum]
    members: tuple[str, ...] = ()

    def attributes(self, decision: d.DecisionAttributes, cause: str) -> dict[str, Any]:
        """What the event says of that decision and of the cause, which is one of SWF's words."""
        taken: dict[str, Any] = {name: getattr(decision, name) for name in self.members}
        initiated = {"initiated_event_id": 0} if "initiated_event_id" in self.event.__struct_fields__ else {}
        return {**taken, **initiated, "cause": self.causes[cause]}


REFUSALS: dict[type[d.Decision], Refusal] = {
    d.ScheduleActivityTask: Refusal(
        e.ScheduleActivityTaskFailed, enums.ScheduleActivityTaskFailedCause, ("activity_id", "activity_type")
    ),
    d.RequestCancelActivityTask: Refusal(
        e.RequestCancelActivityTaskFailed, enums.RequestCancelActivityTaskFailedCause, ("activity_id",)
    ),
    d.StartTimer: Refusal(e.StartTimerFailed, enums.StartTimerFailedCause, ("timer_id",)),
    d.CancelTimer: Refusal(e.CancelTimerFailed, enums.CancelTimerFailedCause, ("timer_id",)),
    d.StartChildWorkflowExecution: Refusal(
        e.StartChildWorkflowExecutionFailed,
        enums.StartChildWorkflowExecutionFailedCause,
        ("workflow_id", "workflow_type"),
    ),
    d.SignalExternalWorkflowExecution: Refusal(
        e.SignalExternalWorkflowExecutionFailed,
        enums.SignalExternalWorkflowExecutionFailedCause,
        ("workflow_id", "run_id"),
    ),
    d.RequestCancelExternalWorkflowExecution: Refusal(
        e.RequestCancelExternalWorkflowExecutionFailed,
        enums.RequestCancelExternalWorkflowExecutionFailedCause,
        ("workflow_id", "run_id"),
    ),
    d.RecordMarker: Refusal(e.RecordMarkerFailed, enums.RecordMarkerFailedCause, ("marker_name",)),
    d.ScheduleLambdaFunction: Refusal(
        e.ScheduleLambdaFunctionFailed, enums.ScheduleLambdaFunctionFailedCause, ("id", "name")
    ),
    d.CompleteWorkflowExecution: Refusal(e.CompleteWorkflowExecutionFailed, enums.CompleteWorkflowExecutionFailedCause),
    d.FailWorkflowExecution: Refusal(e.FailWorkflowExecutionFailed, enums.FailWorkflowExecutionFailedCause),
    d.CancelWorkflowExecution: Refusal(e.CancelWorkflowExecutionFailed, enums.CancelWorkflowExecutionFailedCause),
    d.ContinueAsNewWorkflowExecution: Refusal(
        e.ContinueAsNewWorkflowExecutionFailed, enums.ContinueAsNewWorkflowExecutionFailedCause
    ),
}
"""How each kind of decision is refused."""
