"""What the commands of `ostinato schedule` do."""

from typing import Any, TextIO

import msgspec

from ostinato.cli.inputs import read_input
from ostinato.client.client import Client
from ostinato.schedules.schedule import Overlap
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


def write_all(client: Client, data: TextIO) -> None:
    """Write a line of JSON for each schedule."""
    schedules = Schedules(client)
    for info in schedules.list():
        schedule_id = info.execution.workflow_id
        told: Any = ScheduleHandle(client, schedule_id).show() or {}
        print(msgspec.json.encode({"id": schedule_id, **told}).decode(), file=data)


def write_one(client: Client, schedule_id: str, data: TextIO) -> None:
    """Write what the schedule publishes, as JSON for people."""
    told = Schedules(client).handle(schedule_id).show()
    print(msgspec.json.format(msgspec.json.encode(told)).decode(), file=data)
