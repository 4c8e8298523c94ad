"""The one seam of Ostinato: whatever can carry out SWF's 39 operations is a `Swf`.

The embedded engine is one, the clients of a server and of Amazon are others. Deciders, workers and the command line
know only this.
"""

from dataclasses import dataclass, field
from typing import Protocol, TypeVar, runtime_checkable

from ostinato.model.events import HistoryEvent
from ostinato.model.operations import Operation
from ostinato.model.structures import WorkflowExecution

Answer = TypeVar("Answer")


class Swf(Protocol):
    """Carries out SWF's operations, each a typed value that knows the type of its answer."""

    def call(self, operation: Operation[Answer], /) -> Answer:
        """Carry out the operation and give its answer, once what it changed is durable.

        A poll waits for a task, up to a minute, and gives None if there was none. Safe to call from several threads.

        Raises:
            SwfFault: SWF refuses the operation; nothing was changed.
            StoreError: what it changed could not be kept; nothing was changed.
            ServiceError: no answer came, or one that is none of SWF's.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who calls, with a key that the service knows. The session token belongs to temporary credentials."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@runtime_checkable
class WakesAtClose(Protocol):
    """What a `Swf` in this process may do besides: wake who waits for the end of an execution. Nothing relies on it."""

    def await_close(self, domain: str, execution: WorkflowExecution, timeout: float | None, /) -> HistoryEvent | None:
        """The event that closed the execution, waiting for it up to the time-out in seconds.

        None if it is still open, if it closed long ago, or if it is not known: the caller has to look.
        """
        ...
