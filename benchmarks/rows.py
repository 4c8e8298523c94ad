"""Rows: what is measured, how much, how often. A contestant takes part in a row if it has a script of its name."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.figures import Figure, Unit, detail, rate, seconds


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of work; `name` is also the name of the contestants' scripts."""

    name: str
    work: str
    size: int
    quick_size: int
    figures: tuple[Figure, ...]
    repetitions: int = 5
    quick_repetitions: int = 1

    def repetition_count(self, *, quick: bool) -> int:
        """Give how often each contestant runs."""
        return self.quick_repetitions if quick else self.repetitions

    def size_of(self, *, quick: bool) -> int:
        """Give how much one repetition does."""
        return self.quick_size if quick else self.size


ROWS: tuple[Row, ...] = (
    Row(
        name="sequential_activities",
        work="{size:,} activities one after the other, one workflow, in one process",
        size=1000,
        quick_size=100,
        figures=(Figure("", Unit.PER_SECOND, rate, wanted=1500),),
    ),
    Row(
        name="parallel_activities",
        work="{size:,} activities side by side, one workflow",
        size=1000,
        quick_size=100,
        figures=(Figure("", Unit.PER_SECOND, rate, wanted=4000),),
    ),
    Row(
        name="short_workflows",
        work="{size:,} workflows of one activity",
        size=500,
        quick_size=50,
        figures=(Figure("", Unit.PER_SECOND, rate, wanted=1000),),
    ),
    Row(
        name="latency",
        work="one-activity workflow, start to result, of {size:,}",
        size=500,
        quick_size=50,
        figures=(
            Figure("p50", Unit.MILLISECONDS, seconds, wanted=0.0015),
            Figure("p95", Unit.MILLISECONDS, detail("p95_seconds")),
        ),
        repetitions=3,
    ),
    Row(
        name="inline_steps",
        work="{size:,} inline steps",
        size=1000,
        quick_size=100,
        figures=(Figure("", Unit.PER_SECOND, rate, wanted=10_000),),
    ),
    Row(
        name="fresh_replay",
        work="fresh replay of {size:,} finished activities",
        size=1000,
        quick_size=100,
        figures=(
            Figure("one after the other", Unit.MILLISECONDS, seconds, wanted=0.012),
            Figure("side by side", Unit.MILLISECONDS, detail("parallel_seconds"), wanted=0.012),
            Figure("one after the other, from JSON", Unit.MILLISECONDS, detail("json_seconds")),
            Figure("one after the other, from the log", Unit.MILLISECONDS, detail("log_seconds")),
        ),
    ),
    Row(
        name="whole_life_replay",
        work="whole-life replay CPU, {size:,} sequential activities",
        size=1000,
        quick_size=200,
        figures=(Figure("", Unit.SECONDS, seconds, wanted=0.3),),
        repetitions=3,
    ),
    Row(
        name="decision_cost",
        work="replay for one decision at {size:,} events of history",
        size=25_000,
        quick_size=2_500,
        figures=(
            Figure("", Unit.MICROSECONDS, seconds),
            Figure("beside one at 100 events", Unit.TIMES, detail("times"), wanted=1.2),
        ),
        repetitions=3,
    ),
    Row(
        name="long_history",
        work="schedule → poll → run → complete of one activity at {size:,} events of history",
        size=24_000,
        quick_size=2_400,
        figures=(
            Figure("", Unit.MILLISECONDS, seconds),
            Figure("beside one at 100 events", Unit.TIMES, detail("times"), wanted=1.2),
        ),
        repetitions=3,
    ),
    Row(
        name="start",
        work="a new process, median of {size:,}",
        size=7,
        quick_size=1,
        figures=(
            Figure("import", Unit.MILLISECONDS, seconds, wanted=0.060),
            Figure("command --help", Unit.MILLISECONDS, detail("help_seconds"), wanted=0.120),
        ),
        repetitions=3,
    ),
    Row(
        name="memory",
        work="memory of an open execution",
        size=100_000,
        quick_size=2_000,
        figures=(
            Figure("in the engine, of {size:,}", Unit.KIBIBYTES, detail("open_bytes")),
            Figure("its replay, kept, `def`", Unit.KIBIBYTES, detail("cached_bytes")),
            Figure("its replay, kept, `async def`", Unit.KIBIBYTES, detail("cached_async_bytes")),
            Figure("its replay, kept, after 1,000 activities", Unit.KIBIBYTES, detail("cached_long_bytes")),
        ),
        repetitions=1,
    ),
    Row(
        name="recovery",
        work="engine start with {size:,} open executions",
        size=20_000,
        quick_size=1_000,
        figures=(
            Figure("", Unit.MILLISECONDS, seconds),
            Figure("at a tenth of them", Unit.MILLISECONDS, detail("tenth_seconds")),
        ),
        repetitions=3,
    ),
    Row(
        name="server_requests",
        work="{size:,} executions started over HTTP by 32 clients at once",
        size=5000,
        quick_size=300,
        figures=(
            Figure("", Unit.PER_SECOND, rate),
            Figure("p99", Unit.MILLISECONDS, detail("p99_seconds")),
            Figure("p50 of a client alone", Unit.MILLISECONDS, detail("alone_seconds"), wanted=0.008),
        ),
        repetitions=3,
    ),
    Row(
        name="server_activities",
        work="{size:,} activities over HTTP, in workflows of 50",
        size=1000,
        quick_size=200,
        figures=(Figure("", Unit.PER_SECOND, rate, wanted=1000),),
        repetitions=3,
    ),
    Row(
        name="wire_activities",
        work="{size:,} activities side by side, one workflow, through a server and worker processes",
        size=1000,
        quick_size=100,
        figures=(Figure("", Unit.PER_SECOND, rate, wanted=1000),),
    ),
    Row(
        name="wire_latency",
        work="one-activity workflow, start to result, through a server and worker processes, of {size:,}",
        size=300,
        quick_size=30,
        figures=(
            Figure("p50", Unit.MILLISECONDS, seconds, wanted=0.008),
            Figure("p95", Unit.MILLISECONDS, detail("p95_seconds")),
        ),
        repetitions=3,
    ),
    Row(
        name="wire_decisions",
        work="a decision after {size:,} activities one after the other, through a server and a decider process",
        size=300,
        quick_size=30,
        figures=(
            Figure("", Unit.MILLISECONDS, seconds),
            Figure("the same at 100 events", Unit.MILLISECONDS, detail("short_seconds")),
            Figure("none kept (not sticky)", Unit.MILLISECONDS, detail("anew_seconds")),
            Figure("none kept (not sticky), at 100 events", Unit.MILLISECONDS, detail("anew_short_seconds")),
        ),
        repetitions=3,
    ),
    Row(
        name="server_memory",
        work="a server with {size:,} open executions",
        size=100_000,
        quick_size=2_000,
        figures=(
            Figure("back after kill -9", Unit.MILLISECONDS, seconds),
            Figure("memory of all", Unit.KIBIBYTES, detail("resident_bytes")),
            Figure("memory of one more", Unit.KIBIBYTES, detail("each_bytes")),
            Figure("memory of all, when back", Unit.KIBIBYTES, detail("again_bytes")),
        ),
        repetitions=1,
    ),
)
