"""What workflow code asked for, held against what history recorded.

A request is made, then *sent* with the decisions of a batch, then *recorded* as an event (or refused by a `...Failed`
event). Requests and records are matched by kind, id and type.
"""

from collections import deque
from collections.abc import Iterator
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

WAKE_UP = "__ostinato_wake_up"
"""The ids of the timers that ask for another decision begin so."""

_DECISIONS = DECISIONS_PER_RESPONSE - 1
"""One place is kept for the wake-up timer."""

_BYTES = REQUEST_BYTES - 100_000
"""What is left of a request for decisions: the token, the execution context and the wrapping take the rest."""

_WRAPPING_BYTES = 120
"""A decision is longer on the wire than its attributes by about so much."""

_OPEN_LIMITS = {
    Kind.ACTIVITY: OPEN_ACTIVITIES,
    Kind.TIMER: OPEN_TIMERS - 1,
    Kind.CHILD: OPEN_CHILDREN,
    Kind.LAMBDA: OPEN_LAMBDA_FUNCTIONS,
}
"""The wake-up timer needs a place among the open timers."""


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


class Request:
    """A decision that workflow code asked for."""

    __slots__ = ("code", "decision", "key", "line", "owner", "stage")

    def __init__(self, key: Key, decision: d.DecisionAttributes, owner: Owner, code: CodeType | None, line: int) -> None:
        self.key = key
        self.decision = decision
        self.owner = owner
        self.code = code
        self.line = line
        self.stage = Stage.MADE

    @property
    def source(self) -> str | None:
        """The author's line that made it."""
        if self.code is None:
            return None
        return f'File "{self.code.co_filename}", line {self.line}, in {self.code.co_qualname}'


class Ledger:
    """The requests of one execution, in the order in which they were made."""

    def __init__(self) -> None:
        self._made: deque[Request] = deque()
        self._sent: list[Request] = []
        self._expected: dict[Key, deque[Request]] = {}
        self._batch: int | None = None
        self._is_woken = False
        self._wants_wake_up = False
        self._open = dict.fromkeys(Kind, 0)
        self.pending = 0
        """Requests made and not yet sent."""

    def make(self, request: Request) -> None:
        """Take a request."""
        self._made.append(request)
        self.pending += 1

    def withdraw(self, request: Request) -> bool:
        """Take a request back; False if it was sent already."""
        if request.stage is not Stage.MADE:
            return False
        request.stage = Stage.WITHDRAWN
        self.pending -= 1
        return True

    def want_wake_up(self) -> None:
        """Ask for another decision task after this one, whatever happens."""
        self._wants_wake_up = True

    def closed(self, kind: Kind) -> None:
        """One of the open things of that kind is open no more."""
        self._open[kind] -= 1

    # A batch ends: what is sent.

    def send(self, started_event_id: int) -> tuple[d.DecisionAttributes, ...]:
        """Take the decisions of the batch that ends with this DecisionTaskStarted, as many as SWF's limits let through.

        What has no place stays for a later batch, in order, and a timer of 0 seconds asks for one.
        """
        self._take_back()
        held: deque[Request] = deque()
        size = 0
        full = False
        while self._made:
            request = self._made.popleft()
            if request.stage is Stage.WITHDRAWN:
                continue
            size += len(msgspec.json.encode(request.decision)) + _WRAPPING_BYTES
            full = full or len(self._sent) == _DECISIONS or size > _BYTES
            if full or not self._has_place(request, held):
                held.append(request)
                if full:
                    break
                continue
            self._send(request)
        held.extend(self._made)
        self._made = held
        decisions = tuple(request.decision for request in self._sent)
        if full or (self._wants_wake_up and not self._closes()):
            wake_up = d.StartTimer(timer_id=f"{WAKE_UP}-{started_event_id}", start_to_fire_timeout="0")
            decisions = (*decisions, wake_up)
        return decisions

    def _closes(self) -> bool:
        return bool(self._sent) and self._sent[-1].key.kind is Kind.CLOSE

    def _has_place(self, request: Request, held: deque[Request]) -> bool:
        kind = request.key.kind
        if kind is Kind.CLOSE:
            return not held
        limit = _OPEN_LIMITS.get(kind)
        return limit is None or self._open[kind] < limit

    def _send(self, request: Request) -> None:
        request.stage = Stage.SENT
        self._sent.append(request)
        self._open[request.key.kind] += 1
        self.pending -= 1

    def _take_back(self) -> None:
        """The last decision task came to nothing: what was sent with it is to be sent again, first."""
        for request in reversed(self._sent):
            request.stage = Stage.MADE
            self._made.appendleft(request)
            self._open[request.key.kind] -= 1
            self.pending += 1
        self._sent = []

    # A decision task has completed: what is recorded.

    def expect(self, event: e.DecisionTaskCompleted) -> None:
        """From here the records of what was sent follow."""
        self._batch = event.event_id
        self._is_woken = False
        self._wants_wake_up = False
        for request in self._sent:
            self._expected.setdefault(request.key, deque()).append(request)
        self._sent = []

    @property
    def is_expecting(self) -> bool:
        """Whether the records of a batch are being read."""
        return self._batch is not None

    def record(self, key: Key, event: e.HistoryEvent) -> Request:
        """The request that the event records.

        Raises:
            NondeterminismError: the code made no such request.
        """
        queue = self._expected.get(key)
        if queue is None and key.kind is Kind.SIGNAL and not key.type_name:
            key = next((k for k in self._expected if k.kind is Kind.SIGNAL and k.id == key.id), key)
            queue = self._expected.get(key)
        if queue:
            request = queue.popleft()
            if not queue:
                del self._expected[key]
            request.stage = Stage.RECORDED
            return request
        request_ahead = self._find_ahead(key)
        if request_ahead is not None:
            return request_ahead
        other = next(self._leftover(), None)
        raise NondeterminismError(
            recorded=f"{type(event).__name__} {describe(key)}",
            requested=describe(other.key) if other else None,
            event_id=event.event_id,
            source=other.source if other else None,
        )

    def _find_ahead(self, key: Key) -> Request | None:
        """A request that today's limits hold back, and those of the time did not."""
        for request in self._made:
            if request.key == key and request.stage is Stage.MADE:
                request.stage = Stage.RECORDED
                self._made.remove(request)
                self._open[key.kind] += 1
                self.pending -= 1
                return request
        return None

    def record_wake_up(self) -> None:
        """The batch had more than it could hold."""
        self._is_woken = True

    def end_of_records(self) -> None:
        """All records of the batch have been read.

        Raises:
            NondeterminismError: the code asked for more than was recorded.
        """
        batch, self._batch = self._batch, None
        leftover = list(self._leftover())
        self._expected.clear()
        if not leftover:
            return
        if self._is_woken:
            self._sent = leftover
            self._take_back()
            return
        raise NondeterminismError(
            recorded=None,
            requested=describe(leftover[0].key),
            event_id=batch,
            source=leftover[0].source,
        )

    def _leftover(self) -> Iterator[Request]:
        for queue in self._expected.values():
            yield from queue
