"""The rules of replay, one by one."""

import asyncio
import contextlib
import functools
import gc
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ostinato import (
    Retry,
    activity,
    continue_as_new,
    info,
    marker,
    run_once,
    set_context,
    sleep,
    spawn,
    submit,
    timer,
    wait,
    wait_signal,
    workflow,
)
from ostinato.errors import (
    ActivityFailed,
    NondeterminismError,
    NotDurableError,
    UnwindingError,
    UsageError,
)
from ostinato.model import decisions as d
from ostinato.model import enums
from ostinato.model import events as e
from ostinato.model.enums import ActivityTaskTimeoutType
from ostinato.payloads.converter import JsonConverter
from ostinato.replay.replay import Replay
from ostinato.testing.rehearsal import Rehearsal
from ostinato.testing.script import Script, play

if TYPE_CHECKING:
    from ostinato import Future


@activity(name="work")
def work(x: Any = None) -> Any: ...


@workflow(name="child")
def child(x: Any = None) -> Any: ...


def kinds(decisions: tuple[d.DecisionAttributes, ...]) -> list[str]:
    return [type(x).__name__ for x in decisions]


# Rule 1.


def test_events_come_one_at_a_time() -> None:
    """Code sees the events of a batch one at a time, in history's order, and runs on after each."""

    @workflow
    def sees() -> list[Any]:
        said: list[Any] = []
        futures = [submit(work, n) for n in range(3)]
        for n, future in enumerate(futures):
            future.add_done_callback(lambda _, n=n: said.append((n, [f.done() for f in futures])))  # type: ignore[misc]
        wait(futures)
        return said

    with Rehearsal(sees) as r:
        for n in (3, 1, 2):
            r.happened().activity_completed(f"activity-work-{n}", "1")
        r.play()

        assert r.result == [[2, [False, False, True]], [0, [True, False, True]], [1, [True, True, True]]]


def test_events_that_came_while_a_decision_was_made() -> None:
    """What arrived while a decision was being made is seen after what that decision recorded."""

    @workflow
    def sees() -> list[Any]:
        said: list[Any] = []
        first = wait_signal("x")
        said.append(run_once(str, "a"))
        timer(5)
        said.append(first.result())
        said.append(info().history_length)
        submit(work)
        wait_signal("y").result()
        return said

    with Rehearsal(sees) as r:
        r.script.signaled("x", '"signal"')
        r.play()
        assert kinds(r.decisions) == ["ScheduleActivityTask"]
        r.script.signaled("y")
        r.play()

        assert r.result == ["a", "signal", 4]


def test_lost_decisions() -> None:
    """Decision tasks that time out leave what was asked for to the next one, with what has come since."""

    @workflow
    def asks() -> Any:
        future = submit(work.options(activity_id="a"))
        if wait_signal("give up").result():
            future.cancel()
        return submit(work.options(activity_id="b")).result()

    with Rehearsal(asks) as r:
        first = r.decisions
        assert r.lose() == first
        r.script.decision_task_timed_out()
        r.script.signaled("give up", "true")
        r._is_pending = False
        r.script.decision_task()
        r._make()
        assert [x.activity_id for x in r.decisions if isinstance(x, d.ScheduleActivityTask)] == ["b"]
        r.complete("b", 1)

        assert r.result == 1


# Rule 2.


def test_nondeterminism_does_not_fail_the_workflow() -> None:
    """A mismatch is raised to whoever runs the replay; no decision is made of it."""

    @workflow(name="w")
    def before() -> None:
        submit(work).result()

    @workflow(name="w")
    def after() -> None:
        try:
            timer(1).result()
        except BaseException:  # noqa: BLE001  (nothing of this is for the code to catch)
            submit(work)

    with Rehearsal(before) as r:
        r.play()
        fresh = Replay(after, execution=r.script.execution, converter=JsonConverter())
        with pytest.raises(NondeterminismError, match=r"recorded ActivityTaskScheduled .* asked for timer 'timer-1'"):
            fresh.feed(r.script.events)
        fresh.evict()


def test_another_decider_was_quicker() -> None:
    """A kept replay whose run_once gave another result than history has is of no use any more."""
    values = iter([1, 2, 3])

    @workflow
    def asks() -> int:
        value = run_once(lambda: next(values))
        submit(work).result()
        return value

    with Rehearsal(asks, is_compared=False) as r:
        late = r.replay
        r.replay = r._fresh()
        r.script.decision_task_timed_out()
        r._is_pending = False
        r.script.decision_task()
        r._make()
        r.complete("activity-work-1")

        with pytest.raises(NondeterminismError, match="but the code asked for the same with"):
            late.feed(r.script.events[late.last_event_id :])
        late.evict()
        assert r.result == 2


