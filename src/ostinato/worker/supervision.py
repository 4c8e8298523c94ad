"""The supervisor of deciders and activity workers: starts them, replaces those that die, and ends them in order.

It runs no code of the program's and talks to no service, so it has no reason to die.
"""

import logging
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ostinato.worker.calls import Backoff
from ostinato.worker.children import SERVING, Child
from ostinato.worker.titles import set_title

if TYPE_CHECKING:
    from types import FrameType

logger = logging.getLogger(__name__)

TICK = 0.1
"""Seconds between two looks at the children."""

STEADY_SECONDS = 30.0
"""How long a child has to live for its next one not to wait."""

_BEYOND_GRACE = 5.0
"""Seconds after its grace that a child has to be gone by itself."""

_WATCH_SECONDS = 1.0

UNUSABLE = 2
"""The exit code of a child that cannot be started with these settings."""


class Ended(Enum):
    """How a supervisor came to its end."""

    DRAINED = "all children ended by themselves"
    CUT_SHORT = "something did not end within its grace"
    LEFT = "a second interrupt"
    UNUSABLE = "no child can be started with these settings"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the supervisor knows: for `/health` and `/metrics`. `wanted` is how many children there should be."""

    wanted: int
    serving: int
    is_draining: bool
    restarts: int
    counters: Mapping[str, int]
    gauges: Mapping[str, float]
    pids: tuple[int, ...]

    @property
    def is_healthy(self) -> bool:
        """Whether all children serve."""
        return not self.is_draining and self.serving == self.wanted


class _Slot:
    """The place of one child."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.child: Child | None = None
        self.started_at = 0.0
        self.starts_at = 0.0
        self.backoff = Backoff()


@dataclass(slots=True)
class _Retiring:
    """A child that was told to end, and when its patience is over."""

    child: Child
    deadline: float


