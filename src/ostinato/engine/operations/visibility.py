"""Looking at executions: describing one, reading its history, listing and counting many.

What these show is durable by the time they look, so they ask the log; the state of an open execution is at hand.
"""

import msgspec

from ostinato.engine.ledger import Ledger
from ostinato.engine.log.log import Log
from ostinato.engine.log.records import ExecutionQuery, ExecutionRecord, Position, TimeKind
from ostinato.engine.open_executions import unknown_execution
from ostinato.engine.pages import Pages, page_size
from ostinato.engine.state import Execution, folded
from ostinato.model import operations as o
from ostinato.model import results as r
from ostinato.model.enums import ExecutionStatus
from ostinato.model.fields import RecordedTagList
from ostinato.model.structures import WorkflowExecution

_List = o.ListOpenWorkflowExecutions | o.ListClosedWorkflowExecutions
_Count = o.CountOpenWorkflowExecutions | o.CountClosedWorkflowExecutions


class VisibilityOperations:
    """What is asked about executions.

    Args:
        ledger: holds the open ones.
        log: holds all.
        pages: makes page tokens.
    """

    def __init__(self, ledger: Ledger, log: Log, pages: Pages) -> None:
        self._ledger = ledger
        self._log = log
        self._pages = pages

    def describe_open(self, operation: o.DescribeWorkflowExecution) -> r.WorkflowExecutionDetail | None:
        """Tell an open execution's status, configuration and open counts; None if it is not open. Under the lock."""
        self._ledger.registry.domain(operation.domain)
        ids = operation.execution
        execution = self._ledger.executions.find(operation.domain, ids.workflow_id, ids.run_id)
        if execution is None:
            return None
        settings = execution.settings
        info = r.WorkflowExecutionInfo(
            execution=ids,
            workflow_type=settings.workflow_type,
            start_timestamp=settings.event_timestamp,
            execution_status=ExecutionStatus.OPEN,
            parent=settings.parent_workflow_execution,
            tag_list=_tags(settings.tag_list),
            cancel_requested=execution.cancel_requested,
        )
        return _detail(execution, info)

    def describe_closed(self, operation: o.DescribeWorkflowExecution) -> r.WorkflowExecutionDetail:
        """Tell a closed execution's status, configuration, and what it left open."""
        record = self._record(operation.domain, operation.execution)
        execution = Execution(
            key=record.key, domain=record.domain, workflow_id=record.workflow_id, run_id=record.run_id
        )
        return _detail(folded(execution, self._log.events(record.key)), self._info(record))

    def _record(self, domain: str, execution: WorkflowExecution) -> ExecutionRecord:
        self._ledger.registry.domain(domain)
        record = self._log.find(domain, execution.workflow_id, execution.run_id)
        if record is None:
            raise unknown_execution(execution.workflow_id, execution.run_id)
        return record

    def history(self, operation: o.GetWorkflowExecutionHistory) -> r.History:
        """Read a page of an execution's history."""
        record = self._record(operation.domain, operation.execution)
        now = self._ledger.clock.now()
        size = page_size(operation.maximum_page_size)
        position = self._pages.position(operation, now)
        is_reverse = bool(operation.reverse_order)
        at = msgspec.msgpack.decode(position, type=int) if position is not None else None
        events = self._log.events(
            record.key,
            first=at if at is not None and not is_reverse else 1,
            last=at if is_reverse else None,
            reverse=is_reverse,
            limit=size + 1,
        )
        token = None
        if len(events) > size:
            token = self._pages.token(operation, msgspec.msgpack.encode(events[size].event_id), now)
        return r.History(events=tuple(events[:size]), next_page_token=token)

    def list_executions(self, operation: _List) -> r.WorkflowExecutionInfos:
        """List the executions that fit the filters, a page at a time."""
        self._ledger.registry.domain(operation.domain)
        now = self._ledger.clock.now()
        size = page_size(operation.maximum_page_size)
        position = self._pages.position(operation, now)
        after = msgspec.msgpack.decode(position, type=Position) if position is not None else None
        query = msgspec.structs.replace(
            _query(operation), ascending=bool(operation.reverse_order), after=after, limit=size + 1
        )
        records = self._log.list_executions(query)
        token = None
        if len(records) > size:
            last = records[size - 1]
            timestamp = last.start_timestamp if query.time is TimeKind.START else last.close_timestamp
            place = msgspec.msgpack.encode(Position(timestamp=timestamp or 0.0, key=last.key))
            token = self._pages.token(operation, place, now)
        return r.WorkflowExecutionInfos(execution_infos=tuple(map(self._info, records[:size])), next_page_token=token)

    def count_executions(self, operation: _Count) -> r.WorkflowExecutionCount:
        """Count the executions that fit the filters."""
        self._ledger.registry.domain(operation.domain)
        return r.WorkflowExecutionCount(count=self._log.count_executions(_query(operation)), truncated=False)

    def _info(self, record: ExecutionRecord) -> r.WorkflowExecutionInfo:
        execution = self._ledger.executions.get(record.key)
        is_closed = record.close_status is not None
        return r.WorkflowExecutionInfo(
            execution=WorkflowExecution(workflow_id=record.workflow_id, run_id=record.run_id),
            workflow_type=record.workflow_type,
            start_timestamp=record.start_timestamp,
            execution_status=ExecutionStatus.CLOSED if is_closed else ExecutionStatus.OPEN,
            close_timestamp=record.close_timestamp,
            close_status=record.close_status,
            parent=record.parent,
            tag_list=record.tag_list or None,
            # Of closed executions SWF says false, also of those that were asked to cancel themselves (recorded).
            cancel_requested=execution is not None and execution.cancel_requested,
        )