class TooSmall(ValueError): ...


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (lambda: TooSmall("no"), "TooSmall: no"),
        (AssertionError, "AssertionError"),
        (lambda: RecursionError("deep"), "RecursionError: deep"),
        (lambda: ExceptionGroup("g", [ValueError("v")]), "ExceptionGroup: g (1 sub-exception)"),
        (lambda: StopIteration(1), None),
        (lambda: TimeoutError("late"), "TimeoutError: late"),
    ],
)
def test_exceptions_of_the_code_fail_the_workflow(raised: Callable[[], Exception], reason: str | None) -> None:
    """An exception out of the code fails the workflow, with the author's line."""

    @workflow
    def plain() -> None:
        raise raised()

    @workflow
    async def coroutine() -> None:
        raise raised()

    for code in (plain, coroutine):
        with Rehearsal(code) as r:
            assert reason is None or r.reason == reason
            assert isinstance(r.close, d.FailWorkflowExecution)
            assert f"in {code.function.__name__}" in (r.close.details or "") or reason is None


def test_ends_that_are_no_exceptions() -> None:
    """sys.exit() in workflow code is refused, other BaseExceptions are handed on; neither ends the workflow."""

    @workflow
    def leaves() -> None:
        sys.exit(3)

    @workflow
    async def leaves_later() -> None:
        await spawn(sys.exit, 3)

    class Odd(BaseException): ...

    @workflow
    def odd() -> None:
        raise Odd

    for code in (leaves, leaves_later):
        with pytest.raises(NotDurableError, match=r"sys\.exit\(3\)"):
            Rehearsal(code)
    with pytest.raises(Odd):
        Rehearsal(odd)


def test_a_fault_of_a_converter_is_not_silent() -> None:
    """A converter that breaks where the workflow ends drops the decision rather than leave it waiting."""

    class Broken(JsonConverter):
        def dump_failure(self, error: BaseException, /) -> Any:
            raise RuntimeError("broken")

    @workflow
    def fails() -> None:
        raise ValueError

    with Rehearsal(fails) as r:
        replay = Replay(fails, execution=r.script.execution, converter=Broken())
        with pytest.raises(RuntimeError, match="broken"):
            replay.feed(r.script.events)
        replay.evict()


def test_results_that_cannot_be_written() -> None:
    """A result that is no JSON, is too long or holds itself fails the workflow, in words."""
    ring: list[Any] = []
    ring.append(ring)
    for result, said in ((object(), "PayloadError"), ("x" * 40_000, "LimitExceededError: the result of"), (ring, "")):

        @workflow
        def gives(result: Any = result) -> Any:
            return result

        with Rehearsal(gives) as r:
            assert (r.reason or "").startswith(said)


def test_input_that_does_not_fit() -> None:
    """An input that does not fit the function fails the workflow, in words."""

    @workflow
    def takes(x: int) -> int:
        return x

    with Rehearsal(takes, "seven") as r:
        assert (r.reason or "").startswith("PayloadError: ")
        assert "parameter x" in (r.reason or "")


def test_a_forgotten_await() -> None:
    """A `def` that returns a coroutine is told so, without noise."""

    @workflow
    def forgets() -> Any:
        return asyncio.sleep(1)

    with pytest.raises(NotDurableError, match="returned a coroutine"):
        Rehearsal(forgets)


# Rule 3.


def test_try_finally_and_with_around_waits() -> None:
    """`finally`, `except Exception`, `else` and `with` around waits run once, in their time, never early."""
    said: list[str] = []

    @contextmanager
    def block(name: str) -> Iterator[None]:
        say(f"enter {name}")
        try:
            yield
        finally:
            say(f"exit {name}")

    def say(what: str) -> None:
        if not info().is_replaying:
            said.append(what)

    @workflow
    def careful() -> str:
        try:
            with block("with"):
                submit(work).result()
                say("worked")
        except Exception:  # noqa: BLE001  (that a wait is no Exception is what is tested)
            say("except")
        else:
            say("else")
        finally:
            say("finally")
        return "done"

    with Rehearsal(careful, is_compared=False) as r:
        assert said == ["enter with"]
        r.signal("whatever")
        r.replace()
        assert said == ["enter with"]
        r.complete("activity-work-1")

        assert said == ["enter with", "worked", "exit with", "else", "finally"]
        assert r.result == "done"


