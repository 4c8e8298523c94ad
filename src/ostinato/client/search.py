"""Finding executions.

SWF takes one filter beside one time. Of several it is given the one that keeps the fewest, and the others are applied
here, to what it lists.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from ostinato.errors import UsageError
from ostinato.model.enums import CloseStatus, ExecutionStatus
from ostinato.model.operations import (
    CountClosedWorkflowExecutions,
    CountOpenWorkflowExecutions,
    ListClosedWorkflowExecutions,
    ListOpenWorkflowExecutions,
)
from ostinato.model.results import WorkflowExecutionCount, WorkflowExecutionInfo
from ostinato.model.structures import (
    CloseStatusFilter,
    ExecutionTimeFilter,
    TagFilter,
    WorkflowExecutionFilter,
    WorkflowTypeFilter,
)
from ostinato.replay.definitions import Workflow
from ostinato.swf import Swf

Time = datetime | float
"""An instant: a `datetime` that knows its zone, or seconds since the epoch."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for. What is None does not matter.

    Args:
        status: open or closed ones only.
        workflow_id: executions with this workflow id.
        workflow: executions of this workflow, in its version; a name takes all versions.
        version: beside a name, executions of this version of it.
        tag: executions that have this very tag.
        close_status: executions that closed this way.
        started_after: executions that started then or later.
        started_before: executions that started then or before.
        closed_after: executions that closed then or later.
        closed_before: executions that closed then or before.

    Raises:
        UsageError: a status is none.
    """

    status: ExecutionStatus | None = None
    workflow_id: str | None = None
    workflow: Workflow[..., Any] | str | None = None
    version: str | None = None
    tag: str | None = None
    close_status: CloseStatus | None = None
    started_after: Time | None = None
    started_before: Time | None = None
    closed_after: Time | None = None
    closed_before: Time | None = None

    def __post_init__(self) -> None:
        for name, kind in (("status", ExecutionStatus), ("close_status", CloseStatus)):
            value = getattr(self, name)
            if value is not None and not isinstance(value, kind):
                raise UsageError(
                    where=name,
                    found=repr(value),
                    expected=f"one of {', '.join(f'{kind.__name__}.{each.name}' for each in kind)}",
                )

    @property
    def is_of_closed(self) -> bool:
        """Whether only closed executions can be meant."""
        times = (self.closed_after, self.closed_before)
        return self.close_status is not None or any(time is not None for time in times)

    @property
    def statuses(self) -> tuple[ExecutionStatus, ...]:
        """The statuses that what is meant can have."""
        wanted = (ExecutionStatus.OPEN, ExecutionStatus.CLOSED) if self.status is None else (self.status,)
        return tuple(each for each in wanted if each is ExecutionStatus.CLOSED or not self.is_of_closed)

    def keeps(self, info: WorkflowExecutionInfo) -> bool:
        """Whether the execution is meant."""
        name, version = _type_of(self)
        tests = (
            self.workflow_id in {None, info.execution.workflow_id},
            name in {None, info.workflow_type.name} and version in {None, info.workflow_type.version},
            self.tag is None or self.tag in (info.tag_list or ()),
            self.close_status in {None, info.close_status},
            _is_within(info.start_timestamp, self.started_after, self.started_before),
            _is_within(info.close_timestamp, self.closed_after, self.closed_before),
        )
        return all(tests)


def list_executions(
    swf: Swf, domain: str, search: Search, *, oldest_first: bool = False
) -> Iterator[WorkflowExecutionInfo]:
    """The executions, open ones before closed ones, the last started (or closed) first; read page after page.

    One that closes while they are read is listed once, as it was when it was open.

    Raises:
        UnknownResourceFault: there is no such domain.
    """
    listed_open: set[str] = set()
    for status in search.statuses:
        operation = _listing(domain, search, status, oldest_first=oldest_first)
        while True:
            page = swf.call(operation)
            for info in page.execution_infos:
                if search.keeps(info) and info.execution.run_id not in listed_open:
                    if status is ExecutionStatus.OPEN:
                        listed_open.add(info.execution.run_id)
                    yield info
            if page.next_page_token is None:
                break
            operation = msgspec.structs.replace(operation, next_page_token=page.next_page_token)


def count_executions(swf: Swf, domain: str, search: Search) -> WorkflowExecutionCount:
    """How many there are; SWF counts up to a limit of its own, and says then that there are more (`truncated`).

    Raises:
        UnknownResourceFault: there is no such domain.
    """
    if not _is_one_filter(search):
        return WorkflowExecutionCount(count=sum(1 for _ in list_executions(swf, domain, search)), truncated=False)
    counts = [swf.call(_counting(domain, search, status)) for status in search.statuses]
    return WorkflowExecutionCount(
        count=sum(count.count for count in counts), truncated=any(count.truncated for count in counts)
    )


def _is_one_filter(search: Search) -> bool:
    """Whether SWF can tell by itself which executions are meant."""
    has_start = search.started_after is not None or search.started_before is not None
    has_close = search.closed_after is not None or search.closed_before is not None
    filters = (search.workflow_id, search.workflow, search.tag, search.close_status)
    return not (has_start and has_close) and sum(each is not None for each in filters) <= 1


def _listing(
    domain: str, search: Search, status: ExecutionStatus, *, oldest_first: bool
) -> ListOpenWorkflowExecutions | ListClosedWorkflowExecutions:
    reverse_order = oldest_first or None
    if status is ExecutionStatus.OPEN:
        return ListOpenWorkflowExecutions(
            domain=domain, start_time_filter=_started(search), reverse_order=reverse_order, **_filter(search)
        )
    return ListClosedWorkflowExecutions(
        domain=domain, reverse_order=reverse_order, **_time(search), **_filter(search, is_closed=True)
    )


def _counting(
    domain: str, search: Search, status: ExecutionStatus
) -> CountOpenWorkflowExecutions | CountClosedWorkflowExecutions:
    if status is ExecutionStatus.OPEN:
        return CountOpenWorkflowExecutions(domain=domain, start_time_filter=_started(search), **_filter(search))
    return CountClosedWorkflowExecutions(domain=domain, **_time(search), **_filter(search, is_closed=True))


def _time(search: Search) -> dict[str, Any]:
    """The one time that SWF looks at."""
    after, before = search.closed_after, search.closed_before
    if after is None and before is None:
        return {"start_time_filter": _started(search)}
    return {"close_time_filter": _period(after, before)}


def _filter(search: Search, *, is_closed: bool = False) -> dict[str, Any]:
    """The one filter that SWF applies: that which keeps the fewest."""
    if search.workflow_id is not None:
        return {"execution_filter": WorkflowExecutionFilter(workflow_id=search.workflow_id)}
    if search.tag is not None:
        return {"tag_filter": TagFilter(tag=search.tag)}
    name, version = _type_of(search)
    if name is not None:
        return {"type_filter": WorkflowTypeFilter(name=name, version=version)}
    if is_closed and search.close_status is not None:
        return {"close_status_filter": CloseStatusFilter(status=search.close_status)}
    return {}


def _type_of(search: Search) -> tuple[str | None, str | None]:
    if isinstance(search.workflow, Workflow):
        return search.workflow.name, search.workflow.version
    return search.workflow, search.version


def _started(search: Search) -> ExecutionTimeFilter:
    return _period(search.started_after, search.started_before)


def _period(after: Time | None, before: Time | None) -> ExecutionTimeFilter:
    return ExecutionTimeFilter(
        oldest_date=0.0 if after is None else _seconds(after), latest_date=None if before is None else _seconds(before)
    )


def _is_within(time: float | None, after: Time | None, before: Time | None) -> bool:
    if time is None:
        return after is None and before is None
    return (after is None or time >= _seconds(after)) and (before is None or time <= _seconds(before))


def _seconds(time: Time) -> float:
    return time.timestamp() if isinstance(time, datetime) else float(time)
