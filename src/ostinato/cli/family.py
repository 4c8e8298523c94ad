"""Finds what is still open of an execution's family: its children and theirs, also when those between have closed.

SWF keeps no such list. But the first event of each execution tells its parent and its task list, and all that one
`ostinato run` serves is in one lane.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ostinato.client.executions import find_open
from ostinato.errors import UnknownResourceFault
from ostinato.model.events import WorkflowExecutionStarted
from ostinato.model.operations import (
    GetWorkflowExecutionHistory,
    ListClosedWorkflowExecutions,
    ListOpenWorkflowExecutions,
)
from ostinato.model.structures import ExecutionTimeFilter, WorkflowExecution, WorkflowExecutionFilter
from ostinato.swf import Swf
from ostinato.worker.lane import Lane, lane_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ostinato.model.fields import RunId
    from ostinato.model.results import WorkflowExecutionInfo

_ALWAYS = ExecutionTimeFilter(oldest_date=0.0)


@dataclass(frozen=True, slots=True)
class Member:
    """An open execution of a family."""

    execution: WorkflowExecution
    name: str
    since: float
    parent: WorkflowExecution
    task_list: str


@dataclass(frozen=True, slots=True)
class _Origin:
    """What the first event of an execution tells of where it comes from."""

    parent: WorkflowExecution | None
    task_list: str


class Family:
    """The descendants of the executions with one workflow id, as far as they are in one lane.

    Args:
        swf: the service.
        domain: the domain.
        workflow_id: the ancestor's id; runs that continue each other, and former ones, count as one.
        lane: where its tasks are.
    """

    def __init__(self, swf: Swf, domain: str, workflow_id: str, lane: Lane) -> None:
        self._swf = swf
        self._domain = domain
        self._workflow_id = workflow_id
        self._lane = lane
        self._origins: dict[RunId, _Origin | None] = {}

    def open_members(self) -> tuple[Member, ...]:
        """The descendants that are open, the first started first; the ancestor itself is not among them."""
        return tuple(
            Member(info.execution, info.workflow_type.name, info.start_timestamp, info.parent, origin.task_list)
            for info in self._open()
            if info.parent is not None
            and self._may_descend(info.parent)
            and (origin := self._origin(info.execution)) is not None
            and lane_of(origin.task_list) == self._lane
        )

    def _open(self) -> "Iterator[WorkflowExecutionInfo]":
        token = None
        while True:
            page = self._swf.call(
                ListOpenWorkflowExecutions(
                    domain=self._domain, start_time_filter=_ALWAYS, next_page_token=token, reverse_order=True
                )
            )
            yield from page.execution_infos
            token = page.next_page_token
            if token is None:
                return

    def _may_descend(self, parent: WorkflowExecution) -> bool:
        """Whether the chain of parents leads to the ancestor, or to one that is not kept any more."""
        while parent.workflow_id != self._workflow_id:
            origin = self._origin(parent)
            if origin is None:
                return True
            if origin.parent is None:
                return False
            parent = origin.parent
        return True

    def _origin(self, execution: WorkflowExecution) -> _Origin | None:
        if execution.run_id not in self._origins:
            self._origins[execution.run_id] = _origin(self._swf, self._domain, execution)
        return self._origins[execution.run_id]


def _origin(swf: Swf, domain: str, execution: WorkflowExecution) -> _Origin | None:
    """Where the execution comes from; None if it is not kept."""
    try:
        page = swf.call(GetWorkflowExecutionHistory(domain=domain, execution=execution, maximum_page_size=1))
    except UnknownResourceFault:
        return None
    first = page.events[0]
    if not isinstance(first, WorkflowExecutionStarted):
        return None
    return _Origin(first.parent_workflow_execution, first.task_list.name)


@dataclass(frozen=True)
class Remains:
    """What there is of a workflow id before it is run: the execution, and what is open of its family.

    `is_open` says whether the execution itself is; if not, the last one with that id had closed.
    """

    info: "WorkflowExecutionInfo"
    is_open: bool
    task_list: str
    lane: Lane
    members: tuple[Member, ...]


def find_remains(swf: Swf, domain: str, workflow_id: str) -> Remains | None:
    """What is open of that id and its family; None if nothing is, so that a new run may start."""
    info = find_open(swf, domain, workflow_id)
    is_open = info is not None
    if info is None:
        info = _last_closed(swf, domain, workflow_id)
    origin = _origin(swf, domain, info.execution) if info is not None else None
    if info is None or origin is None:
        return None
    lane = lane_of(origin.task_list)
    members = Family(swf, domain, workflow_id, lane).open_members()
    return Remains(info, is_open, origin.task_list, lane, members) if is_open or members else None


def _last_closed(swf: Swf, domain: str, workflow_id: str) -> "WorkflowExecutionInfo | None":
    answer = swf.call(
        ListClosedWorkflowExecutions(
            domain=domain,
            start_time_filter=_ALWAYS,
            execution_filter=WorkflowExecutionFilter(workflow_id=workflow_id),
            maximum_page_size=1,
        )
    )
    return answer.execution_infos[0] if answer.execution_infos else None
