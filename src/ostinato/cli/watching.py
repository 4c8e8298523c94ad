"""What `ostinato watch` does."""

import time
from typing import TYPE_CHECKING, TextIO, assert_never

from ostinato.cli.boundary import FAILED
from ostinato.cli.complaints import complain, say
from ostinato.cli.display import open_display
from ostinato.cli.following import CannotGoOn, Follower, HasClosed, WasDropped, WasInterrupted
from ostinato.cli.interrupts import EXIT_CODE as INTERRUPTED
from ostinato.cli.interrupts import Interrupts
from ostinato.cli.messages import messages_to
from ostinato.cli.outcome import tell_outcome
from ostinato.cli.resulting import STILL_OPEN, open_and_alone
from ostinato.client.executions import closed_by
from ostinato.client.histories import last_event
from ostinato.swf import WakesAtClose

if TYPE_CHECKING:
    from ostinato.client.client import Client
    from ostinato.model.structures import WorkflowExecution


def watch_execution(client: "Client", execution: "WorkflowExecution", data: TextIO, timeout: float | None) -> int:
    """Show an execution until it ends, tell how it did, and give the exit code.

    Args:
        client: where it is.
        execution: the execution, or one that it continues.
        data: where its result is written.
        timeout: how long to watch, in seconds; None is as long as it takes.

    Raises:
        UsageError: there is no such execution, or it is open and nobody can run it.
    """
    if (
        isinstance(client.swf, WakesAtClose)
        and closed_by(last_event(client.swf.call, client.domain, execution)) is None
    ):
        raise open_and_alone(execution)
    deadline = None if timeout is None else time.monotonic() + timeout
    display = open_display(execution.workflow_id, is_quiet=False)
    with messages_to(display.note), Interrupts(before_leaving=display.close) as interrupts:

        def is_over() -> bool:
            return interrupts.count > 0 or (deadline is not None and time.monotonic() >= deadline)

        try:
            follower = Follower(client.swf, client.domain, display, is_over)
            ending = follower.follow(execution, is_resumed=True)
        finally:
            display.close()
        match ending:
            case HasClosed():
                return tell_outcome(ending, data, client.payloads)
            case WasInterrupted():
                if interrupts.count:
                    return INTERRUPTED
                say(f"ostinato: {execution.workflow_id} is still open")
                return STILL_OPEN
            case CannotGoOn(error=error):
                complain(error)
                return FAILED
            case WasDropped():
                return FAILED
            case _:
                assert_never(ending)
