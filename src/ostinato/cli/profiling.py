"""What `ostinato profile` does: where an execution's time went."""

import math
import shutil
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TextIO

from ostinato.cli.columns import Column, Rows
from ostinato.cli.formats import write_rows
from ostinato.cli.output_options import Output
from ostinato.cli.reading import read_tasks
from ostinato.cli.tables import state_style
from ostinato.cli.task_lists import instant, span, state_of
from ostinato.client.executions import closed_by
from ostinato.client.tasks import Attempt, Task, TaskKind, Tasks

if TYPE_CHECKING:
    from ostinato.client.client import Client
    from ostinato.model.structures import WorkflowExecution

NARROWEST, WIDEST = 20, 100
"""Characters of a bar."""

_OTHERS = 100
"""Characters that a row takes beside its bar."""

_KINDS = (TaskKind.ACTIVITY, TaskKind.CHILD, TaskKind.LAMBDA)


@dataclass(frozen=True, slots=True)
class Timed:
    """A task with its place in the execution's time, in seconds since the epoch."""

    task: Task
    begin: float
    end: float

    def until(self, at: float | None) -> float:
        """The instant, or the end of what is looked at, if it has not come."""
        return self.end if at is None else at

    @property
    def ran(self) -> float:
        """The seconds that all attempts ran, up to now."""
        return sum(self.until(a.closed_at) - a.started_at for a in self.task.attempts if a.started_at is not None)

    @property
    def waited(self) -> float:
        """The seconds that all attempts waited to be started, up to now."""
        return sum(self.until(a.started_at or a.closed_at) - a.scheduled_at for a in self.task.attempts)

    @property
    def share(self) -> float:
        """The percentage of the execution's time for which it ran."""
        return round(100 * self.ran / max(self.end - self.begin, 0.001), 1)

    def bar(self, width: int) -> str:
        """Its attempts over the execution's time: a thin line where one waited, a thick one where it ran."""
        drawn = [" "] * width
        for attempt in self.task.attempts:
            begun = self.until(attempt.started_at or attempt.closed_at)
            self._draw(drawn, attempt.scheduled_at, begun, "─")
            if attempt.started_at is not None:
                self._draw(drawn, attempt.started_at, self.until(attempt.closed_at), "█")
        return "".join(drawn)

    def _draw(self, drawn: list[str], begin: float, end: float, sign: str) -> None:
        scale = len(drawn) / max(self.end - self.begin, 0.001)
        first = min(int((begin - self.begin) * scale), len(drawn) - 1)
        last = min(max(math.ceil((end - self.begin) * scale), first + 1), len(drawn))
        drawn[first:last] = sign * (last - first)


def timed_tasks(tasks: Tasks, now: float) -> list[Timed]:
    """The activities, children and functions; what is open lasts up to now, or until the execution closed."""
    begin = tasks.started.event_timestamp if tasks.started else 0.0
    last = tasks.last_event
    end = now if last is None or closed_by(last) is None else last.event_timestamp
    return [Timed(task, begin, end) for task in tasks if task.kind in _KINDS]


def profile_columns(width: int) -> tuple[Column[Timed], ...]:
    """The columns of a profile, with bars of that width."""
    return (
        Column("id", lambda timed: timed.task.id, is_whole=True),
        Column("name", lambda timed: timed.task.name, is_shown=False),
        Column("state", lambda timed: state_of(timed.task), is_whole=True, style=state_style),
        Column("attempts", lambda timed: timed.task.last.number, is_shown=False),
        Column("scheduled", lambda timed: instant(timed.task.attempts[0].scheduled_at), is_shown=False, is_whole=True),
        Column("started", lambda timed: instant(timed.task.last.started_at), is_shown=False, is_whole=True),
        Column("closed", lambda timed: instant(timed.task.last.closed_at), is_shown=False, is_whole=True),
        Column("waited", lambda timed: span(timed.waited), is_whole=True, spare=1),
        Column("ran", lambda timed: span(timed.ran), is_whole=True),
        Column("percent", lambda timed: timed.share, is_whole=True, spare=2),
        Column("timeline", lambda timed: timed.bar(width), is_whole=True, is_data=False, style="cyan"),
    )


