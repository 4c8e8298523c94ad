"""The replays that a decider keeps, the least lately used of which are put away when they are too many or too large."""

from collections import OrderedDict

from ostinato.replay.replay import Replay

KEPT_REPLAYS = 1000
KEPT_BYTES = 512 << 20

_BYTES_PER_REPLAY = 48 << 10
_BYTES_PER_EVENT = 160
"""Measured with tracemalloc on workflows of sequential activities, rounded up (`benchmarks/kept_replays.py`)."""


def estimated_bytes(replay: Replay) -> int:
    """What the replay takes in memory, roughly: what its code holds is not known."""
    return _BYTES_PER_REPLAY + _BYTES_PER_EVENT * replay.last_event_id


class KeptReplays:
    """Replays by run id. They belong to the thread that feeds them, and so does this.

    Args:
        count: how many are kept at most.
        size: how many bytes they may take, by `estimated_bytes`; the last one is kept however large it is.
    """

    def __init__(self, *, count: int = KEPT_REPLAYS, size: int = KEPT_BYTES) -> None:
        self._count = count
        self._size = size
        self._replays: OrderedDict[str, Replay] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self._taken = 0

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._replays)

    @property
    def taken_bytes(self) -> int:
        """What they take, by estimate."""
        return self._taken

    def take(self, run_id: str) -> Replay | None:
        """The replay of the execution, which is not kept any more; None if there is none."""
        replay = self._replays.pop(run_id, None)
        if replay is not None:
            self._taken -= self._sizes.pop(run_id)
        return replay

    def keep(self, run_id: str, replay: Replay) -> None:
        """Keep the replay, and put others away if there is no room for all."""
        former = self.take(run_id)
        if former is not None:
            former.evict()
        size = estimated_bytes(replay)
        self._replays[run_id], self._sizes[run_id] = replay, size
        self._taken += size
        while len(self._replays) > self._count or (self._taken > self._size and len(self._replays) > 1):
            oldest = self.take(next(iter(self._replays)))
            if oldest is not None:
                oldest.evict()

    def put_away(self) -> None:
        """Put all away."""
        for replay in self._replays.values():
            replay.evict()
        self._replays.clear()
        self._sizes.clear()
        self._taken = 0
