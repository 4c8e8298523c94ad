from collections.abc import Sequence

import pytest

from ostinato.cli.display import summarize
from ostinato.cli.progress import Again, AwaitedSignal, Misfortune, Progress
from ostinato.client.tasks import Change, TaskKind, Tasks, TaskState
from ostinato.model import events as e
from ostinato.model.enums import (
    ActivityTaskTimeoutType,
    ChildPolicy,
    ScheduleActivityTaskFailedCause,
    SignalExternalWorkflowExecutionFailedCause,
    WorkflowExecutionTimeoutType,
)
from ostinato.model.fields import EventId, RunId
from ostinato.model.structures import ActivityType, TaskList, WorkflowExecution, WorkflowType

LIST = TaskList(name="default")
CHILD = WorkflowExecution(workflow_id="child", run_id=RunId("r"))
CHILD_TYPE = WorkflowType(name="ship", version="1")


def scheduled(event_id: int, activity_id: str = "a-1") -> e.ActivityTaskScheduled:
    return e.ActivityTaskScheduled(
        event_id=EventId(event_id),
        event_timestamp=float(event_id),
        activity_type=ActivityType(name="charge", version="1"),
        activity_id=activity_id,
        task_list=LIST,
        decision_task_completed_event_id=EventId(4),
    )


def started(event_id: int, scheduled_event_id: int) -> e.ActivityTaskStarted:
    return e.ActivityTaskStarted(
        event_id=EventId(event_id), event_timestamp=float(event_id), scheduled_event_id=EventId(scheduled_event_id)
    )


def failed(event_id: int, scheduled_event_id: int) -> e.ActivityTaskFailed:
    return e.ActivityTaskFailed(
        event_id=EventId(event_id),
        event_timestamp=float(event_id),
        scheduled_event_id=EventId(scheduled_event_id),
        started_event_id=EventId(event_id - 1),
        reason="OSError: gone",
        details="{}",
    )


def timer(event_id: int, timer_id: str) -> e.TimerStarted:
    return e.TimerStarted(
        event_id=EventId(event_id),
        event_timestamp=float(event_id),
        timer_id=timer_id,
        start_to_fire_timeout="5",
        decision_task_completed_event_id=EventId(4),
    )


def invoked(event_id: int) -> e.LambdaFunctionScheduled:
    return e.LambdaFunctionScheduled(
        event_id=EventId(event_id),
        event_timestamp=float(event_id),
        id="l-1",
        name="resize",
        decision_task_completed_event_id=EventId(4),
    )


def fired(event_id: int, started_event_id: int) -> e.TimerFired:
    return e.TimerFired(
        event_id=EventId(event_id),
        event_timestamp=float(event_id),
        timer_id="timer",
        started_event_id=EventId(started_event_id),
    )


def decision_started(event_id: int) -> e.DecisionTaskStarted:
    return e.DecisionTaskStarted(
        event_id=EventId(event_id), event_timestamp=float(event_id), scheduled_event_id=EventId(event_id - 1)
    )


def decision_completed(event_id: int, started_event_id: int, context: str | None = None) -> e.DecisionTaskCompleted:
    return e.DecisionTaskCompleted(
        event_id=EventId(event_id),
        event_timestamp=float(event_id),
        scheduled_event_id=EventId(started_event_id - 1),
        started_event_id=EventId(started_event_id),
        execution_context=context,
    )


def initiated(event_id: int) -> e.StartChildWorkflowExecutionInitiated:
    return e.StartChildWorkflowExecutionInitiated(
        event_id=EventId(event_id),
        event_timestamp=float(event_id),
        workflow_id="child",
        workflow_type=CHILD_TYPE,
        task_list=LIST,
        decision_task_completed_event_id=EventId(4),
        child_policy=ChildPolicy.TERMINATE,
    )


def child_started(event_id: int, initiated_event_id: int) -> e.ChildWorkflowExecutionStarted:
    return e.ChildWorkflowExecutionStarted(
        event_id=EventId(event_id),
        event_timestamp=float(event_id),
        workflow_execution=CHILD,
        workflow_type=CHILD_TYPE,
        initiated_event_id=EventId(initiated_event_id),
    )


