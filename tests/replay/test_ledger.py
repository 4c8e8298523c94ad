"""What was asked for, held against what was recorded."""

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from ostinato import LambdaFunction, activity, marker, run_once, signal, spawn, submit, timer, wait, workflow
from ostinato.errors import ActivityNotScheduled, InternalError, NondeterminismError
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.replay.ledger import WAKE_UP
from ostinato.testing.rehearsal import Rehearsal

if TYPE_CHECKING:
    from ostinato import Future


@activity(name="work")
def work(x: Any = None) -> Any: ...


@activity(name="other")
def other(x: Any = None) -> Any: ...


def ids(decisions: tuple[d.DecisionAttributes, ...]) -> list[str]:
    return [x.activity_id for x in decisions if isinstance(x, d.ScheduleActivityTask)]


def kinds(decisions: tuple[d.DecisionAttributes, ...]) -> list[str]:
    return [type(x).__name__ for x in decisions]


def test_ten_thousand_submits() -> None:
    """10,000 activities submitted in one go are sent 99 a decision, 1,000 open at most, in order, in linear time."""

    @workflow
    def many(count: int) -> int:
        return sum(f.result() for f in [submit(work, n) for n in range(count)])

    with Rehearsal(many, 10_000, is_compared=False) as r:
        sent: list[str] = []
        done = 0
        began = time.process_time()
        while not r.replay.is_closed:
            assert len(r.decisions) <= 100
            sent += ids(r.decisions)
            wakes = [x for x in r.decisions if isinstance(x, d.StartTimer)]
            script = r.happened()
            for wake_up in wakes:
                assert wake_up.timer_id.startswith(WAKE_UP)
                script.timer_fired(wake_up.timer_id)
            assert len(sent) - done <= 1000
            if not wakes:
                for name in sent[done : done + 300]:
                    script.activity_completed(name, "1")
                done = min(done + 300, len(sent))
            r.play()

        assert r.result == 10_000
        assert sent == [f"activity-work-{n + 1}" for n in range(10_000)]
        assert time.process_time() - began < 15


def test_one_thousand_open() -> None:
    """The 1,001st activity waits for one of the others to close, while other kinds of decisions go through."""

    @workflow
    def many() -> None:
        fs = [submit(work, n) for n in range(1002)]
        timer(5)
        wait(fs)

    with Rehearsal(many) as r:
        while any(isinstance(x, d.StartTimer) and x.timer_id.startswith(WAKE_UP) for x in r.decisions):
            r.play()
        assert r.decisions[-1] == d.StartTimer(timer_id="timer-1", start_to_fire_timeout="5")

        assert r.play() == ()
        assert ids(r.complete("activity-work-1")) == ["activity-work-1001"]
        assert ids(r.complete("activity-work-2")) == ["activity-work-1002"]


def test_held_order_after_a_lost_decision() -> None:
    """What waited for a place and was sent in a decision that was lost keeps its place in the order."""

    @workflow
    def many() -> None:
        wait([submit(work, n) for n in range(1003)])

    with Rehearsal(many, is_compared=False) as r:
        while r.decisions:
            r.play()
        assert ids(r.complete("activity-work-1")) == ["activity-work-1001"]

        assert ids(r.lose()) == ["activity-work-1001"]
        assert ids(r.complete("activity-work-2")) == ["activity-work-1002"]
        assert ids(r.complete("activity-work-3")) == ["activity-work-1003"]


def test_a_withdrawn_request_does_not_hold_the_close() -> None:
    """A request that waited for a place and was given up does not keep the execution from closing."""

    @workflow
    def many() -> str:
        fs = [submit(work, n) for n in range(1001)]
        timer(1).result()
        fs[-1].cancel()
        return "done"

    with Rehearsal(many, is_compared=False) as r:
        while any(isinstance(x, d.StartTimer) and x.timer_id.startswith(WAKE_UP) for x in r.decisions):
            r.play()
        r.fire("timer-1")

        assert r.result == "done"


