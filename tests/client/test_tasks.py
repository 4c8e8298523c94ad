"""What histories tell of tasks."""

import pytest

from ostinato import Client, Retry, activity, submit, timer, workflow
from ostinato.client.tasks import TaskKind, Tasks, TaskState
from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import open_engine
from ostinato.model import events as e
from ostinato.model.enums import ScheduleActivityTaskFailedCause, StartChildWorkflowExecutionFailedCause
from ostinato.model.fields import EventId
from ostinato.model.structures import ActivityType, WorkflowType
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker
from tests.client.conftest import DOMAIN


@activity(retry=Retry(max_attempts=3, interval=60))
def failing() -> None:
    raise ConnectionError("nobody there")


@workflow
def child() -> None:
    timer(1000).result()


@workflow
def parent() -> None:
    tried, beside = submit(failing), submit(child)
    tried.exception()
    beside.result()


@pytest.fixture(name="histories")
def some_histories() -> list[tuple[e.HistoryEvent, ...]]:
    """The history of an execution with retries and a child, as long as it was after each event."""
    with open_engine(":memory:", clock=ManualClock()) as engine:
        client = Client(engine.local(), domain=DOMAIN)
        with LocalWorker(engine.local(), domain=DOMAIN, catalog=catalog_of([parent, child, failing])):
            client.run(parent.options(workflow_id="p"))
        events = tuple(client.handle("p").history())
    return [events[:length] for length in range(1, len(events) + 1)]


def test_attempts_and_retries_are_one_task(histories: list[tuple[e.HistoryEvent, ...]]) -> None:
    """What is tried again under its id; the timers of retries are nobody's tasks."""
    tasks = {task.kind: task for task in Tasks.of(histories[-1])}

    assert set(tasks) == {TaskKind.ACTIVITY, TaskKind.CHILD}
    tried = tasks[TaskKind.ACTIVITY]
    assert [(each.number, each.state, each.reason) for each in tried.attempts] == [
        (number, TaskState.FAILED, "ConnectionError: nobody there") for number in (1, 2, 3)
    ]
    assert tried.retry_at is None
    assert tasks[TaskKind.CHILD].last.ran == 1000


def test_a_task_waits_for_its_next_attempt_between_two(histories: list[tuple[e.HistoryEvent, ...]]) -> None:
    """From the timer's start until it fires."""
    for events in histories:
        tried = next((task for task in Tasks.of(events) if task.kind is TaskKind.ACTIVITY), None)
        timers = [each for each in events if isinstance(each, e.TimerStarted)]
        fired = [each for each in events if isinstance(each, e.TimerFired)]
        due = timers[-1].event_timestamp + int(timers[-1].start_to_fire_timeout) if timers else None

        waits_until = None if tried is None else tried.retry_at

        assert waits_until == (due if len(timers) > len(fired) else None)


def test_a_fold_goes_on_where_it_was(histories: list[tuple[e.HistoryEvent, ...]]) -> None:
    """Event by event or at once: the same tasks."""
    growing = Tasks()
    for events in histories:
        growing.read(events[-1])

        assert list(growing) == list(Tasks.of(events))
        assert growing.decisions == Tasks.of(events).decisions


def test_what_the_service_refuses_is_a_task_too() -> None:
    """With SWF's cause for its reason."""
    tasks = Tasks.of(
        [
            e.ScheduleActivityTaskFailed(
                event_id=EventId(5),
                event_timestamp=5.0,
                activity_type=ActivityType(name="a", version="1"),
                activity_id="a-1",
                cause=ScheduleActivityTaskFailedCause.ACTIVITY_TYPE_DOES_NOT_EXIST,
                decision_task_completed_event_id=EventId(4),
            ),
            e.StartChildWorkflowExecutionFailed(
                event_id=EventId(6),
                event_timestamp=6.0,
                workflow_type=WorkflowType(name="w", version="1"),
                cause=StartChildWorkflowExecutionFailedCause.WORKFLOW_ALREADY_RUNNING,
                workflow_id="c",
                initiated_event_id=EventId(0),
                decision_task_completed_event_id=EventId(4),
            ),
        ]
    )

    assert [(task.id, task.state, task.last.reason) for task in tasks] == [
        ("a-1", TaskState.REFUSED, "ACTIVITY_TYPE_DOES_NOT_EXIST"),
        ("c", TaskState.REFUSED, "WORKFLOW_ALREADY_RUNNING"),
    ]
