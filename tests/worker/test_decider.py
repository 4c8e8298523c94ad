import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from ostinato import activity, signal, sleep, submit, wait_signal, workflow
from ostinato.client.executions import start_execution
from ostinato.client.histories import read_history
from ostinato.client.registration import register_domain, register_types
from ostinato.client.waiting import closing_event
from ostinato.engine.engine import Engine, open_engine
from ostinato.errors import ConnectionLostError, NondeterminismError, NotDurableError, TargetError
from ostinato.model.events import DecisionTaskStarted, WorkflowExecutionCompleted
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.converter import JsonConverter
from ostinato.worker.catalog import catalog_of
from ostinato.worker.decider import Decider
from ostinato.worker.local import LocalWorker
from ostinato.worker.middleware import Deciding, Decisions
from ostinato.worker.notices import DecisionDropped, DecisionMade, Notice, ReplayBegun
from ostinato.worker.replays import KeptReplays
from tests.worker.conftest import DOMAIN, Serve


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
def ping(peer: str, rounds: int) -> int:
    for number in range(rounds):
        signal("ball", number, workflow_id=peer).result()
        wait_signal("ball").result()
    return rounds


@workflow
def elsewhere() -> None: ...


@workflow
async def undurable() -> None:
    await asyncio.to_thread(print)


def kinds(notices: list[Notice], kind: type[Any]) -> list[Any]:
    return [notice for notice in notices if isinstance(notice, kind)]


def test_history_is_replayed_once_and_then_only_what_is_new(serve: Serve) -> None:
    """A replay that is kept is fed the events of each batch; nothing is read again."""
    notices: list[Notice] = []
    worker = serve(count, increment, watch=notices.append)

    worker.execute(count, "c", 20)

    assert len(kinds(notices, ReplayBegun)) == 1
    assert len(kinds(notices, DecisionMade)) == 21


def test_a_replay_that_was_put_away_is_made_anew_from_the_whole_history(engine: Engine) -> None:
    """Two executions and room for one replay: they are replayed from the start again and again, to the same end."""
    notices: list[Notice] = []
    closed: list[str] = []
    register_domain(engine, DOMAIN)
    register_types(engine, DOMAIN, [ping])
    for own, other in (("a", "b"), ("b", "a")):
        start_execution(engine, DOMAIN, ping, own, f'{{"args":["{other}",5]}}')

    def watch(notice: Notice) -> None:
        notices.append(notice)
        if isinstance(notice, DecisionMade) and notice.is_close:
            closed.append(notice.execution.workflow_id)
            if len(closed) == 2:
                decider.stop()

    decider = Decider(
        engine.local(),
        domain=DOMAIN,
        task_list=ping.task_list,
        catalog=catalog_of([ping]),
        converter=JsonConverter(),
        kept_replays=1,
        watch=watch,
    )
    decider.run()

    assert sorted(closed) == ["a", "b"]
    begun = kinds(notices, ReplayBegun)
    assert len(begun) > 2
    assert all(notice.events[0].event_id == 1 for notice in begun)
    assert all(isinstance(notice.events[-1], DecisionTaskStarted) for notice in begun)


def test_a_decision_that_cannot_be_made_is_dropped_and_told(
    engine: Engine, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """An unknown type and undurable code leave their executions open, and the decider at work."""
    notices: list[Notice] = []
    register_domain(engine, DOMAIN)
    register_types(engine, DOMAIN, [elsewhere, undurable])
    unknown = start_execution(engine, DOMAIN, elsewhere, "elsewhere", '{"args":[]}')
    threaded = start_execution(engine, DOMAIN, undurable, "undurable", '{"args":[]}')

    with caplog.at_level(logging.ERROR):
        worker = serve(count, undurable, increment, watch=notices.append)
        result = worker.execute(count, "c", 3)

    assert result == 3
    dropped = {notice.execution.workflow_id: notice.error for notice in kinds(notices, DecisionDropped)}
    assert isinstance(dropped["elsewhere"], TargetError)
    assert isinstance(dropped["undurable"], NotDurableError)
    assert "No decision on elsewhere" in caplog.text
    assert length(engine, unknown) == length(engine, threaded) == 3


def length(engine: Engine, execution: WorkflowExecution) -> int:
    return len(list(read_history(engine.call, DOMAIN, execution)))


def test_a_service_that_is_out_of_reach_is_told_in_one_line(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Where we noticed it, twenty lines deep, helps nobody; the decision is made when the service is back."""
    losses = [ConnectionLostError(where="http://s", found="cannot be reached", may_be_done=False)]

    def lose(_: Deciding, decide: Callable[[], Decisions]) -> Decisions:
        if losses:
            raise losses.pop()
        return decide()

    @workflow
    def short() -> int:
        return 1

    options = short.options(task_start_to_close_timeout=1)
    with caplog.at_level(logging.ERROR):
        assert serve(short, decision_middleware=[lose]).execute(options, "w") == 1

    (record,) = [record for record in caplog.records if "No decision on w" in record.getMessage()]
    assert "ConnectionLostError: http://s: cannot be reached" in record.getMessage()
    assert record.exc_info is None


def test_code_that_no_longer_fits_its_history_drops_the_decision_until_it_does() -> None:
    """The execution survives the wrong code: once the old one is back, it ends as if nothing had been."""
    is_changed = False
    dropped: list[BaseException] = []

    @workflow(task_start_to_close_timeout=1)
    def changing() -> str:
        if is_changed:
            sleep(1)
        value = submit(increment, 1).result()
        sleep(1)
        return f"{value}"

    def watch(notice: Notice) -> None:
        nonlocal is_changed
        match notice:
            case DecisionMade(decisions=[first, *_]) if "Timer" in type(first).__name__:
                is_changed = True
            case DecisionDropped(error=error):
                dropped.append(error)
                is_changed = False
            case _:
                pass

    with open_engine(":memory:") as engine:
        worker = LocalWorker(engine.local(), domain=DOMAIN, catalog=catalog_of([changing, increment]), watch=watch)
        worker.start()
        # A replay that is kept has run the old code: only one from the start meets the new one.
        for decider in worker._deciders.values():
            decider._kept = KeptReplays(count=0)
        execution = start_execution(engine, DOMAIN, changing, "x", '{"args":[]}')
        closed = closing_event(engine.local(), DOMAIN, execution, 30)
        worker.stop()
        engine.close()
        assert worker.join(10)

    assert isinstance(closed, WorkflowExecutionCompleted)
    assert closed.result == '"2"'
    (error,) = dropped
    assert isinstance(error, NondeterminismError)
    assert "increment" in str(error.recorded)
    assert "timer" in str(error.requested)
    assert "test_decider.py" in str(error.source)
