"""The calls that workflow code makes. Each has its durable meaning, and is an error outside of a workflow."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

import msgspec

from ostinato.errors import UsageError
from ostinato.model import decisions as d
from ostinato.model.durations import Duration, seconds, to_swf
from ostinato.model.fields import RunId
from ostinato.model.limits import DATA_CHARACTERS, EVENTS_PER_EXECUTION
from ostinato.model.structures import TaskList, WorkflowExecution, WorkflowType
from ostinato.payloads.along import mark_propagated
from ostinato.payloads.signatures import signature_of
from ostinato.replay.execution import Closing, Execution, current
from ostinato.replay.externals import SentCancel, SentSignal
from ostinato.replay.futures import Future
from ostinato.replay.retry import Retry
from ostinato.replay.strands import park
from ostinato.replay.submitted_timers import SubmittedTimer

if TYPE_CHECKING:
    from ostinato.replay.timers import Timer

T = TypeVar("T")


class ContinueAsNew(BaseException):
    """Raised by `continue_as_new()` to leave the workflow's code. Not an error, and not to be caught."""


def timer(duration: Duration, *, retry: Retry | None = None) -> Future[None]:
    """A durable timer, of whole seconds rounded up; the future is done when it fires.

    `retry` is for a timer that SWF does not take; its failure is a `TimerNotStarted`, of the state `NOT_SCHEDULED`.
    """
    execution = current("timer")
    return SubmittedTimer(execution, seconds(duration), f"timer-{execution.number('timer')}", retry).future


def sleep(duration: Duration) -> None:
    """Wait, in a plain `def`, by a durable timer of whole seconds, rounded up. In `async def`: `asyncio.sleep`."""
    if seconds(duration) > 0:
        future = timer(duration)
        park(future, "sleep()")


def signal(
    name: str,
    /,
    *args: Any,
    workflow_id: str | None = None,
    run_id: str | None = None,
    propagate: bool = False,
    retry: Retry | None = None,
    **kwargs: Any,
) -> Future[None]:
    """Send a signal to an execution of this domain, or to this one if no workflow id is given.

    Args:
        name: the signal's name.
        args: what it carries.
        workflow_id: whom it is sent to.
        run_id: one run of that workflow id; None is the open one.
        propagate: whether those who receive it hand it on to their parents and children, and these to theirs.
        retry: what is done if it cannot be delivered: the execution is not there yet, for instance.
        kwargs: what it carries, by name.

    The future is done when it is delivered, and fails with `SignalNotDelivered`.
    """
    execution = current("signal")
    text = execution.converter.dump_arguments(args, kwargs)
    if propagate:
        text = mark_propagated(text)
    execution.converter.check_length(text, field=f"the input of signal {name!r}", limit=DATA_CHARACTERS)
    own = execution.workflow_execution
    return SentSignal(
        execution,
        d.SignalExternalWorkflowExecution(
            workflow_id=workflow_id or own.workflow_id,
            # Its own signals are for whichever run goes on, also if this one continues as new at once.
            run_id=RunId(run_id) if run_id else None,
            signal_name=name,
            input=text,
        ),
        retry=retry,
    ).future


def request_cancel(workflow_id: str, run_id: str | None = None) -> Future[None]:
    """Ask another execution of this domain to cancel itself; done when the request is delivered."""
    execution = current("request_cancel")
    decision = d.RequestCancelExternalWorkflowExecution(
        workflow_id=workflow_id, run_id=RunId(run_id) if run_id else None
    )
    return SentCancel(execution, decision).future


@overload
def wait_signal(name: str, timeout: Duration | None = None) -> Future[Any]: ...
@overload
def wait_signal(name: str, timeout: Duration | None = None, *, as_type: type[T]) -> Future[T]: ...
def wait_signal(name: str, timeout: Duration | None = None, *, as_type: Any = Any) -> Future[Any]:
    """The next signal of that name that nobody has taken, also one that came before.

    The future's result is the signal's argument: the one it has, a list of several, a dict of named ones, None of none;
    converted to `as_type` (a dataclass, a datetime, ...) if one is given. It fails with `TimeoutError` if none comes in
    time, and with `PayloadError` if what came does not fit the type.
    """
    execution = current("wait_signal")
    future = execution.inbox.take(name, as_type)
    if timeout is not None and not future.done():
        _limit(execution, future, seconds(timeout))
    return future


def _limit(execution: Execution, future: Future[Any], limit: float) -> None:
    def expire() -> None:
        if not future.done():
            future.set_exception(TimeoutError(f"no {future.label} came within {limit:g} s"))

    alarm: Timer = execution.set_alarm(limit, expire)

    def settle(_: object) -> None:
        alarm.cancel()

    future.add_done_callback(settle)


class Signals(Generic[T]):
    """All signals of one name, in order: an iterator for `for` and for `async for`. It never ends by itself."""

    def __init__(self, execution: Execution, name: str, as_type: Any) -> None:
        self._execution = execution
        self._name = name
        self._as_type = as_type

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        value: T = self._execution.inbox.take(self._name, self._as_type).result()
        return value

    def __aiter__(self) -> "Signals[T]":
        return self

    async def __anext__(self) -> T:
        value: T = await self._execution.inbox.take(self._name, self._as_type)
        return value

    def take_all(self) -> list[T]:
        """Those that have come and nobody has taken, in order. It does not wait.

        Raises:
            PayloadError: the first does not fit the type, and is taken. What is before another such one is given.
        """
        return self._execution.inbox.take_all(self._name, self._as_type)