def test_generators_and_builtins_around_waits() -> None:
    """Waits within generators, sort keys, reduce and recursion work as anywhere."""

    def each(count: int) -> Iterator[Any]:
        for n in range(count):
            yield submit(work, n).result()

    def deep(levels: int) -> Any:
        return submit(work).result() if levels == 0 else deep(levels - 1)

    @workflow
    def syntax() -> list[Any]:
        said: list[Any] = list(each(2))
        said += sorted([1, 2], key=lambda n: -submit(work, n).result())
        said.append(functools.reduce(lambda a, n: a + submit(work, n).result(), [1, 2], 0))
        said.append(deep(500))
        return said

    with Rehearsal(syntax) as r:
        for n in range(1, 8):
            r.complete(f"activity-work-{n}", n)

        assert r.result == [1, 2, 2, 1, 11, 7]


def test_eviction_decides_nothing() -> None:
    """When a replay is put away, its code cannot decide any more, and what it swallows does not hang."""
    said: list[str] = []

    @workflow
    def decides() -> None:
        try:
            submit(work).result()
        finally:
            try:
                submit(work)
            except UnwindingError as error:
                said.append(str(error))

    @workflow
    def swallows() -> None:
        while True:
            with contextlib.suppress(BaseException):  # what must not be done
                submit(work).result()

    @workflow
    async def swallows_too() -> None:
        for _ in range(50):
            with contextlib.suppress(BaseException):
                await asyncio.sleep(5)

    for code in (decides, swallows):
        r = Rehearsal(code)
        r.evict()
        r.evict()
        del r
        gc.collect()
    r = Rehearsal(swallows_too, is_compared=False)
    r.evict()

    assert said
    assert "put away" in said[0]


def test_eviction_of_groups_timeouts_and_waits_is_quiet() -> None:
    """Whatever construct the code waits in, nothing is left or printed when it is put away."""

    async def one() -> None:
        await submit(work)

    @workflow
    async def busy() -> None:
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            group.create_task(one())
            group.create_task(one())
            async with asyncio.timeout(10), asyncio.Lock():
                await asyncio.gather(one(), spawn(sleep, 5), asyncio.sleep(7), asyncio.shield(timer(1)))

    @workflow
    def spawns() -> None:
        def waits(n: int) -> None:
            wait([timer(n + 1), submit(work)], timeout=7)

        for n in range(5):
            spawn(waits, n)
        submit(work).result()

    for code in (busy, spawns):
        with Rehearsal(code) as r:
            r.signal("x")
        gc.collect()


def test_eviction_where_clean_up_awaits_is_quiet() -> None:
    """In coroutines that await each other, and by way of an async generator."""

    async def cleans_up() -> None:
        try:
            await submit(work)
        finally:
            try:
                await asyncio.sleep(0)
            finally:
                marker("late")

    @workflow
    async def nested() -> None:
        await cleans_up()

    async def generates() -> AsyncGenerator[Any, None]:
        try:
            await cleans_up()
            yield
        finally:
            await cleans_up()

    @workflow
    async def iterates() -> None:
        async for _ in generates():
            pass

    for code in (nested, iterates):
        with Rehearsal(code) as r:
            r.signal("x")
        gc.collect()


def test_a_replay_that_is_just_dropped_is_quiet() -> None:
    """A replay that nobody put away leaves no noise either."""

    @workflow
    def spawns() -> None:
        spawn(lambda: timer(1).result())
        submit(work).result()

    @workflow
    async def ends() -> None:
        spawn(spawn, spawn, asyncio.sleep, 5)  # type: ignore[call-overload]

    for code in (spawns, ends):
        r = Rehearsal(code)
        del r
        gc.collect()


def test_eviction_by_another_thread() -> None:
    """Eviction by another thread does no harm."""

    @workflow
    def plain() -> None:
        submit(work).result()

    r = Rehearsal(plain)
    thread = threading.Thread(target=r.evict)
    thread.start()
    thread.join()
    r.evict()


# Rule 4.


