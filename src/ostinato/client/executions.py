"""Starts executions, finds open ones and says how they ended."""

from typing import Any

from ostinato.client.middleware import Starting
from ostinato.errors import WorkflowCanceled, WorkflowFailed, WorkflowTerminated, WorkflowTimedOut
from ostinato.model.durations import to_swf
from ostinato.model.enums import CloseStatus
from ostinato.model.events import (
    HistoryEvent,
    WorkflowExecutionCanceled,
    WorkflowExecutionCompleted,
    WorkflowExecutionContinuedAsNew,
    WorkflowExecutionFailed,
    WorkflowExecutionTerminated,
    WorkflowExecutionTimedOut,
)
from ostinato.model.fields import RunId
from ostinato.model.operations import ListOpenWorkflowExecutions, StartWorkflowExecution
from ostinato.model.results import WorkflowExecutionInfo
from ostinato.model.structures import ExecutionTimeFilter, TaskList, WorkflowExecution, WorkflowExecutionFilter
from ostinato.payloads.converter import Converter, JsonConverter
from ostinato.replay.definitions import Workflow
from ostinato.swf import Swf

Closed = (
    WorkflowExecutionCompleted
    | WorkflowExecutionFailed
    | WorkflowExecutionTimedOut
    | WorkflowExecutionCanceled
    | WorkflowExecutionTerminated
    | WorkflowExecutionContinuedAsNew
)
"""The last event of a closed execution."""


def start_execution(
    swf: Swf, domain: str, workflow: Workflow[..., Any], workflow_id: str, text: str, *, task_list: str | None = None
) -> WorkflowExecution:
    """Start an execution of the workflow.

    Args:
        swf: the service.
        domain: the domain.
        workflow: what to run; its settings are the execution's.
        workflow_id: the execution's id.
        text: its input.
        task_list: where its decisions are made, if not on the workflow's own task list.

    Raises:
        WorkflowExecutionAlreadyStartedFault: an execution with that id is open.
        SwfFault: SWF refuses it for another reason.
    """
    run = swf.call(
        StartWorkflowExecution(
            domain=domain,
            workflow_id=workflow_id,
            workflow_type=workflow.workflow_type,
            task_list=TaskList(name=task_list or workflow.task_list),
            task_priority=None if workflow.task_priority is None else str(workflow.task_priority),
            input=text,
            execution_start_to_close_timeout=to_swf(workflow.execution_start_to_close_timeout),
            tag_list=workflow.tags() or None,
            task_start_to_close_timeout=to_swf(workflow.task_start_to_close_timeout),
            child_policy=workflow.child_policy,
            lambda_role=workflow.lambda_role,
        )
    )
    return WorkflowExecution(workflow_id=workflow_id, run_id=run.run_id or RunId(""))


def start_as(swf: Swf, domain: str, task_list: str | None, starting: Starting) -> WorkflowExecution:
    """Start the execution as `start_execution` does, from within middleware."""
    return start_execution(swf, domain, starting.workflow, starting.workflow_id, starting.input, task_list=task_list)


def find_open(swf: Swf, domain: str, workflow_id: str) -> WorkflowExecutionInfo | None:
    """The open execution with that id, if there is one."""
    answer = swf.call(
        ListOpenWorkflowExecutions(
            domain=domain,
            start_time_filter=ExecutionTimeFilter(oldest_date=0.0),
            execution_filter=WorkflowExecutionFilter(workflow_id=workflow_id),
        )
    )
    return answer.execution_infos[0] if answer.execution_infos else None


def closed_by(event: HistoryEvent) -> Closed | None:
    """The event, if it is one that closes an execution."""
    return event if isinstance(event, Closed) else None


def close_status_of(closed: Closed) -> CloseStatus:
    """How the event closed its execution."""
    match closed:
        case WorkflowExecutionCompleted():
            return CloseStatus.COMPLETED
        case WorkflowExecutionFailed():
            return CloseStatus.FAILED
        case WorkflowExecutionTimedOut():
            return CloseStatus.TIMED_OUT
        case WorkflowExecutionCanceled():
            return CloseStatus.CANCELED
        case WorkflowExecutionTerminated():
            return CloseStatus.TERMINATED
        case WorkflowExecutionContinuedAsNew():
            return CloseStatus.CONTINUED_AS_NEW


def require_completed(
    execution: WorkflowExecution, closed: Closed, converter: Converter | None = None
) -> WorkflowExecutionCompleted:
    """The event that closed an execution, if that completed.

    Args:
        execution: the execution.
        closed: the event.
        converter: reads what a failure tells of its exception; JSON, unless given.

    Raises:
        WorkflowError: it did not; the error says how it ended.
    """
    facts = {"workflow_id": execution.workflow_id, "run_id": execution.run_id}
    match closed:
        case WorkflowExecutionCompleted():
            return closed
        case WorkflowExecutionFailed(reason=reason, details=details):
            said = (converter or JsonConverter()).load_failure(reason, details)
            raise WorkflowFailed(
                "failed",
                **facts,
                reason=reason,
                details=details,
                error_type=said.error_type,
                error_message=said.message,
                error_traceback=said.traceback,
            )
        case WorkflowExecutionCanceled(details=details):
            raise WorkflowCanceled("was canceled", **facts, details=details)
        case WorkflowExecutionTerminated(reason=reason, details=details, cause=cause):
            raise WorkflowTerminated(
                "was terminated", **facts, reason=reason or (cause.value if cause else None), details=details
            )
        case WorkflowExecutionTimedOut():
            raise WorkflowTimedOut("timed out", **facts)
        case WorkflowExecutionContinuedAsNew():
            raise WorkflowTerminated("continued as new", **facts)
