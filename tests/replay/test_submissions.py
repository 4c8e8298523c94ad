"""Activities, children and Lambda functions: their ends, retries and cancellation."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from ostinato import EndState, LambdaFunction, Retry, activity, spawn, submit, timer, wait, wait_signal, workflow
from ostinato.errors import (
    ActivityCanceled,
    ActivityFailed,
    ActivityNotScheduled,
    ActivityTimedOut,
    ChildWorkflowCanceled,
    ChildWorkflowFailed,
    ChildWorkflowTerminated,
    ChildWorkflowTimedOut,
    LambdaFailed,
    LambdaNotStarted,
    LambdaTimedOut,
    LimitExceededError,
    PayloadError,
    UsageError,
)
from ostinato.model import decisions as d
from ostinato.model import enums
from ostinato.model import events as e
from ostinato.model.fields import RunId
from ostinato.model.structures import TaskList
from ostinato.testing.rehearsal import Rehearsal

if TYPE_CHECKING:
    from ostinato import Future


@activity(name="work")
def work(x: Any = None) -> Any: ...


@activity(name="count")
def count(x: int) -> int:
    raise AssertionError("only its decisions are looked at")


@workflow(name="child")
def child(x: Any = None) -> Any: ...


CHILD_ID = "workflow-child-script--ee3028b--1"


def kinds(decisions: tuple[d.DecisionAttributes, ...]) -> list[str]:
    return [type(x).__name__ for x in decisions]


@workflow
def one_child() -> Any:
    return submit(child.options(workflow_id="c"), 1).result()


@workflow
def one_lambda() -> Any:
    return submit(LambdaFunction(name="f"), {"x": 1}).result()


@workflow
def one_activity() -> Any:
    return submit(work.options(activity_id="a")).result()


def test_what_is_sent() -> None:
    """A submission has simpleflow's id and input, and the definition's settings."""

    @workflow
    def asks() -> None:
        submit(work.options(task_list="tl", task_priority=-3, start_to_close_timeout=1.2, control="c"), 1)
        submit(child, x=2)
        submit(work)

    with Rehearsal(asks) as r:
        first, second, third, _ = r.decisions

    assert isinstance(first, d.ScheduleActivityTask)
    assert (first.activity_id, first.input) == ("activity-work-1", '{"args":[1],"kwargs":{}}')
    assert (first.task_list, first.task_priority, first.control) == (TaskList(name="tl"), "-3", "c")
    assert (first.start_to_close_timeout, first.schedule_to_close_timeout) == ("2", "NONE")
    assert isinstance(second, d.StartChildWorkflowExecution)
    assert second.workflow_id.startswith("workflow-child-script--")
    assert second.workflow_id.endswith("--1")
    assert second.input == '{"args":[],"kwargs":{"x":2}}'
    assert isinstance(third, d.ScheduleActivityTask)
    assert third.activity_id == "activity-work-2"


@pytest.mark.parametrize("value", [0, "", [], {}, None, False, 0.0])
def test_falsy_results(value: object) -> None:
    """A falsy result is a result."""
    with Rehearsal(one_activity) as r:
        r.complete("a", value)
        assert r.result == value
        assert type(r.result) is type(value)
    with Rehearsal(one_child) as r:
        r.happened().child_event(e.ChildWorkflowExecutionStarted, "c")
        r.script.child_event(e.ChildWorkflowExecutionCompleted, "c", result=r.converter.dump(value))
        r.play()
        assert r.result == value
    with Rehearsal(one_lambda) as r:
        r.happened().lambda_event(e.LambdaFunctionCompleted, "lambda-f-1", result=r.converter.dump(value))
        r.play()
        assert r.result == value


def test_no_result_at_all() -> None:
    """A result that history does not have is None."""
    with Rehearsal(one_activity) as r:
        r.happened().activity_completed("a")
        r.play()

        assert r.result is None


def test_a_failure_keeps_type_message_and_traceback() -> None:
    """What an activity raised is seen with its type, message and traceback."""

    @workflow
    def looks() -> list[Any]:
        future = submit(work.options(activity_id="a"))
        error = future.exception()
        assert isinstance(error, ActivityFailed)
        with pytest.raises(ActivityFailed):
            future.result()
        return [error.error_type, error.error_message, error.attempts, error.reason, *error.error_traceback[-1:]]

    def raises() -> None:
        raise ValueError("too small")

    with Rehearsal(looks) as r:
        try:
            raises()
        except ValueError as error:
            r.fail("a", error)

        kind, message, attempts, reason, last = r.result
        assert (kind, message, attempts, reason) == ("ValueError", "too small", 1, "ValueError: too small")
        assert "too small" in last


def test_an_unhandled_failure_fails_the_workflow() -> None:
    """What the code does not catch is the workflow's failure, with a traceback to the author's line."""
    with Rehearsal(one_activity) as r:
        r.fail("a", ValueError("no"))

        assert r.reason == "ActivityFailed: activity work (a) failed: ValueError: no"
        assert isinstance(r.close, d.FailWorkflowExecution)
        assert "in one_activity" in (r.close.details or "")
        assert __file__ in (r.close.details or "")


@pytest.mark.parametrize("kind", enums.ActivityTaskTimeoutType)
def test_activity_timed_out(kind: enums.ActivityTaskTimeoutType) -> None:
    """Each of the four time-outs fails the future with its name."""

    @workflow
    def times_out() -> str:
        with pytest.raises(ActivityTimedOut) as caught:
            submit(work.options(activity_id="a")).result()
        return f"{caught.value.timeout_type} {caught.value.details}"

    with Rehearsal(times_out) as r:
        r.happened().activity_timed_out("a", kind)
        r.play()

        assert r.result == f"{kind.name} None"


def test_activity_canceled_by_its_worker() -> None:
    """An activity that its worker cancels without being asked fails with ActivityCanceled."""

    @workflow
    def canceled() -> str | None:
        with pytest.raises(ActivityCanceled) as caught:
            submit(work.options(activity_id="a")).result()
        return caught.value.details

    with Rehearsal(canceled) as r:
        r.happened().activity_canceled("a", "because")
        r.play()

        assert r.result == "because"


BACK_OFF_ACTIVITY = ["OPEN_ACTIVITIES_LIMIT_EXCEEDED", "ACTIVITY_CREATION_RATE_EXCEEDED"]


@pytest.mark.parametrize("cause", [x.name for x in enums.ScheduleActivityTaskFailedCause])
def test_schedule_activity_task_failed(cause: str) -> None:
    """Every cause is handled: unknown types are registered, limits wait, all else fails the future with the cause."""
    with Rehearsal(one_activity) as r:
        r.play(refused={0: cause})

        if cause == "ACTIVITY_TYPE_DOES_NOT_EXIST":
            assert [x.name for x in r.replay.unregistered] == ["work"]
            assert kinds(r.decisions) == ["ScheduleActivityTask"]
            r.play(refused={0: cause})
            assert [x.name for x in r.replay.unregistered] == ["work"]
            assert r.decisions == (d.StartTimer(timer_id="__ostinato_register-a-2", start_to_fire_timeout="1"),)
            r.fire("__ostinato_register-a-2")
            assert r.replay.unregistered == ()
            r.complete("a", 3)
            assert r.result == 3
        elif cause in BACK_OFF_ACTIVITY:
            for n, wait_seconds in enumerate(["1", "2", "4", "8", "16", "32", "60", "60"]):
                name = f"__ostinato_back_off-a-{n + 1}"
                assert r.decisions == (d.StartTimer(timer_id=name, start_to_fire_timeout=wait_seconds),)
                r.fire(name)
                assert kinds(r.decisions) == ["ScheduleActivityTask"]
                r.play(refused={0: cause})
            r.fire("__ostinato_back_off-a-9")
            r.complete("a", 3)
            assert r.result == 3
        else:
            assert r.reason == f"ActivityNotScheduled: activity work (a) could not be scheduled: {cause}"


@pytest.mark.parametrize("cause", [x.name for x in enums.StartChildWorkflowExecutionFailedCause])
@pytest.mark.parametrize("is_late", [False, True])
def test_start_child_workflow_execution_failed(cause: str, is_late: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    """Every cause is handled, where the decision is recorded and later."""
    with Rehearsal(one_child) as r:

        def refuse() -> None:
            if is_late:
                r.happened()
                started = next(
                    x for x in reversed(r.script.events) if isinstance(x, e.StartChildWorkflowExecutionInitiated)
                )
                r.script.add(
                    e.StartChildWorkflowExecutionFailed,
                    workflow_id="c",
                    workflow_type=child.workflow_type,
                    cause=enums.StartChildWorkflowExecutionFailedCause[cause],
                    initiated_event_id=started.event_id,
                    decision_task_completed_event_id=started.decision_task_completed_event_id,
                )
                r.play()
            else:
                r.play(refused={0: cause})

        refuse()
        if cause == "WORKFLOW_TYPE_DOES_NOT_EXIST":
            assert [x.name for x in r.replay.unregistered] == ["child"]
        elif cause in ("OPEN_CHILDREN_LIMIT_EXCEEDED", "OPEN_WORKFLOWS_LIMIT_EXCEEDED", "CHILD_CREATION_RATE_EXCEEDED"):
            r.fire("__ostinato_back_off-c-1")
        else:
            assert r.reason == f"ChildWorkflowNotStarted: child workflow child (c) could not be started: {cause}"
            return
        assert kinds(r.decisions) == ["StartChildWorkflowExecution"]
        r.happened().child_event(e.ChildWorkflowExecutionStarted, "c")
        r.script.child_event(e.ChildWorkflowExecutionCompleted, "c", result="7")
        r.play()
        assert r.result == 7


CHILD_ENDS: list[tuple[type[e.Event], type[Exception], dict[str, Any]]] = [
    (e.ChildWorkflowExecutionFailed, ChildWorkflowFailed, {"reason": "why", "details": "how"}),
    (
        e.ChildWorkflowExecutionTimedOut,
        ChildWorkflowTimedOut,
        {"timeout_type": enums.WorkflowExecutionTimeoutType.START_TO_CLOSE},
    ),
    (e.ChildWorkflowExecutionCanceled, ChildWorkflowCanceled, {"details": "how"}),
    (e.ChildWorkflowExecutionTerminated, ChildWorkflowTerminated, {}),
]


@pytest.mark.parametrize(("event", "error", "attributes"), CHILD_ENDS)
def test_ends_of_children(event: type[e.Event], error: type[Exception], attributes: dict[str, Any]) -> None:
    """A child that does not complete raises, with its ids."""

    @workflow
    def parent() -> list[Any]:
        future = submit(child.options(workflow_id="c"))
        with pytest.raises(error) as caught:
            future.result()
        problem: Any = caught.value
        return [problem.workflow_id, problem.run_id, problem.reason, problem.details]

    with Rehearsal(parent) as r:
        r.happened().child_event(e.ChildWorkflowExecutionStarted, "c")
        r.play()
        r.happened().child_event(event, "c", **attributes)
        r.play()

        assert r.result == ["c", "22c", attributes.get("reason"), attributes.get("details")]


LAMBDA_ENDS: list[tuple[type[e.Event], type[Exception], dict[str, Any]]] = [
    (e.LambdaFunctionFailed, LambdaFailed, {"reason": "why", "details": "how"}),
    (e.LambdaFunctionTimedOut, LambdaTimedOut, {}),
    (e.StartLambdaFunctionFailed, LambdaNotStarted, {"message": "no role"}),
]


@pytest.mark.parametrize(("event", "error", "attributes"), LAMBDA_ENDS)
def test_ends_of_lambda_functions(event: type[e.Event], error: type[Exception], attributes: dict[str, Any]) -> None:
    """A Lambda function that does not complete raises."""

    @workflow
    def calls() -> str:
        with pytest.raises(error) as caught:
            submit(LambdaFunction(name="f", start_to_close_timeout=5), {"x": 1}).result()
        return str(caught.value)

    with Rehearsal(calls) as r:
        assert r.decisions == (
            d.ScheduleLambdaFunction(id="lambda-f-1", name="f", input='{"x":1}', start_to_close_timeout="5"),
        )
        r.happened().lambda_event(event, "lambda-f-1", **attributes)
        r.play()

        assert "Lambda function f (lambda-f-1)" in r.result


def test_a_failed_lambda_function_tells_what_it_raised() -> None:
    """In its message, and part by part; a `Retry` may go by the type."""
    details = '{"errorMessage":"too wide","errorType":"ValueError","stackTrace":["line 1","line 2"]}'

    @workflow
    def calls() -> list[Any]:
        with pytest.raises(LambdaFailed) as caught:
            submit(LambdaFunction(name="f", retry=Retry(max_attempts=9, retry_on=["KeyError"])), 1).result()
        problem = caught.value
        return [str(problem), problem.error_type, problem.error_message, problem.error_traceback, problem.reason]

    with Rehearsal(calls) as r:
        r.happened().lambda_event(e.LambdaFunctionFailed, "lambda-f-1", reason="Unhandled", details=details)
        r.play()

        said = "Lambda function f (lambda-f-1) failed: ValueError: too wide"
        assert r.result == [said, "ValueError", "too wide", ["line 1", "line 2"], "Unhandled"]


@pytest.mark.parametrize(("reason", "said"), [("Unhandled", "failed: Unhandled"), (None, "failed: no reason given")])
def test_a_lambda_function_may_fail_without_details(reason: str | None, said: str) -> None:
    """The reason is what there is then."""
    with Rehearsal(one_lambda) as r:
        r.happened().lambda_event(e.LambdaFunctionFailed, "lambda-f-1", reason=reason)
        r.play()

        assert r.reason == f"LambdaFailed: Lambda function f (lambda-f-1) {said}"


@pytest.mark.parametrize("cause", [x.name for x in enums.ScheduleLambdaFunctionFailedCause])
def test_schedule_lambda_function_failed(cause: str) -> None:
    """Every cause is handled."""
    with Rehearsal(one_lambda) as r:
        r.play(refused={0: cause})

        if cause in ("OPEN_LAMBDA_FUNCTIONS_LIMIT_EXCEEDED", "LAMBDA_FUNCTION_CREATION_RATE_EXCEEDED"):
            r.fire("__ostinato_back_off-lambda-f-1-1")
            r.happened().lambda_event(e.LambdaFunctionCompleted, "lambda-f-1", result="1")
            r.play()
            assert r.result == 1
        else:
            assert r.reason == f"LambdaNotStarted: Lambda function f (lambda-f-1) could not be scheduled: {cause}"


def test_a_lambda_function_takes_one_value() -> None:
    """Several values for a Lambda function are refused rather than dropped."""

    @workflow
    def calls() -> None:
        submit(LambdaFunction(name="f"), 1, 2)  # type: ignore[call-overload]

    with Rehearsal(calls) as r:
        assert "one value" in (r.reason or "")


def test_running() -> None:
    """A future runs from the start of its task to its end."""

    @workflow
    def watches() -> list[bool]:
        futures = [
            submit(work.options(activity_id="a")),
            submit(child.options(workflow_id="c")),
            submit(LambdaFunction("f")),
        ]
        seen = [f.running() for f in futures]
        timer(9).result()
        seen += [f.running() for f in futures]
        wait(futures)
        return seen + [f.running() for f in futures]

    with Rehearsal(watches) as r:
        r.happened().activity_started("a")
        r.script.child_event(e.ChildWorkflowExecutionStarted, "c")
        r.script.lambda_event(e.LambdaFunctionStarted, "lambda-f-1")
        r.fire("timer-1")
        r.happened().activity_completed("a")
        r.script.child_event(e.ChildWorkflowExecutionCompleted, "c")
        r.script.lambda_event(e.LambdaFunctionCompleted, "lambda-f-1")
        r.play()

        assert r.result == [False] * 3 + [True] * 3 + [False] * 3


# Retries.


def test_retry_with_back_off() -> None:
    """A failed activity is tried again under its id after durable timers, and tells its attempt."""

    @workflow
    def retries() -> Any:
        return submit(work.options(activity_id="a", retry=Retry(3, interval=1.5, backoff=4))).result()

    with Rehearsal(retries) as r:
        r.fail("a", ValueError("1"))
        assert r.decisions == (d.StartTimer(timer_id="__ostinato_retry-a-2", start_to_fire_timeout="2"),)
        (again,) = r.fire("__ostinato_retry-a-2")
        assert isinstance(again, d.ScheduleActivityTask)
        assert again.input == '{"args":[],"kwargs":{},"__ostinato":{"attempt":2}}'
        r.fail("a", ValueError("2"))
        assert r.decisions == (d.StartTimer(timer_id="__ostinato_retry-a-3", start_to_fire_timeout="6"),)
        r.fire("__ostinato_retry-a-3")
        r.fail("a", ValueError("3"))

        assert r.reason == "ActivityFailed: activity work (a) failed: ValueError: 3 after 3 attempts"


def test_retry_at_once_and_with_jitter() -> None:
    """An interval of 0 needs no timer; jitter is the same in every replay."""

    @workflow
    def retries() -> None:
        wait(
            [
                submit(work.options(activity_id=x, retry=y))
                for x, y in (("a", Retry(interval=0)), ("b", Retry(interval=100, jitter=0.5)))
            ]
        )

    with Rehearsal(retries) as r:
        assert kinds(r.fail("a", ValueError())) == ["ScheduleActivityTask"]
        (timer_,) = r.fail("b", ValueError())
        assert isinstance(timer_, d.StartTimer)
        assert 50 <= int(timer_.start_to_fire_timeout) <= 150
        assert int(timer_.start_to_fire_timeout) != 100


def test_retry_of_children_and_lambda_functions() -> None:
    """One Retry for all: children and Lambda functions are tried again too."""

    @workflow
    def retries() -> list[Any]:
        retry = Retry(2, states=list(EndState))
        futures = [
            submit(child.options(workflow_id="c", retry=retry)),
            submit(LambdaFunction(name="f", retry=retry)),
        ]
        return [f.result() for f in futures]

    with Rehearsal(retries) as r:
        r.happened().child_event(e.ChildWorkflowExecutionStarted, "c")
        r.script.child_event(e.ChildWorkflowExecutionTerminated, "c")
        r.script.lambda_event(e.LambdaFunctionFailed, "lambda-f-1", reason="x")
        r.play()
        assert kinds(r.decisions) == ["StartTimer", "StartTimer"]
        r.fire("__ostinato_retry-c-2")
        r.fire("__ostinato_retry-lambda-f-1-2")
        r.happened().child_event(e.ChildWorkflowExecutionStarted, "c")
        r.script.child_event(e.ChildWorkflowExecutionCompleted, "c", result="1")
        r.script.lambda_event(e.LambdaFunctionCompleted, "lambda-f-1", result="2")
        r.play()

        assert r.result == [1, 2]


def test_the_attempt_is_told_only_where_it_fits() -> None:
    """An input at SWF's limit is retried as it is."""

    @workflow
    def retries() -> None:
        submit(work.options(activity_id="a", retry=Retry(interval=0)), "x" * (32_768 - 25)).result()

    with Rehearsal(retries) as r:
        assert isinstance(r.decisions[0], d.ScheduleActivityTask)
        assert len(r.decisions[0].input or "") == 32_768
        (again,) = r.fail("a", ValueError())

        assert isinstance(again, d.ScheduleActivityTask)
        assert len(again.input or "") == 32_768


