"""The columns of lists of executions."""

from datetime import timedelta

from ostinato.cli.columns import Column, Value
from ostinato.cli.instants import instant_of
from ostinato.cli.tables import state_style
from ostinato.model.results import WorkflowExecutionInfo


def status_of(info: WorkflowExecutionInfo) -> str:
    """How the execution closed, or OPEN."""
    return info.close_status.value if info.close_status else info.execution_status.value


def duration_of(info: WorkflowExecutionInfo) -> timedelta | None:
    """How long the execution lasted; None while it is open."""
    return None if info.close_timestamp is None else timedelta(seconds=info.close_timestamp - info.start_timestamp)


def _instant(timestamp: float | None) -> Value:
    return None if timestamp is None else instant_of(timestamp)


EXECUTION_COLUMNS: tuple[Column[WorkflowExecutionInfo], ...] = (
    Column("workflow_id", lambda info: info.execution.workflow_id, is_whole=True),
    Column("run_id", lambda info: info.execution.run_id, is_whole=True, spare=3),
    Column("type", lambda info: info.workflow_type.name),
    Column("version", lambda info: info.workflow_type.version, is_shown=False),
    Column("status", status_of, is_whole=True, style=state_style),
    Column("started", lambda info: instant_of(info.start_timestamp), is_whole=True),
    Column("closed", lambda info: _instant(info.close_timestamp), is_whole=True, spare=2),
    Column("duration", duration_of, is_shown=False, is_whole=True),
    Column("tags", lambda info: list(info.tag_list or ()), spare=1),
    Column("cancel_requested", lambda info: bool(info.cancel_requested), is_shown=False),
    Column("parent_workflow_id", lambda info: info.parent and info.parent.workflow_id, is_shown=False, is_whole=True),
    Column("parent_run_id", lambda info: info.parent and info.parent.run_id, is_shown=False, is_whole=True),
)
"""Open or closed, `status` says how; `tags` are a list, and the times instants."""
