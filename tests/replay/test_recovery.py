"""What is done after a failure: by policy, by hook, by an operator."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ostinato import (
    EndState,
    FailWorkflow,
    LambdaFunction,
    Retry,
    TaskFailure,
    Verdict,
    activity,
    random,
    request_cancel,
    signal,
    sleep,
    submit,
    timer,
    wait_signal,
    workflow,
)
from ostinato.errors import ActivityFailed, SignalNotDelivered, TaskError, TimerNotStarted
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.enums import (
    RequestCancelExternalWorkflowExecutionFailedCause,
    SignalExternalWorkflowExecutionFailedCause,
)
from ostinato.testing.rehearsal import Rehearsal


@activity(name="work")
def work(x: Any = None) -> Any: ...


@workflow(name="child")
def child(x: Any = None) -> Any: ...


WORK = "activity-work-1"
NOBODY = SignalExternalWorkflowExecutionFailedCause.UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION


def only(r: Rehearsal) -> Any:
    (decision,) = r.decisions
    return decision


def kinds(r: Rehearsal) -> list[str]:
    return [type(x).__name__ for x in r.decisions]


def rehearsal_of(hook: Callable[[TaskFailure], Any], retry: Retry | None = None) -> Rehearsal:
    @workflow
    def asks() -> Any:
        return submit(work.options(on_failure=hook, retry=retry), 1).result()

    return Rehearsal(asks)


# By policy.


def test_a_predicate_says_what_is_tried_again() -> None:
    """`when` is given how the task ended."""

    def is_passing(error: TaskError) -> bool:
        return isinstance(error, ActivityFailed) and "soon" in error.error_message

    @workflow
    def patient() -> Any:
        return submit(work.options(retry=Retry(interval=0, when=is_passing))).result()

    with Rehearsal(patient) as r:
        r.fail(WORK, OSError("back soon"))
        assert only(r).activity_id == WORK
        r.fail(WORK, OSError("gone"))
        assert "gone" in str(r.reason)


def test_a_predicate_that_raises_fails_the_task_with_that() -> None:
    """It is the author's, and seen where the future is."""

    def is_passing(error: TaskError) -> bool:
        raise ZeroDivisionError("oops")

    @workflow
    def patient() -> Any:
        return submit(work.options(retry=Retry(when=is_passing))).result()

    with Rehearsal(patient) as r:
        r.fail(WORK, OSError("x"))
        assert r.reason == "ZeroDivisionError: oops"


def test_a_signal_is_sent_again_until_somebody_is_there() -> None:
    """One `Retry` for all: also for signals to others."""

    @workflow
    def sender() -> Any:
        signal("go", 1, workflow_id="late", retry=Retry(max_attempts=2, interval=5)).result()
        return "sent"

    with Rehearsal(sender) as r:
        r.happened().external_event(e.SignalExternalWorkflowExecutionFailed, "go", cause=NOBODY)
        r.play()
        assert only(r).timer_id == "__ostinato_retry-signal-1-2"
        r.fire("__ostinato_retry-signal-1-2")
        assert only(r).workflow_id == "late"
        r.happened().external_event(e.ExternalWorkflowExecutionSignaled, "go")
        r.play()
        assert r.result == "sent"


def test_a_signal_that_waits_to_be_sent_again_may_be_withdrawn() -> None:
    """Cancel while retrying."""

    @workflow
    def sender() -> Any:
        sent = signal("go", workflow_id="late", retry=Retry(interval=5))
        wait_signal("stop").result()
        sent.cancel()
        sleep(1)
        return sent.cancelled()

    with Rehearsal(sender) as r:
        r.happened().external_event(e.SignalExternalWorkflowExecutionFailed, "go", cause=NOBODY)
        r.play()
        r.signal("stop")
        assert kinds(r) == ["CancelTimer", "StartTimer"]
        r.fire("timer-1")
        assert r.result is True


def test_a_timer_that_is_refused_may_be_asked_for_again() -> None:
    """By state: SWF did not take it."""
    again = Retry(max_attempts=2, interval=0, states=[EndState.NOT_SCHEDULED])

    @workflow
    def waits() -> Any:
        timer(5, retry=again).result()
        return "rang"

    with Rehearsal(waits) as r:
        r.play(refused={0: "OPERATION_NOT_PERMITTED"})
        assert only(r).timer_id == "timer-1"
        r.fire("timer-1")
        assert r.result == "rang"

    with Rehearsal(waits) as r:
        r.play(refused={0: "OPERATION_NOT_PERMITTED"})
        r.play(refused={0: "OPERATION_NOT_PERMITTED"})
        assert str(r.reason).startswith(TimerNotStarted.__name__)


