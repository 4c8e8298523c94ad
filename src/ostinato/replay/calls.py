"""The calls that workflow code makes. Each has its durable meaning, and is an error outside of a workflow."""

import uuid
from collections.abc import Callable, Coroutine, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, Protocol, TypeVar, overload

import msgspec

from ostinato.errors import NotDurableError, RunOnceFailed, UsageError
from ostinato.model import decisions as d
from ostinato.model.durations import Duration, to_swf
from ostinato.model.fields import RunId
from ostinato.model.limits import DATA_CHARACTERS
from ostinato.model.structures import TaskList, WorkflowExecution, WorkflowType
from ostinato.payloads.limits import check_length
from ostinato.payloads.signatures import signature_of
from ostinato.replay.definitions import Activity, LambdaFunction, Submittable, Workflow
from ostinato.replay.execution import Closing, Execution, bounded_id, current
from ostinato.replay.externals import Marker, SentCancel, SentSignal
from ostinato.replay.futures import Future, seconds
from ostinato.replay.inputs import when_ready
from ostinato.replay.strands import is_plain, park
from ostinato.replay.submissions import Submission, SubmittedActivity, SubmittedChild, SubmittedLambda
from ostinato.replay.timers import timer_future

if TYPE_CHECKING:
    from ostinato.replay.timers import Timer

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
A_contra = TypeVar("A_contra", contravariant=True)
B_contra = TypeVar("B_contra", contravariant=True)
C_contra = TypeVar("C_contra", contravariant=True)

_UNRECORDED_RESULTS = 90
"""So many results of run_once wait to be recorded before the next one waits itself: less than one decision holds."""


class ContinueAsNew(BaseException):
    """Raised by `continue_as_new()` to leave the workflow's code. Not an error, and not to be caught."""


class _Takes1(Protocol[A_contra, R_co]):
    def __submit__(self, a: A_contra, /) -> R_co: ...


class _Takes2(Protocol[A_contra, B_contra, R_co]):
    def __submit__(self, a: A_contra, b: B_contra, /) -> R_co: ...


class _Takes3(Protocol[A_contra, B_contra, C_contra, R_co]):
    def __submit__(self, a: A_contra, b: B_contra, c: C_contra, /) -> R_co: ...


