"""Schedules, on an engine of each kind whose time is moved by hand."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ostinato import Client, Handle, activity, sleep, submit, workflow
from ostinato.clients.http import HttpSwf
from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import Engine, open_engine
from ostinato.errors import PayloadError, UnknownResourceFault, UsageError
from ostinato.model import events as e
from ostinato.model.enums import CloseStatus
from ostinato.schedules import schedule as schedules
from ostinato.schedules.schedule import Overlap
from ostinato.schedules.schedules import ScheduleHandle, Schedules
from ostinato.schedules.times import Times
from ostinato.server.serving import Server, Settings, listen
from ostinato.swf import Swf
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker

HOUR = 3600.0
BEGIN = 1_499_997_600.0
"""A full hour: 2017-07-14, two o'clock."""
SECONDS = 60.0
"""Longer than anything here takes, unless it hangs."""


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
    """Where schedules run: time moves when nothing else can, unless it is held."""

    engine: Engine
    clock: ManualClock
    client: Client
    held: ExitStack

    @property
    def schedules(self) -> Schedules:
        return Schedules(self.client)

    def instant(self, hours: float = 0) -> datetime:
        return datetime.fromtimestamp(self.clock.now() + hours * HOUR, UTC)

    def create(self, overlap: Overlap, hours: float = 0, **options: Any) -> ScheduleHandle:
        """A schedule that starts hourly what takes so many hours."""
        options = {"times": Times(every=HOUR), "start": self.instant(), **options}
        return self.schedules.create("s", job, "tea", hours=hours, overlap=overlap, **options)

    def await_told(self, handle: ScheduleHandle, until: Callable[[Any], Any]) -> Any:
        """What the schedule tells once that is so. From then on time is held, until it is let go.

        Or a month might pass between two questions, and with it what was asked about.
        """
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            self.held.enter_context(self.engine.time_held())
            told = handle.show()
            if told is not None and until(told):
                return told
            self.let_go()
            time.sleep(0.005)
        raise AssertionError(handle.show())

    def let_go(self) -> None:
        """Time moves again."""
        self.held.close()

    def end(self, handle: ScheduleHandle) -> Any:
        """Delete the schedule; gives its result."""
        execution = handle.execution
        handle.delete()
        return execution.result(timeout=SECONDS)

    def jobs(self) -> dict[str, Handle[Any]]:
        """What was started, by its ids, in the order of their times; of several runs with one id the open one."""
        infos = sorted(self.client.list(workflow=job), key=lambda info: info.execution.workflow_id, reverse=True)
        runs = [info.execution for info in reversed(infos)]
        return {run.workflow_id: self.client.handle(run.workflow_id, run.run_id) for run in runs}

    def close_of(self, handle: Handle[Any]) -> CloseStatus | None:
        return handle.describe().execution_info.close_status


