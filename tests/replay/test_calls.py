"""The calls that workflow code makes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

import ostinato
from ostinato import (
    activity,
    cached,
    deprecate_patch,
    info,
    marker,
    nondeterministic,
    now,
    on_signal,
    patched,
    random,
    run_once,
    sleep,
    spawn,
    submit,
    timer,
    uuid4,
    wait_signal,
    workflow,
)
from ostinato.errors import LimitExceededError, NotDurableError, OutsideWorkflowError, RunOnceFailed, UsageError
from ostinato.model import decisions as d
from ostinato.testing.rehearsal import Rehearsal


@activity(name="work")
def work(x: Any = None) -> Any: ...


OUTSIDE: Any = [
    lambda: submit(work),
    lambda: spawn(print),
    lambda: timer(1),
    lambda: sleep(1),
    lambda: ostinato.signal("s"),
    lambda: ostinato.request_cancel("w"),
    lambda: wait_signal("s"),
    lambda: ostinato.signals("s"),
    lambda: marker("m"),
    now,
    random,
    uuid4,
    info,
    lambda: ostinato.set_context(1),
    ostinato.continue_as_new,
    lambda: run_once(print),
    lambda: patched("p"),
]


@pytest.mark.parametrize("call", OUTSIDE)
def test_outside_of_a_workflow(call: Any) -> None:
    """Every call says so when it is made outside of a workflow."""
    with pytest.raises(OutsideWorkflowError, match="was called outside of a workflow"):
        call()


def test_time_chance_and_facts() -> None:
    """Time, chance and facts are history's: the same in every replay."""

    @workflow(name="w")
    def asks() -> list[Any]:
        said = [now(), random(), random(), uuid4(), info().history_length, info().workflow_id]
        submit(work).result()
        said += [now(), random(), info().history_length]
        return [str(x) for x in said]

    with Rehearsal(asks) as r:
        assert r.replay.positions()
        r.complete("activity-work-1")
        first = r.result
        r.replace()

        assert first[0] == str(datetime.fromtimestamp(1_700_000_000, UTC))
        assert 0 <= float(first[1]) < 1
        assert first[1] != first[2]
        assert UUID(first[3]).version == 4
        assert first[4:6] == ["1", "script"]
        assert first[8] == "7"


def test_info() -> None:
    """What an execution knows of itself."""

    @workflow(name="w", version="3")
    def asks() -> list[Any]:
        i = info()
        return [
            i.domain,
            i.run_id,
            i.workflow_type.version,
            i.task_list,
            i.tag_list,
            i.parent_workflow_execution,
            i.continued_execution_run_id,
            i.start_timestamp,
            i.is_cancel_requested,
        ]

    with Rehearsal(asks) as r:
        assert r.result == [None, "22script=", "3", "script", [], None, None, 1_700_000_000.0, False]


@pytest.mark.parametrize("value", [0, "", [], None, False, {"a": 1}, 1.5])
def test_run_once(value: object) -> None:
    """Any result of run_once is recorded, falsy ones too; the function is not run again."""
    ran: list[int] = []

    def look() -> object:
        ran.append(1)
        return value

    @workflow
    def asks() -> Any:
        first = run_once(look)
        submit(work).result()
        return [first, run_once(look)]

    with Rehearsal(asks, is_compared=False) as r:
        r.play()
        r.replace()
        r.complete("activity-work-1")

        assert r.result == [value, value]
        assert len(ran) == 2


def test_run_once_that_fails() -> None:
    """An exception is recorded with its type, message and traceback, and is raised in every replay."""

    @workflow
    def asks() -> list[Any]:
        with pytest.raises(RunOnceFailed) as caught:
            run_once(int, "seven")
        submit(work).result()
        return [caught.value.error_type, caught.value.error_message[:15]]

    with Rehearsal(asks) as r:
        r.play()
        r.replace()
        r.complete("activity-work-1")

        assert r.result == ["ValueError", "invalid literal"]


ran: list[str] = []


@nondeterministic
def outer(text: str) -> tuple[str, ...]:
    """Nested."""
    ran.append("outer")
    return inner(text), run_once(str.upper, text) if text else ""


@cached
def inner(text: str) -> str:
    ran.append("inner")
    return text * 2


class Scale:
    @nondeterministic
    def weigh(self) -> int:
        ran.append("weigh")
        return 0


