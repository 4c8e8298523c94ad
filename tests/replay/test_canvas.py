"""Canvases: what begins when, what the whole gives, and what becomes of it when parts fail or are canceled."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import ostinato
from ostinato import (
    Chain,
    FuncGroup,
    Future,
    Group,
    LambdaFunction,
    activity,
    call,
    continue_as_new,
    marker,
    signal,
    sleep,
    starmap,
    submit,
    timer,
    uuid4,
    wait,
    wait_signal,
    workflow,
)
from ostinato.errors import ActivityFailed, CanvasFailed, MemberCanceled, NotDurableError, PayloadError, UsageError
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.testing.rehearsal import Rehearsal


@activity(name="work")
def work(x: Any = None) -> Any: ...


@activity(name="add")
def add(a: int, b: int) -> int:
    return a + b


@workflow(name="child")
def child(x: Any = None) -> Any: ...


nonsense: Any = 5
clock: Any = uuid4


def ids(decisions: tuple[d.DecisionAttributes, ...]) -> list[str]:
    """What was asked for, by ids."""
    return [
        getattr(x, "activity_id", None)
        or getattr(x, "timer_id", None)
        or getattr(x, "workflow_id", None)
        or type(x).__name__
        for x in decisions
    ]


def inputs(decisions: tuple[d.DecisionAttributes, ...]) -> list[str | None]:
    """The inputs of the activities that were asked for."""
    return [x.input for x in decisions if isinstance(x, d.ScheduleActivityTask)]


def rehearse(canvas: Callable[[], Any]) -> Rehearsal:
    """A workflow that submits the canvas, and gives what it gives."""

    @workflow
    def played() -> Any:
        return submit(canvas()).result()

    return Rehearsal(played)


# Groups.


def test_a_group_gives_results_in_its_members_order() -> None:
    """Whatever the order in which they end; falsy results are results."""
    with rehearse(lambda: Group(call(work, 1), work, call(work, x=3))) as r:
        assert ids(r.decisions) == ["activity-work-1", "activity-work-2", "activity-work-3"]
        assert inputs(r.decisions)[1:] == ['{"args":[],"kwargs":{}}', '{"args":[],"kwargs":{"x":3}}']
        assert r.complete("activity-work-3", 0) == ()
        assert r.complete("activity-work-1", None) == ()
        r.complete("activity-work-2", "")

        assert r.result == [None, "", 0]


@pytest.mark.parametrize("canvas", [Group(), Chain(), Group(Group(), Chain()), Chain(Group(), send_result=True)])
def test_an_empty_canvas_is_done_at_once(canvas: Any) -> None:
    """Its result is the empty list."""
    with rehearse(lambda: canvas) as r:
        assert r.result == [[] for _ in getattr(canvas, "members", getattr(canvas, "steps", ()))]


def test_at_most_so_many_are_open() -> None:
    """The next begins as one ends, in order."""
    with rehearse(lambda: Group(*(call(work, x) for x in range(4)), max_parallel=2)) as r:
        assert ids(r.decisions) == ["activity-work-1", "activity-work-2"]
        assert ids(r.complete("activity-work-2", 1)) == ["activity-work-3"]
        assert ids(r.complete("activity-work-3", 2)) == ["activity-work-4"]
        r.complete("activity-work-1", 0)
        r.complete("activity-work-4", 3)

        assert r.result == [0, 1, 2, 3]


def test_a_group_fails_when_all_have_ended() -> None:
    """With one error that holds all: the results in their places, and the failures as an exception group."""

    @workflow
    def played() -> Any:
        caught: list[Exception] = []
        try:
            submit(Group(call(work, 1), call(work, 2), call(work, 3))).result()
        except* ActivityFailed as group:
            caught += group.exceptions
        failed: Any = None
        try:
            submit(Group(add)).result()
        except CanvasFailed as error:
            failed = error
        assert isinstance(failed.results[0], PayloadError)
        return [str(x) for x in caught]

    with Rehearsal(played) as r:
        r.fail("activity-work-2", ValueError("no"))
        r.complete("activity-work-1")
        assert r.close is None
        r.fail("activity-work-3", KeyError("k"))

        assert r.result == [
            "activity work (activity-work-2) failed: ValueError: no",
            "activity work (activity-work-3) failed: KeyError: 'k'",
        ]


def test_the_error_says_where_and_what() -> None:
    """Its text tells the first failure; `results`, `failed` and `flatten` tell all."""
    kept: list[CanvasFailed] = []

    @workflow
    def played() -> None:
        inner = Group(call(work, 1), call(work, 2))
        error = submit(Group(inner, call(work, 3))).exception()
        assert isinstance(error, CanvasFailed)
        kept.append(error)

    with Rehearsal(played, is_compared=False) as r:
        r.complete("activity-work-1", "one")
        r.fail("activity-work-2", ValueError("no"))
        r.complete("activity-work-3", "three")
    error = kept[0]
    inner = error.results[0]

    assert (error.failed, inner.failed, error.results[1], inner.results[0]) == ((0,), (1,), "three", "one")
    assert str(error).startswith("1 failed in a Group of 2, first at 0: CanvasFailed: 1 failed in a Group of 2, first")
    assert [str(x) for x in error.flatten()] == ["activity work (activity-work-2) failed: ValueError: no"]
    assert error.subgroup(ActivityFailed) is not None


def test_tolerated_failures_stand_in_their_places() -> None:
    """One exception may be among the results, or as many as are tolerated; None tolerates all."""

    def told(tolerated: int | None) -> str:
        @workflow
        def played() -> Any:
            members = [call(work, x) for x in range(3)]
            try:
                results = submit(Group(*members, tolerated_failures=tolerated)).result()
            except CanvasFailed:
                return "failed"
            return [type(x).__name__ for x in results]

        with Rehearsal(played) as r:
            r.fail("activity-work-1", ValueError())
            r.fail("activity-work-3", ValueError())
            r.complete("activity-work-2", 7)
            return str(r.result)

    assert told(1) == "failed"
    assert told(2) == told(None) == "['ActivityFailed', 'int', 'ActivityFailed']"


def test_a_group_that_breaks_off() -> None:
    """At the first failure that is not tolerated it fails; what is open is canceled, the rest never begins."""
    kept: list[Any] = []

    @workflow
    def played() -> Any:
        members = [call(work, x) for x in range(5)]
        canvas = Group(*members, max_parallel=3, tolerated_failures=1, break_on_failure=True)
        kept.append(submit(canvas).exception())
        return True

    with Rehearsal(played, is_compared=False) as r:
        r.fail("activity-work-1", ValueError())
        assert ids(r.fail("activity-work-2", ValueError())) == [
            "activity-work-3",
            "activity-work-4",
            "CompleteWorkflowExecution",
        ]
        assert [type(x) for x in r.decisions[:2]] == [d.RequestCancelActivityTask] * 2
    error = kept[0]

    assert [type(x).__name__ for x in error.results] == ["ActivityFailed"] * 2 + ["MemberCanceled"] * 3
    assert error.failed == (0, 1)
    assert str(error.results[3]) == "member 3 was canceled"
    assert str(error.results[4]) == "member 4 never began"


def test_canceling_a_group_cancels_its_open_members() -> None:
    """Those within canvases in it too; nothing begins any more."""

    @workflow
    def played() -> str:
        nested = Chain(call(work, 1), call(work, 2))
        asked = FuncGroup(lambda: call(work, 3))
        group = submit(Group(nested, asked, call(timer, 60), call(work, 4), max_parallel=3))
        sleep(1)
        group.cancel()
        try:
            group.result()
        except asyncio.CancelledError:
            sleep(1)
            return "canceled"
        return "not canceled"

    with Rehearsal(played) as r:
        assert sorted(ids(r.decisions)) == ["activity-work-1", "activity-work-2", "timer-1", "timer-2"]
        r.fire("timer-1")
        canceled = [x for x in r.decisions if not isinstance(x, d.StartTimer)]
        assert sorted(ids(tuple(canceled))) == ["activity-work-1", "activity-work-2", "timer-2"]
        r.fire("timer-3")

        assert r.result == "canceled"


def test_canceling_the_workflow_cancels_what_is_open() -> None:
    """A cancel request raises where the code waits for the group, and ends its members with it."""
    with rehearse(lambda: Group(call(work, 1), call(work, 2), max_parallel=1)) as r:
        r.cancel()

        assert [type(x).__name__ for x in r.decisions] == ["RequestCancelActivityTask", "CancelWorkflowExecution"]


def test_a_member_whose_input_was_canceled() -> None:
    """Nothing stands in for its result, so it counts as failed."""

    @workflow
    def played() -> Any:
        pause = timer(60)
        group = submit(Group(call(work, pause), call(work, 2), tolerated_failures=None))
        pause.cancel()
        results = group.result()
        return [type(x).__name__ for x in results]

    with Rehearsal(played) as r:
        r.complete("activity-work-2", 2)
        assert r.result == ["MemberCanceled", "int"]


def test_a_member_that_leaves_the_code() -> None:
    """`continue_as_new` in a function of workflow code ends the execution, as anywhere."""

    def leave() -> None:
        continue_as_new()

    with rehearse(lambda: Group(call(leave), call(work, 1), tolerated_failures=None)) as r:
        assert isinstance(r.close, d.ContinueAsNewWorkflowExecution)


def test_a_member_that_raises_what_is_no_exception() -> None:
    """It is no failure that could be tolerated: it goes through, and the decision is dropped."""

    class Out(BaseException):
        pass

    async def leave() -> None:
        raise Out

    with pytest.raises(Out):
        rehearse(lambda: Group(call(leave), call(work, 1), tolerated_failures=None))


def test_what_is_not_the_members_fault_drops_the_decision() -> None:
    """A function that does what no replay can repeat fails no workflow, tolerated or not."""

    async def blocks() -> None:
        submit(work).result()

    @workflow
    def played() -> Any:
        return submit(Group(call(blocks))).result()

    with pytest.raises(NotDurableError, match="would block"):
        Rehearsal(played)


# Chains.


def test_a_chain_runs_one_after_the_other() -> None:
    """Its result is the list of all results."""
    with rehearse(lambda: Chain(call(work, 1), call(work, 2))) as r:
        assert ids(r.decisions) == ["activity-work-1"]
        assert ids(r.complete("activity-work-1", "a")) == ["activity-work-2"]
        r.complete("activity-work-2", "b")

        assert r.result == ["a", "b"]


def test_a_chain_sends_results() -> None:
    """Each step is given the result before, also a falsy one, as its last argument: whatever kind of step it is."""

    def double(x: Any = 0) -> Any:
        return x * 2

    steps = Chain(
        work,
        Chain(work),
        Group(work, work),
        FuncGroup(lambda results: call(work, results)),
        call(double),
        send_result=True,
    )
    with rehearse(lambda: steps) as r:
        assert inputs(r.decisions) == ['{"args":[],"kwargs":{}}']
        assert inputs(r.complete("activity-work-1", 0)) == ['{"args":[0],"kwargs":{}}']
        assert inputs(r.complete("activity-work-2", "a")) == ['{"args":[["a"]],"kwargs":{}}'] * 2
        r.complete("activity-work-3", 1)
        assert inputs(r.complete("activity-work-4", 2)) == ['{"args":[[1,2]],"kwargs":{}}']
        r.complete("activity-work-5", 21)

        assert r.result == [0, ["a"], [1, 2], 21, 42]


def test_a_chain_stops_at_a_failure() -> None:
    """The steps after it never begin; the error holds what was done."""

    @workflow
    def played() -> Any:
        error: Any = submit(Chain(call(work, 1), call(work, 2), call(work, 3))).exception()
        return [str(x) for x in error.results]

    with Rehearsal(played) as r:
        r.complete("activity-work-1", "a")
        r.fail("activity-work-2", ValueError("no"))

        assert r.result == ["a", "activity work (activity-work-2) failed: ValueError: no", "member 2 never began"]


def test_a_chain_that_goes_on() -> None:
    """Without break_on_failure all steps are run, and then it fails unless the failures are tolerated."""

    def told(canvas: Any) -> Any:
        with rehearse(lambda: Group(canvas, tolerated_failures=None)) as r:
            r.fail("activity-work-1", ValueError("no"))
            r.complete("activity-work-2", "b")
            return r.reason or ""

    steps = [call(work, 1), call(work, 2)]
    # An exception cannot be a workflow's result, so both end there.
    assert "CanvasFailed" in told(Chain(*steps, break_on_failure=False))
    assert "ActivityFailed" in told(Chain(*steps, tolerated_failures=1))


# Functions, and what else may be within.


def test_calls_of_workflow_code_in_a_canvas() -> None:
    """Timers, signals, markers, Lambda functions, children and functions of one's own, with futures as arguments."""

    async def later(x: Any) -> Any:
        await asyncio.sleep(5)
        return x + 1

    @workflow
    def played() -> Any:
        number = submit(work, 1)
        group = Group(
            call(timer, 60),
            call(marker, "here"),
            call(wait_signal, "go"),
            call(signal, "go", 7),
            call(later, number),
            call(LambdaFunction(name="f"), 1),
            call(child, number),
        )
        return submit(group).result()

    with Rehearsal(played) as r:
        r.happened().activity_completed("activity-work-1", "1")
        r.script.external_event(e.ExternalWorkflowExecutionSignaled, "go")
        r.script.lambda_event(e.LambdaFunctionCompleted, "lambda-f-1", result="[]")
        r.play()
        r.signal("go", 7)
        child_id = next(x.workflow_id for x in r.script.events if isinstance(x, e.StartChildWorkflowExecutionInitiated))
        r.script.child_event(e.ChildWorkflowExecutionStarted, child_id)
        r.script.child_event(e.ChildWorkflowExecutionCompleted, child_id, result='"c"')
        r.play()
        r.fire("timer-2")
        r.fire("timer-1")

        assert r.result == [None, None, 7, None, 2, [], "c"]