# Cancellation, in every state.


def test_cancel_before_it_is_sent() -> None:
    """What was not sent yet is not asked for at all."""

    @workflow
    def gives_up() -> list[bool]:
        futures = [submit(work), submit(child), submit(LambdaFunction("f"))]
        first = [f.cancel() for f in futures]
        return first + [f.cancel() for f in futures] + [f.cancelled() for f in futures]

    with Rehearsal(gives_up) as r:
        assert kinds(r.decisions) == ["CompleteWorkflowExecution"]
        assert r.result == [True] * 3 + [False] * 3 + [True] * 3


@pytest.mark.parametrize("is_started", [False, True])
def test_cancel_of_an_activity(is_started: bool) -> None:  # noqa: FBT001
    """A scheduled or started activity is asked to cancel, once; its future raises CancelledError at once."""

    @workflow
    def gives_up() -> str:
        future = submit(work.options(activity_id="a"))
        timer(1).result()
        future.cancel()
        future.cancel()
        with pytest.raises(asyncio.CancelledError):
            future.result()
        timer(1).result()
        return "done"

    with Rehearsal(gives_up) as r:
        if is_started:
            r.happened().activity_started("a")
        assert kinds(r.fire("timer-1")) == ["RequestCancelActivityTask", "StartTimer"]
        r.happened()
        if is_started:
            r.script.activity_completed("a", "1")
        r.fire("timer-2")

        assert r.result == "done"


