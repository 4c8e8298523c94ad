"""Breaks off decisions whose time is up: workflow code that computes, or loops, and never waits.

SWF does not take such a decision any more, and all other workflows of the decider stand still meanwhile.
"""

import logging
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from ostinato.errors import NotDurableError
from ostinato.replay.strands import author_frame, source_line

T = TypeVar("T")

logger = logging.getLogger(__name__)

PATIENCE = 5.0
"""So many seconds are given to code that is broken off, before it is told of, and broken off again."""

_NEVER = float("inf")


class _BrokenOffError(BaseException):
    """Raised within code whose time is up: no `except Exception` may stop it."""


class _Decision:
    """One that is being made: in which thread, and until when."""

    __slots__ = ("acting", "due", "is_over", "place", "seconds", "thread", "times")

    def __init__(self, thread: int, seconds: float) -> None:
        self.thread = thread
        self.seconds = seconds
        self.due = time.monotonic() + seconds
        self.is_over = False
        self.acting = threading.Lock()
        """Held while it is broken off."""
        self.times = 0
        """How often it was broken off."""
        self.place = ""
        """Where the code was the first time."""

    def end(self) -> bool:
        """It is made; gives whether it was broken off. Nothing is raised within its thread after this."""
        self.is_over = True
        try:  # noqa: SIM105  # `suppress` is in Python, where it may be raised as well
            self.acting.acquire()  # nobody takes it again
        except _BrokenOffError:
            pass
        return self.times > 0

    def break_off(self) -> None:
        """Raise within its thread, unless it is over."""
        if not self.acting.acquire(blocking=False):
            return
        try:
            if not self.is_over:
                self._raise_within()
        finally:
            self.acting.release()

    def _raise_within(self) -> None:
        place = _place(self.thread)
        if not self.times:
            self.place = place
        else:
            spent = self.seconds + self.times * PATIENCE
            logger.error("A decision cannot be broken off after %g s, and holds up all others: %s", spent, place)
        self.times += 1
        import ctypes  # noqa: PLC0415  # hardly ever needed

        # By Python's documentation this is the way to raise in another thread.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), ctypes.py_object(_BrokenOffError))


class Watchdog:
    """Watches how long decisions take. Safe to use from several threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._decisions: set[_Decision] = set()
        self._thread: threading.Thread | None = None
        self._wakes_at = _NEVER
        self._is_stopped = False

    def run(self, decide: Callable[[], T], seconds: float | None) -> T:
        """What `decide` gives, if it does within so many seconds; None is for ever.

        Raises:
            NotDurableError: it was broken off.
        """
        if seconds is None:
            return decide()
        decision = _Decision(threading.get_ident(), max(seconds, 1.0))
        self._begin(decision)
        try:
            return decide()
        finally:
            try:
                is_broken_off = decision.end()
            except _BrokenOffError:  # raised just now
                is_broken_off = decision.end()
            self._decisions.discard(decision)
            if is_broken_off:
                # In place of what its code may have made of the interruption, which is not the author's to see.
                raise NotDurableError(
                    where=decision.place,
                    found=f"workflow code ran on for {decision.seconds:g} s, the time-out of its decision",
                    hint="Do what takes long in activities, and let loops wait: ostinato.sleep(), wait_signal()",
                ) from None

    def stop(self) -> None:
        """Watch no more."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify()

    def _begin(self, decision: _Decision) -> None:
        with self._changed:
            self._decisions.add(decision)
            if decision.due < self._wakes_at:
                self._wakes_at = decision.due
                if self._thread is None and not self._is_stopped:
                    self._thread = threading.Thread(target=self._watch, name="ostinato watchdog", daemon=True)
                    self._thread.start()
                else:
                    self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._is_stopped:
                now = time.monotonic()
                decisions = tuple(self._decisions)
                for decision in decisions:
                    if decision.due <= now:
                        decision.break_off()
                        decision.due = now + PATIENCE
                self._wakes_at = min((decision.due for decision in decisions), default=_NEVER)
                self._changed.wait(None if self._wakes_at == _NEVER else self._wakes_at - now)


def _place(thread: int) -> str:
    """Where the author's code is in that thread."""
    innermost = sys._current_frames().get(thread)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    found = author_frame(innermost)
    return "" if found is None else source_line(found[1], found[0].f_lineno)