def child_terminated(event_id: int, initiated_event_id: int) -> e.ChildWorkflowExecutionTerminated:
    return e.ChildWorkflowExecutionTerminated(
        event_id=EventId(event_id),
        event_timestamp=float(event_id),
        workflow_execution=CHILD,
        workflow_type=CHILD_TYPE,
        initiated_event_id=EventId(initiated_event_id),
        started_event_id=EventId(initiated_event_id + 1),
    )


def read(*events: e.HistoryEvent) -> Progress:
    progress = Progress()
    for event in events:
        progress.read(event)
    return progress


def shown(progress: Progress) -> dict[int, tuple[TaskKind, str, TaskState, int]]:
    """What is open: its kind, its id, its state and the attempt."""
    return {
        place: (change.task.kind, change.task.id, change.attempt.state, change.attempt.number)
        for place, change in progress.open.items()
    }


def test_an_activity_is_queued_then_runs_then_is_finished() -> None:
    """Its three states as history shows them."""
    progress = read(scheduled(5))
    queued = shown(progress)
    progress.read(started(6, 5))
    running = shown(progress)
    progress.read(
        e.ActivityTaskCompleted(
            event_id=EventId(7), event_timestamp=7.0, scheduled_event_id=EventId(5), started_event_id=EventId(6)
        )
    )

    assert queued == {5: (TaskKind.ACTIVITY, "a-1", TaskState.SCHEDULED, 1)}
    assert running == {5: (TaskKind.ACTIVITY, "a-1", TaskState.STARTED, 1)}
    assert (progress.finished, progress.open, progress.last_event_id) == (1, {}, 7)


def test_a_retry_shows_when_and_why() -> None:
    """The replay's timer for a retry names the task and the attempt."""
    progress = read(scheduled(5), started(6, 5), failed(7, 5), timer(10, "__ostinato_retry-a-1-2"))

    (change,) = progress.open.values()
    pause = change.task.pause
    assert pause is not None
    assert pause.task is not None
    assert (pause.task_id, pause.attempt, change.task.fires_at) == ("a-1", 2, 15.0)
    assert pause.task.last.reason == "OSError: gone"
    assert progress.last_failure == Misfortune("a-1", "charge", "OSError: gone", "{}")


TRIED_TWICE: Sequence[e.HistoryEvent] = (
    scheduled(5),
    started(6, 5),
    decision_started(7),
    failed(8, 5),
    decision_completed(9, 7),
    timer(10, "timer-1"),
    decision_started(11),
    decision_completed(12, 11),
    timer(13, "__ostinato_retry-a-1-2"),
    fired(14, 13),
    decision_started(15),
    decision_completed(16, 15),
    scheduled(17),
    started(18, 17),
    failed(19, 17),
    decision_started(20),
    decision_completed(21, 20),
    scheduled(22),
    started(23, 22),
    failed(24, 22),
    decision_started(25),
    decision_completed(26, 25),
    decision_started(27),
    decision_completed(28, 27),
)
"""Fails while a decision is made that knows nothing of it, then again, then for good."""

CUTS = [event.event_id for event in TRIED_TWICE if event.event_id not in {9, 12, 16, 21}]
"""Where history may end when it is read: a decision and what it records are written together."""


@pytest.mark.parametrize("cuts", [CUTS, *([cut] for cut in CUTS), []], ids=str)
def test_what_is_told_does_not_depend_on_when_history_was_read(cuts: Sequence[int]) -> None:
    """A failure is told with the answer of the decision that saw it, and once."""
    progress = Progress()
    told: list[Misfortune] = []
    for event in TRIED_TWICE:
        progress.read(event)
        if event.event_id in cuts:
            told += progress.take_told()
    told += progress.take_told()

    first, second, last = told
    assert first == Misfortune("a-1", "charge", "OSError: gone", "{}", Again(2, 5.0))
    assert second == Misfortune("a-1", "charge", "OSError: gone", "{}", Again(3, 0.0))
    assert last == Misfortune("a-1", "charge", "OSError: gone", "{}")


