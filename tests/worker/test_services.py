"""Whole services over a server: what `ostinato decider` and `ostinato worker` have in each of their processes."""

import gc
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ostinato import Client, Retry, activity, heartbeat, heartbeat_details, patched, submit, wait_signal, workflow
from ostinato.client.registration import register_domain, register_types
from ostinato.clients.http import HttpSwf
from ostinato.engine.engine import Engine
from ostinato.errors import WorkflowFailed
from ostinato.model import events as e
from ostinato.model.results import ActivityTask, DecisionTask
from ostinato.replay.definitions import Definition
from ostinato.replay.replay import Replay
from ostinato.worker.activity_service import ActivityService, ActivitySettings
from ostinato.worker.catalog import catalog_of
from ostinato.worker.context import RunningActivity
from ostinato.worker.decision_service import DecisionService, DecisionSettings
from ostinato.worker.lines import Lines
from ostinato.worker.processes import Isolation
from ostinato.worker.service import Service
from tests.contract.conftest import serving
from tests.worker.isolated_program import isolated

if TYPE_CHECKING:
    from ostinato.worker.notices import Notice

DOMAIN = "d"
SECONDS = 20.0


@activity
def increment(x: int) -> int:
    return x + 1


@workflow
def count(n: int) -> int:
    value = 0
    for _ in range(n):
        value = submit(increment, value).result()
    return value


@activity
async def increment_async(x: int) -> int:
    return x + 1


@workflow
async def count_async(n: int) -> int:
    value = 0
    for _ in range(n):
        value = await submit(increment_async, value)
    return value


BESIDE: list[int] = []


@workflow
def careless() -> int:
    taken = BESIDE.pop() if BESIDE else 0
    submit(increment, 1).result()
    return submit(increment, taken).result()


@workflow
def isolating(what: str, path: str = "") -> Any:
    return submit(isolated, what, path).result()


@workflow
def canceling(path: str) -> str:
    future = submit(isolated, "hang", path)
    wait_signal("stop").result()
    future.cancel()
    return "cancel was asked for"


@activity
def hold(path: str) -> str:
    if heartbeat_details() is None:
        heartbeat("begun")
    while not Path(path).exists():
        time.sleep(0.005)
    return "held" if heartbeat_details() is None else "held again"


@workflow
def holding(path: str) -> str:
    return submit(hold, path).result()


class Town:
    """A server, and services that use it."""

    def __init__(self, url: str, stack: ExitStack) -> None:
        self.url = url
        self.client = Client(url, domain=DOMAIN)
        self.notices: list[Notice] = []
        self._stack = stack
        stack.callback(self.client.close)
        register_domain(self.client.swf, DOMAIN)

    def _begin(self, make: Callable[[Lines], Service]) -> Service:
        polls, rest = HttpSwf(self.url), HttpSwf(self.url)
        service = make(Lines(polls, rest, polls.close))
        self._stack.callback(rest.close)
        self._stack.callback(service.drain, SECONDS)
        service.start()
        return service

    def decide(self, *definitions: Definition, **settings: Any) -> Service:
        """Serve workflows."""
        register_types(self.client.swf, DOMAIN, definitions)
        made, catalog = DecisionSettings(domain=DOMAIN, **settings), catalog_of(definitions)
        return self._begin(lambda lines: DecisionService(lines, made, catalog, watch=self.notices.append))

    def work(self, *definitions: Definition, patience: float = 10.0, tasks: int = 100, **settings: Any) -> Service:
        """Serve activities."""
        register_types(self.client.swf, DOMAIN, definitions)
        isolation = Isolation(
            targets=(str(Path(__file__).with_name("isolated_program.py")),),
            domain=DOMAIN,
            memory=2 << 30,
            tasks=tasks,
            patience=patience,
            grace=1.0,
        )
        made, catalog = ActivitySettings(isolation=isolation, **settings), catalog_of(definitions)
        return self._begin(lambda lines: ActivityService(lines, made, catalog, watch=self.notices.append))

    def counts(self) -> Counter[str]:
        """How many notices of each kind there were."""
        return Counter(type(notice).__name__ for notice in self.notices)


@pytest.fixture
def town(engine: Engine) -> Iterator[Town]:
    """A server in memory."""
    with ExitStack() as stack:
        yield Town(stack.enter_context(serving(engine)), stack)


