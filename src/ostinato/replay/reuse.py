"""What an execution reuses of a former run, which it was started to repair.

Its input names that run. What of it ended well is reused where the code asks for the same again: the same activity (or
child, or Lambda function) at the same place, of the same type and with the same input. The result is then recorded as a
marker in place of a task, so that a replay needs the new history alone.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.limits import DATA_CHARACTERS
from ostinato.replay.carrying import NOTHING, carried_in
from ostinato.replay.execution import bounded_id
from ostinato.replay.externals import RecordedMarker
from ostinato.replay.markers import REUSED, RUN_ONCE

if TYPE_CHECKING:
    from ostinato.replay.execution import Execution

MARK = '"__ostinato"'
_DIGEST = 32


class Repairs(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which run an execution repairs.

    Args:
        workflow_id: the run's workflow id.
        run_id: its run id.
        seed: the run id that its chance came from: that of the first run, if it was a repair itself.
        before: only what ended before the event with this id is reused; None is all.
        force: what is done again in any case: where this regular expression is found in an id. None is nothing.
    """

    workflow_id: str
    run_id: str
    seed: str
    before: int | None = None
    force: str | None = None


class Reusable(msgspec.Struct, frozen=True):
    """A result of the former run: what it was asked for with, as a digest, and the event that has it."""

    digest: str
    result: str | None
    event_id: int


class Reuse(msgspec.Struct, frozen=True):
    """What can be reused: results by the names of the markers to be, and what `run_once` recorded, by its markers."""

    results: Mapping[str, Reusable] = MappingProxyType({})
    recorded: Mapping[str, str] = MappingProxyType({})


class _Along(msgspec.Struct):
    repairs: Repairs | None = None


class _Envelope(msgspec.Struct, rename={"ostinato": "__ostinato"}):
    ostinato: _Along | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def repairs_in(text: str | None) -> Repairs | None:
    """Which run the execution with this input repairs; None if it repairs none."""
    if text is None or MARK not in text:
        return None
    try:
        along = _ENVELOPE.decode(text).ostinato
    except msgspec.DecodeError:
        return None
    return along.repairs if along is not None else None


def with_repairs(text: str | None, repairs: Repairs) -> str:
    """The input of a former run as that of an execution that repairs it. Inputs of foreign origin are taken too."""
    members = _members(text)
    carried = carried_in(text)
    along = {"repairs": repairs} if carried == NOTHING else {"repairs": repairs, "carried": carried}
    members["__ostinato"] = msgspec.Raw(msgspec.json.encode(along))
    return msgspec.json.encode(members).decode()


def _members(text: str | None) -> dict[str, Any]:
    if not text:
        return {"args": [], "kwargs": {}}
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {"args": [text], "kwargs": {}}
    match value:
        case {"args": _} | {"kwargs": _}:
            return dict(_OBJECT.decode(text))
        case dict():
            return {"args": [], "kwargs": msgspec.Raw(text.encode())}
        case list():
            return {"args": msgspec.Raw(text.encode()), "kwargs": {}}
        case _:
            return {"args": [msgspec.Raw(text.encode())], "kwargs": {}}


# What a history has to reuse.


def reusable(events: Iterable[e.HistoryEvent], repairs: Repairs) -> Reuse:
    """What of a run's history can be reused by an execution that repairs it."""
    return _Reading(repairs).read(events)