@pytest.mark.parametrize("cause", [x.name for x in enums.RequestCancelActivityTaskFailedCause])
def test_request_cancel_activity_task_failed(cause: str) -> None:
    """A request to cancel an activity that closed meanwhile does no harm."""

    @workflow
    def gives_up() -> str:
        future = submit(work.options(activity_id="a"))
        timer(1).result()
        future.cancel()
        timer(1).result()
        return "done"

    with Rehearsal(gives_up) as r:
        r.fire("timer-1")
        r.script.activity_completed("a", "1")
        r.happened(refused={0: cause})
        r.fire("timer-2")

        assert r.result == "done"


def test_cancel_while_it_waits_for_its_retry() -> None:
    """A task that waits to be tried again is given up by canceling the timer."""

    @workflow
    def gives_up() -> str:
        future = submit(work.options(activity_id="a", retry=Retry(interval=100)))
        timer(50).result()
        future.cancel()
        timer(50).result()
        return "done"

    with Rehearsal(gives_up) as r:
        r.fail("a", ValueError())
        assert r.fire("timer-1") == (
            d.CancelTimer(timer_id="__ostinato_retry-a-2"),
            d.StartTimer(timer_id="timer-2", start_to_fire_timeout="50"),
        )
        r.fire("timer-2")

        assert r.result == "done"