@overload
def signals(name: str) -> Signals[Any]: ...
@overload
def signals(name: str, *, as_type: type[T]) -> Signals[T]: ...
def signals(name: str, *, as_type: Any = Any) -> Signals[Any]:
    """All signals of that name, in order, from the first one that nobody has taken; each as `wait_signal` gives it."""
    return Signals(current("signals"), name, as_type)


def now() -> datetime:
    """History's time, in UTC: the same in every replay."""
    return current("now").now


def random() -> float:
    """A number from 0 up to 1 that looks random, and is the same in every replay. Not for secrets."""
    return current("random").fraction()


def uuid4() -> uuid.UUID:
    """A UUID that looks random, and is the same in every replay. Not for secrets."""
    return uuid.UUID(bytes=current("uuid4").chance(), version=4)


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """What an execution knows of itself."""

    domain: str | None
    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    task_list: str
    tag_list: tuple[str, ...]
    start_timestamp: float
    parent_workflow_execution: WorkflowExecution | None
    continued_execution_run_id: str | None
    history_length: int
    is_cancel_requested: bool
    is_replaying: bool

    @property
    def workflow_id(self) -> str:
        """The workflow id."""
        return self.workflow_execution.workflow_id

    @property
    def run_id(self) -> str:
        """The run id."""
        return self.workflow_execution.run_id


def info() -> Info:
    """What the execution knows of itself. `history_length` is of the event that the code sees; SWF stops at 25,000."""
    execution = current("info")
    started = execution.started
    return Info(
        domain=execution.domain,
        workflow_execution=execution.workflow_execution,
        workflow_type=started.workflow_type,
        task_list=started.task_list.name,
        tag_list=execution.tag_list,
        start_timestamp=started.event_timestamp,
        parent_workflow_execution=started.parent_workflow_execution,
        continued_execution_run_id=started.continued_execution_run_id or None,
        history_length=execution.last_event_id,
        is_cancel_requested=execution.is_cancel_requested,
        is_replaying=execution.is_replaying,
    )


def set_context(value: object) -> None:
    """Publish a value as the execution's context, which anybody may read: `Handle.context`, `latestExecutionContext`.

    None takes it back: without one of its own, the context tells what the execution waits for.

    Raises:
        PayloadError: the value cannot become text.
        LimitExceededError: its text is longer than SWF takes.
    """
    execution = current("set_context")
    if value is None:
        execution.execution_context = None
        return
    text = value if isinstance(value, str) else execution.converter.dump(value)
    execution.converter.check_length(text, field="the execution context", limit=DATA_CHARACTERS)
    execution.execution_context = text


def continue_as_new(*args: Any, **kwargs: Any) -> NoReturn:
    """End this execution and start the next one of the same workflow and id, with these arguments and a fresh history.

    The next one receives the signals that nobody has taken, in their order and right after its start, and those that
    come at this very moment, for its handlers too; and a request to cancel that comes at this moment. They travel
    beside the arguments: where they are longer together than SWF takes, and there is no store, the execution stays
    open, and its decider tells so, until its code takes some before.

    Raises:
        ContinueAsNew: always, in order to leave the code.
    """
    execution = current("continue_as_new")
    workflow, started = execution.workflow, execution.started
    signature_of(workflow.run).check_call(args, kwargs)
    text = execution.payloads.dump_arguments(args, kwargs)
    execution.payloads.check_length(text, field="the input of continue_as_new()", limit=DATA_CHARACTERS)
    Closing(execution).close(
        d.ContinueAsNewWorkflowExecution(
            input=text,
            execution_start_to_close_timeout=started.execution_start_to_close_timeout
            or to_swf(workflow.execution_start_to_close_timeout),
            task_list=TaskList(name=started.task_list.name),
            task_priority=started.task_priority,
            task_start_to_close_timeout=started.task_start_to_close_timeout
            or to_swf(workflow.task_start_to_close_timeout),
            child_policy=started.child_policy,
            tag_list=execution.tag_list or None,
            workflow_type_version=workflow.version,
            lambda_role=started.lambda_role,
        )
    )
    raise ContinueAsNew


def continue_as_new_after(events: int, /, *args: Any, **kwargs: Any) -> None:
    """Once history has so many events, `continue_as_new` with these arguments; until then do nothing.

    For loops that go on for ever: call it once in each turn, with what the next execution has to know, and where
    nothing is open that would be lost. SWF ends an execution at 25,000 events, so leave room for those of one turn.

    Raises:
        UsageError: SWF would have ended the execution before that.
        ContinueAsNew: history is so long; in order to leave the code.
    """
    if not 0 < events < EVENTS_PER_EXECUTION:
        raise UsageError(found=f"continue_as_new_after({events})", expected=f"1 to {EVENTS_PER_EXECUTION - 1:,} events")
    if current("continue_as_new_after").last_event_id >= events:
        continue_as_new(*args, **kwargs)