def test_a_timer_that_waits_to_be_asked_for_again_may_be_canceled() -> None:
    """Its pause is canceled then."""
    again = Retry(interval=5, states=[EndState.NOT_SCHEDULED])

    @workflow
    def waits() -> Any:
        alarm = timer(5, retry=again)
        wait_signal("stop").result()
        return alarm.cancel()

    with Rehearsal(waits) as r:
        r.play(refused={0: "OPERATION_NOT_PERMITTED"})
        r.signal("stop")
        assert kinds(r) == ["CancelTimer", "CompleteWorkflowExecution"]


# By hook.


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (lambda failure: failure.ignore(), None),
        (lambda failure: failure.handled(7), 7),
    ],
)
def test_a_hook_may_have_the_workflow_go_on(verdict: Callable[[TaskFailure], Verdict], expected: object) -> None:
    """`ignore` gives None for a result, `handled` another one."""
    with rehearsal_of(verdict) as r:
        r.fail(WORK, ValueError("x"))
        assert r.result == expected


def test_a_hook_knows_all_about_the_failure() -> None:
    """What was asked for, how often, how it ended, and what the policy would do."""
    seen: list[Any] = []

    def hook(f: TaskFailure) -> None:
        seen[:] = [f.task_id, f.name, f.attempt, f.retry_wait, f.args, f.kwargs, f.state, f.error_type, f.error_message]
        seen.extend((f.reason, f.details is not None, f.what is not None))

    with rehearsal_of(hook, Retry(max_attempts=2, interval=3)) as r:
        r.fail(WORK, ValueError("x"))
        expected = [WORK, "work", 1, 3, (1,), {}, EndState.FAILED, "ValueError", "x", "ValueError: x", True, True]
        assert seen == expected
        assert only(r).timer_id == f"__ostinato_retry-{WORK}-2"


def test_a_hook_may_try_again_now_and_later() -> None:
    """Whatever the policy says."""

    def hook(failure: TaskFailure) -> Verdict:
        return failure.retry(0 if failure.attempt == 1 else 60)

    with rehearsal_of(hook) as r:
        r.fail(WORK, ValueError("x"))
        assert only(r).activity_id == WORK
        r.fail(WORK, ValueError("x"))
        assert only(r).start_to_fire_timeout == "60"
        r.fire(f"__ostinato_retry-{WORK}-3")
        r.complete(WORK, "well")
        assert r.result == "well"


def test_a_hook_may_give_up() -> None:
    """With how the task ended, or with another error."""
    with rehearsal_of(lambda failure: failure.give_up(), Retry()) as r:
        r.fail(WORK, ValueError("x"))
        assert str(r.reason).startswith("ActivityFailed")
    with rehearsal_of(lambda failure: failure.give_up(KeyError("other")), Retry()) as r:
        r.fail(WORK, ValueError("x"))
        assert str(r.reason) == "KeyError: 'other'"


def test_a_hook_may_cancel_the_task() -> None:
    """Uncaught, that ends the workflow as canceled."""
    with rehearsal_of(lambda failure: failure.cancel()) as r:
        r.fail(WORK, ValueError("x"))
        assert isinstance(r.close, d.CancelWorkflowExecution)


def test_a_hook_may_abort_the_workflow() -> None:
    """At once, though the code waits for something else; with its own reason, or the task's."""

    def aborting(*args: Any) -> Rehearsal:
        @workflow
        async def busy() -> None:
            submit(work.options(on_failure=lambda failure: failure.abort(*args)))
            await wait_signal("never")

        return Rehearsal(busy)

    with aborting("all is lost", {"item": 7}) as r:
        r.fail(WORK, ValueError("x"))
        assert r.decisions == (d.FailWorkflowExecution(reason="all is lost", details='{"item":7}'),)
    with aborting() as r:
        r.fail(WORK, ValueError("x"))
        assert str(r.reason).startswith("ActivityFailed: activity work (activity-work-1) failed: ValueError: x")


def test_a_hook_may_wait_and_ask_for_work() -> None:
    """It is workflow code as any other, here one that asks a human."""

    async def hook(failure: TaskFailure) -> Verdict:
        answer = await wait_signal("what now")
        return failure.handled(answer)

    with rehearsal_of(hook) as r:
        r.fail(WORK, ValueError("x"))
        assert r.decisions == ()
        r.signal("what now", "this")
        assert r.result == "this"