@pytest.fixture(name="p", params=["memory", "sqlite", "http"])
def a_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place on an engine in memory, in a file, and behind a server."""
    clock = ManualClock(BEGIN)
    path = tmp_path / "schedules.db" if request.param == "sqlite" else ":memory:"
    with ExitStack() as stack:
        engine = stack.enter_context(open_engine(path, clock=clock))
        swf = served(engine, stack) if request.param == "http" else engine.local()
        with LocalWorker(swf, domain="default", catalog=catalog_of([job, note])) as worker:
            with ExitStack() as held:
                yield Place(engine, clock, Client(swf), held)
            swf.close() if isinstance(swf, HttpSwf) else engine.close()
        assert worker.join(SECONDS)


def served(engine: Engine, stack: ExitStack) -> Swf:
    listening = listen("127.0.0.1", 0)
    host, port = listening.getsockname()
    server = Server(engine, Settings(poll_seconds=SECONDS))
    thread = Thread(target=server.serve, args=(listening,))
    thread.start()
    stack.callback(thread.join)
    stack.callback(server.stop)
    client = HttpSwf(f"http://{host}:{port}")
    stack.callback(client.close)
    return client


def ids(begin: datetime, *hours: int, of: str = "s") -> list[str]:
    """The ids of what a schedule starts so many hours after the beginning."""
    return [f"{of}-{datetime.fromtimestamp(begin.timestamp() + hour * HOUR, UTC):%Y-%m-%dT%H.%M.%SZ}" for hour in hours]


def test_it_starts_things_at_their_times(p: Place) -> None:
    """One every hour, none twice and none left out; days pass in no time."""
    with p.engine.time_held():
        begin = p.instant()
        handle = p.schedules.create("hourly", job, "tea", times=Times(every=HOUR), start=begin)
    p.await_told(handle, lambda told: told["started"] >= 24)
    told = p.end(handle)

    started = list(p.jobs())
    assert told == {"started": len(started), "skipped": 0}
    assert started == ids(begin, *range(1, len(started) + 1), of="hourly")


def test_a_time_may_be_left_out_while_the_one_before_runs(p: Place) -> None:
    """Two hours and a half of work: of three times one is taken."""
    with p.engine.time_held():
        begin = p.instant()
        handle = p.create(Overlap.SKIP, 2.5)
    told = p.await_told(handle, lambda told: told["started"] >= 4)
    p.end(handle)

    assert list(p.jobs())[:4] == ids(begin, 1, 4, 7, 10)
    assert told["skipped"] in {2 * (told["started"] - 1), 2 * told["started"]}  # the last one runs, or has ended
    assert told["buffered"] == 0


def test_one_start_may_be_kept(p: Place) -> None:
    """The one that is kept is started as soon as the one before has ended; the times between are left out."""
    with p.engine.time_held():
        begin = p.instant()
        handle = p.create(Overlap.BUFFER_ONE, 2.5)
    told = p.await_told(handle, lambda told: told["started"] >= 4)
    p.end(handle)

    assert list(p.jobs())[:4] == ids(begin, 1, 2, 4, 7)
    assert told["buffered"] <= 1
    assert told["skipped"] > 0


def test_all_starts_may_be_kept(p: Place) -> None:
    """Nothing is left out."""
    with p.engine.time_held():
        begin = p.instant()
        handle = p.create(Overlap.BUFFER_ALL, 2.5)
    told = p.await_told(handle, lambda told: told["started"] >= 4)
    p.end(handle)

    assert list(p.jobs())[:4] == ids(begin, 1, 2, 3, 4)
    assert told["buffered"] > 1
    assert told["skipped"] == 0


def test_the_one_before_may_be_canceled(p: Place) -> None:
    """The next is started when that has ended, at the same time."""
    with p.engine.time_held():
        begin = p.instant()
        handle = p.create(Overlap.CANCEL_OTHER, 2.5)
    p.await_told(handle, lambda told: told["started"] >= 4)
    p.end(handle)

    started = p.jobs()
    assert list(started) == ids(begin, *range(1, len(started) + 1))
    assert [p.close_of(each) for each in started.values()][:3] == [CloseStatus.CANCELED] * 3


def test_the_one_before_may_be_terminated(p: Place) -> None:
    """Its code is not asked: it is closed by the child policy of the one that keeps it."""
    with p.engine.time_held():
        begin = p.instant()
        handle = p.create(Overlap.TERMINATE_OTHER, 2.5)
    p.await_told(handle, lambda told: told["started"] >= 4)
    assert [info.execution.workflow_id for info in p.schedules.list()] == ["s"]
    p.end(handle)

    started = p.jobs()
    assert list(started) == ids(begin, *range(1, len(started) + 1))
    for each in list(started.values())[:3]:
        *_, closed = each.history()
        assert isinstance(closed, e.WorkflowExecutionTerminated)
        assert closed.cause is not None
        assert closed.cause.name == "CHILD_POLICY_APPLIED"


@pytest.mark.parametrize("overlap", [Overlap.CANCEL_OTHER, Overlap.TERMINATE_OTHER, Overlap.SKIP])
def test_what_runs_outlives_the_schedule(p: Place, overlap: Overlap) -> None:
    """It is not canceled, and not terminated: it goes on to its end."""
    with p.engine.time_held():
        handle = p.create(overlap, 2.5)
        handle.trigger()
        p.await_told(handle, lambda told: told["running"] and len(p.jobs()) > 0)
        assert p.end(handle) == {"started": 1, "skipped": 0}
        [running] = p.jobs().values()
        assert p.close_of(running) is None

    p.let_go()
    assert running.result(timeout=SECONDS) == "tea"


def test_what_ends_by_itself_is_not_terminated(p: Place) -> None:
    """With any result."""
    with p.engine.time_held():
        handle = p.create(Overlap.TERMINATE_OTHER, 0.5)
    told = p.await_told(handle, lambda told: told["started"] >= 4)
    p.end(handle)

    assert told["skipped"] == 0
    p.let_go()
    assert {each.result(timeout=SECONDS) for each in p.jobs().values()} == {"tea"}


@pytest.mark.parametrize(
    ("overlap", "order", "expected"),
    [
        (Overlap.TERMINATE_OTHER, None, CloseStatus.TERMINATED),
        (Overlap.TERMINATE_OTHER, Overlap.CANCEL_OTHER, CloseStatus.CANCELED),
        (Overlap.SKIP, Overlap.TERMINATE_OTHER, CloseStatus.CANCELED),
    ],
)
def test_an_order_may_have_another_policy(
    p: Place, overlap: Overlap, order: Overlap | None, expected: CloseStatus
) -> None:
    """What is running is canceled, and terminated where the schedule can do that."""
    with p.engine.time_held():
        handle = p.create(overlap, 2.5)
        handle.trigger()
        p.await_told(handle, lambda told: told["running"] and len(p.jobs()) > 0)
        [first] = p.jobs().values()
        handle.trigger(order)
        p.await_told(handle, lambda told: told["started"] == 2)

        assert p.close_of(first) is expected


@pytest.mark.parametrize("overlap", [Overlap.CANCEL_OTHER, Overlap.TERMINATE_OTHER])
def test_orders_that_overtake_each_other(p: Place, overlap: Overlap) -> None:
    """Also while the one before is only about to start: in the end one is running, and no other one."""
    with p.engine.time_held():
        handle = p.create(overlap, 2.5)
        for _ in range(10):
            handle.trigger()
        p.await_told(handle, lambda told: told["started"] + told["skipped"] == 10 and not told["buffered"])
        p.await_told(handle, lambda _: [p.close_of(each) for each in p.jobs().values()].count(None) == 1)


def test_all_may_run_side_by_side(p: Place) -> None:
    """As many as there are times."""
    with p.engine.time_held():
        begin = p.instant()
        handle = p.create(Overlap.ALLOW_ALL, 2.5)
    told = p.await_told(handle, lambda told: told["started"] >= 5)
    p.end(handle)

    assert list(p.jobs())[:5] == ids(begin, 1, 2, 3, 4, 5)
    assert len(told["running"]) >= 2
    assert told["skipped"] == 0


def test_the_clocks_of_its_zone(p: Place) -> None:
    """A schedule lives through an autumn and a spring: one start a day, though days have 25 and 23 hours."""
    times = Times(cron="30 2 * * *", timezone="Europe/Berlin")
    for day, expected in (
        ("2026-03-28T12:00+01:00", ["03-29T01.00.00", "03-30T00.30.00"]),
        ("2026-10-24T12:00+02:00", ["10-25T00.30.00", "10-26T01.30.00"]),
    ):
        with p.engine.time_held():
            p.engine.advance(at(day) - p.clock.now())
            handle = p.create(Overlap.SKIP, times=times)
        p.await_told(handle, lambda told: told["started"] >= 2)
        p.end(handle)
        p.let_go()
        found = [id_ for id_ in p.jobs() if id_ >= f"s-{day[:10]}"][:2]
        assert found == [f"s-2026-{each}Z" for each in expected]


def test_two_orders_within_a_second(p: Place) -> None:
    """What they start side by side has ids of its own."""
    with p.engine.time_held():
        begin = p.instant()
        handle = p.create(Overlap.ALLOW_ALL, 1)
        handle.pause()
        for _ in range(3):
            handle.trigger()
        p.await_told(handle, lambda told: told["started"] == 3)
        p.end(handle)

        [first] = ids(begin, 0)
        assert list(p.jobs()) == [first, f"{first}-2", f"{first}-3"]


def test_arguments_that_do_not_fit_are_refused_at_once(p: Place) -> None:
    """And no schedule is made."""
    with pytest.raises(PayloadError, match="hour"):
        p.schedules.create("s", job, "a", hour=1, times=Times(every=HOUR))

    assert list(p.schedules.list()) == []


def test_it_may_be_paused_resumed_triggered_and_filled_in(p: Place) -> None:
    """While it is paused nothing moves but what is asked for."""
    with p.engine.time_held():
        begin = p.instant()
        handle = p.create(Overlap.SKIP)
        handle.pause("holidays")
        told = p.await_told(handle, lambda told: told["is_paused"])
        assert (told["note"], told["next"], told["started"]) == ("holidays", None, 0)
        handle.trigger()
        p.await_told(handle, lambda told: told["started"] == 1 and not told["running"])
        handle.backfill(begin, datetime.fromtimestamp(begin.timestamp() + 5 * HOUR, UTC))
        p.await_told(handle, lambda told: told["started"] == 6)
        handle.resume()
        p.await_told(handle, lambda told: not told["is_paused"])
    p.let_go()
    p.await_told(handle, lambda told: told["started"] >= 8)
    assert [info.execution.workflow_id for info in p.schedules.list()] == ["s"]
    assert p.end(handle)["started"] >= 8


def test_it_continues_as_new_and_forgets_nothing(p: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its history stays short, however long it lives."""
    monkeypatch.setattr(schedules, "_EVENTS", 60)
    with p.engine.time_held():
        begin = p.instant()
        handle = p.create(Overlap.SKIP)
        first = handle.execution
    p.await_told(handle, lambda told: told["started"] >= 30)
    assert handle.execution.run_id != first.run_id
    assert len(list(handle.execution.history())) < 100
    told = p.end(handle)

    assert list(p.jobs()) == ids(begin, *range(1, told["started"] + 1))
    assert told["skipped"] == 0


