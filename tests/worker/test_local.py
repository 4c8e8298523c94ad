import asyncio
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ostinato import activity, continue_as_new, sleep, submit, workflow
from ostinato.client.executions import start_execution
from ostinato.client.histories import read_history
from ostinato.client.registration import register_domain, register_types
from ostinato.client.waiting import closing_event
from ostinato.engine.engine import Engine, open_engine
from ostinato.errors import DatabaseWriteError, UsageError, WorkflowFailed, WorkflowTerminated
from ostinato.model.events import ActivityTaskScheduled, ActivityTaskStarted, WorkflowExecutionCompleted
from ostinato.model.operations import (
    ListClosedWorkflowExecutions,
    Operation,
    PollForActivityTask,
    PollForDecisionTask,
    RespondActivityTaskCompleted,
    RespondDecisionTaskCompleted,
    TerminateWorkflowExecution,
)
from ostinato.model.structures import ExecutionTimeFilter, WorkflowExecution
from ostinato.swf import Swf
from ostinato.worker.catalog import catalog_of
from ostinato.worker.lane import Lane
from ostinato.worker.local import LocalWorker
from ostinato.worker.notices import DecisionMade, Notice
from ostinato.worker.processes import Isolation
from tests.worker.conftest import DOMAIN, Serve
from tests.worker.isolated_program import isolated


@activity
def increment(x: int) -> int:
    return x + 1


@workflow
def count(n: int) -> int:
    value = 0
    for _ in range(n):
        value = submit(increment, value).result()
    return value


@workflow
def total(n: int) -> int:
    return sum(future.result() for future in [submit(increment, i) for i in range(n)])


def test_a_workflow_runs_to_its_result(serve: Serve) -> None:
    """Decisions and activities go round until the workflow's function returns."""
    worker = serve(count, increment)

    assert worker.execute(count, "c", 20) == 20


def test_an_activity_that_wants_a_process_is_not_run_without(engine: Engine) -> None:
    """Who makes the worker is told what it lacks."""

    @activity(name="apart", isolation="process")
    def apart() -> None: ...

    with pytest.raises(UsageError, match=r"apart: .*isolation=\"process\".*Serve it by `ostinato run`"):
        LocalWorker(engine, domain=DOMAIN, catalog=catalog_of([apart]))


def test_an_activity_that_wants_a_process_gets_it(serve: Serve) -> None:
    """Its processes end with the worker."""

    @workflow(name="asks")
    def asks() -> Any:
        return submit(isolated, "pid").result()

    program = str(Path(__file__).with_name("isolated_program.py"))
    worker = serve(asks, isolated, isolation=Isolation(targets=(program,), domain=DOMAIN))

    pid = worker.execute(asks, "a")
    assert pid != os.getpid()
    worker.stop()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_activities_run_side_by_side(serve: Serve) -> None:
    """As many at once as there are places: here two wait for each other."""
    barrier = threading.Barrier(2)

    @activity
    def meet() -> None:
        barrier.wait(10)

    @workflow
    def both() -> None:
        for future in [submit(meet), submit(meet)]:
            future.result()

    worker = serve(both, meet, concurrency=2)

    assert worker.execute(both, "b") is None


def test_no_more_activities_run_at_once_than_allowed(serve: Serve) -> None:
    """Also when they come from several task lists."""
    lock = threading.Lock()
    running = 0
    most = 0

    def enter() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        with lock:
            running -= 1

    @activity
    def here() -> None:
        enter()

    @activity(task_list="elsewhere")
    def there() -> None:
        enter()

    @workflow
    def many() -> None:
        for future in [submit(what) for what in (here, there) * 30]:
            future.result()

    worker = serve(many, here, there, concurrency=1)
    worker.execute(many, "m")

    assert most == 1


def test_fan_out_past_a_batch(serve: Serve) -> None:
    """More submits than one decision holds."""
    worker = serve(total, increment)

    assert worker.execute(total, "t", 250) == sum(range(1, 251))


def test_async_activities_share_a_loop(serve: Serve) -> None:
    """An `async def` activity may wait for another one that runs."""
    meeting: list[asyncio.Event] = []

    @activity
    async def wait_for_it() -> str:
        meeting.append(asyncio.Event())
        await asyncio.wait_for(meeting[0].wait(), 10)
        return "came"

    @activity
    async def give() -> str:
        while not meeting:  # noqa: ASYNC110  # the event is made by the other one
            await asyncio.sleep(0.001)
        meeting[0].set()
        return "gave"

    @workflow
    async def handover() -> list[str]:
        return list(await asyncio.gather(submit(wait_for_it), submit(give)))

    worker = serve(handover, wait_for_it, give)

    assert worker.execute(handover, "h") == ["came", "gave"]


def test_an_unknown_activity_type_fails_with_what_to_do(serve: Serve) -> None:
    """A worker that lacks an activity says so, instead of leaving the workflow waiting."""
    worker = serve(count)

    with pytest.raises(WorkflowFailed, match="this worker has no activity"):
        worker.execute(count, "c", 1)


def test_task_lists_that_only_show_in_decisions_are_served(serve: Serve) -> None:
    """`options(task_list=...)` within a workflow does not leave the task waiting for ever."""

    @workflow
    def child() -> int:
        return submit(increment.options(task_list="hidden"), 1).result()

    @workflow
    def parent() -> int:
        return submit(child.options(task_list="hidden too")).result()

    worker = serve(parent, child, increment)

    assert worker.execute(parent, "p") == 2


