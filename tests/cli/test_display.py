import io
from pathlib import Path

from rich.console import Console

from ostinato.cli.display import SUMMARY_SECONDS, Lines, summarize
from ostinato.cli.live import Live
from ostinato.cli.progress import Again, Misfortune, Progress
from ostinato.client.tasks import Attempt, Change, Pause, Task, TaskKind, TaskState
from ostinato.model.fields import EventId


def opened(  # noqa: PLR0917
    kind: TaskKind,
    id_: str,
    place: int,
    started_at: float | None = None,
    number: int = 1,
    fires_at: float | None = None,
    pause: Pause | None = None,
) -> dict[EventId, Change]:
    """What an event at its place opened."""
    state = TaskState.SCHEDULED if started_at is None else TaskState.STARTED
    task = Task(kind, id_, "charge", fires_at=fires_at, pause=pause)
    task.attempts.append(Attempt(number, EventId(place), float(place), state, started_at))
    return {EventId(place): Change(task, task.last)}


TRIED = Task(TaskKind.ACTIVITY, "a-3", "charge")
TRIED.attempts.append(Attempt(1, EventId(1), 1.0, TaskState.FAILED, reason="OSError: gone"))

BUSY = Progress(
    finished=3,
    open={
        **opened(TaskKind.ACTIVITY, "a-1", 5, 2.0, number=2),
        **opened(TaskKind.ACTIVITY, "a-2", 6),
        **opened(TaskKind.TIMER, "timer-1", 7, fires_at=10.0),
        **opened(TaskKind.TIMER, "__ostinato_retry-a-3-2", 8, fires_at=15.0, pause=Pause("a-3", 2, TRIED)),
        **opened(TaskKind.CHILD, "child-1", 9, 9.0),
        **opened(TaskKind.SIGNAL, "order-8", 10),
    },
)


def test_a_summary_counts_what_is_open() -> None:
    """One line says where an execution is, also what it waits for."""
    said = summarize(BUSY, ["signal 'go'"])

    assert said == "3 finished, 1 running, 1 queued, 1 retry, 1 timer, 1 child, 1 signal, waits for signal 'go'"


def test_lines_tell_what_failed_at_once_and_the_rest_now_and_then() -> None:
    """A log of a long run stays short: the same summary is not told twice."""
    now = 0.0
    stream = io.StringIO()
    lines = Lines(stream, clock=lambda: now)

    lines.show(BUSY, [Misfortune("a-8", "charge", "OSError: gone", None)], ())
    lines.show(BUSY, [Misfortune("a-9", "charge", "OSError: gone\n\x1b[31mred", None, Again(2, 0.0))], ())
    for _ in range(3):
        now += SUMMARY_SECONDS
        lines.show(BUSY, (), ())

    assert stream.getvalue().splitlines() == [
        "charge (a-8): OSError: gone",
        "charge (a-9): OSError: gone⏎\N{REPLACEMENT CHARACTER}[31mred; attempt 2 at once",
        summarize(BUSY, ()),
    ]


def test_the_live_view_shows_each_open_thing() -> None:
    """What runs, what waits and on what, and what is tried again."""
    stream = io.StringIO()
    live = Live("order-7", Console(file=stream, force_terminal=True, width=100))

    live.show(BUSY, [Misfortune("a-9", "charge", "timed out (HEARTBEAT)", None, Again(3, 7.0))], ["signal 'go'"])
    live.note("a note")
    live.close()

    shown = stream.getvalue()
    for text in ("order-7", "a-1", "a-2", "waits for a worker", "timer-1", "child-1", "order-8", "signal 'go'"):
        assert text in shown
    assert "attempt 2 in 0 s after OSError: gone" in shown
    assert "timed out (HEARTBEAT); attempt 3 in 7 s" in shown
    assert "a note" in shown


def test_a_crowd_is_cut_to_what_fits() -> None:
    """Ten thousand activities do not scroll the terminal away."""
    stream = io.StringIO()
    crowd = Progress()
    for number in range(1, 10_001):
        crowd.open |= opened(TaskKind.ACTIVITY, f"a-{number}", number)
    live = Live("crowd", Console(file=stream, force_terminal=True, width=100))

    live.show(crowd, (), ())
    live.close()

    assert "and 9988 more" in stream.getvalue()


def test_what_is_written_aside_stays(tmp_path: Path) -> None:
    """The view is taken away before, and comes back below: it does not draw over the lines."""
    path = tmp_path / "screen"
    with path.open("w") as stream:
        live = Live("order-7", Console(file=stream, force_terminal=True, width=100))
        live.show(BUSY, (), ())
        with live.aside():
            stream.write("the result\n")
        live.show(BUSY, (), ())
        live.close()

    before, after = path.read_text().split("the result\n")
    assert "a-1" in before
    assert "\x1b[1A" not in after.partition("order-7")[0], "the cursor goes up over what was written"
    assert "a-1" in after


def test_a_view_that_was_closed_stays_closed() -> None:
    """Though something may be shown later, as when a run is interrupted."""
    stream = io.StringIO()
    live = Live("order-7", Console(file=stream, force_terminal=True, width=100))
    with live.aside():
        pass
    live.close()
    before = stream.getvalue()
    live.show(BUSY, (), ())
    live.close()

    assert stream.getvalue() == before
