"""What workflow code asked for, held against what history recorded.

A request is *made*, then *sent* with the decisions of a batch, then *recorded* as an event (or refused by a `...Failed`
event). Requests and records are matched by kind, id and type. Workflow code never runs between the sending and the
recording, so for it a request is either not yet sent or recorded.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from types import CodeType
from typing import Protocol

import msgspec

from ostinato.errors import NondeterminismError
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.limits import (
    DECISIONS_PER_RESPONSE,
    OPEN_ACTIVITIES,
    OPEN_CHILDREN,
    OPEN_LAMBDA_FUNCTIONS,
    OPEN_TIMERS,
    REQUEST_BYTES,
)
from ostinato.replay.keys import Key, Kind, describe
from ostinato.replay.strands import source_line

WAKE_UP = "__ostinato_wake_up"
"""The ids of the timers that ask for another decision begin so."""

_WAKE_UPS = (WAKE_UP, "_simpleflow_wake_up_timer")
"""Ours, and simpleflow's: histories that it began are read as well."""


def is_wake_up(timer_id: str) -> bool:
    """Whether a timer of that id only asks for another decision."""
    return timer_id.startswith(_WAKE_UPS)


_DECISIONS = DECISIONS_PER_RESPONSE - 1
"""One place is kept for the wake-up timer."""

_BYTES = REQUEST_BYTES - 100_000
"""What is left of a request for decisions: the token, the execution context and the wrapping take the rest."""

_WRAPPING_BYTES = 120
"""A decision is longer on the wire than its attributes by about so much."""

_ESCAPED = 3
"""Amazon's clients write what is not ASCII as escapes, of up to so many bytes for each of UTF-8's."""

_OPEN_LIMITS: Mapping[Kind, int] = {
    Kind.ACTIVITY: OPEN_ACTIVITIES,
    Kind.TIMER: OPEN_TIMERS - 1,
    Kind.CHILD: OPEN_CHILDREN,
    Kind.LAMBDA: OPEN_LAMBDA_FUNCTIONS,
}
"""The wake-up timer needs a place among the open timers."""


_TELLING = frozenset((Kind.ACTIVITY, Kind.TIMER, Kind.CHILD, Kind.LAMBDA, Kind.SIGNAL, Kind.CANCEL_WORKFLOW))
"""The kinds of requests that workflow code may wait for."""


class Owner(Protocol):
    """What a request was made for, and who is told what became of it."""

    label: str
    """What it is, for humans."""

    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""


class Stage(Enum):
    """How far a request has come."""

    MADE = auto()
    SENT = auto()
    RECORDED = auto()
    WITHDRAWN = auto()


_MADE, _SENT, _RECORDED, _WITHDRAWN = Stage
_CLOSE, _SIGNAL = Kind.CLOSE, Kind.SIGNAL
"""At hand: to ask an enum for a member takes Python 3.11 longer than all else that is done with it here."""


class Request(msgspec.Struct, eq=False):
    """A decision that workflow code asked for."""

    key: Key
    decision: d.DecisionAttributes | None
    """None if the record of it is known to follow, so that it is never sent."""
    owner: Owner
    code: CodeType | None
    line: int
    stage: Stage = Stage.MADE

    @property
    def source(self) -> str | None:
        """The author's line that made it."""
        return None if self.code is None else source_line(self.code, self.line)


class _Room:
    """How much one response still holds."""

    def __init__(self, open_by_kind: Mapping[Kind, int], written: Callable[[msgspec.Struct], msgspec.Struct]) -> None:
        self._written = written
        self._decisions = _DECISIONS
        self._bytes = _BYTES
        self._open = dict(open_by_kind)

    def may_open(self, kind: Kind) -> bool:
        """Whether SWF lets one more of the kind be open."""
        limit = _OPEN_LIMITS.get(kind)
        return limit is None or self._open[kind] < limit

    def take(self, request: Request) -> bool:
        """Make room for the decision; False if the response is full."""
        self._decisions -= 1
        text = msgspec.json.encode(request.decision and self._written(request.decision))
        size = len(text) if text.isascii() else _ESCAPED * len(text)
        self._bytes -= size + _WRAPPING_BYTES
        self._open[request.key.kind] += 1
        return self._decisions >= 0 and self._bytes >= 0