def await_file(path: Path) -> str:
    deadline = time.monotonic() + SECONDS
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return path.read_text()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def await_death(*pids: int) -> None:
    deadline = time.monotonic() + SECONDS
    while any(map(is_alive, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


# Deciders.


def test_decisions_come_back_to_the_process_that_keeps_the_replay(town: Town) -> None:
    """Of two deciders each replays an execution's history once, and it is one of them that makes all its decisions."""
    deciders = [town.decide(count) for _ in range(2)]
    town.work(increment)

    handles = [town.client.start(count, 5) for _ in range(6)]
    assert [handle.result() for handle in handles] == [5] * 6
    # A result may be seen before its decider tells of the decision.
    assert all(decider.drain(SECONDS) for decider in deciders)

    counts = town.counts()
    assert counts["ReplayBegun"] == 6
    assert counts["DecisionMade"] == 36


def test_another_process_takes_over_from_one_that_is_gone(town: Town, tmp_path: Path) -> None:
    """What lies on the own task list of a decider that ended goes back to the shared one after its time-out."""
    gone = town.decide(holding, sticky_timeout=1)
    town.work(hold)
    handle = town.client.start(holding, str(tmp_path / "gate"))
    deadline = time.monotonic() + SECONDS
    while not town.counts()["DecisionMade"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert gone.drain(SECONDS)
    town.decide(holding, sticky_timeout=1)

    (tmp_path / "gate").touch()

    assert handle.result() == "held"
    assert town.counts()["ReplayBegun"] == 2
    timed_out = [event for event in handle.history() if isinstance(event, e.DecisionTaskTimedOut)]
    assert len(timed_out) == 1


def test_fresh_replays_are_compared_with_kept_ones(town: Town) -> None:
    """Where both agree nothing is told; a check costs a replay of the history."""
    town.decide(count, checked=2)
    town.work(increment)

    assert town.client.run(count, 6) == 6

    counts = town.counts()
    assert counts["ReplaysDiffered"] == counts["DecisionDropped"] == 0
    assert counts["ReplayBegun"] == 1 + 3


def test_code_that_depends_on_something_else_is_found_by_the_check(town: Town) -> None:
    """The fresh replay counts, and the execution goes on."""
    BESIDE.append(100)
    town.decide(careless, checked=1)
    town.work(increment)

    assert town.client.run(careless) == 1

    assert town.counts()["ReplaysDiffered"] == 1


def test_a_check_is_broken_off_too(town: Town) -> None:
    """Code that runs on in a fresh replay only does not hold up the others either."""
    begun: list[int] = []

    @workflow(name="runs on", task_start_to_close_timeout=1)
    def runs_on() -> None:
        begun.append(1)
        is_again = len(begun) > 1
        submit(increment, 1).result()
        while is_again:
            pass

    town.decide(runs_on, count, checked=1)
    town.work(increment)
    stuck = town.client.start(runs_on)
    deadline = time.monotonic() + SECONDS
    while not town.counts()["DecisionDropped"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)

    assert town.client.run(count, 2) == 2
    stuck.terminate()


# Isolated activities.


def test_an_isolated_activity_runs_in_a_process_that_is_kept_and_recycled(town: Town) -> None:
    """The same for two tasks, and then another one."""
    town.decide(isolating)
    town.work(isolated, tasks=2, concurrency=1)

    pids = [town.client.run(isolating, "pid") for _ in range(4)]

    assert pids[0] == pids[1] != pids[2] == pids[3]
    assert os.getpid() not in pids
    assert town.client.run(isolating, "beat") is None


def test_an_isolated_activity_that_is_completed_later(town: Town, tmp_path: Path) -> None:
    """Its process has left the task to whoever has the token, and does the next."""
    town.decide(isolating)
    town.work(isolated, concurrency=1)
    first = town.client.run(isolating, "pid")
    handle = town.client.start(isolating, "later", str(tmp_path / "token"))

    token = await_file(tmp_path / "token")
    assert town.client.run(isolating, "pid") == first
    town.client.complete_activity(token, ["by hand"])

    assert handle.result(timeout=SECONDS) == ["by hand"]


@workflow
def beside(what: str, gate: str) -> list[Any]:
    other, killed = submit(isolated, "wait", gate), submit(isolated, what)
    said = str(killed.exception())
    submit(opens, gate).result()
    return [said, other.result()]


@activity
def opens(gate: str) -> None:
    Path(gate).touch()


@pytest.mark.parametrize(("what", "said"), [("kill", "as memory ran out"), ("hog", "MemoryError")])
def test_what_kills_one_activity_harms_no_other(town: Town, tmp_path: Path, what: str, said: str) -> None:
    """It fails with that reason; one that runs beside it goes on, and so does the worker."""
    town.decide(beside, isolating)
    town.work(isolated, opens)

    found, other = town.client.run(beside, what, str(tmp_path / "gate"))

    assert said in found
    assert other == "came to its end"
    assert town.client.run(isolating, "pid")


def test_what_a_process_told_before_it_was_killed_reaches_the_next(town: Town) -> None:
    """Its worker knows it."""
    retried = isolated.options(retry=Retry(max_attempts=2, interval=0))

    @workflow(name="resuming")
    def resuming() -> Any:
        return submit(retried, "resume").result()

    town.decide(resuming)
    town.work(isolated)

    assert town.client.run(resuming) == {"at": 2}


def test_an_isolated_activity_that_is_canceled_is_killed_with_all_it_started(town: Town, tmp_path: Path) -> None:
    """It may tidy up; then it is gone, and so is what it started; the task is reported as canceled."""
    town.decide(canceling)
    town.work(isolated, patience=0.2)
    path = tmp_path / "pids"
    handle = town.client.start(canceling, str(path))
    pids = [int(pid) for pid in await_file(path).split()]
    handle.signal("stop")

    await_death(*pids)

    assert path.with_suffix(".tidy").exists()
    assert handle.result() == "cancel was asked for"


def test_an_isolated_activity_that_timed_out_is_killed(town: Town, tmp_path: Path) -> None:
    """SWF does not wait for it any more, and it must not run on beside its next attempt."""
    timed = isolated.options(start_to_close_timeout=1)

    @workflow(name="timing")
    def timing(path: str) -> str:
        submit(timed, "hang", path).result()
        return "never"

    town.decide(timing)
    town.work(timed)
    path = tmp_path / "pids"
    handle = town.client.start(timing, str(path))

    await_death(*(int(pid) for pid in await_file(path).split()))

    with pytest.raises(WorkflowFailed, match="timed out"):
        handle.result()


# Draining.


def test_a_worker_that_drains_finishes_what_runs(town: Town, tmp_path: Path) -> None:
    """And takes nothing new; polls in flight end at once."""
    town.decide(holding)
    worker = town.work(hold)
    handle = town.client.start(holding, str(tmp_path / "gate"))
    deadline = time.monotonic() + SECONDS
    while not worker.gauges()["running_activities"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)

    drained: list[bool] = []
    thread = threading.Thread(target=lambda: drained.append(worker.drain(SECONDS)))
    thread.start()
    (tmp_path / "gate").touch()
    thread.join()

    assert drained == [True]
    assert handle.result() == "held"


def test_what_does_not_end_in_time_is_handed_back(town: Town, tmp_path: Path) -> None:
    """Its task fails at once, so that a retry need not wait for its time-out, and may go on where it was."""
    retried = hold.options(retry=Retry(max_attempts=2, interval=0))

    @workflow(name="retrying")
    def retrying(path: str) -> str:
        return submit(retried, path).result()

    town.decide(retrying)
    worker = town.work(hold)
    handle = town.client.start(retrying, str(tmp_path / "gate"))
    deadline = time.monotonic() + SECONDS
    while not worker.gauges()["running_activities"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)

    assert not worker.drain(0.1)
    town.work(hold)
    (tmp_path / "gate").touch()

    assert handle.result() == "held again"
    failed = [event for event in handle.history() if isinstance(event, e.ActivityTaskFailed)]
    assert [event.reason.partition(":")[0] for event in failed if event.reason] == ["WorkerStopped"]


def test_activities_are_begun_no_faster_than_the_rate(town: Town) -> None:
    """Ten at 20 a second, after a full bucket of twenty: all at once; twenty more take a second."""

    @workflow(name="spreading")
    def spreading(n: int) -> int:
        return sum(future.result() for future in [submit(increment, 0) for _ in range(n)])

    town.decide(spreading)
    town.work(increment, rate=20.0)
    begun = time.monotonic()

    assert town.client.run(spreading, 40) == 40

    assert time.monotonic() - begun >= 0.9


def test_nothing_of_what_has_ended_is_kept(town: Town) -> None:
    """Neither of activities nor of executions: the memory of processes that serve for weeks is flat."""
    kinds = (RunningActivity, Replay, ActivityTask, DecisionTask)
    others = [thing for thing in gc.get_objects() if isinstance(thing, kinds)]  # of other tests in this process
    known = set(map(id, others))
    town.decide(count, count_async)
    town.work(increment, increment_async)

    for _ in range(3):
        assert town.client.run(count, 50) == 50
        assert town.client.run(count_async, 50) == 50

    town.notices.clear()
    deadline = time.monotonic() + SECONDS
    while len(kept := [x for x in gc.get_objects() if isinstance(x, kinds) and id(x) not in known]) > 50:
        assert time.monotonic() < deadline, Counter(type(thing).__name__ for thing in kept)
        gc.collect()


# Redeploying.


def test_new_code_with_patched_takes_over_open_executions(town: Town, tmp_path: Path) -> None:
    """What began under the old code ends so, what begins now under the new; broken code in between harms nothing."""

    def old(path: str) -> str:
        submit(hold, path).result()
        return "old"

    def new(path: str) -> str:
        if patched("faster"):
            return "new"
        submit(hold, path).result()
        return "old"

    def broken(path: str) -> str:
        return "broken" if not submit(increment, 1).done() else path

    before, after, wrong = (
        workflow(name="deployed", task_start_to_close_timeout=1)(code) for code in (old, new, broken)
    )
    gate = str(tmp_path / "gate")
    town.work(hold, increment)
    first = town.decide(before, sticky_timeout=1)
    opened = town.client.start(before, gate)
    deadline = time.monotonic() + SECONDS
    while not town.counts()["DecisionMade"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    first.drain(SECONDS)
    faulty = town.decide(wrong, sticky_timeout=1)
    opened.signal("look")
    while not town.counts()["DecisionDropped"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    faulty.drain(SECONDS)

    town.decide(after)
    (tmp_path / "gate").touch()

    assert opened.result() == "old"
    assert town.client.run(after, gate) == "new"
