"""What the commands of `ostinato schedule` do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TextIO

import msgspec

from ostinato.cli.columns import Column, Rows
from ostinato.cli.formats import write_object, write_rows
from ostinato.cli.inputs import read_input
from ostinato.cli.instants import spell
from ostinato.cli.output_options import Output
from ostinato.cli.task_lists import instant
from ostinato.client.client import Client
from ostinato.errors import UsageError
from ostinato.schedules.schedule import NAME, Overlap
from ostinato.schedules.schedules import ScheduleHandle, Schedules
from ostinato.schedules.times import Times
from ostinato.worker.targets import load_target


def make(
    client: Client,
    schedule_id: str,
    target: str,
    text: str | None,
    *,
    times: Times,
    overlap: str,
    jitter: float,
    catch_up: float,
) -> ScheduleHandle:
    """Make a schedule of the workflow that the target names, with the input that was typed."""
    workflow = load_target(target).workflow
    given: Any = msgspec.json.decode(read_input(text, workflow, client.payloads_of(workflow)))
    return Schedules(client).create(
        schedule_id,
        workflow,
        *given["args"],
        times=times,
        overlap=Overlap(overlap),
        jitter=jitter,
        catch_up=catch_up,
        **given["kwargs"],
    )


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A schedule, and what it publishes: nothing before its first decision."""

    schedule_id: str
    told: Mapping[str, Any]

    @property
    def when(self) -> str:
        """When it starts something, in words."""
        times: Mapping[str, Any] = self.told.get("schedule") or {}
        if times.get("cron"):
            return f"{times['cron']} {times['timezone']}"
        return f"every {spell(timedelta(seconds=times['every']))}" if times else ""


def _told(name: str, *, is_shown: bool = True, is_whole: bool = False) -> Column[Scheduled]:
    return Column(name, lambda row: row.told.get(name), is_shown=is_shown, is_whole=is_whole)


SCHEDULE_COLUMNS: tuple[Column[Scheduled], ...] = (
    Column("id", lambda row: row.schedule_id, is_whole=True),
    Column("when", lambda row: row.when, is_data=False, is_whole=True),
    _told("schedule", is_shown=False),
    _told("starts"),
    _told("overlap", is_shown=False),
    _told("is_paused"),
    Column("next", lambda row: instant(row.told.get("next")), is_whole=True),
    _told("running"),
    _told("buffered", is_shown=False),
    _told("started"),
    _told("skipped"),
    _told("last", is_shown=False),
    _told("note"),
)


def find_schedule(client: Client, schedule_id: str) -> ScheduleHandle:
    """The schedule of that id.

    Raises:
        UsageError: there is none.
    """
    found = client.find(schedule_id)
    if found is None or found.workflow_type.name != NAME:
        raise UsageError(
            where=schedule_id,
            found=f"there is no schedule with that id in domain {client.domain}",
            hint="`ostinato schedule list` has all",
        )
    return ScheduleHandle(client, schedule_id)


def write_all(client: Client, output: Output, data: TextIO) -> None:
    """Write a row for each schedule."""
    ids = (info.execution.workflow_id for info in Schedules(client).list())
    write_rows(Rows(SCHEDULE_COLUMNS, (_scheduled(client, schedule_id) for schedule_id in ids)), output, data)


def write_one(client: Client, schedule_id: str, output: Output, data: TextIO) -> None:
    """Write what the schedule publishes.

    Raises:
        UsageError: there is none.
    """
    found = _scheduled(client, find_schedule(client, schedule_id).schedule_id)
    write_object({column.name: column.value(found) for column in SCHEDULE_COLUMNS if column.is_data}, output, data)


def _scheduled(client: Client, schedule_id: str) -> Scheduled:
    return Scheduled(schedule_id, ScheduleHandle(client, schedule_id).show() or {})
