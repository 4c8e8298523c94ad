"""Histories in files.

They are read as SWF's clients give them (`aws swf get-workflow-execution-history`, boto3 with its times as text) and as
`save_history` writes them, which says besides whose history it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from ostinato.errors import UsageError
from ostinato.model.events import HistoryEvent, WorkflowExecutionStarted
from ostinato.model.fields import RunId
from ostinato.model.structures import WorkflowExecution
from ostinato.model.wire import event_from_wire, event_to_wire

EXPECTED = 'a history as JSON: {"events": [...]}, a list of events, or one event a line'


@dataclass(frozen=True, slots=True)
class SavedHistory:
    """The history of an execution, the first event first.

    Args:
        source: where it comes from, for people.
        events: its events; the first one is the start.
        execution: whose it is; None if that is not known.
        domain: the domain, if it is known.
    """

    source: str
    events: Sequence[HistoryEvent]
    execution: WorkflowExecution | None = None
    domain: str | None = None

    @property
    def started(self) -> WorkflowExecutionStarted:
        """The first event.

        Raises:
            UsageError: it is not there.
        """
        first = self.events[0] if self.events else None
        if not isinstance(first, WorkflowExecutionStarted) or first.event_id != 1:
            found = (
                "no events" if first is None else f"event {first.event_id}, {type(first).__name__}, at its beginning"
            )
            raise UsageError(where=self.source, found=found, expected="a history from its first event on")
        return first


def save_history(path: Path, execution: WorkflowExecution, domain: str, events: Iterable[HistoryEvent]) -> None:
    """Write a history to a file.

    Raises:
        OSError: the file cannot be written.
    """
    document = {
        "domain": domain,
        "execution": {"workflowId": execution.workflow_id, "runId": execution.run_id},
        "events": [event_to_wire(event) for event in events],
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")


def saved_histories(path: Path) -> Iterator[SavedHistory]:
    """The histories in a file, or in the `.json` and `.jsonl` files of a directory and those below it, by their names.

    Raises:
        UsageError: there is no such file, or it is no history.
    """
    if not path.is_dir():
        yield read_saved(path)
        return
    files = sorted(each for each in path.rglob("*") if each.suffix in {".json", ".jsonl"} and each.is_file())
    if not files:
        raise UsageError(where=str(path), found="no histories", expected="files that end with .json or .jsonl")
    for file in files:
        yield read_saved(file)


def read_saved(path: Path) -> SavedHistory:
    """The history in a file.

    Raises:
        UsageError: there is no such file, or it is no history.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UsageError(where=str(path), found=error.strerror or str(error), expected=EXPECTED) from None
    try:
        return _history(str(path), _decoded(text, is_lines=path.suffix == ".jsonl"))
    except (msgspec.DecodeError, ValueError, TypeError) as error:
        raise UsageError(where=str(path), found=str(error), expected=EXPECTED) from None


def _decoded(text: bytes, *, is_lines: bool) -> Any:
    return [msgspec.json.decode(line) for line in text.splitlines()] if is_lines else msgspec.json.decode(text)


def _history(source: str, document: Any) -> SavedHistory:
    members = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    events: Any = cast("Any", document) if isinstance(document, list) else members.get("events")
    if not _are_objects(events):
        raise TypeError("there are no events in it")
    named = members.get("execution") or members.get("workflowExecution")
    execution = WorkflowExecution(workflow_id=named["workflowId"], run_id=RunId(named["runId"])) if named else None
    history = tuple(event_from_wire(_timed(event)) for event in cast("list[Mapping[str, Any]]", events))
    if history and history[0].event_id > history[-1].event_id:
        history = history[::-1]  # it was asked for in reverse order
    return SavedHistory(source, history, execution, members.get("domain"))


def _are_objects(events: object) -> bool:
    return isinstance(events, list) and all(isinstance(each, dict) for each in cast("Sequence[object]", events))


def _timed(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event with its time as a number."""
    timestamp = event.get("eventTimestamp")
    if not isinstance(timestamp, str):
        return event
    instant = datetime.fromisoformat(timestamp)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return {**event, "eventTimestamp": instant.timestamp()}
