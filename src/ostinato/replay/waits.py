"""Where an execution waits, as a short text for its execution context: anybody may read it without the code."""

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from ostinato.replay.submission import Submission
from ostinato.replay.timers import Timer

if TYPE_CHECKING:
    from ostinato.replay.execution import Execution
    from ostinato.replay.externals import Delivery
    from ostinato.replay.ledger import Owner

T = TypeVar("T")

_SHOWN = 20
"""So many waits are told; with the longest ids they fit into SWF's 32,768 characters."""

_SIGNALS = 10
"""So many of them at most are for signals if there are others: history does not tell of these."""

_OWN = "__ostinato_"
_RETRY = "__ostinato_retry-"


class Wait(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that an execution waits for.

    Args:
        kind: `activity`, `child`, `lambda`, `timer`, `retry`, `back-off` (of what SWF refuses for a while), `signal`
            (to come) or `delivery` (of a signal or a request to cancel, to another execution).
        id: the activity's, timer's or function's id, the child's workflow id; of a retry, that of the task.
        name: the activity's, workflow's, function's or signal's name.
        since: when it was asked for, in seconds since the epoch.
        until: when the timer fires, or the task is tried again.
        attempt: of a retry: the one that will be made.
    """

    kind: str
    id: str = ""
    name: str = ""
    since: float = 0.0
    until: float = 0.0
    attempt: int = 0


class WaitingContext(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The execution context of a workflow that publishes none of its own. `more`: there is more than is told."""

    waiting_for: tuple[Wait, ...]
    more: bool = False


def waiting_context(execution: "Execution") -> str:
    """What is open or asked for, the oldest first, then the signals that are waited for."""
    if execution.loop.stopped:
        return _told((), is_cut=False)
    opened = _first(_SHOWN + 1, chain(execution.owners.values(), execution.ledger.awaited()))
    waiters = _first(_SHOWN + 1, execution.inbox.waiters())
    room = max(_SHOWN - len(opened), min(len(waiters), _SIGNALS))
    told = [_wait_for(owner) for owner in opened[: _SHOWN - min(len(waiters), room)]]
    told += [Wait(kind="signal", name=waiter.name, since=waiter.since) for waiter in waiters[:room]]
    return _told(told, is_cut=len(told) < len(opened) + len(waiters))


def _told(waits: Iterable[Wait], *, is_cut: bool) -> str:
    return msgspec.json.encode(WaitingContext(waiting_for=tuple(waits), more=is_cut)).decode()


def _first(count: int, items: Iterable[T]) -> list[T]:
    """The first so many different items."""
    found: dict[T, None] = {}
    for item in items:
        found[item] = None
        if len(found) == count:
            break
    return list(found)


def _wait_for(owner: "Owner") -> Wait:
    if isinstance(owner, Submission):
        return Wait(kind=owner.kind.name.lower(), id=owner.id, name=owner.name, since=owner.since)
    if isinstance(owner, Timer):
        return _timer(owner)
    delivery = cast("Delivery", owner)  # nothing else opens anything, or is awaited
    return Wait(kind="delivery", id=delivery.id, name=delivery.name)


def _timer(timer: Timer) -> Wait:
    if timer.timer_id.startswith(_RETRY):
        task_id, _, attempt = timer.timer_id.removeprefix(_RETRY).rpartition("-")
        number = int(attempt) if attempt.isdecimal() else 0
        return Wait(kind="retry", id=task_id, since=timer.since, until=timer.fires_at, attempt=number)
    kind = "back-off" if timer.timer_id.startswith(_OWN) else "timer"
    return Wait(kind=kind, id=timer.timer_id, since=timer.since, until=timer.fires_at)