def test_a_function_group_says_what_is_to_run() -> None:
    """When its turn comes, with the results of its arguments; `async def` too."""

    async def choose(count: int) -> Group[Any]:
        await asyncio.sleep(1)
        return Group(*(call(work, x) for x in range(count)))

    with rehearse(lambda: FuncGroup(choose, submit(work))) as r:
        r.complete("activity-work-1", 2)
        assert ids(r.fire("timer-1")) == ["activity-work-2", "activity-work-3"]
        r.complete("activity-work-2", "a")
        r.complete("activity-work-3", "b")

        assert r.result == ["a", "b"]


def test_a_function_group_that_gives_something_else() -> None:
    """Says what it gave and what it should have given."""

    def five() -> Any:
        return 5

    with rehearse(lambda: FuncGroup(five)) as r:
        assert r.reason is not None
        assert "was given 5; expected what @activity" in r.reason


def test_submit_takes_a_call() -> None:
    """What `call` keeps is submitted as it is, with options and all."""
    with rehearse(lambda: call(add.options(activity_id="mine"), 1, 2)) as r:
        assert ids(r.decisions) == ["mine"]
        r.complete("mine", 3)
        assert r.result == 3


def test_submitting_changes_nothing() -> None:
    """The same canvas may be submitted again; nothing in it has changed."""
    canvas = Group(call(work, [1]), Chain(work), max_parallel=1)
    before = (canvas.members, canvas.members[0].args, canvas.members[1].steps, vars(canvas.members[1]).copy())

    with rehearse(lambda: Chain(canvas, canvas)) as r:
        for number in range(1, 5):
            r.complete(f"activity-work-{number}", number)
        assert r.result == [[1, [2]], [3, [4]]]

    assert (canvas.members, canvas.members[0].args, canvas.members[1].steps, vars(canvas.members[1])) == before
    with pytest.raises(AttributeError):
        canvas.max_parallel = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Group(work, nonsense), "place 1 of a Group was given 5"),
        (lambda: Chain(clock), "place 0 of a Chain was given <function uuid4"),
        (lambda: Group(max_parallel=0), "max_parallel=0; expected at least 1"),
        (lambda: Group(tolerated_failures=-1), "tolerated_failures=-1; expected at least 0"),
        (lambda: Chain(work, send_result=True, break_on_failure=False), "no result to send"),
        (lambda: Chain(work, send_result=nonsense, tolerated_failures=1), "no result to send"),
        (lambda: FuncGroup(work), r"FuncGroup\(\) was given"),
        (lambda: FuncGroup(nonsense), r"FuncGroup\(\) was given 5"),
        (lambda: call(nonsense), r"call\(\) was given 5"),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_made(make: Any, message: str) -> None:
    """With the place, and what was expected."""
    with pytest.raises(UsageError, match=message):
        make()