def test_cancel_of_children() -> None:
    """A started child is asked to cancel; one that has not started yet as soon as it has."""

    @workflow
    def gives_up() -> str:
        first, second = submit(child.options(workflow_id="c1")), submit(child.options(workflow_id="c2"))
        timer(1).result()
        first.cancel()
        second.cancel()
        timer(1).result()
        return "done"

    with Rehearsal(gives_up) as r:
        r.happened().child_event(e.ChildWorkflowExecutionStarted, "c1")
        r.fire("timer-1")
        assert r.decisions[0] == d.RequestCancelExternalWorkflowExecution(workflow_id="c1", run_id=RunId("22c1"))
        r.happened().child_event(e.ChildWorkflowExecutionStarted, "c2")
        r.script.external_event(e.ExternalWorkflowExecutionCancelRequested, "c1")
        assert r.play() == (d.RequestCancelExternalWorkflowExecution(workflow_id="c2", run_id=RunId("22c2")),)
        r.play(refused={0: "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION"})
        r.happened().child_event(e.ChildWorkflowExecutionCanceled, "c1")
        r.script.child_event(e.ChildWorkflowExecutionCompleted, "c2", result="1")
        r.fire("timer-2")

        assert r.result == "done"


def test_cancel_of_a_child_fails_late() -> None:
    """A request to cancel a child may come to nothing after it was initiated."""

    @workflow
    def gives_up() -> str:
        first = submit(child.options(workflow_id="c1"))
        timer(1).result()
        first.cancel()
        timer(1).result()
        return "done"

    with Rehearsal(gives_up) as r:
        r.happened().child_event(e.ChildWorkflowExecutionStarted, "c1")
        r.fire("timer-1")
        r.happened().external_event(
            e.RequestCancelExternalWorkflowExecutionFailed,
            "c1",
            cause=enums.RequestCancelExternalWorkflowExecutionFailedCause.UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION,
        )
        r.fire("timer-2")

        assert r.result == "done"


