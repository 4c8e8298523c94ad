"""The rules of signals and cancellation requests from one execution to another."""

from ostinato.engine.state import Execution
from ostinato.model import events as e
from ostinato.model.decisions import RequestCancelExternalWorkflowExecution, SignalExternalWorkflowExecution
from ostinato.model.enums import (
    RequestCancelExternalWorkflowExecutionFailedCause,
    SignalExternalWorkflowExecutionFailedCause,
)
from ostinato.model.fields import EventId, Timestamp
from ostinato.model.structures import WorkflowExecution


def signal(
    execution: Execution, decision: SignalExternalWorkflowExecution, completed_id: EventId, now: Timestamp
) -> e.SignalExternalWorkflowExecutionInitiated:
    """What the decision to signal an execution writes; the delivery comes later."""
    return e.SignalExternalWorkflowExecutionInitiated(
        event_id=execution.next_event_id,
        event_timestamp=now,
        workflow_id=decision.workflow_id,
        signal_name=decision.signal_name,
        decision_task_completed_event_id=completed_id,
        run_id=decision.run_id,
        input=decision.input,
        control=decision.control,
    )


def signal_received(
    target: Execution, initiated: e.SignalExternalWorkflowExecutionInitiated, source: WorkflowExecution, now: Timestamp
) -> e.WorkflowExecutionSignaled:
    """The signal, in its target's history."""
    return e.WorkflowExecutionSignaled(
        event_id=target.next_event_id,
        event_timestamp=now,
        signal_name=initiated.signal_name,
        input=initiated.input,
        external_workflow_execution=source,
        external_initiated_event_id=initiated.event_id,
    )


def signal_delivered(
    execution: Execution,
    initiated: e.SignalExternalWorkflowExecutionInitiated,
    target: WorkflowExecution,
    now: Timestamp,
) -> e.ExternalWorkflowExecutionSignaled:
    """The signal's delivery, in its source's history."""
    return e.ExternalWorkflowExecutionSignaled(
        event_id=execution.next_event_id,
        event_timestamp=now,
        workflow_execution=target,
        initiated_event_id=initiated.event_id,
    )


def signal_failed(
    execution: Execution, initiated: e.SignalExternalWorkflowExecutionInitiated, now: Timestamp
) -> e.SignalExternalWorkflowExecutionFailed:
    """There is no such open execution."""
    return e.SignalExternalWorkflowExecutionFailed(
        event_id=execution.next_event_id,
        event_timestamp=now,
        workflow_id=initiated.workflow_id,
        cause=SignalExternalWorkflowExecutionFailedCause.UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION,
        initiated_event_id=initiated.event_id,
        decision_task_completed_event_id=initiated.decision_task_completed_event_id,
        run_id=initiated.run_id,
        control=initiated.control,
    )


def cancel(
    execution: Execution, decision: RequestCancelExternalWorkflowExecution, completed_id: EventId, now: Timestamp
) -> e.RequestCancelExternalWorkflowExecutionInitiated:
    """What the decision to ask for an execution's cancellation writes; the delivery comes later."""
    return e.RequestCancelExternalWorkflowExecutionInitiated(
        event_id=execution.next_event_id,
        event_timestamp=now,
        workflow_id=decision.workflow_id,
        decision_task_completed_event_id=completed_id,
        run_id=decision.run_id,
        control=decision.control,
    )


def cancel_received(
    target: Execution,
    initiated: e.RequestCancelExternalWorkflowExecutionInitiated,
    source: WorkflowExecution,
    now: Timestamp,
) -> e.WorkflowExecutionCancelRequested:
    """The request, in its target's history."""
    return e.WorkflowExecutionCancelRequested(
        event_id=target.next_event_id,
        event_timestamp=now,
        external_workflow_execution=source,
        external_initiated_event_id=initiated.event_id,
    )


def cancel_delivered(
    execution: Execution,
    initiated: e.RequestCancelExternalWorkflowExecutionInitiated,
    target: WorkflowExecution,
    now: Timestamp,
) -> e.ExternalWorkflowExecutionCancelRequested:
    """The request's delivery, in its source's history."""
    return e.ExternalWorkflowExecutionCancelRequested(
        event_id=execution.next_event_id,
        event_timestamp=now,
        workflow_execution=target,
        initiated_event_id=initiated.event_id,
    )


def cancel_failed(
    execution: Execution, initiated: e.RequestCancelExternalWorkflowExecutionInitiated, now: Timestamp
) -> e.RequestCancelExternalWorkflowExecutionFailed:
    """There is no such open execution."""
    return e.RequestCancelExternalWorkflowExecutionFailed(
        event_id=execution.next_event_id,
        event_timestamp=now,
        workflow_id=initiated.workflow_id,
        cause=RequestCancelExternalWorkflowExecutionFailedCause.UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION,
        initiated_event_id=initiated.event_id,
        decision_task_completed_event_id=initiated.decision_task_completed_event_id,
        run_id=initiated.run_id,
        control=initiated.control,
    )