@overload
def submit(what: Submittable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
@overload
def submit(what: _Takes1[A, R], a: A | Future[A], /) -> Future[R]: ...
@overload
def submit(what: _Takes2[A, B, R], a: A | Future[A], b: B | Future[B], /) -> Future[R]: ...
@overload
def submit(what: _Takes3[A, B, C, R], a: A | Future[A], b: B | Future[B], c: C | Future[C], /) -> Future[R]: ...
def submit(what: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
    """Ask for an activity, a child workflow or a Lambda function to run; the future is its result.

    Futures may be arguments, also within lists, dicts and dataclasses: it starts when their results are there.

    Raises:
        PayloadError: the arguments do not fit, or cannot become text.
        LimitExceededError: the arguments are longer than SWF takes.
    """
    execution = current("submit")
    submission = _submission(execution, what, args, kwargs)
    when_ready(args, kwargs, submission.future, submission.start)
    return submission.future


def _submission(execution: Execution, what: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Submission:
    if isinstance(what, Activity):
        signature_of(what.function).check_call(args, kwargs)
        return SubmittedActivity(execution, what)
    if isinstance(what, Workflow):
        signature_of(what.run).check_call(args, kwargs)
        return SubmittedChild(execution, what)
    if isinstance(what, LambdaFunction):
        if len(args) + len(kwargs) > 1 and args:
            raise UsageError(found=f"{len(args) + len(kwargs)} arguments for a Lambda function", expected="one value")
        return SubmittedLambda(execution, what)
    raise UsageError(
        found=f"submit() was given {what!r}",
        expected="what @activity or @workflow made, or a LambdaFunction",
        hint="Decorate the function with @activity; for a function of workflow code use spawn()",
    )


def map(what: Submittable[[A], R], items: Iterable[A]) -> list[Future[R]]:  # noqa: A001  (the builtin's meaning, made durable)
    """Submit once for each item; the futures in the items' order."""
    return [submit(what, item) for item in items]


def starmap(what: Submittable[..., R], items: Iterable[Iterable[Any]]) -> list[Future[R]]:
    """Submit once for each tuple of arguments; the futures in the items' order."""
    return [submit(what, *item) for item in items]


@overload
def spawn(function: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
@overload
def spawn(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
def spawn(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
    """Run a function of workflow code, `def` or `async def`, beside the caller; the future is its result."""
    execution = current("spawn")
    if isinstance(function, (Activity, Workflow)):
        raise UsageError(found=f"spawn() was given {function.name}", hint="Submit it: spawn() is for plain functions")
    return execution.spawn(function, *args, **kwargs)


def timer(duration: Duration) -> Future[None]:
    """A durable timer, of whole seconds rounded up; the future is done when it fires."""
    execution = current("timer")
    return timer_future(execution, seconds(duration), f"timer-{execution.number('timer')}")


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
    **kwargs: Any,
) -> Future[None]:
    """Send a signal to an execution of this domain, or to this one if no workflow id is given.

    Args:
        name: the signal's name.
        args: what it carries.
        workflow_id: whom it is sent to.
        run_id: one run of that workflow id; None is the open one.
        propagate: marks it as one that simpleflow's executions hand on to their parents and children.
        kwargs: what it carries, by name.

    The future is done when it is delivered, and fails with `SignalNotDelivered`.
    """
    execution = current("signal")
    text = execution.converter.dump_arguments(args, kwargs)
    if propagate:
        text = f'{text[:-1]},"__propagate":true}}'
    check_length(text, field=f"the input of signal {name!r}", limit=DATA_CHARACTERS)
    own = execution.workflow_execution
    return SentSignal(
        execution,
        d.SignalExternalWorkflowExecution(
            workflow_id=workflow_id or own.workflow_id,
            run_id=RunId(run_id) if run_id else (None if workflow_id else own.run_id),
            signal_name=name,
            input=text,
        ),
    ).future


def request_cancel(workflow_id: str, run_id: str | None = None) -> Future[None]:
    """Ask another execution of this domain to cancel itself; done when the request is delivered."""
    execution = current("request_cancel")
    decision = d.RequestCancelExternalWorkflowExecution(
        workflow_id=workflow_id, run_id=RunId(run_id) if run_id else None
    )
    return SentCancel(execution, decision).future


def wait_signal(name: str, timeout: Duration | None = None) -> Future[Any]:
    """The next signal of that name that nobody has taken, also one that came before.

    The future's result is the signal's argument: the one it has, a list of several, a dict of named ones, None of none.
    It fails with `TimeoutError` if none comes in time.
    """
    execution = current("wait_signal")
    future = execution.inbox.take(name)
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


class Signals:
    """All signals of one name, in order: an iterator for `for` and for `async for`. It never ends by itself."""

    def __init__(self, execution: Execution, name: str) -> None:
        self._execution = execution
        self._name = name

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._execution.inbox.take(self._name).result()

    def __aiter__(self) -> "Signals":
        return self

    async def __anext__(self) -> Any:
        return await self._execution.inbox.take(self._name)


def signals(name: str) -> Signals:
    """All signals of that name, in order, from the first one that nobody has taken."""
    return Signals(current("signals"), name)


def marker(name: str, details: object = None) -> None:
    """Leave a note in history. Details that are not a string are written as JSON."""
    execution = current("marker")
    text = details if details is None or isinstance(details, str) else execution.converter.dump(details)
    check_length(text or "", field=f"the details of marker {name!r}", limit=DATA_CHARACTERS)
    Marker(execution, d.RecordMarker(marker_name=name, details=text))


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
    if started is None:
        raise UsageError(found="info() before the execution started")
    return Info(
        domain=execution.domain,
        workflow_execution=execution.workflow_execution,
        workflow_type=started.workflow_type,
        task_list=started.task_list.name,
        tag_list=tuple(tag for tag in started.tag_list or () if tag is not None),
        start_timestamp=started.event_timestamp,
        parent_workflow_execution=started.parent_workflow_execution,
        continued_execution_run_id=started.continued_execution_run_id or None,
        history_length=execution.last_event_id,
        is_cancel_requested=execution.is_cancel_requested,
        is_replaying=execution.is_replaying,
    )


def set_context(value: object) -> None:
    """Publish a value as the execution's context, which anybody may read (`latestExecutionContext`)."""
    execution = current("set_context")
    text = value if isinstance(value, str) else execution.converter.dump(value)
    check_length(text, field="the execution context", limit=DATA_CHARACTERS)
    execution.execution_context = text


def continue_as_new(*args: Any, **kwargs: Any) -> NoReturn:
    """End this execution and start the next one of the same workflow and id, with these arguments and a fresh history.

    Raises:
        ContinueAsNew: always, in order to leave the code.
    """
    execution = current("continue_as_new")
    workflow, started = execution.workflow, execution.started
    if started is None:
        raise UsageError(found="continue_as_new() before the execution started")
    signature_of(workflow.run).check_call(args, kwargs)
    text = execution.converter.dump_arguments(args, kwargs)
    check_length(text, field="the input of continue_as_new()", limit=DATA_CHARACTERS)
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
            tag_list=tuple(tag for tag in started.tag_list or () if tag is not None) or None,
            workflow_type_version=workflow.version,
            lambda_role=started.lambda_role,
        )
    )
    raise ContinueAsNew


def run_once(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run the function here, in the decider, and record its result: every replay gets the recorded one.

    For what is short and not repeatable: a clock, chance, a small look-up. It runs at least once, and once unless the
    decider is lost before its decision is recorded. It blocks the decider while it runs.

    Raises:
        RunOnceFailed: the function raised an exception, which is recorded too.
        LimitExceededError: the result is longer than SWF takes.
    """
    execution = current("run_once")
    if _is_coroutine_function(function):
        raise NotDurableError(found=f"run_once() was given an async def, {function!r}", hint="Give it a plain function")
    while execution.unrecorded_markers >= _UNRECORDED_RESULTS and is_plain():
        park(execution.next_batch(), "run_once()")
    label = getattr(function, "__qualname__", type(function).__qualname__)
    name = bounded_id(f"run_once-{label}-{execution.number(f'run_once {label}')}")
    recorded = execution.markers.pop(name, None)
    if recorded is not None:
        text = recorded.details or ""
    elif execution.is_replaying and execution.last_event_id > execution.full_up_to:
        raise execution.mismatch(f"marker {name!r}")
    else:
        text = _run_now(execution, function, args, kwargs)
        check_length(text, field=f"the result of run_once({label})", limit=DATA_CHARACTERS)
    Marker(execution, d.RecordMarker(marker_name=name, details=text), is_result=True)
    result: R = _recorded_result(execution, function, text)
    return result


class _Recorded(msgspec.Struct, omit_defaults=True):
    """The details of a run_once marker."""

    value: msgspec.Raw = msgspec.Raw(b"null")
    reason: str | None = None
    details: str | None = None


def _run_now(execution: Execution, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    try:
        text = execution.converter.dump(function(*args, **kwargs))
    except Exception as error:  # noqa: BLE001  (whatever the author's function raises is its result)
        failure = execution.converter.dump_failure(error)
        return msgspec.json.encode({"reason": failure.reason, "details": failure.details}).decode()
    return f'{{"value":{text}}}'


def _recorded_result(execution: Execution, function: Callable[..., Any], text: str) -> Any:
    recorded = msgspec.json.decode(text, type=_Recorded)
    if recorded.reason is None and recorded.details is None:
        return execution.converter.load(bytes(recorded.value).decode(), _type_of(function))
    said = execution.converter.load_failure(recorded.reason, recorded.details)
    raise RunOnceFailed(error_type=said.error_type, error_message=said.message, error_traceback=said.traceback)


def _type_of(function: Callable[..., Any]) -> Any:
    try:
        return signature_of(function).result_type
    except (ValueError, TypeError):
        return Any  # a builtin that tells no signature


def _is_coroutine_function(function: object) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and bool(code.co_flags & 0x80)


def patched(patch_id: str) -> bool:
    """Whether this execution follows the new way of a change to the workflow's code.

    True for executions that come here first with the new code, and for ever after; False where history shows that they
    came by with the old code.
    """
    execution = current("patched")
    name = f"patched-{patch_id}"
    if name in execution.patches:
        return execution.patches[name]
    is_new = execution.markers.pop(name, None) is not None or not execution.is_replaying
    execution.patches[name] = is_new
    if is_new:
        Marker(execution, d.RecordMarker(marker_name=name))
    return is_new