def test_what_nobody_answers_is_told_at_the_close() -> None:
    """Or when nobody waits for an answer any more."""
    progress = read(scheduled(5), started(6, 5), failed(7, 5))
    before = progress.take_told()
    progress.read(
        e.WorkflowExecutionTimedOut(
            event_id=EventId(8),
            event_timestamp=8.0,
            timeout_type=WorkflowExecutionTimeoutType.START_TO_CLOSE,
            child_policy=ChildPolicy.TERMINATE,
        )
    )
    interrupted = read(scheduled(5), started(6, 5), failed(7, 5))

    assert before == []
    assert progress.take_told() == interrupted.take_rest() == [Misfortune("a-1", "charge", "OSError: gone", "{}")]
    assert progress.take_told() == interrupted.take_rest() == []


def test_the_second_attempt_is_known_as_such() -> None:
    """Attempts are counted by the activity's id."""
    progress = read(scheduled(5), started(6, 5), failed(7, 5), scheduled(10))

    assert shown(progress) == {10: (TaskKind.ACTIVITY, "a-1", TaskState.SCHEDULED, 2)}


def test_what_was_not_scheduled_is_no_attempt() -> None:
    """A type that was not registered, or too much that is open, is not the activity's fault: nothing is told of it."""
    refused = e.ScheduleActivityTaskFailed(
        event_id=EventId(5),
        event_timestamp=5.0,
        activity_type=ActivityType(name="charge", version="1"),
        activity_id="a-1",
        cause=ScheduleActivityTaskFailedCause.ACTIVITY_TYPE_DOES_NOT_EXIST,
        decision_task_completed_event_id=EventId(4),
    )
    progress = read(refused, scheduled(10))

    assert shown(progress) == {10: (TaskKind.ACTIVITY, "a-1", TaskState.SCHEDULED, 1)}
    assert progress.take_rest() == []


def test_an_authors_timer_shows_until_it_fires_and_ours_do_not() -> None:
    """Wake-ups and back-offs are no news to an author."""
    progress = read(timer(5, "timer-1"), timer(6, "__ostinato_wake_up-9"))

    before = shown(progress)
    progress.read(fired(7, 5))

    assert before == {5: (TaskKind.TIMER, "timer-1", TaskState.SCHEDULED, 1)}
    assert progress.open == {}


def test_a_child_shows_until_it_closes() -> None:
    """From its initiation on; its failure is told, and what had been read of it can be read to its end."""
    progress = read(initiated(5))
    before = shown(progress)
    progress.read(child_started(6, 5))
    below = Progress(CHILD)
    progress.follow(EventId(5), below)

    progress.read(child_terminated(7, 5))

    assert before == {5: (TaskKind.CHILD, "child", TaskState.SCHEDULED, 1)}
    assert progress.take_rest() == [Misfortune("child", "ship", "was terminated", None)]
    assert (progress.open, progress.children) == ({}, {})
    assert progress.parted == [below]


def test_a_child_that_came_and_went_unseen_can_be_read() -> None:
    """It is among those that have closed, though nobody followed it."""
    progress = read(initiated(5), child_started(6, 5), child_terminated(7, 5))

    (child,) = progress.parted
    assert (child.execution, child.has_ended_well, child.last_event) == (CHILD, False, None)


def test_what_is_open_in_a_child_follows_the_child() -> None:
    """A family is shown as a tree: each generation below the one that started it, with the signals it waits for."""
    progress = read(timer(4, "timer-1"), initiated(5), child_started(6, 5))
    context = '{"waiting_for": [{"kind": "signal", "name": "go"}, {"kind": "timer", "name": "stop"}]}'
    below = read(decision_completed(4, 3, context), scheduled(5))
    progress.follow(EventId(5), below)

    family = list(progress.family(lambda change: change.task.kind.value))

    assert [
        (relative.depth, relative.thing.task.kind if isinstance(relative.thing, Change) else relative.thing)
        for relative in family
    ] == [(0, TaskKind.CHILD), (1, TaskKind.ACTIVITY), (1, AwaitedSignal("go")), (0, TaskKind.TIMER)]


