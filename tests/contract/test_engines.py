"""One program on every engine: embedded in a file and in memory, behind our server, and as if it were Amazon."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ostinato import (
    Client,
    Retry,
    activity,
    continue_as_new,
    info,
    marker,
    run_once,
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
from ostinato.errors import ActivityFailed, WorkflowCanceled, WorkflowFailed, WorkflowTerminated
from ostinato.model import events as e
from ostinato.model.enums import CloseStatus
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


CATALOG = catalog_of([increment, flaky, child, everything, counting, failing, waiting])


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