def test_what_is_kept_does_not_keep_it_from_continuing_as_new(p: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule that is behind all its life begins afresh as well, between two starts."""
    monkeypatch.setattr(schedules, "_EVENTS", 60)
    with p.engine.time_held():
        begin = p.instant()
        handle = p.create(Overlap.BUFFER_ALL, 1.5)
        first = handle.execution
    p.await_told(handle, lambda told: told["started"] >= 15)
    assert handle.execution.run_id != first.run_id
    told = p.end(handle)

    assert list(p.jobs()) == ids(begin, *range(1, told["started"] + 1))


def test_orders_that_come_as_it_continues_as_new(p: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is carried out, once: those to start, to pause and to delete."""
    monkeypatch.setattr(schedules, "_EVENTS", 12)
    orders = 30
    with p.engine.time_held():
        handle = p.create(Overlap.BUFFER_ALL)
        first = handle.execution
        for _ in range(orders):
            handle.trigger()
        handle.pause("enough")
        told = p.await_told(handle, lambda told: told["started"] == orders and not told["running"])
        assert (told["note"], told["is_paused"], told["buffered"], told["skipped"]) == ("enough", True, 0, 0)
        assert handle.execution.run_id != first.run_id
        handle.trigger()
        handle.delete()

        result = first.result(timeout=SECONDS)
        assert result["started"] in {orders, orders + 1}  # the last may be kept when it is deleted
        assert len(list(p.client.list(workflow=job))) == result["started"]


def test_what_could_not_be_started_in_time_is_started_later_within_bounds(p: Place) -> None:
    """Of ten hours three are caught up with, and no more."""
    with p.engine.time_held():
        begin = p.instant(-10)
        handle = p.create(Overlap.BUFFER_ALL, start=begin, catch_up=2.5 * HOUR, jitter=60)
        p.await_told(handle, lambda told: told["started"] == 3 and not told["running"])
        told = p.end(handle)

        assert list(p.jobs()) == ids(begin, 8, 9, 10)
        assert told == {"started": 3, "skipped": 0}


def test_each_start_is_late_by_chance(p: Place) -> None:
    """By up to the jitter; what it is named after is the time."""
    with p.engine.time_held():
        begin = p.instant()
        handle = p.create(Overlap.SKIP, jitter=600)
    p.await_told(handle, lambda told: told["started"] >= 5)
    p.end(handle)

    started = list(p.jobs().items())
    assert [id_ for id_, _ in started] == ids(begin, *range(1, len(started) + 1))
    late = [
        each.describe().execution_info.start_timestamp - (begin.timestamp() + (n + 1) * HOUR)
        for n, (_, each) in enumerate(started)
    ]
    assert all(0 <= each <= 601 for each in late)
    assert len(set(late)) > 1


def test_a_run_that_was_forgotten_while_it_was_looked_for(p: Place) -> None:
    """The schedule is looked for again; one that is not there is told."""
    p.client.register()
    with pytest.raises(UnknownResourceFault):
        ScheduleHandle(p.client, "nobody").show()
    with p.engine.time_held():
        handle = p.create(Overlap.SKIP)
        p.await_told(handle, lambda told: told["next"])
        gone = p.client.handle("s", "22gone")
        found = handle.execution

        class Late(ScheduleHandle):
            looks = iter([gone, gone, found])

            @property
            def execution(self) -> Handle[Any]:
                return next(self.looks)

        assert Late(p.client, "s").show() == handle.show()
        p.end(handle)


# Times.


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def berlin(cron: str, start: str, end: str) -> list[str]:
    """The times of the expression, as clocks in Berlin show them."""
    found = Times(cron=cron, timezone="Europe/Berlin").between(at(start), at(end), 100)
    return [datetime.fromtimestamp(time, ZoneInfo("Europe/Berlin")).isoformat() for time in found]


def test_times_that_do_not_exist() -> None:
    """Where clocks are put forward they come once, when that is done; for a `*` every hour that passes counts."""
    before, after = "2026-03-28T12:00+01:00", "2026-03-30T12:00+02:00"

    assert berlin("30 2 * * *", before, after) == ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]
    assert berlin("15,45 2 * * *", before, "2026-03-29T12:00+02:00") == ["2026-03-29T03:00:00+02:00"]
    assert berlin("0 2,3 * * *", before, "2026-03-29T12:00+02:00") == ["2026-03-29T03:00:00+02:00"]
    assert berlin("0 * * * *", "2026-03-29T00:30+01:00", "2026-03-29T04:30+02:00") == [
        "2026-03-29T01:00:00+01:00",
        "2026-03-29T03:00:00+02:00",
        "2026-03-29T04:00:00+02:00",
    ]


