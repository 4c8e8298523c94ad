"""One program on every engine: embedded in a file and in memory, behind our server, and as if it were Amazon."""

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from ostinato import (
    Client,
    Retry,
    Workflow,
    activity,
    activity_info,
    continue_as_new,
    heartbeat,
    heartbeat_details,
    info,
    marker,
    on_signal,
    patched,
    request_cancel,
    run_once,
    signal,
    sleep,
    spawn,
    submit,
    timer,
    wait,
    wait_signal,
    workflow,
)
from ostinato.engine.engine import open_engine
from ostinato.engines import open_swf
from ostinato.errors import (
    ActivityFailed,
    ActivityTimedOut,
    ChildWorkflowCanceled,
    SignalNotDelivered,
    WorkflowCanceled,
    WorkflowFailed,
    WorkflowTerminated,
)
from ostinato.model import events as e
from ostinato.model.enums import CloseStatus, RegistrationStatus
from ostinato.model.operations import DescribeActivityType
from ostinato.swf import Swf
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker
from tests.contract.conftest import DOMAIN, serving

ENGINES = ["memory", "sqlite", "http", "aws"]


@activity
def increment(x: int) -> int:
    return x + 1


@activity(retry=Retry(max_attempts=3, interval=0))
def flaky(name: str, seen: list[str]) -> str:
    raise ValueError(f"{name} never works")


@workflow
def child(x: int) -> int:
    return submit(increment, x).result()


@workflow
def everything(n: int) -> dict[str, Any]:
    many = [submit(increment, i) for i in range(n)]
    children = [submit(child, i) for i in (10, 20)]
    aside = spawn(lambda: submit(increment, 100).result())
    first = wait([timer(0), timer(3600)], return_when="FIRST_COMPLETED")
    marker("half", {"n": n})
    once = run_once(lambda: "drawn")
    failure: list[Any] = []
    try:
        submit(flaky, "it", []).result()
    except ActivityFailed as error:
        failure = [error.error_type, error.error_message, error.attempts]
    return {
        "many": [future.result() for future in many],
        "children": [future.result() for future in children],
        "aside": aside.result(),
        "timers": [len(first.done), len(first.not_done)],
        "once": once,
        "failure": failure,
        "signal": wait_signal("go").result(),
    }


@workflow
async def counting(left: int) -> list[Any]:
    if left:
        continue_as_new(left - 1)
    return [left, info().workflow_execution.workflow_id]


@workflow
def failing() -> None:
    raise KeyError("gone")


@workflow
def waiting() -> None:
    sleep(3600)


# More of what a program may do.


@activity(retry=Retry(max_attempts=3, interval=0))
def resumed() -> list[Any]:
    if heartbeat_details() is None:
        heartbeat({"at": 1})
        raise ConnectionError("away")
    return [heartbeat_details(), activity_info().attempt]


@activity(start_to_close_timeout=1, heartbeat_timeout=None)
def too_slow() -> None:
    time.sleep(1.5)


@activity(heartbeat_timeout=1)
async def held() -> None:
    await asyncio.sleep(60)


@activity
def too_much() -> str:
    return "x" * 40_000


@activity
def no_text() -> object:
    return object()


@activity
def unserved() -> None: ...


@workflow
def troubles() -> list[str]:
    told: list[str] = []
    for future in [submit(what) for what in (too_slow, too_much, no_text, unserved)]:
        try:
            future.result()
        except ActivityTimedOut as error:
            told.append(error.timeout_type)
        except ActivityFailed as error:
            told.append(f"{error.error_type}: {error.error_message}")
    return told


@workflow
def goes_on() -> list[Any]:
    return submit(resumed).result()


@workflow
async def many_kinds(n: int) -> dict[str, Any]:
    sums = await asyncio.gather(*(submit(increment, i) for i in range(n)))
    async with asyncio.TaskGroup() as group:
        late = group.create_task(after(0.5))
    try:
        async with asyncio.timeout(1):
            await submit(held)
    except TimeoutError:
        timed_out = True
    else:
        timed_out = False
    return {"sum": sum(sums), "late": late.result(), "timed out": timed_out, "patched": patched("p")}


async def after(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "late"


@workflow
class Basket:
    def __init__(self) -> None:
        self.items: list[str] = []

    @on_signal("add")
    def add(self, item: str) -> None:
        self.items.append(item)

    def run(self) -> list[str]:
        wait_signal("pay").result()
        return self.items


@workflow
def shopper(basket: str) -> str:
    for item in ("tea", "milk"):
        signal("add", item, workflow_id=basket).result()
    signal("pay", workflow_id=basket).result()
    try:
        signal("pay", workflow_id="nobody").result()
    except SignalNotDelivered:
        return "paid once"
    return "paid twice"


@workflow
def tidy(log: str) -> None:
    try:
        sleep(3600)
    finally:
        submit(increment, 1).result()
        marker(log)


@workflow
def strict() -> str:
    future = submit(waiting.options(workflow_id="strict-child"))
    timer(1).result()
    request_cancel("strict-child").result()
    try:
        future.result()
    except ChildWorkflowCanceled:
        return "canceled"
    return "?"


BASKET: Workflow[..., Any] = cast("Any", Basket)
CATALOG = catalog_of(
    [
        *(increment, flaky, child, everything, counting, failing, waiting),
        *(resumed, too_slow, held, too_much, no_text, troubles, goes_on, many_kinds, BASKET, shopper, tidy, strict),
    ]
)


@pytest.fixture(params=ENGINES, scope="module", name="opened")
def an_engine(request: Any, tmp_path_factory: Any) -> Iterator[Client]:
    """A client of an engine of each kind, with a worker that serves the workflows above."""
    with opened(request.param, tmp_path_factory.mktemp("engine")) as swf:
        with LocalWorker(swf, domain=DOMAIN, catalog=CATALOG) as worker:
            yield Client(swf, domain=DOMAIN)
        close: Any = getattr(swf, "close", None)
        if close is not None:
            close()
    assert worker.join(10)


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Swf]:
    match kind:
        case "memory":
            with open_swf("memory:") as swf:
                yield swf
        case "sqlite":
            with open_swf(f"sqlite:{folder / 'o.db'}") as swf:
                yield swf
        case "http":
            with open_engine(":memory:") as engine, serving(engine) as url, open_swf(url) as swf:
                yield swf
        case _:
            with open_engine(":memory:") as engine, serving(engine) as url, amazon(url) as swf:
                yield swf