def test_cancel_of_a_lambda_function() -> None:
    """SWF cannot cancel Lambda functions: the future is canceled, the function goes on."""

    @workflow
    def gives_up() -> str:
        future = submit(LambdaFunction("f"))
        timer(1).result()
        future.cancel()
        timer(1).result()
        return "done"

    with Rehearsal(gives_up) as r:
        assert kinds(r.fire("timer-1")) == ["StartTimer"]
        r.happened().lambda_event(e.LambdaFunctionCompleted, "lambda-f-1", result="1")
        r.play()
        r.happened()
        r.fire("timer-2")

        assert r.result == "done"


ENDINGS = [
    "activity_completed",
    "activity_failed",
    "activity_canceled",
    "schedule_failed",
    "back_off",
    "unknown_type",
]


@pytest.mark.parametrize("ending", ENDINGS)
def test_after_it_was_given_up(ending: str) -> None:
    """Whatever becomes of a task that was given up is not seen, and is not tried again."""

    @workflow
    def gives_up() -> str:
        future = submit(work.options(activity_id="a", retry=Retry(interval=0)))
        spawn(lambda: None)
        timer(1).result()
        future.cancel()
        timer(1).result()
        return "done"

    with Rehearsal(gives_up) as r:
        r.happened().activity_started("a")
        r.fire("timer-1")
        script = r.happened()
        match ending:
            case "activity_completed":
                script.activity_completed("a", "not JSON")
            case "activity_failed":
                script.activity_failed("a", "x", "y")
            case "activity_canceled":
                script.activity_canceled("a")
            case _:
                pass
        r.fire("timer-2")

        assert r.result == "done"