class Supervisor:
    """Keeps children running until a signal.

    SIGTERM and SIGINT drain; a second one of these leaves at once. SIGHUP replaces all children: their successors are
    started first.

    Args:
        name: for titles and messages.
        start: starts the child of a slot.
        count: how many children.
        grace: seconds in which a child that was told to end should have.
        reloads: whether to replace the children when a file that they were made of changes.
    """

    def __init__(
        self, name: str, *, start: Callable[[int], Child], count: int, grace: float, reloads: bool = False
    ) -> None:
        self._name = name
        self._start = start
        self._grace = grace
        self._reloads = reloads
        self._slots = [_Slot(number) for number in range(count)]
        self._retiring: list[_Retiring] = []
        self._past: Counter[str] = Counter()
        self._restarts = 0
        self._interrupts = 0
        self._has_hung_up = False
        self._has_served = False
        self._is_draining = False
        self._ended: Ended | None = None
        self._mtimes: dict[str, float] = {}
        self._watched_at = 0.0

    def stop(self) -> None:
        """Drain, as SIGTERM does. May be called from any thread, and by signal handlers."""
        self._interrupts += 1

    @property
    def has_failed(self) -> bool:
        """Whether its children cannot be started with these settings."""
        return self._ended is Ended.UNUSABLE

    def handle_signals(self) -> Callable[[], None]:
        """Take SIGTERM, SIGINT and SIGHUP from now on; gives what undoes that."""

        def interrupted(_number: int, _frame: "FrameType | None") -> None:
            self.stop()

        def hung_up(_number: int, _frame: "FrameType | None") -> None:
            self._has_hung_up = True

        handlers = {signal.SIGTERM: interrupted, signal.SIGINT: interrupted, signal.SIGHUP: hung_up}
        former: dict[signal.Signals, Any] = {number: signal.signal(number, h) for number, h in handlers.items()}

        def undo() -> None:
            for number, handler in former.items():
                signal.signal(number, handler)

        return undo

    def run(self) -> Ended:
        """Keep the children running until the end, and say how it came. No child is left."""
        try:
            while not self._is_over():
                self._look()
                time.sleep(TICK)
            return self._ended or Ended.DRAINED
        finally:
            for child in self._children():
                child.kill()
                child.forget()

    def snapshot(self) -> Snapshot:
        """What is known now."""
        children = [slot.child for slot in self._slots if slot.child is not None]
        counters = Counter(self._past)
        gauges: dict[str, float] = {}
        for child in (*children, *(retiring.child for retiring in tuple(self._retiring))):
            counters.update(child.status.counters)
            for name, value in child.status.gauges.items():
                gauges[name] = gauges.get(name, 0.0) + value
        return Snapshot(
            wanted=len(self._slots),
            serving=sum(child.status.state == SERVING for child in children),
            is_draining=self._is_draining,
            restarts=self._restarts,
            counters=MappingProxyType(dict(counters)),
            gauges=MappingProxyType(gauges),
            pids=tuple(child.pid for child in children),
        )

    # Looks.

    def _is_over(self) -> bool:
        if self._ended is Ended.LEFT or self._ended is Ended.UNUSABLE:
            return True
        return self._is_draining and not self._retiring

    def _children(self) -> list[Child]:
        return [
            *(slot.child for slot in self._slots if slot.child is not None),
            *(retiring.child for retiring in self._retiring),
        ]

    def _look(self) -> None:
        now = time.monotonic()
        if self._interrupts:
            self._drain(now)
        elif self._has_hung_up or (self._reloads and self._has_changed(now)):
            self._has_hung_up = False
            self._reload(now)
        for slot in self._slots:
            if not self._is_draining:
                self._tend(slot, now)
        for retiring in tuple(self._retiring):
            self._await(retiring, now)
        serving = sum(slot.child is not None and slot.child.status.state == SERVING for slot in self._slots)
        set_title(f"{self._name}: {'draining' if self._is_draining else f'{serving} of {len(self._slots)} serve'}")

    def _drain(self, now: float) -> None:
        if self._is_draining:
            if self._interrupts > 1:
                self._ended = Ended.LEFT
            return
        self._is_draining = True
        logger.info("%s: draining for up to %g s; once more leaves at once", self._name, self._grace)
        for slot in self._slots:
            self._retire(slot, now)

    def _reload(self, now: float) -> None:
        logger.info("%s: reloading", self._name)
        for slot in self._slots:
            former, slot.child = slot.child, None
            slot.starts_at = 0.0
            self._tend(slot, now)
            if former is not None:
                self._tell_to_end(former, now)

    def _retire(self, slot: _Slot, now: float) -> None:
        child, slot.child = slot.child, None
        if child is not None:
            self._tell_to_end(child, now)

    def _tell_to_end(self, child: Child, now: float) -> None:
        child.send(signal.SIGTERM)
        self._retiring.append(_Retiring(child, now + self._grace + _BEYOND_GRACE))

    def _await(self, retiring: _Retiring, now: float) -> None:
        child = retiring.child
        child.listen()
        code = child.exit_code()
        if code is None and now > retiring.deadline:
            logger.warning("%s: process %d did not end within its grace and is killed", self._name, child.pid)
            child.kill()
            code = child.exit_code()
        if code is None:
            return
        # One that was told to end before it could take signals had begun nothing.
        if code != 0 and (child.has_served or code != -signal.SIGTERM):
            self._ended = Ended.CUT_SHORT if self._is_draining else self._ended
        self._retiring.remove(retiring)
        self._forget(child)

    def _forget(self, child: Child) -> None:
        child.forget()
        self._past.update(child.status.counters)

    def _tend(self, slot: _Slot, now: float) -> None:
        child = slot.child
        if child is None:
            if now >= slot.starts_at:
                slot.child, slot.started_at = self._start(slot.number), now
            return
        child.listen()
        self._has_served = self._has_served or child.has_served
        code = child.exit_code()
        if code is not None:
            slot.child = None
            self._forget(child)
            self._replace(slot, child, code, now)

    def _replace(self, slot: _Slot, child: Child, code: int, now: float) -> None:
        if code == UNUSABLE and not self._has_served:
            self._ended = Ended.UNUSABLE
            return
        if now - slot.started_at > STEADY_SECONDS:
            slot.backoff.reset()
        wait = slot.backoff.take()
        slot.starts_at = now + wait
        self._restarts += 1
        how = f"exited with code {code}" if code >= 0 else f"was killed by {_signal_name(-code)}"
        logger.error("%s: process %d %s; another is started in %.1f s", self._name, child.pid, how, wait)

    def _has_changed(self, now: float) -> bool:
        """Whether a file that the children were made of is not what it was."""
        if now - self._watched_at < _WATCH_SECONDS:
            return False
        self._watched_at = now
        changed = False
        for file in {file for child in self._children() for file in child.files}:
            try:
                mtime = Path(file).stat().st_mtime
            except OSError:
                continue
            changed = changed or self._mtimes.get(file, mtime) != mtime
            self._mtimes[file] = mtime
        return changed


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
