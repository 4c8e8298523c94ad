"""What stores keep that no history names any more: finding it, and throwing it away."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A payload in a store: its key, its size in bytes, and when it was put there, in seconds since the epoch."""

    key: str
    size: int
    changed: float


@runtime_checkable
class Sweepable(Protocol):
    """A store that can be tidied."""

    def entries(self) -> Iterator[Entry]:
        """All that it keeps.

        Raises:
            Exception: it does not answer.
        """
        ...

    def delete(self, key: str, /) -> None:
        """Keep it no more. A key that is not there is none to delete.

        Raises:
            Exception: it does not answer.
        """
        ...


def garbage(store: Sweepable, *, before: float, named: Callable[[], Iterable[str]]) -> Iterator[Entry]:
    """What the store keeps, was put there before some time, and nothing names.

    Args:
        store: the store.
        before: seconds since the epoch. What is younger may be named in a moment.
        named: gives the keys that histories name. They are read after the store was, so that nothing is missed.
    """
    old = [entry for entry in store.entries() if entry.changed < before]
    if not old:
        return
    kept = frozenset(named())
    yield from (entry for entry in old if entry.key not in kept)