# After the end.


def test_what_is_refused_with_the_end_is_asked_for_again_before_it() -> None:
    """An end that SWF refuses takes along what it refused with it; failures after the end are nobody's."""

    @workflow
    def leaves() -> str:
        submit(work.options(activity_id="a", retry=Retry(interval=5)))
        submit(work.options(activity_id="b", retry=Retry(interval=5)))
        submit(work.options(activity_id="c"))
        return "done"

    with Rehearsal(leaves) as r:
        r.script.signaled("x")
        r.happened(
            refused={1: "ACTIVITY_CREATION_RATE_EXCEEDED", 2: "ACTIVITY_TYPE_DOES_NOT_EXIST", 3: "UNHANDLED_DECISION"}
        )
        r.script.activity_failed("a", "x")
        r.play()
        assert kinds(r.decisions) == ["ScheduleActivityTask", "ScheduleActivityTask", "CompleteWorkflowExecution"]
        assert [x.name for x in r.replay.unregistered] == ["work"]
        r.script.signaled("x")
        r.happened(refused={2: "UNHANDLED_DECISION"})
        r.script.activity_failed("b", "x")
        r.play()

        assert kinds(r.decisions) == ["CompleteWorkflowExecution"]


def test_a_child_given_up_before_the_end_is_asked_to_cancel() -> None:
    """A child that starts after the code has ended, and was given up, is asked to cancel before the end."""

    @workflow
    def leaves() -> str:
        future = submit(child.options(workflow_id="c"))
        timer(1).result()
        future.cancel()
        return "done"

    with Rehearsal(leaves) as r:
        r.fire("timer-1")
        r.script.child_event(e.ChildWorkflowExecutionStarted, "c")
        r.happened(refused={0: "UNHANDLED_DECISION"})
        r.play()

        assert kinds(r.decisions) == ["RequestCancelExternalWorkflowExecution", "CompleteWorkflowExecution"]