def test_a_hook_that_raises_fails_the_task_with_that() -> None:
    """Seen where the future is."""

    def hook(failure: TaskFailure) -> None:
        raise ZeroDivisionError("oops")

    with rehearsal_of(hook) as r:
        r.fail(WORK, ValueError("x"))
        assert r.reason == "ZeroDivisionError: oops"


def test_a_hook_that_was_canceled_cancels_the_task() -> None:
    """As if it had said so."""

    async def hook(failure: TaskFailure) -> None:
        raise asyncio.CancelledError

    with rehearsal_of(hook) as r:
        r.fail(WORK, ValueError("x"))
        assert isinstance(r.close, d.CancelWorkflowExecution)


def test_a_task_may_be_canceled_while_its_hook_thinks() -> None:
    """The hook is canceled too, and what it says then is not heard."""

    async def hook(failure: TaskFailure) -> Verdict:
        try:
            await wait_signal("what now")
        except asyncio.CancelledError:
            return failure.handled("too late")
        raise AssertionError

    @workflow
    async def asks() -> Any:
        task = submit(work.options(on_failure=hook))
        await wait_signal("stop")
        task.cancel()
        await asyncio.sleep(1)
        return task.cancelled()

    with Rehearsal(asks) as r:
        r.fail(WORK, ValueError("x"))
        r.signal("stop")
        r.fire("timer-1")
        assert r.result is True


def test_a_workflow_may_have_one_hook_for_all() -> None:
    """It is asked for activities, children, Lambda functions, signals and cancellation requests; after their own."""
    asked: list[str] = []

    def own(failure: TaskFailure) -> Verdict | None:
        asked.append(f"own {failure.name}")
        return None

    def common(failure: TaskFailure) -> Verdict:
        asked.append(failure.name)
        return failure.handled(failure.name)

    @workflow(on_task_failure=common)
    async def several() -> Any:
        return await asyncio.gather(
            submit(work.options(on_failure=own)),
            submit(child.options(workflow_id="c", on_failure=own)),
            submit(LambdaFunction("resize", on_failure=own)),
            signal("go", workflow_id="nobody"),
            request_cancel("no one"),
        )

    with Rehearsal(several, is_compared=False) as r:
        script = r.happened()
        script.activity_failed(WORK, "bad", None)
        script.child_event(e.ChildWorkflowExecutionStarted, "c")
        script.child_event(e.ChildWorkflowExecutionFailed, "c", reason="bad", details=None)
        script.lambda_event(e.LambdaFunctionFailed, "lambda-resize-1", reason="bad", details=None)
        script.external_event(e.SignalExternalWorkflowExecutionFailed, "go", cause=NOBODY)
        cause = RequestCancelExternalWorkflowExecutionFailedCause.UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION
        script.external_event(e.RequestCancelExternalWorkflowExecutionFailed, "no one", cause=cause)
        r.play()
        assert r.result == ["work", "child", "resize", "go", "no one"]
        assert asked == ["own work", "work", "own child", "child", "own resize", "resize", "go", "no one"]


def test_a_class_may_have_the_hook_as_a_method() -> None:
    """With what the instance knows."""

    @workflow
    class Careful:
        def __init__(self) -> None:
            self.failures = 0

        def run(self) -> list[Any]:
            return [submit(work).result(), self.failures]

        def on_task_failure(self, failure: TaskFailure) -> Verdict:
            self.failures += 1
            return failure.ignore()

    with Rehearsal(Careful) as r:
        r.fail(WORK, ValueError("x"))
        assert r.result == [None, 1]


# By an operator.


def pausing() -> Rehearsal:
    @workflow
    def patient() -> Any:
        return submit(work.options(retry=Retry(interval=3600))).result()

    r = Rehearsal(patient)
    r.fail(WORK, ValueError("x"))
    return r


@pytest.mark.parametrize("which", [(), (WORK,)])
def test_an_operator_may_have_a_task_tried_now(which: tuple[str, ...]) -> None:
    """By a signal, with the task's id or for all that wait."""
    with pausing() as r:
        r.signal("ostinato.retry", *which)
        assert kinds(r) == ["CancelTimer", "ScheduleActivityTask"]
        r.complete(WORK, "well")
        assert r.result == "well"


