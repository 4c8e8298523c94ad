"""Reading the whole state back from the log: at the start, and after a commit that failed."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ostinato.engine.ledger import Ledger
from ostinato.engine.log.log import Log
from ostinato.engine.log.records import EventRecord, OpenExecution
from ostinato.engine.state import Execution
from ostinato.engine.task_lists import TaskId
from ostinato.engine.task_tokens import StartedTask
from ostinato.model import events as e
from ostinato.model.fields import EventId
from ostinato.model.lives import ActivityState, LambdaState


class OrphanedLambda(NamedTuple):
    """A Lambda function whose thread died with its process."""

    execution: Execution
    scheduled: e.LambdaFunctionScheduled


def recover(ledger: Ledger, log: Log, free: Iterable[TaskId] = ()) -> list[OrphanedLambda]:
    """Fold everything that the log holds into an empty ledger.

    Tasks that a dead process had in its own hands, and those that are free, wait to be handed out again.
    """
    for domain in log.domains():
        ledger.registry.put_domain(domain)
    for registered in log.types():
        ledger.registry.put_type(registered)
    ledger.next_key = max(ledger.next_key, log.next_execution_key)
    orphans: list[OrphanedLambda] = []
    for opened in log.open_executions():
        execution = _folded(opened)
        ledger.executions.add(execution)
        orphans += _let_go(execution, _dead_starts(opened, ledger.epoch))
    for task_id in free:
        _take_back(ledger, task_id)
    for execution in ledger.executions:
        ledger.adopt(execution)
    return orphans


def _take_back(ledger: Ledger, task_id: TaskId) -> None:
    """Let nobody have the task, if it is as it was before its answer."""
    execution = ledger.executions.get(task_id.execution_key)
    if execution is None:
        return
    activity = execution.activities.get(task_id.scheduled_event_id)
    if activity is not None:
        activity.held_since = None
    running = execution.decision_running
    if running is not None and running.scheduled.event_id == task_id.scheduled_event_id:
        running.held_since = None


def _folded(opened: OpenExecution) -> Execution:
    record = opened.record
    execution = Execution(key=record.key, domain=record.domain, workflow_id=record.workflow_id, run_id=record.run_id)
    for event in opened.events:
        execution.apply(event.event)
    for beat in opened.heartbeats:
        execution.beat(beat.scheduled_event_id, beat.timestamp, beat.details)
    return execution


def _dead_starts(opened: OpenExecution, epoch: int) -> set[EventId]:
    """The events that handed a task to a process which is no more."""
    return {record.event.event_id for record in opened.events if record.handed_by not in (0, epoch)}


def _let_go(execution: Execution, dead: set[EventId]) -> list[OrphanedLambda]:
    running = execution.decision_running
    if running is not None and running.started_event_id in dead:
        running.held_since = None
    for activity in execution.activities.values():
        if activity.started_event_id in dead:
            activity.held_since = None
    return [
        OrphanedLambda(execution, task.scheduled)
        for task in execution.lambdas.values()
        if task.state is LambdaState.STARTED and task.started_event_id in dead
    ]


def free_tasks(ledger: Ledger) -> Iterator[TaskId]:
    """Every task that was started and that nobody has any more."""
    for execution in ledger.executions:
        running = execution.decision_running
        if running is not None and running.held_since is None:
            yield TaskId(execution.key, running.scheduled.event_id)
        for scheduled_event_id, activity in execution.activities.items():
            if activity.held_since is None and activity.state is not ActivityState.SCHEDULED:
                yield TaskId(execution.key, scheduled_event_id)


def held_tasks(ledger: Ledger) -> Iterator[StartedTask]:
    """Every start of a task that is in somebody's hands."""
    for execution in ledger.executions:
        running = execution.decision_running
        if running is not None:
            yield StartedTask(execution.key, running.scheduled.event_id, running.started_event_id)
        for scheduled_event_id, activity in execution.activities.items():
            if activity.held_since is not None:
                yield StartedTask(execution.key, scheduled_event_id, activity.started_event_id)


def started_tasks(records: Iterable[EventRecord]) -> Iterator[StartedTask]:
    """Every start of a task among the events."""
    for record in records:
        event = record.event
        if isinstance(event, e.DecisionTaskStarted | e.ActivityTaskStarted):
            yield StartedTask(record.execution_key, event.scheduled_event_id, event.event_id)