def test_retry_timer_after_the_end() -> None:
    """A retry that is due after the code has ended is not made."""

    @workflow
    def leaves() -> str:
        submit(work.options(activity_id="a", retry=Retry(interval=5)))
        timer(1).result()
        return "done"

    with Rehearsal(leaves) as r:
        r.fail("a", ValueError())
        r.fire("timer-1")
        assert r.result == "done"
        r.script.timer_fired("__ostinato_retry-a-2")
        r.happened(refused={0: "UNHANDLED_DECISION"})
        r.play()

        assert kinds(r.decisions) == ["CompleteWorkflowExecution"]


# Arguments and results that do not fit.


def test_arguments_that_do_not_fit_are_told_at_the_call() -> None:
    """Wrong arguments, too long ones, and what cannot be submitted are errors where submit() is called."""

    @workflow
    def asks() -> list[str]:
        said = []
        for call in (
            lambda: submit(count),  # type: ignore[call-overload]
            lambda: submit(count, 1, y=2),  # type: ignore[call-arg]
            lambda: submit(work, object()),
            lambda: submit(work, "x" * 40_000),
            lambda: submit(print, 1),  # type: ignore[call-overload]
            lambda: submit(child, 1, 2),  # type: ignore[arg-type]
        ):
            with pytest.raises((PayloadError, LimitExceededError, UsageError)) as caught:
                call()
            said.append(f"{type(caught.value).__name__}: {caught.value}")
        return said

    with Rehearsal(asks) as r:
        said = r.result

    assert "no value for x" in said[0]
    assert "an argument 'y'" in said[1]
    assert said[2].startswith("PayloadError: args[0]")
    assert said[3] == (
        "LimitExceededError: the input of work has 40,025 characters; expected at most 32,768, SWF's limit. "
        "A store takes what is long: Payloads(store=...), or --payloads file:DIRECTORY"
    )
    assert "use spawn()" in said[4]
    assert "at most 1 (x)" in said[5]