def _query(operation: _List | _Count) -> ExecutionQuery:
    is_open = isinstance(operation, o.ListOpenWorkflowExecutions | o.CountOpenWorkflowExecutions)
    time, period = TimeKind.START, operation.start_time_filter
    close_status = None
    if not isinstance(operation, o.ListOpenWorkflowExecutions | o.CountOpenWorkflowExecutions):
        if operation.close_time_filter is not None:
            time, period = TimeKind.CLOSE, operation.close_time_filter
        close_status = operation.close_status_filter.status if operation.close_status_filter is not None else None
    of_type = operation.type_filter
    return ExecutionQuery(
        domain=operation.domain,
        status=ExecutionStatus.OPEN if is_open else ExecutionStatus.CLOSED,
        time=time,
        oldest=period.oldest_date if period is not None else 0.0,
        latest=period.latest_date if period is not None else None,
        workflow_id=operation.execution_filter.workflow_id if operation.execution_filter is not None else None,
        type_name=of_type.name if of_type is not None else None,
        type_version=(of_type.version or None) if of_type is not None else None,
        tag=operation.tag_filter.tag if operation.tag_filter is not None else None,
        close_status=close_status,
    )


def _tags(tags: RecordedTagList | None) -> tuple[str, ...] | None:
    return tuple(tag or "" for tag in tags) if tags else None


def _detail(execution: Execution, info: r.WorkflowExecutionInfo) -> r.WorkflowExecutionDetail:
    return r.WorkflowExecutionDetail(
        execution_info=info,
        execution_configuration=_configuration(execution),
        open_counts=_open_counts(execution),
        latest_activity_task_timestamp=execution.latest_activity_task_timestamp,
        latest_execution_context=execution.latest_execution_context,
    )


def _configuration(execution: Execution) -> r.WorkflowExecutionConfiguration:
    settings = execution.settings
    return r.WorkflowExecutionConfiguration(
        task_start_to_close_timeout=settings.task_start_to_close_timeout or "NONE",
        execution_start_to_close_timeout=settings.execution_start_to_close_timeout or "NONE",
        task_list=settings.task_list,
        child_policy=settings.child_policy,
        task_priority=settings.task_priority,
        lambda_role=settings.lambda_role,
    )


def _open_counts(execution: Execution) -> r.WorkflowExecutionOpenCounts:
    has_decision = execution.decision_running is not None or execution.decision_scheduled is not None
    return r.WorkflowExecutionOpenCounts(
        open_activity_tasks=len(execution.activities),
        open_decision_tasks=int(has_decision),
        open_timers=len(execution.timers),
        open_child_workflow_executions=len(execution.children),
        open_lambda_functions=len(execution.lambdas),
    )
