"""Answers to tasks, heartbeats, and counts of the tasks that wait."""

import msgspec

from ostinato.engine.ledger import Ledger
from ostinato.engine.log.records import HeartbeatRecord
from ostinato.engine.parts import Activity, RunningDecision
from ostinato.engine.rules import activities, decision_tasks
from ostinato.engine.rules.decision_tasks import CAUSES
from ostinato.engine.rules.decisions import Circumstances, decided
from ostinato.engine.state import Execution
from ostinato.engine.task_lists import TaskId
from ostinato.engine.task_tokens import TaskTokens
from ostinato.engine.tokens import TaskKind
from ostinato.errors import UnknownResourceFault, ValidationException
from ostinato.model import operations as o
from ostinato.model.fields import EventId, TaskToken
from ostinato.model.limits import REQUEST_BYTES
from ostinato.model.lives import ActivityState
from ostinato.model.results import ActivityTaskStatus, PendingTaskCount

_NO_EVENT = EventId(0)


class TaskOperations:
    """What deciders and activity workers say of their tasks.

    Args:
        ledger: where it is written.
        tokens: reads what they answer with.
    """

    def __init__(self, ledger: Ledger, tokens: TaskTokens) -> None:
        self._ledger = ledger
        self._tokens = tokens

    # Decision tasks

    def complete_decision(self, operation: o.RespondDecisionTaskCompleted) -> TaskId:
        """Answer a decision task with decisions, written in their order, all at one time; gives that task."""
        execution, running = self._running(operation.task_token)
        _check_size(operation)
        ledger = self._ledger
        now = ledger.timestamp(execution)
        completed = decision_tasks.completed(execution, running, operation, now)
        ledger.record(execution, completed)
        circumstances = Circumstances(
            registry=ledger.registry, completed_id=completed.event_id, now=now, new_run_id=ledger.new_run_id
        )
        is_caused = False
        for decision in operation.decisions or ():
            for event in decided(execution, decision, circumstances):
                ledger.record(execution, event)
                is_caused = is_caused or type(event) in CAUSES
        if is_caused:
            ledger.want_decision(execution, now)
        ledger.enforce_length(execution)
        ledger.histories.trim(execution.key, execution.previous_started_event_id, ledger.commits.durable)
        return TaskId(execution.key, running.scheduled.event_id)

    def _running(self, token: TaskToken) -> tuple[Execution, RunningDecision]:
        task = self._tokens.read(TaskKind.DECISION, token)
        execution = self._ledger.executions.get(task.execution_key) if task is not None else None
        running = execution.decision_running if execution is not None else None
        if (
            task is None
            or execution is None
            or running is None
            or running.started_event_id != task.started_event_id
            or running.scheduled.event_id != task.scheduled_event_id
        ):
            scheduled = task.scheduled_event_id if task is not None else _NO_EVENT
            raise UnknownResourceFault(f"Unknown decision task, scheduledEventId = {scheduled}")
        return execution, running

    # Activity tasks

    def end_activity(self, operation: activities.ActivityAnswer) -> TaskId:
        """Take in a worker's answer; gives the task that it ended."""
        execution, activity = self._activity(operation.task_token)
        now = self._ledger.timestamp(execution)
        self._ledger.write(execution, activities.answered(execution, activity, operation, now))
        return TaskId(execution.key, activity.scheduled.event_id)

    def heartbeat(self, operation: o.RecordActivityTaskHeartbeat) -> ActivityTaskStatus:
        """Take in a sign of life; tells whether the task should stop."""
        execution, activity = self._activity(operation.task_token)
        scheduled_event_id = activity.scheduled.event_id
        now = self._ledger.timestamp(execution)
        execution.beat(scheduled_event_id, now, operation.details)
        self._ledger.commits.open.heartbeats.append(
            HeartbeatRecord(
                execution_key=execution.key,
                scheduled_event_id=scheduled_event_id,
                timestamp=now,
                details=operation.details,
            )
        )
        return ActivityTaskStatus(cancel_requested=activity.cancel_requested_event_id is not None)

    def _activity(self, token: TaskToken) -> tuple[Execution, Activity]:
        task = self._tokens.read(TaskKind.ACTIVITY, token)
        execution = self._ledger.executions.get(task.execution_key) if task is not None else None
        activity = execution.activities.get(task.scheduled_event_id) if execution is not None and task else None
        if (
            task is None
            or execution is None
            or activity is None
            or activity.state is not ActivityState.STARTED
            or activity.started_event_id != task.started_event_id
        ):
            scheduled = task.scheduled_event_id if task is not None else _NO_EVENT
            raise UnknownResourceFault(f"Unknown activity, scheduledEventId = {scheduled}")
        return execution, activity

    def domain(self, token: TaskToken) -> str | None:
        """The domain of the open execution whose task the token is for, or None."""
        for kind in TaskKind:
            try:
                task = self._tokens.read(kind, token)
            except ValidationException:
                continue
            execution = self._ledger.executions.get(task.execution_key) if task is not None else None
            return execution.domain if execution is not None else None
        return None

    # Counts

    def count_decisions(self, operation: o.CountPendingDecisionTasks) -> PendingTaskCount:
        """How many decision tasks wait on a task list."""
        self._ledger.registry.domain(operation.domain)
        count = self._ledger.decision_lists.count(operation.domain, operation.task_list.name)
        return PendingTaskCount(count=count, truncated=False)

    def count_activities(self, operation: o.CountPendingActivityTasks) -> PendingTaskCount:
        """How many activity tasks wait on a task list."""
        self._ledger.registry.domain(operation.domain)
        count = self._ledger.activity_lists.count(operation.domain, operation.task_list.name)
        return PendingTaskCount(count=count, truncated=False)


def _check_size(operation: o.RespondDecisionTaskCompleted) -> None:
    size = len(msgspec.json.encode(operation.decisions))
    if size > REQUEST_BYTES:
        raise ValidationException(f"Request of {size} bytes exceeds the limit of {REQUEST_BYTES} bytes")
