"""The rules of decisions: what each of the 13 writes into history, in the order in which they were made."""

from collections.abc import Callable
from typing import assert_never

import msgspec

from ostinato.engine.registry import Registry, workflow_defaults
from ostinato.engine.rules import activities, children, executions, externals, lambdas, timers
from ostinato.engine.rules.executions import Default, Settings
from ostinato.engine.state import Execution
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.enums import (
    CancelWorkflowExecutionFailedCause,
    CompleteWorkflowExecutionFailedCause,
    ContinueAsNewWorkflowExecutionFailedCause,
    FailWorkflowExecutionFailedCause,
    RegistrationStatus,
)
from ostinato.model.fields import EventId, RunId, Timestamp
from ostinato.model.lives import DecisionTaskState
from ostinato.model.structures import WorkflowType

_ContinueCause = ContinueAsNewWorkflowExecutionFailedCause

_UNDEFINED: dict[Default, _ContinueCause] = {
    Default.EXECUTION_START_TO_CLOSE_TIMEOUT: _ContinueCause.DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED,
    Default.TASK_LIST: _ContinueCause.DEFAULT_TASK_LIST_UNDEFINED,
    Default.TASK_START_TO_CLOSE_TIMEOUT: _ContinueCause.DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED,
    Default.CHILD_POLICY: _ContinueCause.DEFAULT_CHILD_POLICY_UNDEFINED,
}


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What the decisions of one answer have in common."""

    registry: Registry
    completed_id: EventId
    now: Timestamp
    new_run_id: Callable[[], RunId]


def decided(  # noqa: C901 (one case for each decision)
    execution: Execution, decision: d.DecisionAttributes, circumstances: Circumstances
) -> tuple[e.HistoryEvent, ...]:
    """The events that the decision writes: one, or two if a task is canceled at once."""
    registry, completed_id, now = circumstances.registry, circumstances.completed_id, circumstances.now
    match decision:
        case d.ScheduleActivityTask():
            return (activities.schedule(execution, decision, registry, completed_id, now),)
        case d.RequestCancelActivityTask():
            return activities.request_cancel(execution, decision, completed_id, now)
        case d.StartTimer():
            return (timers.start(execution, decision, completed_id, now),)
        case d.CancelTimer():
            return (timers.cancel(execution, decision, completed_id, now),)
        case d.RecordMarker():
            return (_marker(execution, decision, circumstances),)
        case d.StartChildWorkflowExecution():
            return (children.start(execution, decision, registry, completed_id, now),)
        case d.SignalExternalWorkflowExecution():
            return (externals.signal(execution, decision, completed_id, now),)
        case d.RequestCancelExternalWorkflowExecution():
            return (externals.cancel(execution, decision, completed_id, now),)
        case d.ScheduleLambdaFunction():
            return (lambdas.schedule(execution, decision, completed_id, now),)
        case (
            d.CompleteWorkflowExecution()
            | d.FailWorkflowExecution()
            | d.CancelWorkflowExecution()
            | d.ContinueAsNewWorkflowExecution()
        ):
            return _ended(execution, decision, circumstances)
        case _:
            assert_never(decision)


def _marker(execution: Execution, decision: d.RecordMarker, circumstances: Circumstances) -> e.MarkerRecorded:
    return e.MarkerRecorded(
        event_id=execution.next_event_id,
        event_timestamp=circumstances.now,
        marker_name=decision.marker_name,
        decision_task_completed_event_id=circumstances.completed_id,
        details=decision.details,
    )


_Closing = (
    d.CompleteWorkflowExecution | d.FailWorkflowExecution | d.CancelWorkflowExecution | d.ContinueAsNewWorkflowExecution
)


def _ended(execution: Execution, decision: _Closing, circumstances: Circumstances) -> tuple[e.HistoryEvent, ...]:
    # Something happened that the decider has not seen: it has to decide again.
    is_unhandled = execution.decision is DecisionTaskState.SCHEDULED
    return (_unhandled if is_unhandled else _closed)(execution, decision, circumstances)


def _closed(execution: Execution, decision: _Closing, circumstances: Circumstances) -> tuple[e.HistoryEvent, ...]:
    event_id, now, completed_id = execution.next_event_id, circumstances.now, circumstances.completed_id
    match decision:
        case d.CompleteWorkflowExecution():
            return (
                e.WorkflowExecutionCompleted(
                    event_id=event_id,
                    event_timestamp=now,
                    decision_task_completed_event_id=completed_id,
                    result=decision.result,
                ),
            )
        case d.FailWorkflowExecution():
            return (
                e.WorkflowExecutionFailed(
                    event_id=event_id,
                    event_timestamp=now,
                    decision_task_completed_event_id=completed_id,
                    reason=decision.reason,
                    details=decision.details,
                ),
            )
        case d.CancelWorkflowExecution():
            return (
                e.WorkflowExecutionCanceled(
                    event_id=event_id,
                    event_timestamp=now,
                    decision_task_completed_event_id=completed_id,
                    details=decision.details,
                ),
            )
        case d.ContinueAsNewWorkflowExecution():
            return (_continued(execution, decision, circumstances),)
        case _:
            assert_never(decision)


def _unhandled(execution: Execution, decision: _Closing, circumstances: Circumstances) -> tuple[e.HistoryEvent, ...]:
    event_id, now, completed_id = execution.next_event_id, circumstances.now, circumstances.completed_id
    match decision:
        case d.CompleteWorkflowExecution():
            return (
                e.CompleteWorkflowExecutionFailed(
                    event_id=event_id,
                    event_timestamp=now,
                    cause=CompleteWorkflowExecutionFailedCause.UNHANDLED_DECISION,
                    decision_task_completed_event_id=completed_id,
                ),
            )
        case d.FailWorkflowExecution():
            return (
                e.FailWorkflowExecutionFailed(
                    event_id=event_id,
                    event_timestamp=now,
                    cause=FailWorkflowExecutionFailedCause.UNHANDLED_DECISION,
                    decision_task_completed_event_id=completed_id,
                ),
            )
        case d.CancelWorkflowExecution():
            return (
                e.CancelWorkflowExecutionFailed(
                    event_id=event_id,
                    event_timestamp=now,
                    cause=CancelWorkflowExecutionFailedCause.UNHANDLED_DECISION,
                    decision_task_completed_event_id=completed_id,
                ),
            )
        case d.ContinueAsNewWorkflowExecution():
            return (_not_continued(execution, _ContinueCause.UNHANDLED_DECISION, circumstances),)
        case _:
            assert_never(decision)


def _continued(
    execution: Execution, decision: d.ContinueAsNewWorkflowExecution, circumstances: Circumstances
) -> e.WorkflowExecutionContinuedAsNew | e.ContinueAsNewWorkflowExecutionFailed:
    former = execution.settings.workflow_type
    workflow_type = WorkflowType(name=former.name, version=decision.workflow_type_version or former.version)
    settings = _settings(execution, decision, workflow_type, circumstances.registry)
    if not isinstance(settings, Settings):
        return _not_continued(execution, settings, circumstances)
    return executions.continued_as_new(
        execution,
        decision,
        workflow_type,
        settings,
        run_id=circumstances.new_run_id(),
        completed_id=circumstances.completed_id,
        now=circumstances.now,
    )


def _settings(
    execution: Execution,
    decision: d.ContinueAsNewWorkflowExecution,
    workflow_type: WorkflowType,
    registry: Registry,
) -> Settings | _ContinueCause:
    registered = registry.find_type(execution.domain, workflow_type)
    if registered is None:
        return _ContinueCause.WORKFLOW_TYPE_DOES_NOT_EXIST
    if registered.status is RegistrationStatus.DEPRECATED:
        return _ContinueCause.WORKFLOW_TYPE_DEPRECATED
    settings = executions.effective(decision, workflow_defaults(registered))
    return _UNDEFINED[settings] if isinstance(settings, Default) else settings


def _not_continued(
    execution: Execution, cause: _ContinueCause, circumstances: Circumstances
) -> e.ContinueAsNewWorkflowExecutionFailed:
    return e.ContinueAsNewWorkflowExecutionFailed(
        event_id=execution.next_event_id,
        event_timestamp=circumstances.now,
        cause=cause,
        decision_task_completed_event_id=circumstances.completed_id,
    )