def test_a_canvas_takes_no_arguments_by_name() -> None:
    """There is no parameter that they could be."""

    @workflow
    def played() -> Any:
        return submit(Group(work), x=5).result()  # type: ignore[call-overload]

    with Rehearsal(played) as r:
        assert r.reason is not None
        assert "a Group was submitted with x" in r.reason


def test_an_async_workflow_awaits_a_canvas() -> None:
    """The future is asyncio's too."""

    @workflow
    async def played() -> Any:
        return await submit(Group(call(work, 1)))

    with Rehearsal(played) as r:
        r.complete("activity-work-1", 5)
        assert r.result == [5]


# map.


def test_map_with_a_limit() -> None:
    """The futures are there at once, in order; the items begin as others end."""

    @workflow
    def played() -> Any:
        futures = ostinato.map(work, "abc", max_parallel=2)
        return [future.result() for future in futures]

    with Rehearsal(played) as r:
        assert ids(r.decisions) == ["activity-work-1", "activity-work-2"]
        assert ids(r.complete("activity-work-1", 1)) == ["activity-work-3"]
        r.complete("activity-work-3", 3)
        r.complete("activity-work-2", 2)

        assert r.result == [1, 2, 3]


def test_map_tolerates_failures() -> None:
    """The future of each item that failed says so; one more, and those that are not done fail with what there was."""

    @workflow
    def played() -> Any:
        futures = starmap(add, [(x, 1) for x in range(5)], max_parallel=3, tolerated_failures=1)
        wait(futures)
        return [type(future.exception()).__name__ for future in futures]

    with Rehearsal(played) as r:
        r.fail("activity-add-1", ValueError())
        r.complete("activity-add-2", 2)
        assert ids(r.fail("activity-add-3", ValueError()))[:-1] == ["activity-add-4", "activity-add-5"]
        assert [type(x) for x in r.decisions[:2]] == [d.RequestCancelActivityTask] * 2

        assert r.result == ["ActivityFailed", "NoneType", "ActivityFailed", "CanvasFailed", "CanvasFailed"]
        assert r.replay.complaints == ()


def test_an_item_that_was_given_up_never_begins() -> None:
    """It counts as failed, and its turn is another's."""

    @workflow
    def played() -> Any:
        futures = ostinato.map(work, "abc", max_parallel=1)
        futures[1].cancel()
        return [futures[0].result(), futures[1].cancelled(), futures[2].result()]

    with Rehearsal(played) as r:
        r.complete("activity-work-1", 1)
        r.complete("activity-work-2", 3)
        assert inputs(tuple(r.decisions)) == []

        assert r.result == [1, True, 3]


def test_map_refuses_limits_that_make_no_sense() -> None:
    """As a group does."""

    @workflow
    def played() -> list[Future[Any]]:
        return ostinato.map(work, "abc", max_parallel=0)

    with Rehearsal(played) as r:
        assert r.reason is not None
        assert "max_parallel=0" in r.reason


def test_a_canceled_member_is_told_apart() -> None:
    """`MemberCanceled` knows its place, and whether it had begun."""
    error = MemberCanceled(3, has_begun=False)

    assert (error.index, error.has_begun, str(error)) == (3, False, "member 3 never began")