def test_the_close_waits_for_what_has_no_place() -> None:
    """An execution closes after all that it asked for before could be sent."""

    @workflow
    def many() -> str:
        for n in range(1001):
            submit(work, n)
        return "done"

    with Rehearsal(many, is_compared=False) as r:
        while r.decisions:
            assert r.close is None
            r.play()
        r.complete("activity-work-1", "x")

        assert kinds(r.decisions) == ["ScheduleActivityTask", "CompleteWorkflowExecution"]


def test_one_megabyte() -> None:
    """A response stays under SWF's 1 MB, counted as the wire does it, also for text that is not ASCII."""

    @workflow
    def big(letter: str) -> None:
        wait([submit(work, letter * 32_000) for _ in range(99)])

    for letter, wire in (("x", 1), ("é", 6), ("\U0001f3b5", 12)):
        with Rehearsal(big, letter) as r:
            sent: list[str] = []
            while len(sent) < 99:
                assert (
                    sum(len(x.input or "") for x in r.decisions if isinstance(x, d.ScheduleActivityTask)) * wire < 1e6
                )
                assert ids(r.decisions)
                sent += ids(r.decisions)
                r.play()
            assert r.decisions == ()


def test_a_refused_wake_up() -> None:
    """The wake-up timer may be refused: what was left goes with the next decision all the same."""

    @workflow
    def many() -> None:
        wait([submit(work, n) for n in range(150)])

    with Rehearsal(many) as r:
        assert len(r.decisions) == 100
        r.play(refused={99: "TIMER_CREATION_RATE_EXCEEDED"})

        assert len(ids(r.decisions)) == 51


def test_code_that_runs_at_a_refusal_sees_all_records() -> None:
    """What a refusal makes the code do does not touch what was recorded with it."""

    @workflow
    def fickle() -> str:
        first, second = submit(work.options(activity_id="a")), submit(work.options(activity_id="b"))
        try:
            first.result()
        except ActivityNotScheduled:
            second.cancel()
            submit(other).result()
        return "done"

    with Rehearsal(fickle) as r:
        r.play(refused={0: "OPERATION_NOT_PERMITTED"})

        assert kinds(r.decisions) == ["RequestCancelActivityTask", "ScheduleActivityTask"]
        assert r.complete("activity-other-1") == (d.CompleteWorkflowExecution(result='"done"'),)


def test_cancel_of_an_unstarted_activity_amid_records() -> None:
    """SWF cancels an unstarted activity between the records of a decision: the records after it still count."""

    @workflow
    def change() -> Any:
        first = submit(work)
        timer(1).result()
        first.cancel()
        return submit(other).result()

    with Rehearsal(change) as r:
        r.fire("timer-1")
        assert kinds(r.decisions) == ["RequestCancelActivityTask", "ScheduleActivityTask"]
        r.play()

        assert r.decisions == ()
        assert r.complete("activity-other-1", 7) == (d.CompleteWorkflowExecution(result="7"),)


def _history(code: Any, *completes: str) -> Rehearsal:
    r = Rehearsal(workflow(name="changing")(code))
    for name in completes:
        r.complete(name, 1)
    r.happened()
    r.script.decision_task()
    return r


def _replayed(r: Rehearsal, code: Any) -> NondeterminismError:
    r.evict()
    r.workflow = workflow(name="changing")(code)
    fresh = r._fresh()
    with pytest.raises(NondeterminismError) as caught:
        fresh.feed(r.script.events)
    fresh.evict()
    return caught.value


def test_changed_order() -> None:
    """Code that asks in another order is told event, record, request and line."""

    def before() -> None:
        submit(work).result()
        submit(other).result()

    def after() -> None:
        submit(other).result()
        submit(work).result()

    error = _replayed(_history(before, "activity-work-1"), after)

    assert error.event_id == 5
    assert error.recorded == "ActivityTaskScheduled activity 'activity-work-1' of type work default"
    assert error.requested == "activity 'activity-other-1' of type other default"
    assert error.source is not None
    assert __file__ in error.source
    assert "after" in error.source
    assert f"line {after.__code__.co_firstlineno + 1}," in error.source
    assert "event 5" in str(error)
    assert "Bring back" in str(error)


