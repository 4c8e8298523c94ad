import asyncio
import json
import sys
import time
from dataclasses import dataclass
from datetime import date, timedelta
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, cast

import pytest

from ostinato import Client, Retry, activity, submit, workflow
from ostinato.client.histories import read_history
from ostinato.engine.engine import Engine
from ostinato.errors import UsageError, WorkflowFailed
from ostinato.model.decisions import ScheduleActivityTask
from ostinato.model.events import ActivityTaskCanceled, ActivityTaskFailed, ActivityTaskTimedOut
from ostinato.model.operations import ListClosedWorkflowExecutions
from ostinato.model.structures import ExecutionTimeFilter
from ostinato.payloads.along import sent_along
from ostinato.payloads.converter import JsonConverter
from ostinato.replay.definitions import Activity
from ostinato.replay.replay import Replay
from ostinato.testing.script import Script
from ostinato.worker.context import activity_info, cancel_requested, complete_later, heartbeat, heartbeat_details
from tests.worker.conftest import DOMAIN, Serve

if TYPE_CHECKING:
    from ostinato.model.events import HistoryEvent


@activity
def leap(height: int) -> str:
    raise ValueError(f"too high: {height}")


@activity
def leave() -> None:
    sys.exit(3)


@activity
def boast() -> str:
    return "x" * 40_000


@activity
def hide() -> object:
    return object()


@activity(retry=Retry(max_attempts=3, interval=0))
def third_time_lucky() -> list[Any]:
    info = activity_info()
    if info.attempt < 3:
        raise ConnectionError(info.attempt)
    return [info.attempt, info.activity_id, info.activity_type.name, info.workflow_execution.workflow_id, info.domain]


@activity(heartbeat_timeout=1)
def patient() -> None:
    while not cancel_requested():
        time.sleep(0.005)
    raise asyncio.CancelledError


@activity(heartbeat_timeout=1)
async def patient_too() -> None:
    await asyncio.sleep(60)


@activity(heartbeat_timeout=1)
def eager() -> None:
    while not cancel_requested():
        heartbeat("still here")
    raise asyncio.CancelledError


@activity(start_to_close_timeout=1, heartbeat_timeout=None)
def stubborn() -> None:
    heartbeat({"done": 7})
    while not cancel_requested():
        heartbeat()


@workflow
def run_it(height: int) -> str:
    return submit(leap, height).result()


def workflow_of(what: Activity[[], Any]) -> Any:
    @workflow(name=f"flow of {what.name}")
    def flow() -> Any:
        return submit(what).result()

    return flow


def events(engine: Engine, kind: type[Any]) -> list[Any]:
    """The events of that kind in the one closed execution."""
    closed = engine.call(
        ListClosedWorkflowExecutions(domain=DOMAIN, start_time_filter=ExecutionTimeFilter(oldest_date=0.0))
    )
    history: list[HistoryEvent] = list(read_history(engine.call, DOMAIN, closed.execution_infos[0].execution))
    return [event for event in history if isinstance(event, kind)]


def test_an_exception_keeps_its_type_its_message_and_its_traceback(engine: Engine, serve: Serve) -> None:
    """History has all three, and the traceback begins at the author's line."""
    worker = serve(run_it, leap)

    with pytest.raises(WorkflowFailed, match="ValueError: too high: 7"):
        worker.execute(run_it, "w", 7)

    (failed,) = events(engine, ActivityTaskFailed)
    details = json.loads(failed.details)
    assert failed.reason == "ValueError: too high: 7"
    assert (details["error_type"], details["message"]) == ("ValueError", "too high: 7")
    assert "test_attempts.py" in details["traceback"][1]
    assert 'attempts.py", line' not in "".join(details["traceback"]).replace("test_attempts.py", "")


@pytest.mark.parametrize(
    ("what", "says"),
    [(leave, "SystemExit: 3"), (boast, "40,002 characters"), (hide, "PayloadError")],
)
def test_what_cannot_be_a_result_fails_the_task_with_its_reason(
    serve: Serve, what: Activity[[], Any], says: str
) -> None:
    """A result too long or not to be written, and sys.exit(), end the task and not the worker."""
    flow = workflow_of(what)
    worker = serve(flow, what, third_time_lucky)

    with pytest.raises(WorkflowFailed, match=says):
        worker.execute(flow, "w")


def test_arguments_that_do_not_fit_fail_the_task(serve: Serve) -> None:
    """They are read by the activity's annotations."""

    @workflow
    def wrong() -> str:
        untyped: Any = leap
        return str(submit(untyped, "high").result())

    worker = serve(wrong, leap)

    with pytest.raises(WorkflowFailed, match="height"):
        worker.execute(wrong, "w")


