"""A decider as the whole of a process: all workflows of a catalog, sticky."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from ostinato.payloads.policy import PLAIN, Payloads
from ostinato.worker.catalog import Catalog
from ostinato.worker.decider import Decider, Stickiness
from ostinato.worker.guard import Guard, GuardMode
from ostinato.worker.lane import Lane
from ostinato.worker.lines import Lines
from ostinato.worker.middleware import DecisionMiddleware
from ostinato.worker.notices import Watch
from ostinato.worker.replays import KeptReplays
from ostinato.worker.service import process_identity
from ostinato.worker.sticky import StickyDecider, own_task_list
from ostinato.worker.watchdog import Watchdog


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSettings:
    """How decisions are made.

    Args:
        domain: the domain.
        task_lists: the task lists to serve; those that the workflows name, if there are none.
        lane: the suffix of the lane to serve; empty for none.
        single: the name of the lane's only task list; empty if it has those that definitions name.
        kept_replays: how many replays are kept; 0 for none, and then nothing is sticky.
        kept_bytes: how many bytes they may take, by estimate.
        sticky_timeout: whole seconds after which another process takes over what this one has kept.
        checked: how often a kept replay is compared with a fresh one: each so manieth decision; 0 for never.
        guard: what is done where workflow code does what no replay can repeat, by the name of a `GuardMode`.
    """

    domain: str
    task_lists: tuple[str, ...] = ()
    lane: str = ""
    single: str = ""
    kept_replays: int = 1000
    kept_bytes: int = 512 << 20
    sticky_timeout: int = 5
    checked: int = 1000
    guard: str = "warning"


class DecisionService:
    """Serves the decision task lists of a catalog."""

    def __init__(
        self,
        lines: Lines,
        settings: DecisionSettings,
        catalog: Catalog,
        *,
        watch: Watch,
        payloads: Payloads = PLAIN,
        middleware: Sequence[DecisionMiddleware] = (),
    ) -> None:
        lane = Lane(settings.lane, settings.single)
        shared = sorted({lane.name(name) for name in settings.task_lists or catalog.decision_task_lists})
        own = own_task_list(shared[0]) if settings.kept_replays and settings.sticky_timeout else None
        self._lines = lines
        self._kept = KeptReplays(count=settings.kept_replays, size=settings.kept_bytes)
        identity = process_identity()
        decider = Decider(
            lines,
            domain=settings.domain,
            task_list=shared[0],
            catalog=catalog,
            converter=payloads,
            lane=lane if settings.lane else None,
            kept_replays=self._kept,
            stickiness=Stickiness(own, settings.sticky_timeout, settings.checked) if own else None,
            middleware=middleware,
            guard=Guard(GuardMode(settings.guard)),
            watchdog=Watchdog(),
            watch=watch,
            identity=identity,
        )
        self._serving = StickyDecider(
            lines,
            domain=settings.domain,
            task_lists=[*shared, *([own] if own else [])],
            decider=decider,
            identity=identity,
            watch=watch,
        )
        self._thread = threading.Thread(target=self._serving.run, name="ostinato decisions", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def drain(self, grace: float) -> bool:
        """Poll no more, and answer what is here; False if that took longer than so many seconds."""
        self._serving.stop()
        self._lines.hang_up()
        self._thread.join(grace)
        return not self._thread.is_alive()

    def gauges(self) -> dict[str, float]:
        """How many replays are kept, and what they take."""
        return {"kept_replays": len(self._kept), "kept_replay_bytes": self._kept.taken_bytes}
