"""The rules of executions: how they start, close, are signaled and asked to cancel themselves."""

from enum import Enum

from ostinato.engine.state import Execution
from ostinato.model import events as e
from ostinato.model.decisions import ContinueAsNewWorkflowExecution, StartChildWorkflowExecution
from ostinato.model.enums import (
    ChildPolicy,
    WorkflowExecutionCancelRequestedCause,
    WorkflowExecutionTerminatedCause,
    WorkflowExecutionTimeoutType,
)
from ostinato.model.fields import EventId, RunId, Timestamp
from ostinato.model.operations import (
    SignalWorkflowExecution,
    StartWorkflowExecution,
    TerminateWorkflowExecution,
)
from ostinato.model.results import WorkflowTypeConfiguration
from ostinato.model.structures import Structure, TaskList, WorkflowExecution, WorkflowType

_FIRST = EventId(1)
_NO_EVENT = EventId(0)


class Default(Enum):
    """A setting that an execution must have, from its starter or from its type."""

    EXECUTION_START_TO_CLOSE_TIMEOUT = "defaultExecutionStartToCloseTimeout"
    TASK_LIST = "defaultTaskList"
    TASK_START_TO_CLOSE_TIMEOUT = "defaultTaskStartToCloseTimeout"
    CHILD_POLICY = "defaultChildPolicy"


class Settings(Structure):
    """The effective settings of an execution."""

    task_list: TaskList
    child_policy: ChildPolicy
    execution_start_to_close_timeout: str
    task_start_to_close_timeout: str
    task_priority: str | None = None
    lambda_role: str | None = None


Starting = StartWorkflowExecution | StartChildWorkflowExecution | ContinueAsNewWorkflowExecution


def effective(starting: Starting, defaults: WorkflowTypeConfiguration) -> Settings | Default:
    """The settings that the starter gave, or else the type; or the first that neither gave."""
    execution_timeout = starting.execution_start_to_close_timeout or defaults.default_execution_start_to_close_timeout
    if execution_timeout is None:
        return Default.EXECUTION_START_TO_CLOSE_TIMEOUT
    task_list = starting.task_list or defaults.default_task_list
    if task_list is None:
        return Default.TASK_LIST
    task_timeout = starting.task_start_to_close_timeout or defaults.default_task_start_to_close_timeout
    if task_timeout is None:
        return Default.TASK_START_TO_CLOSE_TIMEOUT
    child_policy = starting.child_policy or defaults.default_child_policy
    if child_policy is None:
        return Default.CHILD_POLICY
    return Settings(
        task_list=task_list,
        child_policy=child_policy,
        execution_start_to_close_timeout=execution_timeout,
        task_start_to_close_timeout=task_timeout,
        task_priority=starting.task_priority or defaults.default_task_priority,
        lambda_role=starting.lambda_role or defaults.default_lambda_role,
    )


def started(start: StartWorkflowExecution, settings: Settings, now: Timestamp) -> e.WorkflowExecutionStarted:
    """Event 1 of an execution that a starter asked for."""
    return e.WorkflowExecutionStarted(
        event_id=_FIRST,
        event_timestamp=now,
        child_policy=settings.child_policy,
        task_list=settings.task_list,
        workflow_type=start.workflow_type,
        input=start.input,
        execution_start_to_close_timeout=settings.execution_start_to_close_timeout,
        task_start_to_close_timeout=settings.task_start_to_close_timeout,
        task_priority=settings.task_priority,
        tag_list=start.tag_list,
        parent_initiated_event_id=_NO_EVENT,
        lambda_role=settings.lambda_role,
    )


def started_as_child(
    initiated: e.StartChildWorkflowExecutionInitiated, parent: WorkflowExecution, now: Timestamp
) -> e.WorkflowExecutionStarted:
    """Event 1 of a child execution."""
    return e.WorkflowExecutionStarted(
        event_id=_FIRST,
        event_timestamp=now,
        child_policy=initiated.child_policy,
        task_list=initiated.task_list,
        workflow_type=initiated.workflow_type,
        input=initiated.input,
        execution_start_to_close_timeout=initiated.execution_start_to_close_timeout,
        task_start_to_close_timeout=initiated.task_start_to_close_timeout,
        task_priority=initiated.task_priority,
        tag_list=initiated.tag_list,
        parent_workflow_execution=parent,
        parent_initiated_event_id=initiated.event_id,
        lambda_role=initiated.lambda_role,
    )