class Ledger:
    """The requests of one execution.

    Args:
        written: gives a decision with texts as long as those that will be sent for its payloads.
    """

    def __init__(self, written: Callable[[msgspec.Struct], msgspec.Struct] = lambda decision: decision) -> None:
        self._written = written
        self._made: deque[Request] = deque()
        self._held: dict[Kind, deque[Request]] = {}
        """Requests that wait for one of their kind to close, in order."""
        self._sent: list[Request] = []
        self._unrecorded: dict[Key, list[Request]] = {}
        self._unrecorded_by_kind = dict.fromkeys(Kind, 0)
        self._open_by_kind = dict.fromkeys(Kind, 0)
        self._wants_wake_up = False

    def make(self, request: Request) -> None:
        """Take a request. Nothing comes after the close."""
        made = self._made
        close = made.pop() if made and made[-1].key.kind is _CLOSE and made[-1].stage is _MADE else None
        made.append(request)
        if close is not None:
            made.append(close)
        self._unrecorded_by_kind[request.key.kind] += 1
        queue = self._unrecorded.get(request.key)
        if queue is None:
            self._unrecorded[request.key] = [request]
        else:
            queue.append(request)

    def has(self, key: Key) -> bool:
        """Whether such a request is not recorded yet."""
        return key in self._unrecorded

    def withdraw(self, request: Request) -> bool:
        """Take a request back; False if it is recorded already."""
        if request.stage is not _MADE:
            return False
        request.stage = _WITHDRAWN
        self._unrecorded_by_kind[request.key.kind] -= 1
        queue = self._unrecorded[request.key]
        queue.remove(request)
        if not queue:
            del self._unrecorded[request.key]
        held = self._held.get(request.key.kind)
        while held and held[-1].stage is _WITHDRAWN:
            held.pop()
        while held and held[0].stage is _WITHDRAWN:
            held.popleft()
        return True

    def want_wake_up(self) -> None:
        """Ask for another decision task after this one, whatever happens."""
        self._wants_wake_up = True

    def closed(self, kind: Kind) -> None:
        """One of the open things of that kind is open no more."""
        self._open_by_kind[kind] -= 1

    # What is sent.

    def send(self, started_event_id: int) -> tuple[d.DecisionAttributes, ...]:
        """Take the decisions of the batch that ends with this DecisionTaskStarted, as many as SWF's limits let through.

        What has no place stays for a later batch, in order within its kind, and a timer of 0 seconds asks for one.
        """
        self.take_back()
        is_full = self._fill(_Room(self._open_by_kind, self._written))
        decisions = tuple(request.decision for request in self._sent if request.decision is not None)
        if is_full or (self._wants_wake_up and not self._is_closing()):
            wake_up = d.StartTimer(timer_id=f"{WAKE_UP}-{started_event_id}", start_to_fire_timeout="0")
            decisions = (*decisions, wake_up)
        return decisions

    def take_back(self) -> None:
        """What was sent and not recorded is to be sent again, first: its decision task came to nothing."""
        for request in reversed(self._sent):
            if request.stage is _SENT:
                request.stage = _MADE
                (self._held.get(request.key.kind) or self._made).appendleft(request)
        self._sent = []

    def _fill(self, room: _Room) -> bool:
        """Send what there is room for; whether the response is full."""
        for kind, held in self._held.items():
            while held and room.may_open(kind):
                if not self._send(held, room):
                    return True
        made = self._made
        while made:
            request = made[0]
            kind = request.key.kind
            if request.stage is not _MADE:
                made.popleft()
            elif kind is _CLOSE and any(self._held.values()):
                return False
            elif kind in _OPEN_LIMITS and (self._held.get(kind) or not room.may_open(kind)):
                self._held.setdefault(kind, deque()).append(made.popleft())
            elif not self._send(made, room):
                return True
        return False

    def _send(self, queue: deque[Request], room: _Room) -> bool:
        request = queue[0]
        if request.stage is _MADE:
            if not room.take(request):
                return False
            request.stage = _SENT
            self._sent.append(request)
        queue.popleft()
        return True

    def _is_closing(self) -> bool:
        return bool(self._sent) and self._sent[-1].key.kind is _CLOSE

    # What is recorded.

    def record(self, key: Key, event: e.HistoryEvent) -> Request:
        """The request that the event records.

        Raises:
            NondeterminismError: the code made no such request.
        """
        if key.kind is _SIGNAL and not key.type_name:
            key = next((k for k in self._unrecorded if k.kind is _SIGNAL and k.id == key.id), key)
        queue = self._unrecorded.get(key)
        if queue is None:
            raise self._mismatch(f"{type(event).__name__} {describe(key)}", event.event_id)
        request = queue.pop(0)
        if not queue:
            del self._unrecorded[key]
        request.stage = _RECORDED
        self._unrecorded_by_kind[key.kind] -= 1
        self._open_by_kind[key.kind] += 1
        return request

    def end_of_records(self, completed_event_id: int, *, was_full: bool) -> None:
        """All records of a decision task have been read.

        Args:
            completed_event_id: its DecisionTaskCompleted.
            was_full: whether a wake-up timer was among them.

        Raises:
            NondeterminismError: the code asked for more than was recorded.
        """
        self._wants_wake_up = False
        self.take_back()
        if self._unrecorded and not was_full and not self._is_held():
            raise self._mismatch(None, completed_event_id)

    def _is_held(self) -> bool:
        """Whether SWF's limits hold back all that is unrecorded."""
        held = False
        for kind, count in self._unrecorded_by_kind.items():
            if count and kind is not _CLOSE:
                if self._open_by_kind[kind] < _OPEN_LIMITS.get(kind, count + self._open_by_kind[kind]):
                    return False
                held = True
        return held

    def awaited(self) -> Iterator[Owner]:
        """The owners of requests that are not recorded and will tell something."""
        for key, queue in self._unrecorded.items():
            if key.kind in _TELLING:
                yield from (request.owner for request in queue)

    def _mismatch(self, recorded: str | None, event_id: int) -> NondeterminismError:
        first = next(self._leftover(), None)
        return NondeterminismError(
            recorded=recorded,
            requested=describe(first.key) if first else None,
            event_id=event_id,
            source=first.source if first else None,
        )

    def _leftover(self) -> Iterator[Request]:
        for queue in self._unrecorded.values():
            yield from queue