def test_cost_does_not_grow() -> None:
    """A long execution is played event by event; positions and waits are told."""

    @workflow
    def loops(count: int) -> int:
        return sum(submit(work, n).result() for n in range(count))

    with Rehearsal(loops, 500, is_compared=False) as r:
        for n in range(499):
            r.complete(f"activity-work-{n + 1}", 1)
        assert r.play() == ()
        assert r.replay.waiting() == ("work (activity-work-500)",)
        (position,) = r.replay.positions()
        line = loops.function.__code__.co_firstlineno + 2
        assert position.startswith(f'File "{__file__}", line {line}, in ')
        r.replace()
        r.complete("activity-work-500", 1)

        assert r.result == 500
        assert r.replay._execution.owners == {}


def test_twenty_five_thousand_events() -> None:
    """A history at SWF's limit is replayed, in one go and step by step, to the same."""

    @workflow
    def loops(count: int) -> int:
        total = 0
        for n in range(0, count, 50):
            total += sum(f.result() for f in [submit(work, n + k) for k in range(50)])
        return total

    with Rehearsal(loops, 7_500, is_compared=False) as r:
        while not r.replay.is_closed:
            script = r.happened()
            for decision in r.decisions:
                assert isinstance(decision, d.ScheduleActivityTask)
                script.activity_completed(decision.activity_id, "1")
            r.play()
        assert r.result == 7_500
        assert len(r.script.events) > 22_500
        r._compare()


def test_positions_of_all_strands() -> None:
    """Each strand and task tells the author's line where it stands, also within asyncio."""

    def strand() -> None:
        sleep(5)

    async def task() -> None:
        await asyncio.sleep(5)

    @workflow
    async def main() -> None:
        spawn(strand)
        async with asyncio.TaskGroup() as group:
            group.create_task(task())
            await asyncio.wait([submit(work)], timeout=10)

    with Rehearsal(main) as r:
        lines = [p.rpartition(".")[2] for p in r.replay.positions()]
        assert sorted(lines) == ["main", "strand", "task"]
        assert all(p.startswith(f'File "{__file__}"') for p in r.replay.positions())
        waits = ["timer timer-1 of 10 s", "timer timer-2 of 5 s", "timer timer-3 of 5 s", "work (activity-work-1)"]
        assert sorted(r.replay.waiting()) == waits
        r.play()
        assert sorted(r.replay.waiting()) == waits


def test_is_replaying() -> None:
    """Code may ask whether it is being replayed: for logging, once."""
    said: list[tuple[str, bool]] = []

    @workflow
    def asks() -> None:
        said.append(("start", info().is_replaying))
        submit(work).result()
        said.append(("worked", info().is_replaying))
        submit(work).result()

    with Rehearsal(asks, is_compared=False) as r:
        r.complete("activity-work-1")
        assert said == [("start", False), ("worked", False)]
        said.clear()
        r.replace()
        assert said == [("start", True), ("worked", False)]
        r.play()
        said.clear()
        r.replace()

        assert said == [("start", True), ("worked", True)]


def test_feeding() -> None:
    """Events have to follow the last ones."""

    @workflow
    def waits() -> None:
        submit(work).result()

    with Rehearsal(waits) as r:
        with pytest.raises(UsageError, match="no events; expected event 4"):
            r.replay.feed([])
        with pytest.raises(UsageError, match="event 1; expected event 4"):
            r.replay.feed(r.script.events)
        assert r.replay.last_event_id == 3
        assert not r.replay.is_closed


# Rule 5, of closes, markers and timers (the others are in their modules' tests).