def test_nondeterministic() -> None:
    """It is run by run_once, with its result of its type; what it calls of that kind is part of it."""

    @workflow
    def asks() -> list[Any]:
        first = [isinstance(outer("a"), tuple), outer("a"), inner(""), Scale().weigh()]
        submit(work).result()
        return [*first, inner("b")]

    ran.clear()
    with Rehearsal(asks, is_compared=False) as r:
        names = [each.marker_name for each in r.decisions if isinstance(each, d.RecordMarker)]
        r.play()
        r.replace()
        r.complete("activity-work-1")

        assert names == [f"run_once-{name}" for name in ("outer-1", "outer-2", "inner-1", "Scale.weigh-1")]
        assert r.result == [True, ["aa", "A"], "", 0, "bb"]
        assert ran == ["outer", "inner", "outer", "inner", "inner", "weigh", "inner"]


def test_nondeterministic_elsewhere() -> None:
    """Outside of workflows it just runs: its name, its result and its error are its own."""
    failing = cached(int)

    assert inner("x") == "xx"
    assert (outer.__name__, outer.__doc__) == ("outer", "Nested.")
    with pytest.raises(ValueError, match="invalid literal"):
        failing("seven")


def test_nondeterministic_that_fails() -> None:
    """An exception is recorded, and a function that calls it sees its own; what fails does not stay half run."""

    @nondeterministic
    def fails(text: str) -> int:
        return int(text)

    @nondeterministic
    def mends(text: str) -> int:
        try:
            return fails(text)
        except ValueError:
            return -1

    @workflow
    def asks() -> list[Any]:
        with pytest.raises(RunOnceFailed) as caught:
            fails("seven")
        mended = mends("seven")
        submit(work).result()
        return [caught.value.error_type, mended, fails("7")]

    with Rehearsal(asks) as r:
        r.play()
        r.replace()
        r.complete("activity-work-1")

        assert r.result == ["ValueError", -1, 7]


def test_nondeterministic_refuses_async() -> None:
    """What would have to be awaited is refused where it is written."""
    with pytest.raises(NotDurableError, match="async def"):

        @nondeterministic
        async def coroutine() -> None: ...


def test_run_once_refuses() -> None:
    """What cannot be recorded is refused."""

    @workflow
    def too_long() -> None:
        run_once(lambda: "x" * 40_000)

    async def coroutine() -> None: ...

    @workflow
    def not_durable() -> None:
        run_once(coroutine)  # type: ignore[unused-coroutine]

    with Rehearsal(too_long) as r:
        assert "LimitExceededError: the result of run_once(" in (r.reason or "")
    with pytest.raises(NotDurableError, match="async def"):
        Rehearsal(not_durable)


def test_a_thousand_run_onces() -> None:
    """Inline steps are recorded in batches, waiting for them in between, and replay."""
    ran: list[int] = []

    def step(n: int) -> int:
        ran.append(n)
        return n

    @workflow
    def steps(count: int) -> int:
        return sum(run_once(step, n) for n in range(count))

    with Rehearsal(steps, 1000, is_compared=False) as r:
        while not r.replay.is_closed:
            assert len(r.decisions) <= 100
            r.play()
            if len(ran) % 300 < 90:
                r.replace()
        assert r.result == sum(range(1000))
        assert set(ran) == set(range(1000))


def test_patched() -> None:
    """New executions follow the new way, old ones the old way, each for ever."""

    @workflow(name="w")
    def before() -> str:
        submit(work).result()
        submit(work).result()
        return "old"

    @workflow(name="w")
    def after() -> str:
        submit(work).result()
        if patched("better") and patched("better"):
            timer(5).result()
            return "new"
        submit(work).result()
        return "old"

    with Rehearsal(after) as r:
        r.complete("activity-work-1")
        assert r.decisions[0] == d.RecordMarker(marker_name="patched-better")
        r.play()
        r.replace()
        r.fire("timer-1")
        assert r.result == "new"
    with Rehearsal(before) as r:
        r.complete("activity-work-1")
        r.play()
        r.workflow = after
        r.replace()
        r.complete("activity-work-2")
        assert r.result == "old"