def started_as_new(
    former: Execution, continued: e.WorkflowExecutionContinuedAsNew, now: Timestamp
) -> e.WorkflowExecutionStarted:
    """Event 1 of the execution that takes over; it has its predecessor's parent."""
    return e.WorkflowExecutionStarted(
        event_id=_FIRST,
        event_timestamp=now,
        child_policy=continued.child_policy,
        task_list=continued.task_list,
        workflow_type=continued.workflow_type,
        input=continued.input,
        execution_start_to_close_timeout=continued.execution_start_to_close_timeout,
        task_start_to_close_timeout=continued.task_start_to_close_timeout,
        task_priority=continued.task_priority,
        tag_list=continued.tag_list,
        continued_execution_run_id=former.run_id,
        parent_workflow_execution=former.settings.parent_workflow_execution,
        parent_initiated_event_id=former.settings.parent_initiated_event_id or _NO_EVENT,
        lambda_role=continued.lambda_role,
    )


def continued_as_new(
    execution: Execution,
    decision: ContinueAsNewWorkflowExecution,
    workflow_type: WorkflowType,
    settings: Settings,
    *,
    run_id: RunId,
    completed_id: EventId,
    now: Timestamp,
) -> e.WorkflowExecutionContinuedAsNew:
    """The execution closes, and the run with that id takes over."""
    return e.WorkflowExecutionContinuedAsNew(
        event_id=execution.next_event_id,
        event_timestamp=now,
        decision_task_completed_event_id=completed_id,
        new_execution_run_id=run_id,
        task_list=settings.task_list,
        child_policy=settings.child_policy,
        workflow_type=workflow_type,
        input=decision.input,
        execution_start_to_close_timeout=settings.execution_start_to_close_timeout,
        task_priority=settings.task_priority,
        task_start_to_close_timeout=settings.task_start_to_close_timeout,
        tag_list=decision.tag_list,
        lambda_role=settings.lambda_role,
    )


def signaled(execution: Execution, signal: SignalWorkflowExecution, now: Timestamp) -> e.WorkflowExecutionSignaled:
    """A signal from outside of SWF."""
    return e.WorkflowExecutionSignaled(
        event_id=execution.next_event_id,
        event_timestamp=now,
        signal_name=signal.signal_name,
        input=signal.input,
        external_initiated_event_id=_NO_EVENT,
    )


def cancel_requested(execution: Execution, now: Timestamp) -> e.WorkflowExecutionCancelRequested:
    """A cancellation request from outside of SWF."""
    return e.WorkflowExecutionCancelRequested(
        event_id=execution.next_event_id, event_timestamp=now, external_initiated_event_id=_NO_EVENT
    )


def terminated(
    execution: Execution, request: TerminateWorkflowExecution, now: Timestamp
) -> e.WorkflowExecutionTerminated:
    """An operator closes the execution."""
    return e.WorkflowExecutionTerminated(
        event_id=execution.next_event_id,
        event_timestamp=now,
        child_policy=request.child_policy or execution.settings.child_policy,
        reason=request.reason,
        details=request.details,
        cause=WorkflowExecutionTerminatedCause.OPERATOR_INITIATED,
    )


def terminated_by_service(
    execution: Execution, cause: WorkflowExecutionTerminatedCause, now: Timestamp
) -> e.WorkflowExecutionTerminated:
    """SWF closes the execution: its parent's policy says so, or its history is full."""
    return e.WorkflowExecutionTerminated(
        event_id=execution.next_event_id,
        event_timestamp=now,
        child_policy=execution.settings.child_policy,
        cause=cause,
    )


def cancel_requested_by_policy(
    execution: Execution, parent: WorkflowExecution, now: Timestamp
) -> e.WorkflowExecutionCancelRequested:
    """The parent closed, and its policy asks its children to cancel themselves."""
    return e.WorkflowExecutionCancelRequested(
        event_id=execution.next_event_id,
        event_timestamp=now,
        external_workflow_execution=parent,
        external_initiated_event_id=_NO_EVENT,
        cause=WorkflowExecutionCancelRequestedCause.CHILD_POLICY_APPLIED,
    )


def timed_out(execution: Execution, now: Timestamp) -> e.WorkflowExecutionTimedOut:
    """The execution outlived its time-out."""
    return e.WorkflowExecutionTimedOut(
        event_id=execution.next_event_id,
        event_timestamp=now,
        timeout_type=WorkflowExecutionTimeoutType.START_TO_CLOSE,
        child_policy=execution.settings.child_policy,
    )


def child_policy_of(execution: Execution) -> ChildPolicy:
    """The policy for the children of a closed execution: that of its closing event, or else its own.

    SWF applies it at every close (recorded: also when the parent completes).
    """
    closed_by = execution.closed_by
    if isinstance(closed_by, e.WorkflowExecutionTerminated | e.WorkflowExecutionTimedOut):
        return closed_by.child_policy
    return execution.settings.child_policy
