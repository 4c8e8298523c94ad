"""What `ostinato tasks` does, and the columns of lists of tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from ostinato.cli.columns import Column, Rows
from ostinato.cli.formats import write_rows
from ostinato.cli.instants import instant_of
from ostinato.cli.output_options import Output
from ostinato.cli.reading import read_tasks
from ostinato.cli.tables import state_style
from ostinato.client.tasks import Task

if TYPE_CHECKING:
    from ostinato.client.client import Client
    from ostinato.model.structures import WorkflowExecution


def instant(timestamp: float | None) -> datetime | None:
    """The instant, if there is one."""
    return None if timestamp is None else instant_of(timestamp)


def span(seconds: float | None) -> timedelta | None:
    """The span, if there is one."""
    return None if seconds is None else timedelta(seconds=round(seconds, 3))


def payload(text: str | None) -> Any:
    """What a payload says, if it is JSON; else its text."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text


def changed_at(task: Task) -> float:
    """When it last came into another state."""
    last = task.last
    return last.closed_at or last.started_at or last.scheduled_at


def state_of(task: Task) -> str:
    """Its state; RETRY while it waits to be tried again."""
    return "RETRY" if task.retry_at is not None else task.state.value


TASK_COLUMNS: tuple[Column[Task], ...] = (
    Column("id", lambda task: task.id, is_whole=True),
    Column("kind", lambda task: task.kind.value, is_whole=True, spare=3),
    Column("name", lambda task: task.name, spare=4),
    Column("version", lambda task: task.version, is_shown=False),
    Column("state", state_of, is_whole=True, style=state_style),
    Column("changed", lambda task: instant(changed_at(task)), is_whole=True),
    Column("attempts", lambda task: task.last.number, is_whole=True),
    Column("scheduled", lambda task: instant(task.last.scheduled_at), is_shown=False, is_whole=True),
    Column("started", lambda task: instant(task.last.started_at), is_shown=False, is_whole=True),
    Column("closed", lambda task: instant(task.last.closed_at), is_shown=False, is_whole=True),
    Column("waited", lambda task: span(task.last.waited), is_whole=True, spare=2),
    Column("ran", lambda task: span(task.last.ran), is_whole=True, spare=1),
    Column("retry_at", lambda task: instant(task.retry_at), is_shown=False, is_whole=True),
    Column("fires_at", lambda task: instant(task.fires_at), is_shown=False, is_whole=True),
    Column("reason", lambda task: task.last.reason),
    Column("worker", lambda task: task.last.worker, is_shown=False),
    Column("task_list", lambda task: task.task_list, is_shown=False),
    Column("run_id", lambda task: task.run_id, is_shown=False, is_whole=True),
    Column("input", lambda task: payload(task.input), is_shown=False),
    Column("result", lambda task: payload(task.last.result), is_shown=False),
    Column("details", lambda task: payload(task.last.details), is_shown=False),
)
"""Of a task that was tried several times, what its last attempt tells."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which tasks are meant; what is empty does not matter."""

    kinds: Sequence[str] = ()
    states: Sequence[str] = ()
    limit: int | None = None

    def keeps(self, task: Task) -> bool:
        """Whether the task is meant."""
        is_kind = not self.kinds or task.kind.value in self.kinds
        return is_kind and (not self.states or state_of(task) in self.states)


def write_tasks(client: "Client", execution: "WorkflowExecution", wanted: Wanted, output: Output, data: TextIO) -> None:
    """Write an execution's tasks, those that changed last first.

    Raises:
        UsageError: there is no such execution, or no such column.
    """
    found = [task for task in read_tasks(client, execution) if wanted.keeps(task)]
    found.sort(key=lambda task: (changed_at(task), task.last.event_id), reverse=True)
    write_rows(Rows(TASK_COLUMNS, found, wanted.limit), output, data)