def test_a_deprecated_patch() -> None:
    """The old way is gone: executions that recorded the patch go on, and new ones record nothing."""

    @workflow(name="w")
    def before() -> Any:
        patched("better")
        return submit(work).result()

    @workflow(name="w")
    def after() -> Any:
        deprecate_patch("better")
        deprecate_patch("better")
        return submit(work).result() + patched("better")

    with Rehearsal(before, is_compared=False) as r:
        r.complete("activity-work-1", 1)
        r.workflow = after
        r.replay.evict()
        r.replay = r._fresh()
        assert r.replay.feed(r.script.events) == (d.CompleteWorkflowExecution(result="2"),)
    with Rehearsal(after) as r:
        assert [type(decision) for decision in r.decisions] == [d.ScheduleActivityTask]
        r.complete("activity-work-1", 1)
        assert r.result == 2


def test_timers() -> None:
    """Timers have whole seconds, rounded up, are futures, and take timedeltas; sleep(0) needs none."""

    @workflow
    def times() -> None:
        sleep(0)
        timer(timedelta(minutes=1))
        timer(0.1)
        timer(0)
        with pytest.raises(UsageError, match="one year"):
            timer(-1)
        sleep(2)

    with Rehearsal(times) as r:
        seconds = [x.start_to_fire_timeout for x in r.decisions if isinstance(x, d.StartTimer)]
        assert seconds == ["60", "1", "0", "2"]


def test_markers() -> None:
    """Markers carry text as it is and other values as JSON; what is too long is told."""

    @workflow
    def notes() -> None:
        marker("a", "text")
        marker("b", {"x": [1]})
        marker("c", 0)
        marker("d")
        with pytest.raises(LimitExceededError, match="marker 'e'"):
            marker("e", "x" * 40_000)

    with Rehearsal(notes) as r:
        assert [x.details for x in r.decisions if isinstance(x, d.RecordMarker)] == ["text", '{"x":[1]}', "0", None]


def test_what_is_no_workflow_code() -> None:
    """Activities are not spawned or called, and the message says what to do."""

    @workflow
    def asks() -> list[str]:
        said = []
        for call in (lambda: spawn(work), lambda: work(1)):
            with pytest.raises(UsageError) as caught:
                call()
            said.append(str(caught.value))
        return said

    with Rehearsal(asks) as r:
        assert "Submit it" in r.result[0]
        assert "submit(work, ...)" in r.result[1]
    assert work(1) is None


def test_a_class_without_run() -> None:
    """A class needs a method run."""
    with pytest.raises(UsageError, match="has no method run"):

        @workflow
        class Nothing:
            @on_signal("x")
            def other(self) -> None: ...


def test_replays_of_one_thread_do_not_mix() -> None:
    """Several replays run by turns in one thread, each with its own futures."""

    @workflow
    def asks(x: int) -> list[Any]:
        return [x, submit(work, x).result(), run_once(int, x)]

    rehearsals = [Rehearsal(asks, n) for n in range(5)]
    for n, r in enumerate(rehearsals):
        r.complete("activity-work-1", n * 10)
    assert [r.result for r in rehearsals] == [[n, n * 10, n] for n in range(5)]
    for r in rehearsals:
        r.evict()


def test_run_onces_side_by_side() -> None:
    """Strands that ask for many results share the records of one decision."""

    @workflow
    def steps() -> int:
        def many(start: int) -> int:
            return sum(run_once(int, n) for n in range(start, start + 100))

        return sum(f.result() for f in [spawn(many, 0), spawn(many, 100), spawn(many, 200)])

    with Rehearsal(steps, is_compared=False) as r:
        while not r.close:
            r.play()
        r.replace()

        assert r.result == sum(range(300))


def test_continue_as_new_after_so_many_events() -> None:
    """Until then it does nothing; then the next run gets the arguments."""

    @workflow
    def played(turn: int = 0) -> None:
        while True:
            ostinato.continue_as_new_after(8, turn)
            sleep(1)
            turn += 1

    with Rehearsal(played) as r:
        r.fire("timer-1")
        [decision] = r.decisions
        while not isinstance(decision, d.ContinueAsNewWorkflowExecution):
            assert isinstance(decision, d.StartTimer)
            [decision] = r.fire(decision.timer_id)

        assert len(r.script.events) >= 8
        assert decision.input == '{"args":[2],"kwargs":{}}'


@pytest.mark.parametrize("events", [0, -1, 25_000])
def test_continue_as_new_before_swf_ends_it(events: int) -> None:
    """A number that would be too late, or none at all, is refused."""

    @workflow
    def played() -> None:
        ostinato.continue_as_new_after(events)

    with Rehearsal(played) as r:
        assert r.reason is not None
        assert "expected 1 to 24,999 events" in r.reason
