"""Reads an execution's history for a command, and shows on a terminal that this takes its time."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO, TypeVar

from ostinato.client.histories import read_history
from ostinato.client.tasks import Tasks
from ostinato.model.structures import WorkflowExecution

if TYPE_CHECKING:
    from ostinato.client.client import Client
    from ostinato.model.events import HistoryEvent

Thing = TypeVar("Thing")

PATIENCE = 1.0
"""Seconds after which it is told that something takes long; and those between two changes of that."""

_ERASE = "\r\x1b[K"


def read_events(client: "Client", execution: WorkflowExecution) -> "Iterator[HistoryEvent]":
    """The execution's events, the first first.

    Raises:
        UnknownResourceFault: there is no such execution.
    """
    return counted(read_history(client.swf.call, client.domain, execution), "events")


def read_tasks(client: "Client", execution: WorkflowExecution) -> Tasks:
    """The execution's tasks.

    Raises:
        UnknownResourceFault: there is no such execution.
    """
    return Tasks.of(read_events(client, execution))


def counted(
    things: Iterable[Thing], what: str, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Thing]:
    """The same things; if it takes long, and stderr is a terminal, that shows how many there were so far."""
    terminal: TextIO = stream or sys.stderr
    if not terminal.isatty():
        yield from things
        return
    next_at, is_shown = clock() + PATIENCE, False
    for number, thing in enumerate(things):
        if clock() >= next_at:
            next_at, is_shown = clock() + PATIENCE, True
            _write(terminal, f"{_ERASE}read {number:,} {what}")
        yield thing
    if is_shown:
        _write(terminal, _ERASE)


def _write(stream: TextIO, text: str) -> None:
    with suppress(OSError):
        stream.write(text)
        stream.flush()
