"""What `ostinato history` does."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import msgspec

from ostinato.cli.columns import Column, Rows, cell
from ostinato.cli.complaints import say
from ostinato.cli.formats import write_rows
from ostinato.cli.instants import instant_of
from ostinato.cli.output_options import Output
from ostinato.cli.reading import read_events, read_tasks
from ostinato.cli.tables import state_style
from ostinato.cli.task_lists import changed_at, instant, payload, state_of
from ostinato.client.saved import save_history
from ostinato.client.tasks import Tasks
from ostinato.model.events import HistoryEvent
from ostinato.model.wire import encode_event

if TYPE_CHECKING:
    from ostinato.client.client import Client
    from ostinato.model.structures import WorkflowExecution

Thing = TypeVar("Thing")

_HEAD = ("eventId", "eventTimestamp", "eventType")

_PAYLOADS = ("input", "result", "details", "control", "executionContext")

_LONGEST = 80
"""Characters of a payload in a table."""

_STYLES = {"Failed": "red", "TimedOut": "red", "Terminated": "red", "Canceled": "magenta", "Completed": "green"}


def attributes_of(event: HistoryEvent) -> dict[str, Any]:
    """What the event says beside its id, time and type, its payloads decoded."""
    flat: dict[str, Any] = msgspec.to_builtins(event)
    return {name: payload(value) if name in _PAYLOADS else value for name, value in flat.items() if name not in _HEAD}


def summary_of(event: HistoryEvent) -> str:
    """The same in a line, without the ids of other events."""
    parts: list[str] = []
    for name, value in attributes_of(event).items():
        if name.endswith("EventId"):
            continue
        match value:
            case {"name": str(named), "version": str(version)}:
                text = f"{named}@{version}"
            case {"name": str(text)} | {"workflowId": str(text)}:
                pass
            case _:
                text = cell(value)
        parts.append(f"{name}={text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}")
    return " ".join(parts)


def _style(name: str) -> str:
    return next((style for end, style in _STYLES.items() if name.endswith(end)), "")


EVENT_COLUMNS: tuple[Column[HistoryEvent], ...] = (
    Column("event_id", lambda event: event.event_id, is_whole=True),
    Column("time", lambda event: instant_of(event.event_timestamp), is_whole=True),
    Column("type", lambda event: type(event).__name__, is_whole=True, style=_style),
    Column("summary", summary_of, is_data=False),
    Column("attributes", attributes_of, is_shown=False),
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which part of a history is meant: the last first, if it is reversed, and at most so many."""

    is_reversed: bool = False
    limit: int | None = None

    def order(self, things: Iterable[Thing]) -> Iterable[Thing]:
        """The things in the order that is meant."""
        return list(things)[::-1] if self.is_reversed else things


def write_events(client: "Client", execution: "WorkflowExecution", part: Part, output: Output, data: TextIO) -> None:
    """Write a row for each event.

    Raises:
        UnknownResourceFault: there is no such execution.
        UsageError: there is no such column.
    """
    write_rows(Rows(EVENT_COLUMNS, part.order(read_events(client, execution)), part.limit), output, data)


def write_raw(client: "Client", execution: "WorkflowExecution", part: Part, data: TextIO) -> None:
    """Write the events as the service does, as JSON, a line for each.

    Raises:
        UnknownResourceFault: there is no such execution.
    """
    begin = '{"events": [\n'
    for event in islice(part.order(read_events(client, execution)), part.limit):
        data.write(f"{begin}{encode_event(event).decode()}")
        begin = ",\n"
    data.write("\n]}\n")


def save(client: "Client", execution: "WorkflowExecution", file: Path) -> None:
    """Save the history to a file, as `ostinato replay` reads it.

    Raises:
        UnknownResourceFault: there is no such execution.
        OSError: the file cannot be written.
    """
    events = list(read_events(client, execution))
    save_history(file, execution, client.domain, events)
    say(f"{file}: {len(events):,} events of {execution.workflow_id}, run {execution.run_id}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A task, a signal that came, or a marker, as one line of a folded history."""

    at: float
    kind: str
    id: str
    name: str
    state: str
    changed: float
    attempts: int | None = None
    input: Any = None
    outcome: Any = None


ENTRY_COLUMNS: tuple[Column[Entry], ...] = (
    Column("at", lambda entry: instant_of(entry.at), is_whole=True),
    Column("kind", lambda entry: entry.kind, is_whole=True, spare=2),
    Column("id", lambda entry: entry.id, is_whole=True),
    Column("name", lambda entry: entry.name, is_shown=False),
    Column("state", lambda entry: entry.state, is_whole=True, style=state_style),
    Column("changed", lambda entry: instant(entry.changed), is_shown=False, is_whole=True),
    Column("attempts", lambda entry: entry.attempts, is_whole=True, spare=1),
    Column("input", lambda entry: entry.input),
    Column("outcome", lambda entry: entry.outcome),
)
"""`outcome` is a task's result, or else why it did not end well."""


def entries_of(tasks: Tasks) -> list[Entry]:
    """All that a history tells of, folded, in the order in which it began."""
    entries = [
        Entry(
            at=task.attempts[0].scheduled_at,
            kind=task.kind.value,
            id=task.id,
            name=task.name,
            state=state_of(task),
            changed=changed_at(task),
            attempts=task.last.number,
            input=payload(task.input),
            outcome=payload(task.last.result) if task.last.reason is None else task.last.reason,
        )
        for task in tasks
    ]
    entries += [
        Entry(each.at, "received signal", each.name, each.name, "RECEIVED", each.at, input=payload(each.input))
        for each in tasks.signals
    ]
    entries += [
        Entry(each.at, "marker", each.name, each.name, "RECORDED", each.at, input=payload(each.details))
        for each in tasks.markers
    ]
    return sorted(entries, key=lambda entry: entry.at)


def write_folded(client: "Client", execution: "WorkflowExecution", part: Part, output: Output, data: TextIO) -> None:
    """Write a row for each task, signal and marker.

    Raises:
        UnknownResourceFault: there is no such execution.
        UsageError: there is no such column.
    """
    entries = part.order(entries_of(read_tasks(client, execution)))
    write_rows(Rows(ENTRY_COLUMNS, entries, part.limit), output, data)
