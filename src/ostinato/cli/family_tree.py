"""What `ostinato tree` does: an execution, its children and theirs, and the runs that continue each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from ostinato.cli.columns import Column, Rows
from ostinato.cli.formats import write_rows
from ostinato.cli.output_options import Output
from ostinato.cli.reading import counted
from ostinato.cli.tables import state_style
from ostinato.cli.task_lists import instant
from ostinato.client.executions import close_status_of, closed_by
from ostinato.client.histories import read_history
from ostinato.client.tasks import Task, TaskKind, Tasks
from ostinato.errors import UnknownResourceFault
from ostinato.model.events import HistoryEvent, WorkflowExecutionContinuedAsNew
from ostinato.model.fields import RunId
from ostinato.model.structures import WorkflowExecution

if TYPE_CHECKING:
    from ostinato.client.client import Client

NOT_KEPT = "NOT_KEPT"
"""What is said of an execution that the service keeps no longer."""


@dataclass(frozen=True, slots=True)
class Member:
    """An execution of a family; `depth` counts generations from the one that is asked for.

    `lines` are what a drawing of the tree has before it.
    """

    execution: WorkflowExecution
    parent: WorkflowExecution | None
    depth: int
    lines: str
    name: str
    status: str
    started: float | None = None
    closed: float | None = None
    open_tasks: int = 0


MEMBER_COLUMNS: tuple[Column[Member], ...] = (
    Column("family", lambda member: member.lines + member.execution.workflow_id, is_whole=True, is_data=False),
    Column("workflow_id", lambda member: member.execution.workflow_id, is_shown=False, is_whole=True),
    Column("run_id", lambda member: member.execution.run_id or None, is_shown=False, is_whole=True),
    Column("depth", lambda member: member.depth, is_shown=False),
    Column("type", lambda member: member.name, spare=3),
    Column("status", lambda member: member.status, is_whole=True, style=state_style),
    Column("started", lambda member: instant(member.started), is_whole=True),
    Column("closed", lambda member: instant(member.closed), is_whole=True, spare=2),
    Column("open_tasks", lambda member: member.open_tasks, is_whole=True, spare=1),
    Column("parent_workflow_id", lambda member: member.parent and member.parent.workflow_id, is_shown=False),
    Column("parent_run_id", lambda member: member.parent and member.parent.run_id, is_shown=False),
)


def write_tree(
    client: "Client", execution: WorkflowExecution, output: Output, data: TextIO, *, from_eldest: bool
) -> None:
    """Write the family, each execution followed by its children.

    Raises:
        UnknownResourceFault: there is no such execution.
        UsageError: there is no such column.
    """
    begin = _eldest(client, execution) if from_eldest else execution
    members = _Family(client).members(begin, None, 0, "", "")
    write_rows(Rows(MEMBER_COLUMNS, counted(members, "executions")), output, data)


def _eldest(client: "Client", execution: WorkflowExecution) -> WorkflowExecution:
    """The eldest ancestor that is kept."""
    while True:
        started = next(read_history(client.swf.call, client.domain, execution))
        parent: WorkflowExecution | None = getattr(started, "parent_workflow_execution", None)
        if parent is None:
            return execution
        try:
            next(read_history(client.swf.call, client.domain, parent))
        except UnknownResourceFault:
            return execution
        execution = parent


class _Family:
    def __init__(self, client: "Client") -> None:
        self._client = client

    def members(
        self, execution: WorkflowExecution, parent: WorkflowExecution | None, depth: int, lines: str, below: str
    ) -> Iterator[Member]:
        """The execution, its descendants, and the runs that continue it with theirs."""
        run: WorkflowExecution | None = execution
        while run is not None:
            tasks = self._tasks(run, must_be=parent is None and depth == 0 and not lines)
            yield _member(run, parent, depth, lines, tasks)
            children = [task for task in tasks if task.kind is TaskKind.CHILD]
            for place, child in enumerate(children, start=1):
                yield from self._child(child, run, depth + 1, below, is_last=place == len(children))
            run, lines = _following(run, tasks.last_event), f"{below}↻ "

    def _child(
        self, child: Task, parent: WorkflowExecution, depth: int, below: str, *, is_last: bool
    ) -> Iterator[Member]:
        lines = below + ("└─ " if is_last else "├─ ")
        if child.run_id is None:
            yield Member(
                WorkflowExecution(workflow_id=child.id, run_id=RunId("")),
                parent,
                depth,
                lines,
                child.name,
                child.state.value,
            )
            return
        execution = WorkflowExecution(workflow_id=child.id, run_id=child.run_id)
        yield from self.members(execution, parent, depth, lines, below + ("   " if is_last else "│  "))

    def _tasks(self, execution: WorkflowExecution, *, must_be: bool) -> Tasks:
        try:
            return Tasks.of(read_history(self._client.swf.call, self._client.domain, execution))
        except UnknownResourceFault:
            if must_be:
                raise
            return Tasks()


def _following(run: WorkflowExecution, last: HistoryEvent | None) -> WorkflowExecution | None:
    """The run that continues it, if its last event says so."""
    if not isinstance(last, WorkflowExecutionContinuedAsNew):
        return None
    return WorkflowExecution(workflow_id=run.workflow_id, run_id=last.new_execution_run_id)


def _member(
    execution: WorkflowExecution, parent: WorkflowExecution | None, depth: int, lines: str, tasks: Tasks
) -> Member:
    started, last = tasks.started, tasks.last_event
    if started is None or last is None:
        return Member(execution, parent, depth, lines, "", NOT_KEPT)
    closed = closed_by(last)
    return Member(
        execution,
        parent,
        depth,
        lines,
        started.workflow_type.name,
        "OPEN" if closed is None else close_status_of(closed).value,
        started.event_timestamp,
        None if closed is None else closed.event_timestamp,
        sum(task.state.is_open for task in tasks) if closed is None else 0,
    )
