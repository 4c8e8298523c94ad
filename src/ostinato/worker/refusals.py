"""Which executions no decision could be made on, and until when their tasks are let pass: replaying them is in vain."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

SHORTEST = 1.0
LONGEST = 300.0
"""Seconds: the wait doubles from one to the other. Code that was mended is in another process, which knows of none."""

_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class _Refusal:
    count: int
    until: float


class Refusals:
    """Counts, by run id, the decisions in a row that could not be made.

    Args:
        clock: gives seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._refusals: OrderedDict[str, _Refusal] = OrderedDict()

    def holds(self, run_id: str) -> bool:
        """Whether it is too early to try again."""
        refusal = self._refusals.get(run_id)
        return refusal is not None and self._clock() < refusal.until

    def until(self, run_id: str) -> float:
        """When it may be tried again, by the clock."""
        refusal = self._refusals.get(run_id)
        return refusal.until if refusal is not None else self._clock()

    def add(self, run_id: str) -> int:
        """A decision could not be made; gives how many in a row now."""
        former = self._refusals.pop(run_id, None)
        count = 1 + (former.count if former else 0)
        # The first costs one look more at once: another decider may have had what this one lacked.
        wait = min(SHORTEST * 2.0 ** min(count - 2, 20), LONGEST) if count > 1 else 0.0
        self._refusals[run_id] = _Refusal(count, self._clock() + wait)
        if len(self._refusals) > _REMEMBERED:
            self._refusals.popitem(last=False)
        return count

    def forget(self, run_id: str) -> None:
        """A decision was made."""
        if self._refusals:
            self._refusals.pop(run_id, None)
