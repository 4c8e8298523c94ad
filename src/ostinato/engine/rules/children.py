"""The rules of child executions, as their parent's history has them."""

from typing import TypedDict

from ostinato.engine.parts import Child
from ostinato.engine.registry import Registry, workflow_defaults
from ostinato.engine.rules import executions
from ostinato.engine.rules.executions import Default, Settings
from ostinato.engine.state import Execution
from ostinato.model import events as e
from ostinato.model.decisions import StartChildWorkflowExecution
from ostinato.model.enums import RegistrationStatus, StartChildWorkflowExecutionFailedCause
from ostinato.model.fields import EventId, Timestamp
from ostinato.model.limits import OPEN_CHILDREN
from ostinato.model.structures import WorkflowExecution, WorkflowType

_Cause = StartChildWorkflowExecutionFailedCause

_UNDEFINED: dict[Default, _Cause] = {
    Default.EXECUTION_START_TO_CLOSE_TIMEOUT: _Cause.DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED,
    Default.TASK_LIST: _Cause.DEFAULT_TASK_LIST_UNDEFINED,
    Default.TASK_START_TO_CLOSE_TIMEOUT: _Cause.DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED,
    Default.CHILD_POLICY: _Cause.DEFAULT_CHILD_POLICY_UNDEFINED,
}


class _About(TypedDict):
    """What all events of a child's close say."""

    event_id: EventId
    event_timestamp: Timestamp
    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    initiated_event_id: EventId
    started_event_id: EventId


def start(
    execution: Execution,
    decision: StartChildWorkflowExecution,
    registry: Registry,
    completed_id: EventId,
    now: Timestamp,
) -> e.StartChildWorkflowExecutionInitiated | e.StartChildWorkflowExecutionFailed:
    """What the decision to start a child writes; the child itself starts later."""
    settings = _settings(execution, decision, registry)
    if isinstance(settings, Settings):
        return e.StartChildWorkflowExecutionInitiated(
            event_id=execution.next_event_id,
            event_timestamp=now,
            workflow_id=decision.workflow_id,
            workflow_type=decision.workflow_type,
            task_list=settings.task_list,
            decision_task_completed_event_id=completed_id,
            child_policy=settings.child_policy,
            control=decision.control,
            input=decision.input,
            execution_start_to_close_timeout=settings.execution_start_to_close_timeout,
            task_priority=settings.task_priority,
            task_start_to_close_timeout=settings.task_start_to_close_timeout,
            tag_list=decision.tag_list,
            lambda_role=settings.lambda_role,
        )
    return e.StartChildWorkflowExecutionFailed(
        event_id=execution.next_event_id,
        event_timestamp=now,
        workflow_type=decision.workflow_type,
        cause=settings,
        workflow_id=decision.workflow_id,
        initiated_event_id=EventId(0),
        decision_task_completed_event_id=completed_id,
        control=decision.control,
    )


def _settings(execution: Execution, decision: StartChildWorkflowExecution, registry: Registry) -> Settings | _Cause:
    registered = registry.find_type(execution.domain, decision.workflow_type)
    if registered is None:
        return _Cause.WORKFLOW_TYPE_DOES_NOT_EXIST
    if registered.status is RegistrationStatus.DEPRECATED:
        return _Cause.WORKFLOW_TYPE_DEPRECATED
    if len(execution.children) >= OPEN_CHILDREN:
        return _Cause.OPEN_CHILDREN_LIMIT_EXCEEDED
    settings = executions.effective(decision, workflow_defaults(registered))
    return _UNDEFINED[settings] if isinstance(settings, Default) else settings


def not_started(
    execution: Execution, child: Child, cause: _Cause, now: Timestamp
) -> e.StartChildWorkflowExecutionFailed:
    """The child could not be started after all: one with its id runs, or the domain is full."""
    initiated = child.initiated
    return e.StartChildWorkflowExecutionFailed(
        event_id=execution.next_event_id,
        event_timestamp=now,
        workflow_type=initiated.workflow_type,
        cause=cause,
        workflow_id=initiated.workflow_id,
        initiated_event_id=initiated.event_id,
        decision_task_completed_event_id=initiated.decision_task_completed_event_id,
        control=initiated.control,
    )


def started(
    execution: Execution, child: Child, run: WorkflowExecution, now: Timestamp
) -> e.ChildWorkflowExecutionStarted:
    """The child runs."""
    return e.ChildWorkflowExecutionStarted(
        event_id=execution.next_event_id,
        event_timestamp=now,
        workflow_execution=run,
        workflow_type=child.initiated.workflow_type,
        initiated_event_id=child.initiated.event_id,
    )


def closed(
    parent: Execution, started: e.ChildWorkflowExecutionStarted, child: Execution, by: e.Event, now: Timestamp
) -> e.HistoryEvent:
    """What the child's close writes into its parent's history. `child` may be the started one's successor."""
    about = _About(
        event_id=parent.next_event_id,
        event_timestamp=now,
        workflow_execution=child.reference,
        workflow_type=child.settings.workflow_type,
        initiated_event_id=started.initiated_event_id,
        started_event_id=started.event_id,
    )
    match by:
        case e.WorkflowExecutionCompleted():
            return e.ChildWorkflowExecutionCompleted(result=by.result, **about)
        case e.WorkflowExecutionFailed():
            return e.ChildWorkflowExecutionFailed(reason=by.reason, details=by.details, **about)
        case e.WorkflowExecutionCanceled():
            return e.ChildWorkflowExecutionCanceled(details=by.details, **about)
        case e.WorkflowExecutionTimedOut():
            return e.ChildWorkflowExecutionTimedOut(timeout_type=by.timeout_type, **about)
        case _:
            return e.ChildWorkflowExecutionTerminated(**about)
