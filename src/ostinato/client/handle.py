"""`Handle`: one execution, as those see it who started it or look it up."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

import msgspec

from ostinato.client.executions import Closed, require_completed
from ostinato.client.histories import read_history
from ostinato.client.waiting import closing_event, closing_event_async
from ostinato.errors import UnknownResourceFault
from ostinato.model.enums import ChildPolicy
from ostinato.model.events import HistoryEvent, MarkerRecorded, WorkflowExecutionContinuedAsNew
from ostinato.model.fields import RunId
from ostinato.model.limits import DATA_CHARACTERS
from ostinato.model.operations import (
    DescribeWorkflowExecution,
    Operation,
    RequestCancelWorkflowExecution,
    SignalWorkflowExecution,
    TerminateWorkflowExecution,
)
from ostinato.model.results import WorkflowExecutionDetail
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.along import mark_propagated
from ostinato.payloads.policy import Payloads
from ostinato.replay.markers import Marker, is_note
from ostinato.replay.orders import GIVE_UP_SIGNAL, RETRY_SIGNAL
from ostinato.swf import Swf

R_co = TypeVar("R_co", covariant=True)


class Handle(Generic[R_co]):
    """An execution, whose result is an `R_co`. `Client.start` and `Client.handle` make it.

    An execution that continues as new goes on under another run id: the handle goes along, to the one that is open or
    was the last.

    Args:
        swf: the service.
        domain: the domain.
        execution: the execution.
        payloads: how values travel.
        result_type: what its result is read as.
    """

    def __init__(
        self, swf: Swf, *, domain: str, execution: WorkflowExecution, payloads: Payloads, result_type: Any
    ) -> None:
        self._swf = swf
        self._domain = domain
        self._first = execution
        self._execution = execution
        self._payloads = payloads
        self._result_type = result_type

    @property
    def workflow_id(self) -> str:
        """The execution's workflow id."""
        return self._execution.workflow_id

    @property
    def run_id(self) -> RunId:
        """The run id under which the execution goes on, as far as is known here."""
        return self._execution.run_id

    @property
    def first_execution(self) -> WorkflowExecution:
        """The execution that the handle was made for."""
        return self._first

    @property
    def domain(self) -> str:
        """The domain."""
        return self._domain

    def __repr__(self) -> str:
        return f"Handle({self.workflow_id!r}, {self.run_id!r})"

    def __hash__(self) -> int:
        return hash((self._domain, self._first))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handle) and self._first == other.first_execution and self._domain == other.domain

    # Its end.

    def result(self, timeout: float | None = None) -> R_co:
        """The result, waiting for it.

        Args:
            timeout: how long to wait, in seconds; None is as long as it takes.

        Raises:
            TimeoutError: the execution is still open.
            WorkflowFailed: it failed; the error has the type, the message and the traceback of the exception.
            WorkflowError: it timed out, was canceled or terminated.
            PayloadError: the result is not of the workflow's result type.
            UnknownResourceFault: there is no such execution.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if deadline is None else deadline - time.monotonic()
            closed = closing_event(self._swf, self._domain, self._execution, left)
            if closed is None:
                raise TimeoutError(f"the execution {self.workflow_id} is still open after {timeout} s")
            if not self._goes_on(closed):
                return self._result(closed)

    async def async_result(self) -> R_co:
        """The result, like `result`, for code of asyncio, whose `timeout` ends the wait; it holds no thread."""
        while True:
            closed = await closing_event_async(self._swf, self._domain, self._execution)
            if not self._goes_on(closed):
                return self._result(closed)

    def _goes_on(self, closed: Closed) -> bool:
        """Whether the execution goes on as another run; the handle goes along."""
        if not isinstance(closed, WorkflowExecutionContinuedAsNew):
            return False
        self._execution = WorkflowExecution(workflow_id=self.workflow_id, run_id=closed.new_execution_run_id)
        return True

    def _result(self, closed: Closed) -> R_co:
        completed = require_completed(self._execution, closed, self._payloads)
        return cast("R_co", self._payloads.load(completed.result, self._result_type))

    # What there is to know.

    def describe(self) -> WorkflowExecutionDetail:
        """Its status, settings and open counts.

        Raises:
            UnknownResourceFault: there is no such execution (any more).
        """
        return self._swf.call(DescribeWorkflowExecution(domain=self._domain, execution=self._execution))

    def history(self) -> Iterator[HistoryEvent]:
        """All its events, the first first, read page after page as they are asked for.

        Raises:
            UnknownResourceFault: there is no such execution (any more).
        """
        return read_history(self._swf.call, self._domain, self._execution)

    def markers(self, name: str | None = None) -> list[Marker]:
        """The notes that its code has left by `marker`, of that name or all, in order.

        Details that are JSON are given as what it says, and others as the text that they are. Of an execution that
        continued as new these are the last run's.

        Raises:
            UnknownResourceFault: there is no such execution (any more).
        """
        return [
            Marker(
                event.marker_name,
                self._payloads.notes.load(event.details, Any),
                datetime.fromtimestamp(event.event_timestamp, UTC),
            )
            for event in self.history()
            if isinstance(event, MarkerRecorded)
            and (is_note(event.marker_name) if name is None else event.marker_name == name)
        ]

    def context(self) -> Any:
        """What it published last: its own value (`set_context`), or else what it waits for; None if nothing yet.

        A text that is not JSON is given as it is.

        Raises:
            UnknownResourceFault: there is no such execution (any more).
        """
        text = self.describe().latest_execution_context
        try:
            return None if text is None else msgspec.json.decode(text)
        except msgspec.DecodeError:
            return text

    # What there is to do.

    def signal(self, name: str, /, *args: object, propagate: bool = False, **kwargs: object) -> None:
        """Send it a signal: one value, several, or named ones.

        Args:
            name: the signal's name.
            args: what it carries.
            propagate: whether those who receive it hand it on to their parents and children, and these to theirs.
            kwargs: what it carries, by name.

        Raises:
            UnknownResourceFault: it is not open.
            PayloadError: a value cannot become text.
            LimitExceededError: their text is too long.
        """
        notes = self._payloads.notes
        text = notes.dump_arguments(args, kwargs) if args or kwargs or propagate else None
        if text is not None and propagate:
            text = mark_propagated(text)
        notes.check_length(text, field=f"the input of signal {name!r}", limit=DATA_CHARACTERS)
        self._reach(
            lambda execution: SignalWorkflowExecution(
                domain=self._domain,
                workflow_id=execution.workflow_id,
                run_id=execution.run_id,
                signal_name=name,
                input=text,
            )
        )

    def retry_now(self, task_id: str | None = None) -> None:
        """Have a task that waits to be tried again tried at once.

        Args:
            task_id: an activity's id, a child's workflow id, ...; all that wait, unless given.

        Raises:
            UnknownResourceFault: it is not open.
        """
        self._order(RETRY_SIGNAL, task_id)

    def give_up(self, task_id: str | None = None) -> None:
        """Have a task that waits to be tried again given up: it fails as it did last.

        Args:
            task_id: an activity's id, a child's workflow id, ...; all that wait, unless given.

        Raises:
            UnknownResourceFault: it is not open.
        """
        self._order(GIVE_UP_SIGNAL, task_id)

    def _order(self, name: str, task_id: str | None) -> None:
        self.signal(name, *(() if task_id is None else (task_id,)))

    def cancel(self) -> None:
        """Ask it to cancel itself; what it does about it is its own decision.

        Raises:
            UnknownResourceFault: it is not open.
        """
        self._reach(
            lambda execution: RequestCancelWorkflowExecution(
                domain=self._domain, workflow_id=execution.workflow_id, run_id=execution.run_id
            )
        )

    def terminate(
        self, *, reason: str | None = None, details: str | None = None, child_policy: ChildPolicy | None = None
    ) -> None:
        """Close it at once, without asking its code.

        Args:
            reason: why, in at most 256 characters.
            details: more of it, in at most 32,768 characters.
            child_policy: what becomes of its open children; the execution's own policy, unless given.

        Raises:
            UnknownResourceFault: it is not open.
            ValidationException: a text is too long.
        """
        self._reach(
            lambda execution: TerminateWorkflowExecution(
                domain=self._domain,
                workflow_id=execution.workflow_id,
                run_id=execution.run_id,
                reason=reason,
                details=details,
                child_policy=child_policy,
            )
        )

    def _reach(self, operation: Callable[[WorkflowExecution], Operation[None]]) -> None:
        """Carry out the operation on the run that is open, which may be a later one than was known."""
        while True:
            try:
                self._swf.call(operation(self._execution))
            except UnknownResourceFault:
                closed = closing_event(self._swf, self._domain, self._execution, 0)
                if closed is None or not self._goes_on(closed):
                    raise
            else:
                return