@pytest.mark.parametrize(
    ("ends", "causes"),
    [
        ("complete", enums.CompleteWorkflowExecutionFailedCause),
        ("fail", enums.FailWorkflowExecutionFailedCause),
        ("cancel", enums.CancelWorkflowExecutionFailedCause),
        ("continue", enums.ContinueAsNewWorkflowExecutionFailedCause),
    ],
)
def test_closes_that_fail(ends: str, causes: Any) -> None:  # noqa: C901  (one case for each cause)
    """An end that SWF refuses is asked for again: at once, after registering, later; or it fails with the cause."""

    @workflow
    def code() -> None:
        match ends:
            case "fail":
                raise ValueError("x")
            case "cancel":
                wait_signal("x").result()
            case "continue":
                continue_as_new()
            case _:
                pass

    for cause in causes:
        with Rehearsal(code) as r:
            if ends == "cancel":
                r.cancel()
            close = _without_input(r.decisions)
            assert r.close is not None
            r.script.signaled("late")
            r.play(refused={0: cause.name})

            match cause.name:
                case "UNHANDLED_DECISION":
                    assert _without_input(r.decisions) == close
                case "OPERATION_NOT_PERMITTED" | "CONTINUE_AS_NEW_WORKFLOW_EXECUTION_RATE_EXCEEDED":
                    for n, seconds in enumerate(["1", "2", "4"]):
                        name = f"__ostinato_close-{n + 1}"
                        assert r.decisions == (d.StartTimer(timer_id=name, start_to_fire_timeout=seconds),)
                        assert _without_input(r.fire(name)) == close
                        r.play(refused={0: cause.name})
                case "WORKFLOW_TYPE_DOES_NOT_EXIST":
                    assert r.replay.unregistered == (code,)
                    assert _without_input(r.fire("__ostinato_close-1")) == close
                case _:
                    assert r.reason == f"The execution could not be continued as new: {cause.name}"


def _without_input(decisions: tuple[d.DecisionAttributes, ...]) -> list[d.DecisionAttributes]:
    """The decisions, without what is handed on to the next run."""
    return [
        msgspec.structs.replace(each, input=None) if isinstance(each, d.ContinueAsNewWorkflowExecution) else each
        for each in decisions
    ]


# Rule 7.


def test_the_end_keeps_what_was_asked_for() -> None:
    """Whatever was asked for before the end is sent before it, in the same response."""

    async def ends_async() -> None:
        everything()

    def ends() -> None:
        everything()

    def fails() -> None:
        everything()
        raise ValueError

    def continues() -> None:
        everything()
        continue_as_new()

    def everything() -> None:
        submit(work)
        submit(child)
        timer(5)
        marker("m")
        run_once(int)

    for code in (ends_async, ends, fails, continues):
        with Rehearsal(workflow(code)) as r:
            assert kinds(r.decisions)[:-1] == [
                "ScheduleActivityTask",
                "StartChildWorkflowExecution",
                "StartTimer",
                "RecordMarker",
                "RecordMarker",
            ]
            assert r.close is not None


# Cancellation of the execution.


def test_cancel_request_ends_the_code() -> None:
    """A cancel request raises CancelledError where the code waits; the execution ends as canceled, clean-up first."""

    @workflow
    def plain() -> None:
        try:
            submit(work.options(activity_id="a")).result()
        finally:
            submit(work.options(activity_id="clean")).result()

    @workflow
    async def coroutine() -> None:
        try:
            await submit(work.options(activity_id="a"))
        finally:
            await submit(work.options(activity_id="clean"))

    for code in (plain, coroutine):
        with Rehearsal(code) as r:
            assert kinds(r.cancel()) == ["RequestCancelActivityTask", "ScheduleActivityTask"]
            r.complete("clean")
            assert r.decisions == (d.CancelWorkflowExecution(),)


def test_cancel_request_refused() -> None:
    """Code may catch the request and go on; it can ask whether there was one."""

    @workflow
    def goes_on() -> list[Any]:
        future = timer(100)
        try:
            wait([future])
        except asyncio.CancelledError:
            future.result()
            return [info().is_cancel_requested]
        return []

    with Rehearsal(goes_on) as r:
        assert r.cancel() == ()
        r.fire("timer-1")

        assert r.result == [True]


def test_cancel_request_after_the_end() -> None:
    """A request that comes after the code has ended changes nothing."""

    @workflow
    def ends() -> int:
        return 1

    with Rehearsal(ends) as r:
        r.script.cancel_requested()
        r.play(refused={0: "UNHANDLED_DECISION"})

        assert r.result == 1


# Spawned strands and the end.


def test_spawned_strands() -> None:
    """Strands run beside each other, `def` and `async def`; their results, failures and cancellation are futures."""

    def plain(x: int) -> Any:
        return submit(work, x).result()

    async def coroutine(x: int) -> Any:
        return await submit(work, x)

    @workflow
    def main() -> list[Any]:
        first, second, third, fourth = spawn(plain, 1), spawn(coroutine, 2), spawn(plain, 3), spawn(coroutine, 4)
        said: list[Any] = [first.running(), first.result(), second.result()]
        with pytest.raises(ActivityFailed):
            third.result()
        fourth.cancel()
        with pytest.raises(asyncio.CancelledError):
            fourth.result()
        return [*said, first.running()]

    with Rehearsal(main) as r:
        r.complete("activity-work-2", "b")
        r.complete("activity-work-1", "a")
        r.fail("activity-work-3", ValueError())

        assert r.decisions[0] == d.RequestCancelActivityTask(activity_id="activity-work-4")
        assert r.result == [True, "a", "b", False]


