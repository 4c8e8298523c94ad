"""The live view of a run, on a terminal."""

import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live as RichLive
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from ostinato.cli.display import next_attempt, summarize
from ostinato.cli.printable import lines_of, one_line
from ostinato.cli.progress import AwaitedSignal, Misfortune, Progress, words_for
from ostinato.client.tasks import Change, TaskKind, TaskState

ROWS = 12
"""Open things that are shown; the rest is counted."""

_FRAMES_PER_SECOND = 8


class Live:
    """Redraws what is open, with its times, below the lines that were told."""

    def __init__(self, title: str, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._title = title
        self._begun_at = time.time()
        self._spinner = Spinner("dots", style="cyan")
        self._progress: Progress | None = None
        self._waits: tuple[str, ...] = ()
        self._is_aside = False
        self._live = self._started()

    def _started(self) -> RichLive:
        live = RichLive(
            get_renderable=self._render,
            console=self._console,
            refresh_per_second=_FRAMES_PER_SECOND,
            transient=True,
        )
        live.start()
        return live

    def note(self, text: str) -> None:
        """Write a line above the view."""
        self._console.print(Text(lines_of(text)))

    def show(self, progress: Progress, news: Sequence[Misfortune], waits: Iterable[str]) -> None:
        """Change what is drawn."""
        if self._is_aside:
            # A new one: the former would draw over what was written meanwhile.
            self._is_aside, self._live = False, self._started()
        for misfortune in news:
            again = f"; {next_attempt(misfortune.again)}" if misfortune.again is not None else ""
            name = (misfortune.name, (f" {misfortune.task_id} ", "dim"))
            self._console.print(Text.assemble(("✗ ", "red"), *name, f"{one_line(misfortune.what)}{again}"))
        self._progress, self._waits = progress, tuple(waits)

    @contextmanager
    def aside(self) -> Generator[None]:
        """Take the view away, until something is shown again."""
        self._live.stop()
        yield
        self._is_aside = True

    def close(self) -> None:
        """Take the view away."""
        self._is_aside = False
        self._live.stop()

    def _render(self) -> RenderableType:
        head = Table.grid(padding=(0, 1))
        head.add_row(self._spinner, Text(self._title, style="bold"), Text(_span(time.time() - self._since()), "dim"))
        progress = self._progress
        if progress is None:
            return head
        rows = Table.grid(padding=(0, 2))
        opened = list(progress.family(_rank))
        for relative in opened[:ROWS]:
            sign, name, state = _row(relative.thing)
            rows.add_row(Text.assemble("  " * relative.depth, sign), name, state)
        for what in self._waits:
            rows.add_row(Text("  …", "yellow"), Text("waits for"), Text(what, "yellow"))
        if len(opened) > ROWS:
            rows.add_row("", Text(f"and {len(opened) - ROWS} more", "dim"), "")
        summary = Text(f"  {summarize(progress, ())}", "dim")
        return Group(head, rows, summary) if rows.row_count else Group(head, summary)

    def _since(self) -> float:
        return self._progress.started_at if self._progress and self._progress.started_at else self._begun_at


def _rank(change: Change) -> tuple[int, float]:
    """What is about to be tried again first, then what runs, then what waits; each in its order."""
    task, attempt = change.task, change.attempt
    match task.kind, attempt.state:
        case TaskKind.TIMER, _:
            return (3 if task.pause is None else 0), task.fires_at or 0.0
        case TaskKind.CHILD, _:
            return 2, attempt.scheduled_at
        case _, TaskState.STARTED:
            return 1, attempt.started_at or 0.0
        case _:
            return 4, attempt.scheduled_at


def _row(thing: Change | AwaitedSignal) -> tuple[Text, Text, Text]:
    now = time.time()
    if isinstance(thing, AwaitedSignal):
        return Text("  …", "yellow"), Text("waits for"), Text(f"signal {thing.name!r}", "yellow")
    task, attempt = thing.task, thing.attempt
    match task.kind, attempt.state:
        case TaskKind.TIMER, _ if task.pause is not None:
            wait = f"attempt {task.pause.attempt} in {_span((task.fires_at or now) - now)}"
            why = f" after {one_line(words_for(task.pause.task))}" if task.pause.task is not None else ""
            return Text("  ↻", "red"), Text(task.pause.task_id), Text(f"{wait}{why}", "red")
        case TaskKind.TIMER, _:
            return Text("  ◷", "blue"), Text(task.id), Text(f"{_span((task.fires_at or now) - now)} left", "blue")
        case TaskKind.CHILD, _:
            since = _span(now - attempt.scheduled_at)
            return Text("  ↳", "cyan"), Text(task.id), Text(f"child, for {since}", "cyan")
        case ((TaskKind.SIGNAL | TaskKind.CANCEL), _):
            return Text("  →", "dim"), Text(task.id), Text(f"{task.kind.value} on its way", "dim")
        case _, TaskState.STARTED:
            again = f", attempt {attempt.number}" if attempt.number > 1 else ""
            runs = f"runs for {_span(now - (attempt.started_at or now))}{again}"
            return Text("  ▶", "green"), Text(task.id), Text(runs, "green")
        case _:
            return Text("  ·", "dim"), Text(task.id), Text("waits for a worker", "dim")


def _span(seconds: float) -> str:
    """A time in few characters."""
    whole = max(round(seconds), 0)
    if whole < 60:  # noqa: PLR2004
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes}:{rest:02} min"
    return f"{minutes // 60}:{minutes % 60:02} h"