def test_an_activity_knows_its_task_and_its_attempt(serve: Serve) -> None:
    """The third attempt knows that it is the third."""
    flow = workflow_of(third_time_lucky)
    worker = serve(flow, third_time_lucky)

    attempt, activity_id, name, workflow_id, domain = worker.execute(flow, "w")

    assert (attempt, name, workflow_id, domain) == (3, third_time_lucky.name, "w", DOMAIN)
    assert activity_id == f"activity-{third_time_lucky.name}-1"


@workflow
def hurried() -> None:
    futures = [submit(patient), submit(patient.options(heartbeat_timeout=7))]
    futures[1].result()


@pytest.mark.parametrize(
    ("text", "attempt"),
    [
        (None, 1),
        ('{"args":[],"kwargs":{}}', 1),
        ('{"args":[],"kwargs":{},"__ostinato":{"attempt":4}}', 4),
        ('{"args":["\\"__ostinato\\""],"kwargs":{}}', 1),
        ('not JSON, with "__ostinato" in it', 1),
    ],
)
def test_the_attempt_is_read_from_the_input(text: str | None, attempt: int) -> None:
    """Retries say it; whatever else an input holds is the first attempt."""
    assert sent_along(text).attempt == attempt


def test_a_heartbeat_time_out_given_per_call_reaches_the_worker() -> None:
    """The worker knows the declared activity only, so the workflow sends the other time-out along."""
    assert sent_along('{"args":[],"kwargs":{},"__ostinato":{"heartbeat_timeout":30}}').heartbeat_timeout == 30

    script = Script('{"args":[],"kwargs":{}}')
    replay = Replay(hurried, execution=script.execution, converter=JsonConverter())
    (declared, given) = replay.feed(script.events)
    replay.evict()

    assert isinstance(declared, ScheduleActivityTask)
    assert isinstance(given, ScheduleActivityTask)
    assert sent_along(declared.input).heartbeat_timeout is None
    assert given.heartbeat_timeout == "7"
    assert sent_along(given.input).heartbeat_timeout == 7


@pytest.mark.parametrize("what", [patient, patient_too, eager])
def test_a_cancel_request_reaches_the_activity_and_is_answered(
    engine: Engine, serve: Serve, what: Activity[[], Any]
) -> None:
    """By the heartbeats that the worker sends itself, or by the activity's own; an `async def` is canceled."""

    @activity
    def moment() -> None:
        time.sleep(0.05)

    @workflow
    def change_of_mind() -> None:
        future = submit(what)
        submit(moment).result()
        future.cancel()
        submit(third_time_lucky).result()
        submit(patience).result()

    @activity
    def patience() -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not canceled():
            time.sleep(0.01)

    def canceled() -> bool:
        return any(isinstance(event, ActivityTaskCanceled) for event in read_history(engine.call, DOMAIN, execution[0]))

    execution: list[Any] = []
    worker = serve(change_of_mind, what, moment, patience, third_time_lucky, watch=lambda n: remember(n, execution))

    worker.execute(change_of_mind, "w")

    assert len(events(engine, ActivityTaskCanceled)) == 1


def remember(notice: Any, execution: list[Any]) -> None:
    if not execution and hasattr(notice, "execution"):
        execution.append(notice.execution)


def test_a_task_that_timed_out_is_told_to_stop_and_its_details_are_kept(engine: Engine, serve: Serve) -> None:
    """The heartbeat learns that SWF does not wait any more; its last details are in history."""
    flow = workflow_of(stubborn)
    worker = serve(flow, stubborn)

    with pytest.raises(WorkflowFailed, match="START_TO_CLOSE"):
        worker.execute(flow, "w")

    (timed_out,) = events(engine, ActivityTaskTimedOut)
    assert json.loads(timed_out.details) == {"done": 7}
    assert worker.drain(10)


@pytest.mark.parametrize("heartbeat_timeout", [None, 300])
def test_a_coroutine_that_timed_out_is_canceled(serve: Serve, heartbeat_timeout: int | None) -> None:
    """SWF is asked when it should have ended, and not only with its next heartbeat, if it has any."""

    @activity(start_to_close_timeout=1, heartbeat_timeout=heartbeat_timeout)
    async def sleepy() -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            ended.put(True)

    ended: SimpleQueue[bool] = SimpleQueue()
    flow = workflow_of(sleepy)
    worker = serve(flow, sleepy)

    with pytest.raises(WorkflowFailed, match="START_TO_CLOSE"):
        worker.execute(flow, "w")

    assert ended.get(timeout=10)
    assert worker.drain(10)