def test_an_operator_may_give_a_task_up() -> None:
    """It fails as it did last."""
    with pausing() as r:
        r.signal("ostinato.give_up", WORK)
        assert str(r.reason).startswith("ActivityFailed: activity work (activity-work-1) failed: ValueError: x")


def test_an_order_that_fits_nothing_is_complained_of() -> None:
    """And changes nothing."""
    with pausing() as r:
        r.signal("ostinato.retry", "other")
        assert r.decisions == ()
        assert r.replay.complaints == ("signal 'ostinato.retry': no task 'other' waits to be tried again",)


def test_the_pause_of_a_retry_may_be_refused() -> None:
    """Then the task fails with that."""

    @workflow
    def patient() -> Any:
        return submit(work.options(retry=Retry(interval=3600))).result()

    with Rehearsal(patient) as r:
        r.fail(WORK, ValueError("x"))
        r.play(refused={0: "OPERATION_NOT_PERMITTED"})
        assert str(r.reason).startswith("TimerNotStarted")


def test_the_chance_of_a_jitter_is_the_same_in_every_replay() -> None:
    """It is that of random()."""

    @workflow
    def patient() -> Any:
        random()
        return submit(work.options(retry=Retry(interval=1000, jitter=0.5))).result()

    with Rehearsal(patient) as r:
        r.fail(WORK, ValueError("x"))
        assert 500 <= int(only(r).start_to_fire_timeout) <= 1500


# Refused for a while.

BACK_OFF = f"__ostinato_back_off-{WORK}-1"


@workflow
def crowded() -> Any:
    task = submit(work)
    return task.result() if wait_signal("go on").result() else None


def test_the_pause_after_a_refusal_may_be_refused() -> None:
    """Then the task fails with that; one that was canceled meanwhile does not."""
    with Rehearsal(crowded) as r:
        r.play(refused={0: "OPEN_ACTIVITIES_LIMIT_EXCEEDED"})
        assert only(r).timer_id == BACK_OFF
        r.play(refused={0: "OPERATION_NOT_PERMITTED"})
        r.signal("go on", 1)
        assert str(r.reason).startswith("TimerNotStarted")


def test_nothing_is_asked_for_after_the_end() -> None:
    """Also if the pause ends just before SWF sees the end, and refuses that for it."""
    with Rehearsal(crowded) as r:
        r.play(refused={0: "OPEN_ACTIVITIES_LIMIT_EXCEEDED"})
        r.signal("go on", 0)
        r.happened(refused={0: "UNHANDLED_DECISION"}).timer_fired(BACK_OFF)
        r.play()
        assert kinds(r) == ["CompleteWorkflowExecution"]


def test_a_task_may_be_canceled_after_a_refusal() -> None:
    """Its pause is canceled then."""

    @workflow
    def gives_up() -> Any:
        task = submit(work)
        wait_signal("stop").result()
        return task.cancel()

    with Rehearsal(gives_up) as r:
        r.play(refused={0: "OPEN_ACTIVITIES_LIMIT_EXCEEDED"})
        r.signal("stop")
        assert kinds(r) == ["CancelTimer", "CompleteWorkflowExecution"]


# The end that the code chooses.


def test_code_may_choose_how_its_workflow_fails() -> None:
    """Reason and details as it says; also out of a group."""

    @workflow
    async def chooses(how: str) -> None:
        if how == "group":
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
        raise FailWorkflow(how, "as text")

    async def fail() -> None:
        raise FailWorkflow("out of stock", {"item": 7})

    with Rehearsal(chooses, "group") as r:
        assert r.decisions == (d.FailWorkflowExecution(reason="out of stock", details='{"item":7}'),)
    with Rehearsal(chooses, "plain") as r:
        assert r.decisions == (d.FailWorkflowExecution(reason="plain", details="as text"),)
    with Rehearsal(chooses, "x" * 257) as r:
        assert str(r.reason).startswith("LimitExceededError: the reason of FailWorkflow() has 257 characters")


def test_errors_of_delivery_are_not_retried_unless_asked() -> None:
    """As ever."""

    @workflow
    def sender() -> None:
        signal("go", workflow_id="nobody").result()

    with Rehearsal(sender) as r:
        r.happened().external_event(e.SignalExternalWorkflowExecutionFailed, "go", cause=NOBODY)
        r.play()
        assert str(r.reason).startswith(SignalNotDelivered.__name__)