@contextmanager
def amazon(url: str) -> Iterator[Swf]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_SWF", url)
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        with open_swf("aws:eu-west-1") as swf:
            yield swf


def test_everything_works(opened: Client) -> None:
    """Activities, retries, children, timers, markers, steps, signals: the same result."""
    handle = opened.start(everything.options(workflow_id="everything", tag_list=["t"]), 5)
    handle.signal("go", {"a": [1]})

    assert handle.result(30) == {
        "many": [1, 2, 3, 4, 5],
        "children": [11, 21],
        "aside": 101,
        "timers": [1, 1],
        "once": "drawn",
        "failure": ["ValueError", "it never works", 3],
        "signal": {"a": [1]},
    }
    history = list(handle.history())
    assert [event.event_id for event in history] == list(range(1, len(history) + 1))
    assert abs(history[-1].event_timestamp - datetime.now(UTC).timestamp()) < 30
    found = opened.find("everything")
    assert found is not None
    assert found.close_status is CloseStatus.COMPLETED
    assert found.tag_list == ("t",)
    assert opened.count(tag="t").count == 1


def test_continue_as_new(opened: Client) -> None:
    """To the last run's result."""
    handle = opened.start(counting.options(workflow_id="counting"), 3)

    assert handle.result(30) == [0, "counting"]
    assert opened.count(workflow_id="counting", close_status=CloseStatus.CONTINUED_AS_NEW).count == 3


def test_failure(opened: Client) -> None:
    """With type and message."""
    with pytest.raises(WorkflowFailed) as failed:
        opened.start(failing).result(30)

    assert failed.value.error_type == "KeyError"
    assert "gone" in failed.value.error_message


def test_cancel_and_terminate(opened: Client) -> None:
    """From outside."""
    canceled, terminated = opened.start(waiting), opened.start(waiting)
    canceled.cancel()
    terminated.terminate(reason="enough")

    with pytest.raises(WorkflowCanceled):
        canceled.result(30)
    with pytest.raises(WorkflowTerminated, match="enough"):
        terminated.result(30)
    assert isinstance(list(terminated.history())[-1], e.WorkflowExecutionTerminated)


def test_many_at_once(opened: Client) -> None:
    """No task is lost, whoever carries it."""
    handles = [opened.start(child, n) for n in range(30)]

    assert [handle.result(30) for handle in handles] == list(range(1, 31))


def test_what_goes_wrong_with_activities_is_told_by_its_reason(opened: Client) -> None:
    """Time-outs, results that are too long or no values, types that SWF did not know and that no worker serves."""
    told = opened.start(troubles).result(30)

    assert told[0] == "START_TO_CLOSE"
    assert told[1].startswith("ostinato.errors.LimitExceededError: the result of")
    assert told[2].startswith("ostinato.errors.PayloadError: ")
    assert "this worker has no activity" in told[3]
    kind = unserved.activity_type
    described = opened.swf.call(DescribeActivityType(domain=DOMAIN, activity_type=kind))
    assert described.type_info.status is RegistrationStatus.REGISTERED


def test_an_attempt_goes_on_where_the_last_was(opened: Client) -> None:
    """By the details of its heartbeats."""
    assert opened.start(goes_on).result(30) == [{"at": 1}, 2]


def test_asyncio(opened: Client) -> None:
    """More activities than a decision holds, a task group, a time-out that cancels what runs, a patch."""
    handle = opened.start(many_kinds, 150)

    assert handle.result(60) == {"sum": sum(range(1, 151)), "late": "late", "timed out": True, "patched": True}


def test_signals_between_executions(opened: Client) -> None:
    """To methods, in order; one that cannot be delivered is told."""
    basket = opened.start(BASKET.options(workflow_id="basket"))

    assert opened.start(shopper, "basket").result(30) == "paid once"
    assert basket.result(30) == ["tea", "milk"]


def test_cancellation_reaches_the_code_and_children(opened: Client) -> None:
    """Which may tidy up, by activities too."""
    handle = opened.start(tidy, "tidied")
    handle.cancel()

    with pytest.raises(WorkflowCanceled):
        handle.result(30)
    history = list(handle.history())
    assert [event.marker_name for event in history if isinstance(event, e.MarkerRecorded)] == ["tidied"]
    assert opened.start(strict).result(30) == "canceled"


def test_who_did_it_is_in_history(opened: Client) -> None:
    """Host and process."""
    handle = opened.start(child, 1)
    handle.result(30)

    started = (e.DecisionTaskStarted, e.ActivityTaskStarted)
    identities = {event.identity for event in handle.history() if isinstance(event, started)}
    assert identities == {f"{socket.gethostname()}:{os.getpid()}"}