@dataclass(frozen=True)
class Progress:
    done: int


@activity(heartbeat_timeout=1, retry=Retry(max_attempts=4, interval=0))
def resumed(how: str) -> list[Any]:
    before, attempt = heartbeat_details(Progress), activity_info().attempt
    if attempt == 1:
        heartbeat(Progress(1))
        if how == "too long":
            return ["x" * 40_000]
        raise ValueError(how)
    if attempt == 2:
        raise ValueError("told nothing")
    return [before, attempt]


@workflow
def resuming(how: str) -> Any:
    return submit(resumed, how).result()


@pytest.mark.parametrize("how", ["failed", "too long"])
def test_details_of_heartbeats_reach_the_next_attempts(serve: Serve, how: str) -> None:
    """Those told last, however the attempt ended, also if the next one tells none."""
    assert serve(resuming, resumed).execute(resuming, "w", how) == [{"done": 1}, 3]


@activity(start_to_close_timeout=1, heartbeat_timeout=None, retry=Retry(max_attempts=2, interval=0))
def overslept() -> Any:
    if activity_info().attempt == 1:
        heartbeat("halfway")
        time.sleep(1.2)
    return heartbeat_details()


def test_details_of_heartbeats_reach_the_attempt_after_a_time_out(serve: Serve) -> None:
    """As SWF tells them."""
    flow = workflow_of(overslept)

    assert serve(flow, overslept).execute(flow, "w") == "halfway"


@activity
@dataclass
class Parcel:
    item: str
    on: date

    def execute(self) -> list[Any]:
        return [self.item, self.on + timedelta(days=1)]


@activity
class Reply:
    def __init__(self, *words: str) -> None:
        self.words = words

    async def execute(self) -> str:
        await asyncio.sleep(0)
        return " ".join(self.words)


def test_a_class_is_made_with_the_arguments_and_executes(serve: Serve) -> None:
    """Its `__init__` reads arguments, its `execute` gives results, be it `def` or `async def`; so it is if called."""

    @workflow
    def send() -> list[Any]:
        return [submit(Parcel, "tea", on=date(2026, 1, 31)).result(), submit(Reply, "very", "well").result()]

    assert serve(send, Parcel, Reply).execute(send, "w") == [["tea", "2026-02-01"], "very well"]
    parcel, reply = cast("Activity[..., Any]", Parcel), cast("Activity[..., Any]", Reply)
    assert (parcel.is_async, reply.is_async) == (False, True)
    called = parcel("tea", date(2026, 1, 31))
    assert called == ["tea", date(2026, 2, 1)]


def test_an_activitys_questions_need_an_activity() -> None:
    """Elsewhere they say where they belong."""
    for question in (activity_info, cancel_requested, heartbeat, heartbeat_details):
        with pytest.raises(UsageError, match="outside of an activity"):
            question()


# Later.

TOKENS: SimpleQueue[str] = SimpleQueue()


@activity(heartbeat_timeout=None)
def left_open() -> str:
    TOKENS.put(activity_info().task_token)
    complete_later()


@activity(heartbeat_timeout=None)
async def left_open_too() -> str:
    await asyncio.sleep(0)
    TOKENS.put(activity_info().task_token)
    complete_later()


@pytest.mark.parametrize("what", [left_open, left_open_too])
def test_whoever_has_the_token_completes_what_was_left_open(
    engine: Engine, serve: Serve, what: Activity[[], str]
) -> None:
    """The worker reports nothing, and has its place free; a failure is tried again as any other."""

    @workflow
    def leaves() -> list[Any]:
        failed = submit(what.options(retry=Retry(max_attempts=2, interval=0))).result()
        return [failed, submit(what).result()]

    serve(leaves, what, concurrency=1)
    client = Client(engine, domain=DOMAIN)
    handle = client.start(leaves)

    client.fail_activity(TOKENS.get(timeout=20), ValueError("not now"))
    client.complete_activity(TOKENS.get(timeout=20), "now")
    client.complete_activity(TOKENS.get(timeout=20), "then")

    assert handle.result(timeout=20) == ["now", "then"]


def test_nothing_is_left_open_outside_of_activities() -> None:
    """There is no task."""
    with pytest.raises(UsageError, match=r"complete_later\(\) was called outside of an activity"):
        complete_later()
