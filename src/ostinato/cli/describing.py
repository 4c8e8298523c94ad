"""What `ostinato show` does: one execution, or one of its tasks, with all there is to know."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TextIO

from ostinato.cli.complaints import author_lines
from ostinato.cli.execution_columns import duration_of, status_of
from ostinato.cli.formats import write_object
from ostinato.cli.output_options import Output
from ostinato.cli.reading import read_tasks
from ostinato.cli.task_lists import instant, payload, span, state_of
from ostinato.client.contexts import is_of_replay, signals_awaited
from ostinato.client.executions import closed_by
from ostinato.client.tasks import Attempt, Task, TaskKind, Tasks, TaskState
from ostinato.errors import UsageError
from ostinato.model import events as e
from ostinato.model.durations import from_swf
from ostinato.model.operations import DescribeWorkflowExecution
from ostinato.payloads.converter import JsonConverter

if TYPE_CHECKING:
    from ostinato.client.client import Client
    from ostinato.model.results import WorkflowExecutionDetail
    from ostinato.model.structures import WorkflowExecution

FAILURES = 5
"""What did not end well is shown up to so many, the last first; signals too."""


def write_execution(client: "Client", execution: "WorkflowExecution", output: Output, data: TextIO) -> None:
    """Write all about an execution.

    Raises:
        UsageError: there is no such execution.
    """
    detail = client.swf.call(DescribeWorkflowExecution(domain=client.domain, execution=execution))
    write_object(execution_facts(detail, read_tasks(client, execution)), output, data)


def execution_facts(detail: "WorkflowExecutionDetail", tasks: Tasks) -> dict[str, Any]:
    """All about an execution, as one object."""
    info, settings = detail.execution_info, detail.execution_configuration
    started = tasks.started
    return {
        "workflow_id": info.execution.workflow_id,
        "run_id": info.execution.run_id,
        "type": info.workflow_type.name,
        "version": info.workflow_type.version,
        "status": status_of(info),
        "started": instant(info.start_timestamp),
        "closed": instant(info.close_timestamp),
        "duration": duration_of(info),
        "cancel_requested": info.cancel_requested or None,
        "tags": list(info.tag_list or ()),
        "parent_workflow_id": info.parent.workflow_id if info.parent else None,
        "parent_run_id": info.parent.run_id if info.parent else None,
        "continues_run_id": (started.continued_execution_run_id or None) if started else None,
        "task_list": settings.task_list.name,
        "priority": settings.task_priority,
        "child_policy": settings.child_policy.value,
        "execution_timeout": span(from_swf(settings.execution_start_to_close_timeout)),
        "decision_timeout": span(from_swf(settings.task_start_to_close_timeout)),
        "lambda_role": settings.lambda_role,
        "events": tasks.last_event.event_id if tasks.last_event else 0,
        "input": payload(started.input) if started else None,
        **_ending(tasks),
        "waits_for": list(_waits(tasks)) if info.close_status is None else [],
        "context": None if is_of_replay(tasks.context) else payload(tasks.context),
        "open_tasks": [_open_task(task) for task in tasks if task.state.is_open or task.retry_at is not None],
        "last_failures": _failures(tasks),
        "signals": [
            {"name": each.name, "at": instant(each.at), "input": payload(each.input), "sender": each.sender}
            for each in tasks.signals[: -FAILURES - 1 : -1]
        ],
        "signals_received": len(tasks.signals),
    }


def _ending(tasks: Tasks) -> dict[str, Any]:
    """How the execution closed, if it did."""
    closed = closed_by(tasks.last_event) if tasks.last_event is not None else None
    match closed:
        case e.WorkflowExecutionCompleted():
            return {"result": payload(closed.result)}
        case e.WorkflowExecutionFailed():
            return _failure(closed.reason, closed.details)
        case e.WorkflowExecutionTerminated(cause=cause):
            reason = closed.reason or (cause.value if cause else None)
            return {"reason": reason, "details": payload(closed.details)}
        case e.WorkflowExecutionCanceled():
            return {"details": payload(closed.details)}
        case e.WorkflowExecutionTimedOut(timeout_type=kind):
            return {"reason": kind.value}
        case e.WorkflowExecutionContinuedAsNew():
            return {"continued_as_run_id": closed.new_execution_run_id}
        case None:
            return {}


def _failure(reason: str | None, details: str | None) -> dict[str, Any]:
    said = JsonConverter().load_failure(reason, details)
    lines = author_lines(said.traceback)
    return {"reason": reason, "error": said.error_type or None, "traceback": "\n".join(lines) or None}


def _waits(tasks: Tasks) -> Iterator[str]:
    """What the execution waits for, in words; of signals, its execution context tells."""
    for decision in tasks.decisions:
        if decision.state is TaskState.STARTED:
            yield f"a decision that {decision.worker or 'a decider'} makes"
        else:
            yield f"a decider on task list {decision.worker}"
    for task in tasks:
        if task.retry_at is not None:
            yield f"attempt {task.next_attempt} of {task.kind.value} {task.id}"
        elif task.state.is_open:
            yield _wait(task)
    for name in signals_awaited(tasks.context):
        yield f"signal {name}"


def _wait(task: Task) -> str:
    if task.state is TaskState.SCHEDULED and task.kind is TaskKind.ACTIVITY:
        return f"a worker on task list {task.task_list}, for {task.id}"
    return f"{task.kind.value} {task.id}"


def _open_task(task: Task) -> dict[str, Any]:
    last = task.last
    return {
        "id": task.id,
        "state": state_of(task),
        "since": instant(last.closed_at or last.started_at or last.scheduled_at),
        "next": instant(task.retry_at or task.fires_at),
        "attempt": last.number,
        "kind": task.kind.value,
        "name": task.name,
        "worker": last.worker,
        "task_list": task.task_list,
        "cancel_requested": task.is_cancel_requested or None,
        "run_id": task.run_id,
    }


def _failures(tasks: Tasks) -> list[dict[str, Any]]:
    """What did not end well, the last first."""
    bad = [
        (attempt, task)
        for task in tasks
        for attempt in task.attempts
        if not attempt.state.is_open and attempt.state is not TaskState.COMPLETED and task.kind is not TaskKind.TIMER
    ]
    bad.sort(key=lambda pair: pair[0].closed_at or 0.0, reverse=True)
    return [
        {
            "id": task.id,
            "attempt": attempt.number,
            "state": attempt.state.value,
            "reason": attempt.reason,
            "at": instant(attempt.closed_at),
            "name": task.name,
        }
        for attempt, task in bad[:FAILURES]
    ]


def write_task(client: "Client", execution: "WorkflowExecution", task_id: str, output: Output, data: TextIO) -> None:
    """Write all about one task.

    Raises:
        UsageError: there is no such execution or task.
    """
    found = [task for task in read_tasks(client, execution) if task.id == task_id]
    if not found:
        raise UsageError(
            where="--task",
            found=f"{execution.workflow_id} has no task {task_id!r}",
            hint=f"`ostinato tasks {execution.workflow_id}` has all",
        )
    write_object(task_facts(found[-1]), output, data)


def task_facts(task: Task) -> Mapping[str, Any]:
    """All about a task, as one object."""
    return {
        "id": task.id,
        "kind": task.kind.value,
        "name": task.name,
        "version": task.version,
        "state": state_of(task),
        "task_list": task.task_list,
        "run_id": task.run_id,
        "cancel_requested": task.is_cancel_requested or None,
        "retry_at": instant(task.retry_at),
        "fires_at": instant(task.fires_at),
        "input": payload(task.input),
        "result": payload(task.last.result),
        **(_failure(task.last.reason, task.last.details) if task.state is TaskState.FAILED else {}),
        "attempts": [_attempt_facts(attempt) for attempt in task.attempts],
    }


def _attempt_facts(attempt: Attempt) -> dict[str, Any]:
    return {
        "attempt": attempt.number,
        "event_id": attempt.event_id,
        "state": attempt.state.value,
        "reason": attempt.reason,
        "scheduled": instant(attempt.scheduled_at),
        "started": instant(attempt.started_at),
        "closed": instant(attempt.closed_at),
        "waited": span(attempt.waited),
        "ran": span(attempt.ran),
        "worker": attempt.worker,
    }
