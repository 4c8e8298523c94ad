"""The calls by which workflow code asks for something to run: `submit`, `map`, `starmap`, `spawn`."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar, assert_never, overload

from ostinato.errors import UsageError
from ostinato.payloads.signatures import signature_of
from ostinato.replay.canvas import Call, Canvas, Chain, FuncGroup, Group, check_limits, is_submittable, not_submittable
from ostinato.replay.canvas_runs import (
    begin_chain,
    begin_func_group,
    begin_function,
    begin_group,
    begin_places,
    itself,
)
from ostinato.replay.definitions import (
    Activity,
    AsyncExecuting,
    Definition,
    Executing,
    HasAsyncRun,
    HasRun,
    LambdaFunction,
    Submittable,
    Takes1,
    Takes2,
    Takes3,
    Workflow,
)
from ostinato.replay.execution import Execution, current
from ostinato.replay.futures import Future
from ostinato.replay.identity import begin_identified, submission_of
from ostinato.replay.inputs import when_ready
from ostinato.replay.submission import Submission
from ostinato.replay.submitted_lambdas import SubmittedLambda

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


@overload
def submit(what: Submittable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
@overload
def submit(what: Takes1[A, R], a: A | Future[A], /) -> Future[R]: ...
@overload
def submit(what: Takes2[A, B, R], a: A | Future[A], b: B | Future[B], /) -> Future[R]: ...
@overload
def submit(what: Takes3[A, B, C, R], a: A | Future[A], b: B | Future[B], c: C | Future[C], /) -> Future[R]: ...
@overload  # mypy does not see what a decorator makes of a class, so such a class is still a class to it
def submit(what: type[HasAsyncRun[P, R]], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
@overload
def submit(what: type[HasRun[P, R]], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
@overload
def submit(what: AsyncExecuting[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
@overload
def submit(what: Executing[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
def submit(what: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
    """Ask for an activity, a child workflow, a Lambda function or a canvas to run; the future is its result.

    Futures may be arguments, also within lists, dicts and dataclasses: it starts when their results are there.

    Raises:
        PayloadError: the arguments do not fit, or cannot become text.
        LimitExceededError: the arguments are longer than SWF takes.
    """
    return _begin(current("submit"), what, args, kwargs)


def _begin(execution: Execution, what: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Future[Any]:
    kind: type[Any] = what.__class__
    if issubclass(kind, (Activity, Workflow)):  # first, being the most
        return _begin_task(execution, what, args, kwargs)
    if issubclass(kind, Call):
        return _begin_call(execution, what, args)
    if issubclass(kind, (Group, Chain, FuncGroup)):
        if kwargs:
            raise UsageError(found=f"a {kind.__name__} was submitted with {', '.join(kwargs)}", hint=_CANVAS_HINT)
        return _begin_canvas(execution, what, args)
    if not issubclass(kind, LambdaFunction):
        raise not_submittable("submit()", what)
    if len(args) + len(kwargs) > 1 and args:
        raise UsageError(found=f"{len(args) + len(kwargs)} arguments for a Lambda function", expected="one value")
    return _begun(SubmittedLambda(execution, what), args, kwargs)


def _begin_task(
    execution: Execution,
    what: Definition,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> Future[Any]:
    signature_of(what.function if isinstance(what, Activity) else what.run).check_call(args, kwargs)
    own = what.own_id
    if what.idempotent or callable(own):
        return begin_identified(execution, what, args, kwargs)
    return _begun(submission_of(execution, what, own), args, kwargs)


def _begun(submission: Submission, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Future[Any]:
    when_ready(args, kwargs, submission.future, submission.start)
    return submission.future


_CANVAS_HINT = "Its members have their arguments already, by call(what, ...)"


def _begin_call(execution: Execution, kept: Call[Any], more: tuple[Any, ...]) -> Future[Any]:
    args, kwargs = (*kept.args, *more), kept.kwargs
    if is_submittable(kept.what):
        return _begin(execution, kept.what, args, kwargs)
    return begin_function(execution, kept.what, args, kwargs, itself)


def _begin_canvas(execution: Execution, canvas: Canvas, more: tuple[Any, ...]) -> Future[Any]:
    def begin(what: Any, more: tuple[Any, ...]) -> Future[Any]:
        return _begin(execution, what, more, {})

    match canvas:
        case Group():
            return begin_group(execution, canvas, more, begin)
        case Chain():
            return begin_chain(execution, canvas, more, begin)
        case FuncGroup():
            return begin_func_group(execution, canvas, more, begin)
        case _:
            assert_never(canvas)


def map(  # noqa: A001  (the builtin's meaning, made durable)
    what: Submittable[[A], R],
    items: Iterable[A],
    *,
    max_parallel: int | None = None,
    tolerated_failures: int | None = None,
) -> list[Future[R]]:
    """Submit once for each item; the futures in the items' order.

    Args:
        what: what is submitted.
        items: an argument for each.
        max_parallel: how many may be open at once; the others begin in order as these end. None is all.
        tolerated_failures: how many may fail or be canceled; None is all. The future of each that did says so. With
            more, the futures that are not done fail with `CanvasFailed`, and what they stand for is canceled.

    Raises:
        UsageError: a limit makes no sense.
    """
    return starmap(what, ((item,) for item in items), max_parallel=max_parallel, tolerated_failures=tolerated_failures)


def starmap(
    what: Submittable[..., R],
    items: Iterable[Iterable[Any]],
    *,
    max_parallel: int | None = None,
    tolerated_failures: int | None = None,
) -> list[Future[R]]:
    """Submit once for each tuple of arguments; the futures in the items' order. The limits are those of `map`."""
    execution = current("map")
    if max_parallel is None and tolerated_failures is None:
        return [_begin(execution, what, tuple(item), {}) for item in items]
    check_limits(max_parallel, tolerated_failures)
    arguments = [tuple(item) for item in items]

    def begin(index: int) -> Future[Any]:
        return _begin(execution, what, arguments[index], {})

    return begin_places(
        execution, len(arguments), begin, max_parallel=max_parallel, tolerated_failures=tolerated_failures
    )


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
