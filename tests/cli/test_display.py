import io
from pathlib import Path

from rich.console import Console

from ostinato.cli.display import SUMMARY_SECONDS, Lines, summarize
from ostinato.cli.live import Live
from ostinato.cli.progress import Misfortune, OpenActivity, OpenChild, OpenRetry, OpenTimer, Progress
from ostinato.model.fields import EventId

BUSY = Progress(
    finished=3,
    open={
        EventId(5): OpenActivity("a-1", "charge", 2, 1.0, 2.0),
        EventId(6): OpenActivity("a-2", "charge", 1, 1.0),
        EventId(7): OpenTimer("timer-1", 10.0),
        EventId(8): OpenRetry("a-3", 2, 10.0, 15.0, "OSError: gone"),
        EventId(9): OpenChild("child-1", "ship", 5.0),
    },
)


def test_a_summary_counts_what_is_open() -> None:
    """One line says where an execution is, also what it waits for."""
    said = summarize(BUSY, ["signal 'go'"])

    assert said == "3 finished, 1 running, 1 queued, 1 retry, 1 timer, 1 child, waits for signal 'go'"


def test_lines_tell_what_failed_at_once_and_the_rest_now_and_then() -> None:
    """A log of a long run stays short: the same summary is not told twice."""
    now = 0.0
    stream = io.StringIO()
    lines = Lines(stream, clock=lambda: now)

    at_once = OpenRetry("a-9", 2, 10.0, 10.0, "")
    lines.show(BUSY, [Misfortune("a-8", "charge", "OSError: gone", None)], ())
    lines.show(BUSY, [Misfortune("a-9", "charge", "OSError: gone", None, at_once)], ())
    for _ in range(3):
        now += SUMMARY_SECONDS
        lines.show(BUSY, (), ())

    assert stream.getvalue().splitlines() == [
        "charge (a-8): OSError: gone",
        "charge (a-9): OSError: gone; attempt 2 at once",
        summarize(BUSY, ()),
    ]


def test_the_live_view_shows_each_open_thing() -> None:
    """What runs, what waits and on what, and what is tried again."""
    stream = io.StringIO()
    live = Live("order-7", Console(file=stream, force_terminal=True, width=100))

    again = OpenRetry("a-9", 3, 10.0, 17.0, "timed out (HEARTBEAT)")
    live.show(BUSY, [Misfortune("a-9", "charge", "timed out (HEARTBEAT)", None, again)], ["signal 'go'"])
    live.note("a note")
    live.close()

    shown = stream.getvalue()
    for text in ("order-7", "a-1", "a-2", "waits for a worker", "timer-1", "attempt 2 in", "child-1", "signal 'go'"):
        assert text in shown
    assert "timed out (HEARTBEAT); attempt 3 in 7 s" in shown
    assert "a note" in shown


def test_a_crowd_is_cut_to_what_fits() -> None:
    """Ten thousand activities do not scroll the terminal away."""
    stream = io.StringIO()
    crowd = Progress(open={EventId(n): OpenActivity(f"a-{n}", "charge", 1, float(n)) for n in range(1, 10_001)})
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
