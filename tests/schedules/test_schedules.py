"""Schedules, on an engine whose time is moved by hand."""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from ostinato import Client, activity, sleep, submit, workflow
from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import Engine, open_engine
from ostinato.errors import UnknownResourceFault, UsageError
from ostinato.schedules.schedule import Overlap
from ostinato.schedules.schedules import ScheduleHandle, Schedules
from ostinato.schedules.times import Times
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker

HOUR = 3600.0


@activity(name="note")
def note(what: str) -> str:
    return what


@workflow(name="job")
def job(what: str, hours: float = 0) -> str:
    if hours:
        sleep(hours * HOUR)
    return submit(note, what).result()


@dataclass
class Place:
    """Where schedules run: time moves when it is told to."""

    engine: Engine
    clock: ManualClock
    client: Client

    @property
    def schedules(self) -> Schedules:
        return Schedules(self.client)

    def instant(self, hours: float = 0) -> datetime:
        return datetime.fromtimestamp(self.clock.now() + hours * HOUR, UTC)

    def end(self, handle: ScheduleHandle) -> Any:
        """Delete the schedule, and give its result; an order that comes as it continues as new has to be repeated."""
        while True:
            with contextlib.suppress(UnknownResourceFault):
                handle.delete()
            try:
                return handle.execution.result(timeout=1)
            except TimeoutError:
                continue

    def pass_hours(self, handle: ScheduleHandle, until: Callable[[Any], bool]) -> Any:
        """Let time go by until the schedule tells so."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            told = handle.show()
            if told is not None and until(told):
                return told
            time.sleep(0.005)
        raise AssertionError(handle.show())


@contextmanager
def place() -> Iterator[Place]:
    clock = ManualClock()
    with open_engine(":memory:", clock=clock) as engine:
        worker = LocalWorker(engine.local(), domain="default", catalog=catalog_of([job, note]))
        with worker:
            yield Place(engine, clock, Client(engine))
        engine.close()


def starts_of(client: Client) -> list[str]:
    return sorted(info.execution.workflow_id for info in client.list(workflow=job))


def test_it_starts_things_at_their_times() -> None:
    """Days pass in no time."""
    with place() as p:
        with p.engine.time_held():
            handle = p.schedules.create("hourly", job, "tea", times=Times(every=HOUR), start=p.instant())
        p.pass_hours(handle, lambda told: told["started"] >= 24)
        told = p.end(handle)
        first = starts_of(p.client)[0]
        assert told["started"] >= 24
        assert first.startswith("hourly-")
        assert first.endswith(".00.00Z")


def created(p: Place, overlap: Overlap, hours: float, **options: Any) -> ScheduleHandle:
    """A schedule that starts hourly what takes so many hours."""
    times = Times(every=HOUR)
    return p.schedules.create("s", job, "tea", hours=hours, times=times, overlap=overlap, start=p.instant(), **options)


def statuses(p: Place) -> list[str]:
    return [info.close_status.name for info in p.client.list(workflow=job) if info.close_status is not None]


def test_a_time_may_be_left_out_while_the_one_before_runs() -> None:
    """Two hours and a half of work: of three times one is taken."""
    with place() as p:
        with p.engine.time_held():
            handle = created(p, Overlap.SKIP, 2.5)
        told = p.pass_hours(handle, lambda told: told["started"] >= 4)
        p.end(handle)
        assert told["skipped"] >= 2 * (told["started"] - 1)
        assert told["buffered"] == 0


def test_one_start_may_be_kept_or_all() -> None:
    """Nothing is left out where all are kept."""
    with place() as p:
        with p.engine.time_held():
            handle = created(p, Overlap.BUFFER_ONE, 2.5)
        told = p.pass_hours(handle, lambda told: told["started"] >= 4)
        p.end(handle)
        assert told["buffered"] <= 1
        assert told["skipped"] > 0
    with place() as p:
        with p.engine.time_held():
            handle = created(p, Overlap.BUFFER_ALL, 2.5)
        told = p.pass_hours(handle, lambda told: told["started"] >= 4)
        p.end(handle)
        assert told["buffered"] > 1
        assert told["skipped"] == 0


def test_the_one_before_may_be_canceled() -> None:
    """The next is started when that has ended."""
    with place() as p:
        with p.engine.time_held():
            handle = created(p, Overlap.CANCEL_OTHER, 2.5)
        p.pass_hours(handle, lambda told: told["started"] >= 4)
        p.end(handle)
        assert set(statuses(p)) == {"CANCELED"}


def test_all_may_run_side_by_side() -> None:
    """As many as there are times."""
    with place() as p:
        with p.engine.time_held():
            handle = created(p, Overlap.ALLOW_ALL, 2.5)
        told = p.pass_hours(handle, lambda told: told["started"] >= 5)
        p.end(handle)
        assert len(told["running"]) >= 2
        assert told["skipped"] == 0


def test_it_may_be_paused_resumed_triggered_and_filled_in() -> None:
    """While it is paused nothing moves but what is asked for."""
    with place() as p:
        begin = p.instant()
        with p.engine.time_held():
            handle = created(p, Overlap.SKIP, 0)
            handle.pause("holidays")
            told = p.pass_hours(handle, lambda told: told["is_paused"])
            assert (told["note"], told["next"], told["started"]) == ("holidays", None, 0)
            handle.trigger()
            p.pass_hours(handle, lambda told: told["started"] == 1 and not told["running"])
            handle.backfill(begin, datetime.fromtimestamp(begin.timestamp() + 5 * HOUR, UTC))
            p.pass_hours(handle, lambda told: told["started"] == 6)
        handle.resume()
        p.pass_hours(handle, lambda told: told["started"] >= 8)
        assert [info.execution.workflow_id for info in p.schedules.list()] == ["s"]
        assert p.end(handle)["started"] >= 8


def test_it_continues_as_new_and_forgets_nothing() -> None:
    """Its history stays short, however long it lives."""
    with place() as p:
        with p.engine.time_held():
            handle = created(p, Overlap.SKIP, 0)
        first = handle.execution.first_execution
        p.pass_hours(handle, lambda told: told["started"] >= 200)
        assert handle.execution.run_id != first.run_id
        assert p.end(handle)["started"] >= 200


def test_what_could_not_be_started_in_time_is_started_later_within_bounds() -> None:
    """Three hours are caught up with, and no more."""
    with place() as p:
        with p.engine.time_held():
            times = Times(every=HOUR)
            start = p.instant(-10)
            handle = p.schedules.create(
                "s", job, "tea", times=times, overlap=Overlap.BUFFER_ALL, catch_up=3 * HOUR, start=start, jitter=60
            )
        p.pass_hours(handle, lambda told: told["started"] >= 3)
        p.end(handle)
        late = list(starts_of(p.client))
        assert len(late) >= 3


# Times.


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_cron_follows_the_clocks_of_its_zone() -> None:
    """A time that does not exist comes an hour later, one that comes twice is taken once."""
    berlin = Times(cron="30 2 * * *", timezone="Europe/Berlin")

    spring = berlin.between(at("2026-03-28T12:00+00:00"), at("2026-03-30T12:00+00:00"), 10)
    autumn = berlin.between(at("2026-10-24T12:00+00:00"), at("2026-10-26T12:00+00:00"), 10)

    assert len(spring) == len(autumn) == 2
    assert spring[1] - spring[0] in (23 * HOUR, 23.5 * HOUR, 24 * HOUR)
    assert autumn[1] - autumn[0] in (24 * HOUR, 25 * HOUR)


def test_intervals_are_counted_from_the_epoch() -> None:
    """And may begin later."""
    assert Times(every=60, offset=5).between(0, 200, 10) == [5, 65, 125, 185]
    assert Times(every=60).between(60, 180, 10) == [120, 180]
    assert Times(every=60).between(0, 1e9, 2) == [60, 120]


@pytest.mark.parametrize(
    "times",
    [
        Times(),
        Times(cron="* * * * *", every=5),
        Times(every=0.1),
        Times(cron="nonsense"),
        Times(cron="0 0 31 2 *"),
        Times(cron="* * * * *", timezone="Nowhere/Land"),
    ],
)
def test_times_that_never_come_are_refused(times: Times) -> None:
    """Where the schedule is made."""
    with pytest.raises(UsageError):
        times.check()