def test_continue_as_new_is_followed_to_the_last_result(serve: Serve) -> None:
    """The result is that of the execution which did not continue."""

    @workflow
    def countdown(n: int) -> str:
        if n:
            continue_as_new(n - 1)
        return "done"

    worker = serve(countdown)

    assert worker.execute(countdown, "c", 3) == "done"


def test_an_end_that_is_no_decision_is_noticed(engine: Engine, serve: Serve) -> None:
    """Termination closes an execution without its decider."""

    @workflow
    def long() -> None:
        sleep(1000)

    def terminate(notice: Notice) -> None:
        if isinstance(notice, DecisionMade):
            engine.call(TerminateWorkflowExecution(domain=DOMAIN, workflow_id="l", reason="enough"))

    worker = serve(long, watch=terminate)

    with pytest.raises(WorkflowTerminated, match="enough"):
        worker.execute(long, "l")


def test_executions_of_another_lane_are_left_alone(engine: Engine, serve: Serve) -> None:
    """A worker takes no task of an execution that is not its own, though types and task lists have the same names."""
    register_domain(engine, DOMAIN)
    register_types(engine, DOMAIN, [count, increment])
    task_list = Lane("~run~other").name(count.task_list)
    waiting = start_execution(engine, DOMAIN, count, "waiting", '{"args":[2]}', task_list=task_list)
    worker = serve(count, increment, lane=Lane("~run~own"))

    assert worker.execute(count, "own", 3) == 3
    assert len(list(read_history(engine.call, DOMAIN, waiting))) == 2
    scheduled = [
        e.task_list.name
        for e in read_history(engine.call, DOMAIN, worker_execution(engine))
        if isinstance(e, ActivityTaskScheduled)
    ]
    assert set(scheduled) == {"default~run~own"}


def worker_execution(engine: Engine) -> WorkflowExecution:
    closed = engine.call(
        ListClosedWorkflowExecutions(domain=DOMAIN, start_time_filter=ExecutionTimeFilter(oldest_date=0.0))
    )
    return closed.execution_infos[0].execution


class Unreliable:
    """A Swf in front of another one: every third call of some kinds does not get through, or its answer gets lost."""

    def __init__(self, swf: Swf, failure: Callable[[], Exception]) -> None:
        self._swf = swf
        self._failure = failure
        self._calls = 0
        self._lock = threading.Lock()

    def call(self, operation: Operation[Any], /) -> Any:
        with self._lock:
            self._calls += 1
            calls = self._calls
        polls = (PollForActivityTask, PollForDecisionTask)
        reports = (RespondActivityTaskCompleted, RespondDecisionTaskCompleted)
        if isinstance(operation, polls + reports) and calls % 3 == 0:
            raise self._failure()
        answer = self._swf.call(operation)
        if isinstance(operation, reports) and calls % 5 == 0:
            raise self._failure()
        return answer


@pytest.mark.parametrize("failure", [ConnectionError, lambda: DatabaseWriteError(found="the disk is full")])
def test_calls_that_fail_lose_nothing(engine: Engine, serve: Serve, failure: Callable[[], Exception]) -> None:
    """Whether a request or its answer got lost: the workflow goes on and each step is recorded once."""
    swf = Unreliable(engine.local(), failure)
    worker = serve(count, increment, swf=swf)

    assert worker.execute(count, "c", 10) == 10
    history = list(read_history(engine.call, DOMAIN, worker_execution(engine)))
    assert sum(isinstance(event, ActivityTaskScheduled) for event in history) == 10
    assert isinstance(history[-1], WorkflowExecutionCompleted)


def test_drain_finishes_what_runs_and_begins_nothing() -> None:
    """An orderly stop; the next worker goes on with the rest."""
    begun = threading.Event()
    may_end = threading.Event()
    runs: list[int] = []

    @activity
    def step(number: int) -> int:
        runs.append(number)
        begun.set()
        assert may_end.wait(10)
        return number

    @workflow
    def steps() -> int:
        return sum(submit(step, number).result() for number in range(3))

    catalog = catalog_of([steps, step])
    with open_engine(":memory:") as engine:
        first = LocalWorker(engine, domain=DOMAIN, catalog=catalog)
        first.start()
        execution = start_execution(engine, DOMAIN, steps, "s", '{"args":[]}')
        assert begun.wait(10)

        assert not first.drain(timeout=0)
        may_end.set()
        assert first.drain(timeout=10)
        first.stop()

        assert runs[0] == 0
        with LocalWorker(engine, domain=DOMAIN, catalog=catalog) as second:
            assert isinstance(closing_event(engine.local(), DOMAIN, execution, 10), WorkflowExecutionCompleted)
        engine.close()
        assert first.join(10)
        assert second.join(10)
    assert sorted(runs) == [0, 1, 2]


def test_a_stop_does_not_fail_the_async_activities_that_it_ends() -> None:
    """They are canceled so that threads can end, but SWF is not told that they failed: they will run again."""
    begun = threading.Event()

    @activity
    async def endless() -> None:
        begun.set()
        await asyncio.sleep(60)

    @workflow
    def flow() -> None:
        submit(endless).result()

    with open_engine(":memory:") as engine:
        worker = LocalWorker(engine, domain=DOMAIN, catalog=catalog_of([flow, endless]))
        worker.start()
        execution = start_execution(engine, DOMAIN, flow, "f", '{"args":[]}')
        assert begun.wait(10)
        worker.stop()
        assert worker.drain(10)
        last = list(read_history(engine.call, DOMAIN, execution))[-1]
        engine.close()
        assert worker.join(10)

    assert isinstance(last, ActivityTaskStarted)
