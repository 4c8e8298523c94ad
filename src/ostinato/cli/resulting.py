"""What `ostinato result` does."""

import time
from typing import TYPE_CHECKING, TextIO

from ostinato.cli.complaints import say
from ostinato.cli.following import HasClosed
from ostinato.cli.outcome import tell_outcome
from ostinato.cli.progress import Progress
from ostinato.client.histories import read_history
from ostinato.client.waiting import closing_event
from ostinato.errors import UsageError
from ostinato.model.events import WorkflowExecutionCompleted, WorkflowExecutionContinuedAsNew
from ostinato.model.structures import WorkflowExecution
from ostinato.swf import WakesAtClose

if TYPE_CHECKING:
    from ostinato.client.client import Client

STILL_OPEN = 124
"""As `timeout` of coreutils has it."""


def tell_result(client: "Client", execution: WorkflowExecution, data: TextIO, timeout: float | None) -> int:
    """Wait for the end of an execution, tell how it ended, and give the exit code.

    Args:
        client: where it is.
        execution: the execution, or one that it continues.
        data: where its result is written.
        timeout: how long to wait, in seconds; None is as long as it takes.

    Raises:
        UsageError: there is no such execution, or it is open and nobody can run it.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        left = None if deadline is None else max(deadline - time.monotonic(), 0)
        closed = closing_event(client.swf, client.domain, execution, _patience(client, left))
        if closed is None and left is None:
            raise open_and_alone(execution)
        if closed is None:
            say(f"ostinato: {execution.workflow_id} is still open")
            return STILL_OPEN
        if not isinstance(closed, WorkflowExecutionContinuedAsNew):
            break
        execution = WorkflowExecution(workflow_id=execution.workflow_id, run_id=closed.new_execution_run_id)
    progress = Progress()
    if not isinstance(closed, WorkflowExecutionCompleted):
        for event in read_history(client.swf.call, client.domain, execution):
            progress.read(event)
    return tell_outcome(HasClosed(execution, closed, progress.last_failure), data, client.payloads)


def open_and_alone(execution: WorkflowExecution) -> UsageError:
    """What is wrong when somebody waits for what only others could do, and nobody can be there."""
    return UsageError(
        where=execution.workflow_id,
        found="it is open, and while this command has the database nobody can run it",
        hint="`ostinato run TARGET --id ID` goes on with it; `ostinato server` lets several use one file",
    )


def _patience(client: "Client", left: float | None) -> float | None:
    """How long it makes sense to wait: where the engine is this process, nobody else is there to do anything."""
    return 0 if isinstance(client.swf, WakesAtClose) and left is None else left