class _Reading:
    """One history being read."""

    def __init__(self, repairs: Repairs) -> None:
        self._repairs = repairs
        self._force = None if repairs.force is None else re.compile(repairs.force)
        self._opened: dict[int, tuple[str, str, str]] = {}
        """The marker's name, the id and the digest, by the event that opened it."""
        self._results: dict[str, Reusable] = {}
        self._recorded: dict[str, str] = {}

    def read(self, events: Iterable[e.HistoryEvent]) -> Reuse:
        """What it has."""
        for event in events:
            if self._repairs.before is not None and event.event_id >= self._repairs.before:
                break
            self._take(event)
        return Reuse(self._results, self._recorded)

    def _take(self, event: e.HistoryEvent) -> None:
        match event:
            case e.ActivityTaskScheduled():
                kind = f"{event.activity_type.name} {event.activity_type.version}"
                self._open(event, event.activity_id, kind)
            case e.LambdaFunctionScheduled():
                self._open(event, event.id, event.name)
            case e.StartChildWorkflowExecutionInitiated():
                kind = f"{event.workflow_type.name} {event.workflow_type.version}"
                own = own_part(event.workflow_id, event.workflow_type.name, self._repairs)
                self._open(event, own, kind)
            case e.ActivityTaskCompleted() | e.LambdaFunctionCompleted():
                self._close(event.scheduled_event_id, event.result, event.event_id)
            case e.ChildWorkflowExecutionCompleted():
                self._close(event.initiated_event_id, event.result, event.event_id)
            case e.MarkerRecorded():
                self._note(event)
            case _:
                pass

    def _open(self, event: Any, task_id: str, kind: str) -> None:
        self._opened[event.event_id] = (marker_name(task_id), task_id, digest_of(kind, event.input))

    def _close(self, opened_by: int, result: str | None, event_id: int) -> None:
        name, task_id, digest = self._opened[opened_by]
        if not self._is_forced(task_id):
            self._results[name] = Reusable(digest, result, event_id)

    def _note(self, event: e.MarkerRecorded) -> None:
        name, details = event.marker_name, event.details or ""
        if name.startswith(RUN_ONCE):
            if not self._is_forced(name):
                self._recorded[name] = details
        elif name.startswith(REUSED) and not self._is_forced(name.removeprefix(REUSED)):
            self._results[name] = Reusable(details[:_DIGEST], _result_in(details), event.event_id)

    def _is_forced(self, task_id: str) -> bool:
        return self._force is not None and self._force.search(task_id) is not None


def own_part(workflow_id: str, name: str, parent: Repairs) -> str:
    """What of a child's made-up id is its own: not its parent's run. An id that the author gave is as it is."""
    head = f"workflow-{name}-{parent.workflow_id}--"
    return f"{name}--{workflow_id.rpartition('--')[2]}" if workflow_id.startswith(head) else workflow_id


def marker_name(task_id: str) -> str:
    """The name of the marker that holds a reused result."""
    return bounded_id(f"{REUSED}{task_id}")


def digest_of(kind: str, text: str | None) -> str:
    """What was asked for: its type and input, without what only one attempt was told."""
    text = text or ""
    at = text.rfind(f",{MARK}:{{")
    if at >= 0 and text.endswith("}}"):
        text = text[:at] + "}"
    return hashlib.sha256(f"{kind} {text}".encode()).hexdigest()[:_DIGEST]


def _result_in(details: str) -> str | None:
    return details[_DIGEST + 1 :] if len(details) > _DIGEST else None


# What an execution takes of it.


def take_result(execution: "Execution", task_id: str, kind: str, text: str) -> Reusable | None:
    """The result to reuse for what the code asks for now, if there is one; it is recorded."""
    name = marker_name(task_id)
    recorded = execution.markers.pop(name, None)
    if recorded is not None:
        details = recorded.details or ""
    else:
        found = execution.reuse.results.get(name) if execution.reuse is not None and _is_news(execution) else None
        digest = digest_of(kind, text)
        if found is None or found.digest != digest:
            return None
        details = digest if found.result is None else f"{digest} {found.result}"
        if len(details) > DATA_CHARACTERS:
            return None
    RecordedMarker(execution, d.RecordMarker(marker_name=name, details=details), is_result=True)
    return Reusable(details[:_DIGEST], _result_in(details), 0)


def take_recorded(execution: "Execution", name: str) -> str | None:
    """What the former run's `run_once` recorded under that marker, if it is to be reused."""
    return None if execution.reuse is None else execution.reuse.recorded.get(name)


def _is_news(execution: "Execution") -> bool:
    return not execution.is_replaying or execution.last_event_id <= execution.full_up_to