def test_changed_type() -> None:
    """The same id of another type is a mismatch."""

    def before() -> None:
        submit(work.options(activity_id="x")).result()

    def after() -> None:
        submit(work.options(activity_id="x", version="2")).result()

    error = _replayed(_history(before), after)

    assert error.recorded == "ActivityTaskScheduled activity 'x' of type work default"
    assert error.requested == "activity 'x' of type work 2"
    assert error.source is not None
    assert f"line {after.__code__.co_firstlineno + 1}," in error.source


def test_missing_request() -> None:
    """Code that asks for less than was recorded is told what it does not ask for, and where it stands."""

    def before() -> None:
        wait([submit(work), submit(other)])

    def after() -> None:
        wait([submit(work)])

    error = _replayed(_history(before), after)

    assert error.recorded == "ActivityTaskScheduled activity 'activity-other-1' of type other default"
    assert error.requested is None
    assert error.source is not None
    assert "after" in error.source


def test_extra_request() -> None:
    """Code that asks for more than was recorded is told what, and where."""

    def before() -> None:
        wait([submit(work)])

    def after() -> None:
        first = submit(work)
        submit(other)
        wait([first])

    error = _replayed(_history(before), after)

    assert error.recorded is None
    assert error.requested == "activity 'activity-other-1' of type other default"
    assert error.event_id == 4
    assert error.source is not None
    assert f"line {after.__code__.co_firstlineno + 2}," in error.source


def test_added_and_removed_run_once() -> None:
    """A run_once that came or went is a mismatch, and one that came is not run."""
    ran: list[int] = []

    def with_it() -> None:
        run_once(ran.append, 1)
        submit(work).result()

    def without() -> None:
        submit(work).result()

    removed = _replayed(_history(with_it), without)
    ran.clear()
    added = _replayed(_history(without), with_it)

    assert removed.recorded == "MarkerRecorded marker 'run_once-list.append-1'"
    assert added.requested == "marker 'run_once-list.append-1'"
    assert added.source is not None
    assert "with_it" in added.source
    assert ran == []


def test_changed_end() -> None:
    """Code that ends where history went on, or the reverse, is a mismatch; so is one that ends in another way."""

    def goes_on() -> None:
        submit(work).result()

    def ends() -> None: ...

    def fails() -> None:
        raise ValueError("no")

    error = _replayed(_history(goes_on), ends)
    assert error.recorded == "ActivityTaskScheduled activity 'activity-work-1' of type work default"
    assert error.requested == "the end of the execution (complete)"

    closed = Rehearsal(workflow(name="changing")(ends))
    closed.happened()
    error = _replayed(closed, fails)
    assert error.recorded == "WorkflowExecutionCompleted the end of the execution (complete)"
    assert error.requested == "the end of the execution (fail)"


@pytest.mark.parametrize("style", ["def", "async"])
def test_run_once_in_a_full_response(style: str) -> None:
    """Results that did not fit into the response are run again by a decider that takes over, not a mismatch."""

    def plain() -> int:
        fs = [submit(work, n) for n in range(60)]
        total = sum(run_once(int, "1") for _ in range(150))
        wait(fs)
        return total

    async def coroutine() -> int:
        fs = [submit(work, n) for n in range(60)]
        total = sum(run_once(int, "1") for _ in range(150))
        await asyncio.wait(fs)
        return total

    with Rehearsal(workflow(plain) if style == "def" else workflow(coroutine)) as r:
        while any(isinstance(x, d.StartTimer) for x in r.decisions):
            r.play()
        for n in range(60):
            r.complete(f"activity-work-{n + 1}")

        assert r.result == 150