def test_a_result_of_another_type() -> None:
    """A result that is not of the annotated type fails the future, not the decision."""

    @workflow
    def asks() -> str:
        with pytest.raises(PayloadError):
            submit(count.options(activity_id="a"), 1).result()
        return "seen"

    with Rehearsal(asks) as r:
        r.complete("a", "not a number")

        assert r.result == "seen"


def test_not_scheduled_is_retried_if_asked() -> None:
    """A policy may try again what SWF refused."""

    @workflow
    def retries() -> Any:
        retry = Retry(2, interval=0, states=(EndState.NOT_SCHEDULED,))
        return submit(work.options(activity_id="a", retry=retry)).result()

    with Rehearsal(retries) as r:
        r.play(refused={0: "OPERATION_NOT_PERMITTED"})
        assert kinds(r.decisions) == ["ScheduleActivityTask"]
        r.play(refused={0: "OPERATION_NOT_PERMITTED"})
        assert r.reason is not None
        assert ActivityNotScheduled.__name__ in r.reason


@pytest.mark.parametrize(
    "cause", ["WORKFLOW_TYPE_DOES_NOT_EXIST", "OPEN_CHILDREN_LIMIT_EXCEEDED", "WORKFLOW_ALREADY_RUNNING"]
)
def test_a_child_that_was_given_up_does_not_start(cause: str) -> None:
    """A child that was given up while it was being started, and then could not be, is not asked for again."""

    @workflow
    def gives_up() -> str:
        future = submit(child.options(workflow_id="c"))
        timer(1).result()
        future.cancel()
        timer(1).result()
        return "done"

    with Rehearsal(gives_up) as r:
        r.fire("timer-1")
        (initiated,) = (x for x in r.script.events if isinstance(x, e.StartChildWorkflowExecutionInitiated))
        r.happened().add(
            e.StartChildWorkflowExecutionFailed,
            workflow_id="c",
            workflow_type=child.workflow_type,
            cause=enums.StartChildWorkflowExecutionFailedCause[cause],
            initiated_event_id=initiated.event_id,
            decision_task_completed_event_id=initiated.decision_task_completed_event_id,
        )
        assert r.play() == ()
        assert r.replay.unregistered == ()
        r.fire("timer-2")

        assert r.result == "done"


def test_a_future_that_the_code_settled() -> None:
    """A result that the workflow's own code gave to a future stays, also if the retry's timer is refused."""

    @workflow
    def settles() -> int:
        future: Future[int] = submit(work.options(activity_id="a", retry=Retry()))
        wait_signal("x").result()
        future.set_result(9)
        timer(1).result()
        return future.result()

    with Rehearsal(settles) as r:
        r.happened().activity_failed("a")
        r.signal("x")
        assert kinds(r.decisions) == ["StartTimer", "StartTimer"]
        r.happened(refused={0: "OPERATION_NOT_PERMITTED"})
        r.fire("timer-1")

        assert r.result == 9


def test_a_heartbeat_time_out_of_one_call_is_told_to_the_worker() -> None:
    """SWF does not tell workers the heartbeat time-out: where it is not the declared one, the input does."""
    patient = work.options(activity_id="a", heartbeat_timeout=7, retry=Retry(interval=0))

    @workflow
    def calls() -> None:
        submit(patient, 1).result()

    with Rehearsal(calls) as r:
        (first,) = r.decisions
        (second,) = r.fail("a", ValueError())

    inputs = [x.input for x in (first, second) if isinstance(x, d.ScheduleActivityTask)]
    assert inputs == [
        '{"args":[1],"kwargs":{},"__ostinato":{"heartbeat_timeout":7}}',
        '{"args":[1],"kwargs":{},"__ostinato":{"attempt":2,"heartbeat_timeout":7}}',
    ]


def test_long_names_make_bounded_ids() -> None:
    """An id longer than SWF takes is shortened as simpleflow does it, and stays unique."""
    long = work.options(name="n" * 250)

    @workflow
    def asks() -> None:
        wait([submit(long), submit(long)])

    with Rehearsal(asks) as r:
        ids = [x.activity_id for x in r.decisions if isinstance(x, d.ScheduleActivityTask)]

    assert [len(x) for x in ids] == [256, 256]
    assert len(set(ids)) == 2
    assert ids[0].startswith("activity-nnn")