def write_profile(
    client: "Client", execution: "WorkflowExecution", output: Output, data: TextIO, limit: int | None
) -> None:
    """Write the tasks with their times, those that ran longest first.

    Raises:
        UsageError: there is no such execution, or no such column.
    """
    timed = sorted(timed_tasks(read_tasks(client, execution), time.time()), key=lambda each: each.ran, reverse=True)
    room = shutil.get_terminal_size().columns - _OTHERS
    columns = profile_columns(min(max(room, NARROWEST), WIDEST))
    write_rows(Rows(columns, timed, limit), output, data)


@dataclass(frozen=True, slots=True)
class TypeTimes:
    """The times of all attempts at tasks of one type, in seconds, sorted."""

    kind: TaskKind
    name: str
    tasks: int
    attempts: Sequence[Attempt]
    waited: Sequence[float]
    ran: Sequence[float]

    @property
    def failed(self) -> int:
        """How many attempts did not end well."""
        return sum(not a.state.is_open and a.state.value != "COMPLETED" for a in self.attempts)


def percentile(times: Sequence[float], percent: int) -> timedelta | None:
    """The least of the sorted times that so many percent do not exceed; None if there are none."""
    return None if not times else span(times[max(math.ceil(len(times) * percent / 100), 1) - 1])


def times_by_type(tasks: Tasks) -> list[TypeTimes]:
    """The times of each type, those that ran longest in all first."""
    found: dict[tuple[TaskKind, str], list[Task]] = defaultdict(list)
    for task in tasks:
        if task.kind in _KINDS:
            found[task.kind, task.name].append(task)
    rows: list[TypeTimes] = []
    for (kind, name), of_type in found.items():
        attempts = [attempt for task in of_type for attempt in task.attempts]
        waited = sorted(a.waited for a in attempts if a.waited is not None)
        ran = sorted(a.ran for a in attempts if a.ran is not None)
        rows.append(TypeTimes(kind, name, len(of_type), attempts, waited, ran))
    return sorted(rows, key=lambda row: sum(row.ran), reverse=True)


TYPE_COLUMNS: tuple[Column[TypeTimes], ...] = (
    Column("name", lambda row: row.name, is_whole=True),
    Column("kind", lambda row: row.kind.value, is_whole=True, spare=4),
    Column("tasks", lambda row: row.tasks, is_whole=True),
    Column("attempts", lambda row: len(row.attempts), is_whole=True),
    Column("failed", lambda row: row.failed, is_whole=True),
    Column("waited_p50", lambda row: percentile(row.waited, 50), is_whole=True),
    Column("waited_p90", lambda row: percentile(row.waited, 90), is_shown=False),
    Column("waited_max", lambda row: percentile(row.waited, 100), is_whole=True, spare=2),
    Column("ran_p50", lambda row: percentile(row.ran, 50), is_whole=True),
    Column("ran_p90", lambda row: percentile(row.ran, 90), is_whole=True, spare=3),
    Column("ran_p99", lambda row: percentile(row.ran, 99), is_whole=True),
    Column("ran_max", lambda row: percentile(row.ran, 100), is_whole=True, spare=1),
    Column("ran_in_all", lambda row: span(sum(row.ran)), is_whole=True),
)


def write_profile_by_type(
    client: "Client", execution: "WorkflowExecution", output: Output, data: TextIO, limit: int | None
) -> None:
    """Write the percentiles of each type, those that ran longest in all first.

    Raises:
        UsageError: there is no such execution, or no such column.
    """
    write_rows(Rows(TYPE_COLUMNS, times_by_type(read_tasks(client, execution)), limit), output, data)
