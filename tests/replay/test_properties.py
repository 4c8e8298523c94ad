"""Random workflows over random histories: a kept replay decides as a fresh one, within limits, and loses nothing."""

import asyncio
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato import (
    FIRST_COMPLETED,
    Future,
    LambdaFunction,
    Retry,
    activity,
    as_completed,
    continue_as_new,
    marker,
    patched,
    random,
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
from ostinato.errors import OstinatoError
from ostinato.model import decisions as d
from ostinato.model import enums
from ostinato.model import events as e
from ostinato.testing.refusals import REFUSALS
from ostinato.testing.rehearsal import Rehearsal

if TYPE_CHECKING:
    from collections.abc import Coroutine

Statement = tuple[Any, ...]
Block = list[Statement]


@activity(name="work")
def work(x: Any = None) -> Any: ...


@workflow(name="child")
def child(x: Any = None) -> Any: ...


ASKS = (OstinatoError, TimeoutError, asyncio.CancelledError)
"""What waits may raise."""


def _ask(what: str, retries: int) -> Future[Any]:
    retry = Retry(retries, interval=retries - 1) if retries else None
    match what:
        case "activity":
            return submit(work.options(retry=retry))
        case "child":
            return submit(child.options(retry=retry))
        case "lambda":
            return submit(LambdaFunction("f", retry=retry), 1)
        case "signal":
            return signal("s", workflow_id="elsewhere")
        case "wait_signal":
            return wait_signal("x", timeout=retries or None)
        case _:
            return timer(retries)


class Plain:
    """Runs statements in a plain `def`."""

    def __init__(self, asked: list[Future[Any]]) -> None:
        self.asked = asked
        self.futures: list[Any] = []

    def block(self, statements: Block) -> int:
        for statement in statements:
            self.one(*statement)
        return len(statements)

    def keep(self, future: Any) -> None:
        self.futures.append(future)
        self.asked.append(future)

    def one(self, kind: str, *rest: Any) -> None:  # noqa: C901, PLR0912  (one case for each statement)
        futures = self.futures
        try:
            match kind:
                case "ask":
                    self.keep(_ask(*rest))
                case "chain":
                    self.keep(submit(work, [futures[-1:]]))
                case "spawn":
                    style, statements = rest
                    self.keep(spawn(style(self.asked).block, statements))
                case "result":
                    futures[rest[0] % len(futures)].result() if futures else None
                case "limited":
                    futures[-1].result(timeout=2) if futures else None
                case "all":
                    wait(futures)
                case "first":
                    wait(futures, return_when=FIRST_COMPLETED, timeout=rest[0])
                case "each":
                    for future in as_completed(futures, timeout=rest[0]):
                        marker(f"each-{futures.index(future)}")
                case "cancel":
                    futures[rest[0] % len(futures)].cancel() if futures else None
                case "sleep":
                    sleep(rest[0])
                case "try":
                    self.attempt(*rest)
                case _:
                    plain_call(kind)
        except ASKS as error:
            marker(type(error).__name__)

    def attempt(self, first: Block, last: Block) -> None:
        try:
            self.block(first)
        finally:
            self.block(last)


def plain_call(kind: str) -> None:
    match kind:
        case "once":
            run_once(int, "3")
        case "marker":
            marker("m", "x")
        case "patched":
            if patched("p"):
                marker("new")
        case "random":
            marker(f"{random()}"[:12])
        case "continue":
            continue_as_new()
        case _:
            raise AssertionError(kind)


class Async(Plain):
    """Runs statements in an `async def`."""

    async def block(self, statements: Block) -> int:  # type: ignore[override]
        for statement in statements:
            await self.step(*statement)
        return len(statements)

    async def step(self, kind: str, *rest: Any) -> None:  # noqa: C901, PLR0912  (the same)
        futures = self.futures
        try:
            match kind:
                case "result":
                    if futures:
                        await futures[rest[0] % len(futures)]
                case "limited":
                    async with asyncio.timeout(2):
                        await asyncio.gather(*futures)
                case "all":
                    await asyncio.gather(*futures, return_exceptions=True)
                case "first":
                    if futures:
                        await asyncio.wait(futures, return_when=FIRST_COMPLETED, timeout=rest[0])
                case "each":
                    for future in asyncio.as_completed(futures, timeout=rest[0]):
                        await future
                        marker("each")
                case "sleep":
                    await asyncio.sleep(rest[0])
                case "try":
                    try:
                        await self.block(rest[0])
                    finally:
                        await self.block(rest[1])
                case _:
                    self.one(kind, *rest)
        except ASKS as error:
            marker(type(error).__name__)


_seconds = st.sampled_from([None, 0, 1, 3])
_leaves: st.SearchStrategy[Statement] = st.one_of(
    st.tuples(
        st.just("ask"),
        st.sampled_from(["activity", "activity", "child", "lambda", "signal", "wait_signal", "timer"]),
        st.integers(0, 3),
    ),
    st.tuples(st.sampled_from(["result", "cancel"]), st.integers(0, 9)),
    st.tuples(st.sampled_from(["all", "limited", "once", "marker", "patched", "random", "chain"])),
    st.tuples(st.sampled_from(["first", "each"]), _seconds),
    st.tuples(st.just("sleep"), st.integers(0, 3)),
)


def _nested(inner: st.SearchStrategy[Statement]) -> st.SearchStrategy[Statement]:
    block = st.lists(inner, max_size=4)
    return st.one_of(
        st.tuples(st.just("try"), block, block),
        st.tuples(st.just("spawn"), st.sampled_from([Plain, Async]), block),
    )


programs = st.lists(st.one_of(_leaves, st.recursive(_leaves, _nested, max_leaves=8), _leaves), min_size=1, max_size=10)
endings = st.sampled_from([None, None, "continue", "fail"])


class World:
    """SWF, the workers and everybody else, as chance has it."""

    def __init__(self, rehearsal: Rehearsal, data: st.DataObject) -> None:
        self.r = rehearsal
        self.data = data
        self.open: dict[int, e.HistoryEvent] = {}
        self.begun: set[int] = set()
        self.seen = 0

    def look(self) -> None:
        """Learn what is open."""
        for event in self.r.script.events[self.seen :]:
            if isinstance(
                event,
                (
                    e.ActivityTaskScheduled,
                    e.TimerStarted,
                    e.StartChildWorkflowExecutionInitiated,
                    e.LambdaFunctionScheduled,
                    e.SignalExternalWorkflowExecutionInitiated,
                    e.RequestCancelExternalWorkflowExecutionInitiated,
                ),
            ):
                self.open[event.event_id] = event
            elif isinstance(event, (e.ActivityTaskCanceled, e.TimerCanceled)):
                opened = (
                    event.scheduled_event_id if isinstance(event, e.ActivityTaskCanceled) else event.started_event_id
                )
                self.open.pop(opened, None)
        self.seen = len(self.r.script.events)

    def happen(self) -> int:
        """Some things happen; how many."""
        count = self.data.draw(st.integers(0, 3))
        return sum(self.one() for _ in range(count))

    def one(self) -> bool:
        self.look()
        script, data = self.r.script, self.data
        choices: list[Any] = [*self.open.values(), "signal", "signal", "cancel"]
        match data.draw(st.sampled_from(choices)):
            case "signal":
                script.signaled(
                    data.draw(st.sampled_from(["x", "x", "y"])), data.draw(st.sampled_from([None, "0", "1"]))
                )
            case "cancel":
                if data.draw(st.integers(0, 3)):
                    return False
                script.cancel_requested()
            case e.ActivityTaskScheduled() as event:
                return self.activity(event)
            case e.TimerStarted() as event:
                script.timer_fired(event.timer_id)
                del self.open[event.event_id]
            case e.StartChildWorkflowExecutionInitiated() as event:
                self.child(event)
            case e.LambdaFunctionScheduled() as event:
                ends: list[type[e.Event]] = [
                    e.LambdaFunctionCompleted,
                    e.LambdaFunctionFailed,
                    e.LambdaFunctionTimedOut,
                ]
                script.lambda_event(data.draw(st.sampled_from(ends)), event.id)
                del self.open[event.event_id]
            case e.SignalExternalWorkflowExecutionInitiated() as event:
                self.deliver(event)
            case event:
                del self.open[event.event_id]
        return True

    def activity(self, event: e.ActivityTaskScheduled) -> bool:
        script, name = self.r.script, event.activity_id
        if event.event_id not in self.begun and self.data.draw(st.booleans()):
            script.activity_started(name)
            self.begun.add(event.event_id)
            return False  # no cause of a decision task
        match self.data.draw(st.integers(0, 3)):
            case 0:
                script.activity_completed(name, "0")
            case 1:
                script.activity_failed(name, "why", "how")
            case 2:
                script.activity_timed_out(name, enums.ActivityTaskTimeoutType.HEARTBEAT)
            case _:
                script.activity_canceled(name)
        del self.open[event.event_id]
        return True

    def child(self, event: e.StartChildWorkflowExecutionInitiated) -> None:
        script = self.r.script
        if event.event_id not in self.begun:
            script.child_event(e.ChildWorkflowExecutionStarted, event.workflow_id)
            self.begun.add(event.event_id)
            return
        kinds: list[type[e.Event]] = [
            e.ChildWorkflowExecutionCompleted,
            e.ChildWorkflowExecutionFailed,
            e.ChildWorkflowExecutionCanceled,
            e.ChildWorkflowExecutionTerminated,
        ]
        script.child_event(self.data.draw(st.sampled_from(kinds)), event.workflow_id)
        del self.open[event.event_id]

    def deliver(self, event: e.SignalExternalWorkflowExecutionInitiated) -> None:
        script = self.r.script
        script.later(1)
        if self.data.draw(st.booleans()):
            script.add(
                e.ExternalWorkflowExecutionSignaled,
                workflow_execution=script.execution,
                initiated_event_id=event.event_id,
            )
        else:
            script.add(
                e.SignalExternalWorkflowExecutionFailed,
                workflow_id=event.workflow_id,
                cause=self.data.draw(st.sampled_from(enums.SignalExternalWorkflowExecutionFailedCause)),
                initiated_event_id=event.event_id,
                decision_task_completed_event_id=event.decision_task_completed_event_id,
            )
        del self.open[event.event_id]

    def refusals(self, *, has_news: bool) -> dict[int, str]:
        """What SWF must refuse, and what it happens to."""
        self.look()
        refused: dict[int, str] = {}
        ids = {getattr(x, name) for x in self.open.values() for name in ("activity_id", "timer_id") if hasattr(x, name)}
        for place, decision in enumerate(self.r.decisions):
            match decision:
                case d.CancelTimer(timer_id=name) if name not in ids:
                    refused[place] = "TIMER_ID_UNKNOWN"
                case d.RequestCancelActivityTask(activity_id=name) if name not in ids:
                    refused[place] = "ACTIVITY_ID_UNKNOWN"
                case d.CancelTimer() | d.RequestCancelActivityTask() | d.RecordMarker():
                    pass
                case _ if place == len(self.r.decisions) - 1 and self.r.close is not None:
                    if has_news:
                        refused[place] = "UNHANDLED_DECISION"
                case _ if not self.data.draw(st.integers(0, 7)):
                    cause = self.data.draw(st.sampled_from(list(REFUSALS[type(decision)].causes)))
                    refused[place] = cause.name
                case _:
                    pass
        return refused


def check(r: Rehearsal) -> None:
    """What holds of every response."""
    decisions = r.decisions
    assert len(decisions) <= 100
    closes = [x for x in decisions if "WorkflowExecution" in type(x).__name__ and not hasattr(x, "workflow_id")]
    assert closes == ([r.close] if r.close else [])
    assert r.close is None or decisions[-1] is r.close
    scheduled = {x.activity_id for x in decisions if isinstance(x, d.ScheduleActivityTask)}
    withdrawn = {x.activity_id for x in decisions if isinstance(x, d.RequestCancelActivityTask)}
    assert not scheduled & withdrawn
    for kind, name in (
        (d.ScheduleActivityTask, "activity_id"),
        (d.StartTimer, "timer_id"),
        (d.StartChildWorkflowExecution, "workflow_id"),
    ):
        ids = [getattr(x, name) for x in decisions if isinstance(x, kind)]
        assert len(ids) == len(set(ids))


def check_open_ids(world: World) -> None:
    """What is asked for has an id that nothing open has."""
    world.look()
    open_ids = {x.activity_id for x in world.open.values() if isinstance(x, e.ActivityTaskScheduled)}
    open_timers = {x.timer_id for x in world.open.values() if isinstance(x, e.TimerStarted)}
    assert not open_ids & {x.activity_id for x in world.r.decisions if isinstance(x, d.ScheduleActivityTask)}
    assert not open_timers & {x.timer_id for x in world.r.decisions if isinstance(x, d.StartTimer)}


def check_nothing_is_lost(r: Rehearsal, asked: list[Future[Any]]) -> None:
    """At the end, each activity that was asked for and not given up is in history or in the last response."""
    sent = {
        x.activity_id
        for x in (*r.script.events, *r.decisions)
        if isinstance(x, (e.ActivityTaskScheduled, d.ScheduleActivityTask, e.ScheduleActivityTaskFailed))
    }
    for future in asked:
        name = future.label.rpartition("(")[2].rstrip(")")
        if name.startswith("activity-work-") and not future.done():
            assert name in sent or _waits_for_input(future)


def _waits_for_input(future: Future[Any]) -> bool:
    owner = getattr(future.on_cancel, "__self__", None)
    return owner is not None and owner.request is None


def _workflow(program: Block, ending: str | None, *, is_async: bool, asked: dict[int, list[Future[Any]]]) -> Any:
    def mine() -> list[Future[Any]]:
        return asked.setdefault(id(asyncio.get_running_loop()), [])

    def end() -> str:
        if ending == "continue":
            continue_as_new()
        if ending == "fail":
            raise ValueError("end")
        return "done"

    @workflow(name="plain")
    def plain() -> str:
        Plain(mine()).block(program)
        return end()

    @workflow(name="coroutine")
    async def coroutine() -> str:
        code: Coroutine[Any, Any, int] = Async(mine()).block(program)
        await code
        return end()

    return coroutine if is_async else plain


@settings(suppress_health_check=list(HealthCheck), max_examples=200, deadline=None)
@given(program=programs, ending=endings, is_async=st.booleans(), data=st.data())
def test_random_workflows_over_random_histories(
    program: Block,
    ending: str | None,
    *,
    is_async: bool,
    data: st.DataObject,
) -> None:
    """Whatever the code does and whatever happens: kept = fresh, limits hold, nothing is lost, all else is silence."""
    asked: dict[int, list[Future[Any]]] = {}
    with Rehearsal(_workflow(program, ending, is_async=is_async, asked=asked)) as r:
        world = World(r, data)
        for _ in range(25):
            check(r)
            check_open_ids(world)
            news = world.happen()
            if not data.draw(st.integers(0, 7)):
                r.lose()
                continue
            refused = world.refusals(has_news=bool(news))
            if r.close is not None and not refused.get(len(r.decisions) - 1):
                check_nothing_is_lost(r, asked.get(id(r.replay._execution.loop), []))
                return
            r.happened(refused=refused)
            world.happen()
            if not data.draw(st.integers(0, 7)):
                r.replace_later = True  # type: ignore[attr-defined]
            r.play()
            if not data.draw(st.integers(0, 7)):
                r.replace()
