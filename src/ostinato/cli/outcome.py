"""Tells how an execution ended: a result on stdout, all else on stderr."""

from collections.abc import Sequence
from typing import TextIO

from ostinato.cli.complaints import author_lines, author_traceback, say
from ostinato.cli.following import HasClosed
from ostinato.cli.streams import forget
from ostinato.client.executions import require_completed
from ostinato.errors import NondeterminismError, WorkflowError
from ostinato.model.enums import WorkflowExecutionTerminatedCause
from ostinato.model.limits import EVENTS_PER_EXECUTION
from ostinato.payloads.policy import Payloads
from ostinato.worker.notices import DecisionDropped

COMPLETED = 0
FAILED = 1

_TOO_LONG = WorkflowExecutionTerminatedCause.EVENT_LIMIT_EXCEEDED.value


def tell_outcome(ending: HasClosed, data: TextIO, payloads: Payloads) -> int:
    """Tell the result or the failure, and give the exit code."""
    try:
        completed = require_completed(ending.execution, ending.closed)
    except WorkflowError as error:
        _tell_failure(error, ending, payloads)
        return FAILED
    result = payloads.as_json(completed.result)
    try:
        print(result, file=data, flush=True)
    except OSError as error:
        # The execution has closed: running it again would not give the result, but a new run.
        say(f"ostinato: {ending.execution.workflow_id} completed, but stdout takes no result: {error.strerror}. It is:")
        say(result)
        forget(data)
        return FAILED
    return COMPLETED


def _tell_failure(error: WorkflowError, ending: HasClosed, payloads: Payloads) -> None:
    say(f"ostinato: {error}")
    if error.reason == _TOO_LONG:
        say(f"SWF ends a run at {EVENTS_PER_EXECUTION:,} events: continue_as_new() before, or have children")
    said = payloads.load_failure(error.reason, error.details)
    _tell_lines(said.traceback)
    cause = ending.last_failure
    if cause is None or not said.error_type.startswith(("ostinato.errors.Activity", "ostinato.errors.ChildWorkflow")):
        return
    _tell_lines(
        payloads.load_failure(cause.what, cause.details).traceback, title=f"\nIn {cause.name} ({cause.task_id}):"
    )


def _tell_lines(traceback: Sequence[str], title: str = "") -> None:
    """Say the author's lines of a traceback, if there are any: without them it only repeats the message."""
    lines = author_lines(traceback)
    if not any(line.lstrip(" |").startswith("File ") for line in lines):
        return
    for line in (title, *lines) if title else lines:
        say(line)


def tell_dropped(notice: DecisionDropped) -> None:
    """Tell why a decision could not be made."""
    execution, error = notice.execution, notice.error
    say(f"ostinato: no decision could be made on {execution.workflow_id} ({notice.workflow_type.name})")
    if isinstance(error, NondeterminismError):
        say("The workflow's code does not do what it did before:")
        say(f"  history recorded:   {error.recorded or 'nothing more'}{_at(error)}")
        say(f"  the code asked for: {error.requested or 'nothing'}")
        if error.source:
            say(f"  {error.source}")
        say(error.hint)
        return
    for line in author_traceback(error):
        say(line)


def _at(error: NondeterminismError) -> str:
    return f" (event {error.event_id})" if error.event_id is not None else ""
