"""The heap of deadlines."""

from hypothesis import given
from hypothesis import strategies as st

from ostinato.engine.deadlines import Deadline, DeadlineHeap, DeadlineKind, after, deadlines, due_at
from ostinato.engine.state import Execution
from ostinato.model import events as e
from ostinato.model.enums import ChildPolicy
from ostinato.model.fields import EventId, RunId
from ostinato.model.structures import TaskList, WorkflowType


def _execution(timers: dict[str, int]) -> Execution:
    execution = Execution(key=1, domain="d", workflow_id="w", run_id=RunId("r"))
    execution.apply(
        e.WorkflowExecutionStarted(
            event_id=EventId(1),
            event_timestamp=0.0,
            child_policy=ChildPolicy.ABANDON,
            task_list=TaskList(name="l"),
            workflow_type=WorkflowType(name="w", version="1"),
            execution_start_to_close_timeout="1000000",
        )
    )
    for timer_id, seconds in timers.items():
        execution.apply(
            e.TimerStarted(
                event_id=execution.next_event_id,
                event_timestamp=0.0,
                timer_id=timer_id,
                start_to_fire_timeout=str(seconds),
                decision_task_completed_event_id=EventId(1),
            )
        )
    return execution


def _cancel(execution: Execution, timer_id: str) -> None:
    execution.apply(
        e.TimerCanceled(
            event_id=execution.next_event_id,
            event_timestamp=0.0,
            timer_id=timer_id,
            started_event_id=execution.timers[timer_id].started.event_id,
            decision_task_completed_event_id=EventId(1),
        )
    )


def test_no_timeout_is_never() -> None:
    """NONE, and none at all, never pass; the others whole seconds after their start."""
    assert after(1.5, "NONE") is None
    assert after(1.5, None) is None
    assert after(1.5, "2") == 3.5


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 50), max_size=30),
    st.sets(st.text(min_size=1, max_size=3)),
)
def test_what_is_due_comes_in_order_and_what_is_over_never(seconds: dict[str, int], canceled: set[str]) -> None:
    """Every timer that was not canceled comes once, by its time; canceled ones never do."""
    execution = _execution(seconds)
    heap = DeadlineHeap({1: execution}.get)
    for timer_id, due in seconds.items():
        heap.push(Deadline(float(due), 1, DeadlineKind.TIMER, timer_id=timer_id))
    for timer_id in canceled & set(seconds):
        _cancel(execution, timer_id)
    fired = []
    while (at := heap.peek()) is not None:
        assert heap.pop_due(at - 0.001) is None
        deadline = heap.pop_due(at)
        assert deadline is not None
        fired.append((at, deadline.timer_id))

    assert [at for at, _ in fired] == sorted(at for at, _ in fired)
    assert {name for _, name in fired} == set(seconds) - canceled
    assert len(fired) == len({name for _, name in fired})


def test_a_heap_of_things_that_are_over_shrinks() -> None:
    """Entries of timers that were canceled do not pile up."""
    execution = _execution({})
    heap = DeadlineHeap({1: execution}.get)
    for number in range(10_000):
        heap.push(Deadline(float(number + 10**6), 1, DeadlineKind.TIMER, timer_id="gone"))

    assert len(heap) < 3_000


def test_an_entry_that_is_too_early_is_looked_at_again() -> None:
    """What was put off, as a heartbeat does, comes at its real time."""
    execution = _execution({"t": 20})
    heap = DeadlineHeap({1: execution}.get)
    heap.push(Deadline(5.0, 1, DeadlineKind.TIMER, timer_id="t"))

    assert heap.glance() == 5.0
    assert heap.pop_due(6.0) is None
    assert heap.peek() == 20.0
    assert due_at(execution, Deadline(5.0, 1, DeadlineKind.TIMER, timer_id="t")) == 20.0


def test_deadlines_of_closed_executions_are_passed_over() -> None:
    """An execution that is not open has none."""
    heap = DeadlineHeap(lambda _: None)
    heap.push(Deadline(5.0, 1, DeadlineKind.EXECUTION))

    assert heap.peek() is None
    assert len(heap) == 0


def test_a_function_that_has_not_started_has_no_deadline() -> None:
    """Only a Lambda function's start-to-close time-out counts: before its start, nothing passes."""
    execution = _execution({})
    scheduled = e.LambdaFunctionScheduled(
        event_id=execution.next_event_id,
        event_timestamp=0.0,
        id="1",
        name="f",
        start_to_close_timeout="5",
        decision_task_completed_event_id=EventId(1),
    )
    execution.apply(scheduled)
    waiting = [deadline.kind for deadline in deadlines(execution)]
    execution.apply(
        e.LambdaFunctionStarted(
            event_id=execution.next_event_id, event_timestamp=2.0, scheduled_event_id=scheduled.event_id
        )
    )

    assert waiting == [DeadlineKind.EXECUTION]
    assert [(x.kind, x.at) for x in deadlines(execution)][1:] == [(DeadlineKind.LAMBDA, 7.0)]
