"""The calls by which workflow code asks for something to run: `submit`, `map`, `starmap`, `spawn`."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, ParamSpec, Protocol, TypeVar, overload

from ostinato.errors import UsageError
from ostinato.payloads.signatures import signature_of
from ostinato.replay.definitions import Activity, LambdaFunction, Submittable, Workflow
from ostinato.replay.execution import Execution, current
from ostinato.replay.futures import Future
from ostinato.replay.inputs import when_ready
from ostinato.replay.submission import Submission
from ostinato.replay.submitted_activities import SubmittedActivity
from ostinato.replay.submitted_children import SubmittedChild
from ostinato.replay.submitted_lambdas import SubmittedLambda

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
A_contra = TypeVar("A_contra", contravariant=True)
B_contra = TypeVar("B_contra", contravariant=True)
C_contra = TypeVar("C_contra", contravariant=True)


class _HasRun(Protocol[P, R_co]):
    def run(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class _HasAsyncRun(Protocol[P, R_co]):
    def run(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]: ...


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
@overload  # mypy does not see what a decorator makes of a class, so a workflow class is still a class to it
def submit(what: type[_HasAsyncRun[P, R]], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
@overload
def submit(what: type[_HasRun[P, R]], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
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


def _submission(execution: Execution, what: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Submission:
    kind: type[Any] = what.__class__
    if issubclass(kind, Activity):
        signature_of(what.function).check_call(args, kwargs)
        return SubmittedActivity(execution, what)
    if issubclass(kind, Workflow):
        signature_of(what.run).check_call(args, kwargs)
        return SubmittedChild(execution, what)
    if issubclass(kind, LambdaFunction):
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