def test_times_that_come_twice() -> None:
    """Where clocks are put back they are taken the first time; for a `*` every hour that passes counts."""
    before, after = "2026-10-24T12:00+02:00", "2026-10-26T12:00+01:00"

    assert berlin("30 2 * * *", before, after) == ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]
    for begin in ("02:30+02:00", "02:15+01:00", "02:30+01:00", "02:45+01:00"):
        assert berlin("30 2 * * *", f"2026-10-25T{begin}", after) == ["2026-10-26T02:30:00+01:00"]
    assert berlin("0 * * * *", "2026-10-25T01:30+02:00", "2026-10-25T03:30+01:00") == [
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:00:00+01:00",
        "2026-10-25T03:00:00+01:00",
    ]
    assert Times(every=HOUR).between(at("2026-10-25T01:30+02:00"), at("2026-10-25T03:30+01:00"), 9) == [
        at("2026-10-25T00:00+00:00"),
        at("2026-10-25T01:00+00:00"),
        at("2026-10-25T02:00+00:00"),
    ]


def test_half_an_hour_of_summer() -> None:
    """Zones whose clocks are put by half an hour are no exception."""
    howe = Times(cron="15 2 * * *", timezone="Australia/Lord_Howe")

    found = howe.between(at("2026-10-03T12:00+00:00"), at("2026-10-05T12:00+00:00"), 9)

    assert found == [at("2026-10-04T02:30+11:00"), at("2026-10-05T02:15+11:00")]


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
