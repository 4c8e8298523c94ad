"""What may happen to a workflow, drawn by Hypothesis."""

import asyncio
from typing import Any

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from ostinato import LambdaFunction, Retry, activity, signal, submit, timer, wait_signal, workflow
from ostinato.client.saved import SavedHistory
from ostinato.model import events as e
from ostinato.model.decisions import CancelWorkflowExecution, CompleteWorkflowExecution, FailWorkflowExecution
from ostinato.testing import Rehearsal, rehearsals, replay_history


@activity(retry=Retry(max_attempts=2, interval=5))
def charge(amount: int) -> str:
    return str(amount)


@activity
def refund(payment: str) -> None: ...


@workflow
def ship(order: str) -> bool:
    return bool(order)


@workflow
def buy(order: str) -> bool:
    """Whoever paid gets the goods, or the money."""
    payment = submit(charge, 7).result()
    try:
        if wait_signal("approve", timeout=60).result() and submit(ship, order).result():
            return True
    except Exception:
        submit(refund, payment).result()
        raise
    submit(refund, payment).result()
    return False


@workflow
async def busy() -> int:
    """All kinds of tasks at once, and a signal to itself and to somebody else."""
    resize = LambdaFunction("resize")
    sent = signal("mine"), signal("theirs", workflow_id="other")
    asked: list[Any] = [*sent, timer(5), submit(charge, 1), submit(ship, "a"), submit(resize, 1), wait_signal("mine")]
    await asyncio.gather(*asked, return_exceptions=True)
    return 1


@settings(max_examples=25)
@given(rehearsals(buy, "tea", signals={"approve": st.tuples(st.booleans())}, may_cancel=True))
def test_what_holds_for_whatever_happens_can_be_tested(played: Rehearsal) -> None:
    """A property of the author's: a payment that was made is given back, unless the goods were shipped."""
    events = played.script.events
    paid = any(isinstance(x, e.ActivityTaskCompleted) and x.result == '"7"' for x in events)
    refunded = any(isinstance(x, e.ActivityTaskScheduled) and x.activity_type == refund.activity_type for x in events)

    if isinstance(played.close, CompleteWorkflowExecution):
        assert played.result is not refunded
    elif isinstance(played.close, FailWorkflowExecution) and paid:
        assert refunded


@settings(max_examples=25)
@given(rehearsals(busy, may_cancel=True))
def test_histories_are_such_as_a_replay_takes(played: Rehearsal) -> None:
    """All kinds of events; today's code agrees with each of them."""
    replay_history(SavedHistory(source="drawn", events=played.script.events, execution=played.script.execution), busy)


@pytest.mark.parametrize("kind", [CompleteWorkflowExecution, FailWorkflowExecution, CancelWorkflowExecution])
def test_every_end_is_found(kind: type) -> None:
    """Well, badly, and by cancellation."""
    drawn = rehearsals(buy, "tea", signals={"approve": st.tuples(st.booleans())}, may_cancel=True)

    assert isinstance(find(drawn, lambda played: isinstance(played.close, kind)).close, kind)