def test_the_same_id_twice_in_one_batch() -> None:
    """An id that is in use is refused by SWF, also if the second request came with a later response."""

    @workflow
    def twice() -> str:
        first = submit(work.options(activity_id="x"))
        fs = [submit(other, n) for n in range(98)]
        second = submit(work.options(activity_id="x"))
        with pytest.raises(ActivityNotScheduled, match="ALREADY_IN_USE"):
            second.result()
        wait([first, *fs])
        return "done"

    with Rehearsal(twice) as r:
        assert len(r.decisions) == 100
        assert ids(r.play()) == ["x"]
        r.play(refused={0: "ACTIVITY_ID_ALREADY_IN_USE"})
        r.complete("x")
        for n in range(98):
            r.complete(f"activity-other-{n + 1}")

        assert r.result == "done"


def test_markers_of_the_author_and_of_run_once_keep_their_order() -> None:
    """Decisions are sent in the order in which the code asked."""

    @workflow
    def notes() -> None:
        marker("a", "1")
        run_once(int)
        submit(work)
        marker("a")
        timer(3)
        submit(LambdaFunction(name="f"), 1)
        marker("b", {"x": 1})

    with Rehearsal(notes) as r:
        assert kinds(r.decisions) == [
            "RecordMarker",
            "RecordMarker",
            "ScheduleActivityTask",
            "RecordMarker",
            "StartTimer",
            "ScheduleLambdaFunction",
            "RecordMarker",
            "CompleteWorkflowExecution",
        ]
        r.happened()


def test_nested_spawns() -> None:
    """1,000 strands within each other, each waiting for the next, do not overflow any stack."""

    def nest(depth: int) -> int:
        if depth == 0:
            return int(submit(work).result())
        inner: Future[int] = spawn(nest, depth - 1)
        return inner.result() + 1

    @workflow
    def nested() -> int:
        return nest(1000)

    with Rehearsal(nested) as r:
        r.complete("activity-work-1", 1)

        assert r.result == 1001


def test_a_batch_that_does_not_follow() -> None:
    """Events that nothing opened are a fault of ours, or of the history."""

    @workflow
    def waits() -> None:
        submit(work).result()

    with Rehearsal(waits) as r:
        r.happened().add(e.TimerFired, timer_id="t", started_event_id=2)
        with pytest.raises(InternalError, match="event 6, TimerFired, is about event 2, which opened nothing"):
            r.play()


def test_events_of_activities_that_nothing_scheduled() -> None:
    """The same, of activities."""

    @workflow
    def waits() -> None:
        submit(work).result()

    with Rehearsal(waits) as r:
        r.happened().add(e.ActivityTaskStarted, scheduled_event_id=2)
        with pytest.raises(InternalError, match="ActivityTaskStarted, is about event 2, which opened nothing"):
            r.play()


def test_equal_requests() -> None:
    """Of two requests with one key, one may be taken back: the other is recorded."""

    @workflow
    def sends() -> None:
        first, second = signal("s", workflow_id="w"), signal("s", workflow_id="w")
        first.cancel()
        second.result()

    with Rehearsal(sends) as r:
        assert [type(x).__name__ for x in r.decisions] == ["SignalExternalWorkflowExecution"]
        r.happened().external_event(e.ExternalWorkflowExecutionSignaled, "s")
        r.play()

        assert r.result is None


def test_requests_that_wait_for_a_place_may_be_taken_back() -> None:
    """Of those that wait for a place, the first, the last and one between may be given up; the others go in order."""

    @workflow
    def many() -> str:
        fs = [submit(work, n) for n in range(1005)]
        timer(1).result()
        for place in (1000, 1002, 1004):
            fs[place].cancel()
        wait(fs)
        return "done"

    with Rehearsal(many, is_compared=False) as r:
        while any(isinstance(x, d.StartTimer) and x.timer_id.startswith(WAKE_UP) for x in r.decisions):
            r.play()
        assert r.fire("timer-1") == ()

        r.happened().activity_completed("activity-work-1")
        r.script.activity_completed("activity-work-2")
        assert ids(r.play()) == ["activity-work-1002", "activity-work-1004"]
