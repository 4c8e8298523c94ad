"""Shows on stderr how a run goes: live on a terminal, in sparse lines elsewhere, or not at all."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Protocol, TextIO

from ostinato.cli.printable import lines_of, one_line
from ostinato.cli.progress import Again, Misfortune, Progress
from ostinato.client.tasks import Change, TaskKind, TaskState

SUMMARY_SECONDS = 10.0
"""How often lines tell that a run goes on."""


class Display(Protocol):
    """Shows how a run goes."""

    def note(self, text: str) -> None:
        """Tell something, once."""
        ...

    def show(self, progress: Progress, news: Sequence[Misfortune], waits: Iterable[str]) -> None:
        """Show where the execution is.

        Args:
            progress: what is open and what is finished.
            news: what did not end well since the last time.
            waits: what the code waits for beyond that, in words.
        """
        ...

    def aside(self) -> AbstractContextManager[object]:
        """Show nothing for a while, so that something else may write on the terminal."""
        ...

    def close(self) -> None:
        """Show no more; what was shown last may stay."""
        ...


class Quiet:
    """Shows nothing."""

    def note(self, text: str) -> None:
        """Tell nothing."""

    def show(self, progress: Progress, news: Sequence[Misfortune], waits: Iterable[str]) -> None:
        """Show nothing."""

    def aside(self) -> AbstractContextManager[object]:
        """Nothing is shown anyway."""
        return nullcontext()

    def close(self) -> None:
        """Do nothing."""


class Lines:
    """Writes a line for what did not end well, and now and then one for all the rest."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._next_summary = clock() + SUMMARY_SECONDS
        self._last_summary = ""

    def note(self, text: str) -> None:
        """Write a line, if somebody reads it: the run is not about that."""
        with suppress(OSError):
            self._stream.write(f"{lines_of(text)}\n")
            self._stream.flush()

    def show(self, progress: Progress, news: Sequence[Misfortune], waits: Iterable[str]) -> None:
        """Write what is new."""
        for misfortune in news:
            self.note(_told(misfortune))
        if self._clock() >= self._next_summary:
            self._next_summary = self._clock() + SUMMARY_SECONDS
            summary = summarize(progress, waits)
            if summary != self._last_summary:
                self._last_summary = summary
                self.note(summary)

    def aside(self) -> AbstractContextManager[object]:
        """Lines disturb nobody."""
        return nullcontext()

    def close(self) -> None:
        """Nothing is left to do."""


def _told(misfortune: Misfortune) -> str:
    again = f"; {next_attempt(misfortune.again)}" if misfortune.again is not None else ""
    return f"{misfortune.name} ({misfortune.task_id}): {one_line(misfortune.what)}{again}"


def next_attempt(again: Again) -> str:
    """Which attempt follows after how long, as it was decided."""
    return f"attempt {again.attempt} in {again.wait:.0f} s" if again.wait else f"attempt {again.attempt} at once"


def summarize(progress: Progress, waits: Iterable[str]) -> str:
    """One line on where the execution is."""
    counts = Counter(map(_class_of, progress.open.values()))
    parts = [
        f"{progress.finished} finished",
        _counted(counts["running"], "running", "running"),
        _counted(counts["queued"], "queued", "queued"),
        _counted(counts["retry"], "retry", "retries"),
        _counted(counts["timer"], "timer", "timers"),
        _counted(counts["child"], "child", "children"),
        _counted(counts["signal"], "signal", "signals"),
        _counted(counts["cancel request"], "cancel request", "cancel requests"),
        *(f"waits for {what}" for what in waits),
    ]
    return ", ".join(part for part in parts if part)


def _class_of(change: Change) -> str:
    """What something open is counted as."""
    match change.task.kind:
        case TaskKind.ACTIVITY | TaskKind.LAMBDA:
            return "running" if change.attempt.state is TaskState.STARTED else "queued"
        case TaskKind.TIMER if change.task.pause is not None:
            return "retry"
        case kind:
            word: str = kind.value
            return word


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}" if count else ""


def open_display(title: str, *, is_quiet: bool) -> Display:
    """The display that fits stderr."""
    if is_quiet:
        return Quiet()
    if not sys.stderr.isatty():
        return Lines(sys.stderr)
    from ostinato.cli.live import Live  # noqa: PLC0415  # rich is slow to import, and scripts do without

    return Live(title)