def test_a_signal_that_does_not_arrive_is_told() -> None:
    """With SWF's cause; while it is on its way it shows, and is not counted as finished."""
    progress = read(
        e.SignalExternalWorkflowExecutionInitiated(
            event_id=EventId(5),
            event_timestamp=5.0,
            workflow_id="order-7",
            signal_name="go",
            decision_task_completed_event_id=EventId(4),
        )
    )
    before = summarize(progress, ())
    progress.read(
        e.SignalExternalWorkflowExecutionFailed(
            event_id=EventId(6),
            event_timestamp=6.0,
            workflow_id="order-7",
            cause=SignalExternalWorkflowExecutionFailedCause.UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION,
            initiated_event_id=EventId(5),
            decision_task_completed_event_id=EventId(4),
        )
    )

    assert before == "0 finished, 1 signal"
    assert progress.take_rest() == [Misfortune("order-7", "go", "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION", None)]
    assert summarize(progress, ()) == "0 finished"


def test_what_has_ended_well_is_not_kept() -> None:
    """A run of many activities stays as small as what is open."""
    events: list[e.HistoryEvent] = []
    for number in range(5, 5000, 3):
        events += [scheduled(number, f"a-{number}"), started(number + 1, number)]
        events.append(
            e.ActivityTaskCompleted(
                event_id=EventId(number + 2),
                event_timestamp=0.0,
                scheduled_event_id=EventId(number),
                started_event_id=EventId(number + 1),
            )
        )
    tasks = Tasks(keeps_all=False)
    for event in events:
        tasks.read(event)

    assert list(tasks) == []
    assert read(*events).finished == len(events) // 3 == len(list(Tasks.of(events)))


def test_a_lambda_function_shows_like_an_activity() -> None:
    """Whether it waits, runs, fails and is tried again, or cannot be invoked."""
    progress = read(
        invoked(5), e.LambdaFunctionStarted(event_id=EventId(6), event_timestamp=6.0, scheduled_event_id=EventId(5))
    )
    running = shown(progress)
    for event in (
        e.LambdaFunctionFailed(
            event_id=EventId(7),
            event_timestamp=7.0,
            scheduled_event_id=EventId(5),
            started_event_id=EventId(6),
            reason="OSError",
        ),
        decision_started(8),
        decision_completed(9, 8),
        invoked(10),
        e.StartLambdaFunctionFailed(
            event_id=EventId(11), event_timestamp=11.0, scheduled_event_id=EventId(10), message="no role"
        ),
        invoked(12),
        e.LambdaFunctionTimedOut(
            event_id=EventId(13), event_timestamp=13.0, scheduled_event_id=EventId(12), started_event_id=EventId(0)
        ),
        invoked(14),
        e.LambdaFunctionCompleted(
            event_id=EventId(15), event_timestamp=15.0, scheduled_event_id=EventId(14), started_event_id=EventId(0)
        ),
    ):
        progress.read(event)

    assert running == {5: (TaskKind.LAMBDA, "l-1", TaskState.STARTED, 1)}
    assert progress.take_rest() == [
        Misfortune("l-1", "resize", "OSError", None, Again(2, 0.0)),
        Misfortune("l-1", "resize", "no role", None),
        Misfortune("l-1", "resize", "timed out", None),
    ]
    assert (progress.open, progress.finished) == ({}, 1)


def test_a_time_out_is_told_with_its_kind() -> None:
    """Which of the four it was says what to change."""
    progress = read(scheduled(5), started(6, 5))

    progress.read(
        e.ActivityTaskTimedOut(
            event_id=EventId(7),
            event_timestamp=7.0,
            timeout_type=ActivityTaskTimeoutType.HEARTBEAT,
            scheduled_event_id=EventId(5),
            started_event_id=EventId(6),
        )
    )

    assert [told.what for told in progress.take_rest()] == ["timed out (HEARTBEAT)"]