def test_continue_as_new_from_a_strand() -> None:
    """Any strand may continue the execution as new; nothing runs after that."""
    said: list[str] = []

    @workflow(name="w", version="7", task_start_to_close_timeout=20)
    def main(n: int = 0) -> None:
        def strand() -> None:
            timer(1).result()
            try:
                continue_as_new(n=n + 1)
            finally:
                said.append("unwound")

        spawn(strand)
        try:
            timer(1).result()
            timer(1).result()
        finally:
            pass

    with Rehearsal(main, 3, is_compared=False) as r:
        r.happened().timer_fired("timer-1")
        r.script.timer_fired("timer-2")
        r.play()

        assert said == ["unwound"]
        close = r.close
        assert isinstance(close, d.ContinueAsNewWorkflowExecution)
        assert close.input == '{"args":[],"kwargs":{"n":4}}'
        assert close.workflow_type_version == "7"
        assert close.task_start_to_close_timeout == "300"


def test_continue_as_new_checks_its_arguments() -> None:
    """Arguments that do not fit are told at the call."""

    @workflow
    def main(n: int = 0) -> None:
        continue_as_new(m=1)

    with Rehearsal(main) as r:
        assert "an argument 'm'" in (r.reason or "")


def test_exceptions_that_nobody_looked_at_are_complaints() -> None:
    """A failure that no code looks at is told aside."""

    @workflow
    def forgets() -> None:
        submit(work)
        spawn(lambda: 1 / 0)
        submit(work).result()

    with Rehearsal(forgets) as r:
        r.fail("activity-work-1", ValueError("x"))
        gc.collect()
        said = " ".join(r.replay.complaints)

    assert "ZeroDivisionError" in said
    assert "ActivityFailed" in said


def test_context() -> None:
    """What the code publishes goes with the decisions."""

    @workflow
    def says() -> None:
        submit(work).result()
        set_context({"step": 1})
        submit(work).result()
        set_context("text")
        set_context("x" * 40_000)

    with Rehearsal(says) as r:
        published = [r.replay.execution_context]
        r.complete("activity-work-1")
        published.append(r.replay.execution_context)
        r.complete("activity-work-2")
        published.append(r.replay.execution_context)

        assert published == [None, '{"step":1}', "text"]
        assert "the execution context has 40,000 characters" in (r.reason or "")


def test_time_outs_of_all_kinds_in_one_history() -> None:
    """Retries, time-outs and lost decisions together, replaced deciders in between."""

    @workflow
    def mixed() -> Any:
        future: Future[Any] = submit(work.options(activity_id="a", retry=Retry(5, interval=1, backoff=1)))
        return future.result()

    with Rehearsal(mixed) as r:
        for attempt, kind in enumerate(ActivityTaskTimeoutType):
            r.happened().activity_timed_out("a", kind)
            r.play()
            r.replace()
            r.lose()
            r.fire(f"__ostinato_retry-a-{attempt + 2}")
            r.lose()
        r.complete("a", 5)

        assert r.result == 5


def test_histories_that_are_over() -> None:
    """A closed history replays to its end, and gives no decisions."""

    @workflow
    def ends() -> int:
        return int(submit(work).result())

    with Rehearsal(ends) as r:
        r.complete("activity-work-1", 3)
        r.happened()
        fresh = r._fresh()
        assert fresh.feed(r.script.events) == ()
        assert fresh.is_closed
        fresh.evict()
        assert isinstance(r.script.events[-1], e.WorkflowExecutionCompleted)


def test_a_converter_that_fails() -> None:
    """A converter of the author's that raises at the result fails the workflow, with what it raised."""

    class Fails(JsonConverter):
        def dump(self, value: Any) -> str:
            raise ZeroDivisionError(f"no text for {value!r}")

    @workflow
    def ends() -> int:
        return 7

    script = Script()
    replay = Replay(ends, execution=script.execution, converter=Fails())
    (close,) = play(replay, script.events)
    replay.evict()

    assert isinstance(close, d.FailWorkflowExecution)
    assert close.reason == "ZeroDivisionError: no text for 7"
