"""Canvases: work that is put together first and submitted as one. Values: to submit one changes nothing in it.

`call` keeps what is to be submitted with its arguments; `Chain` has its steps run one after the other, `Group` its
members side by side, and `FuncGroup` asks a function what is to run, when its turn comes. Each may hold any other.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, Protocol, TypeVar, overload

from ostinato.errors import UsageError
from ostinato.replay.definitions import (
    Activity,
    AsyncExecuting,
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
from ostinato.replay.futures import Future

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


class _Function(Protocol[P, R_co]):
    """A function, and no other thing that can be called: an activity's `__call__` would take any arguments."""

    __name__: str

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


@dataclass(frozen=True, eq=False)
class Call(Generic[R_co]):
    """Something to submit, with its arguments. Made by `call`."""

    what: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    if TYPE_CHECKING:

        def __submit__(self) -> R_co: ...


@overload
def call(what: Submittable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Call[R]: ...
@overload
def call(what: Takes1[A, R], a: A | Future[A], /) -> Call[R]: ...
@overload
def call(what: Takes2[A, B, R], a: A | Future[A], b: B | Future[B], /) -> Call[R]: ...
@overload
def call(what: Takes3[A, B, C, R], a: A | Future[A], b: B | Future[B], c: C | Future[C], /) -> Call[R]: ...
@overload  # as for `submit`: to mypy a class is still a class
def call(what: type[HasAsyncRun[P, R]], /, *args: P.args, **kwargs: P.kwargs) -> Call[R]: ...
@overload
def call(what: type[HasRun[P, R]], /, *args: P.args, **kwargs: P.kwargs) -> Call[R]: ...
@overload
def call(what: AsyncExecuting[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Call[R]: ...
@overload
def call(what: Executing[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Call[R]: ...
@overload
def call(what: _Function[P, Future[R]], /, *args: P.args, **kwargs: P.kwargs) -> Call[R]: ...
@overload
def call(what: _Function[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs) -> Call[R]: ...
@overload
def call(what: _Function[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Call[R]: ...
def call(what: Any, /, *args: Any, **kwargs: Any) -> Call[Any]:
    """Keep something with its arguments, to be submitted by a canvas, or by `submit`, when its turn comes.

    It is what `submit` takes, or a function of workflow code, which is run beside the caller: `call(timer, 60)`,
    `call(signal, "go", workflow_id="x")`, `call(marker, "half way")`, `call(wait_signal, "go")`, or one of your own.
    If the function gives a future, that future's result counts.

    Futures may be arguments. Arguments are written when its turn comes: do not change them meanwhile.

    Raises:
        UsageError: it cannot be submitted or called.
    """
    if not callable(what) and not is_submittable(what):
        raise UsageError(found=f"call() was given {what!r}", expected=_EXPECTED)
    return Call(what, args, MappingProxyType(kwargs))


@dataclass(frozen=True, eq=False, init=False)
class Group(Generic[R_co]):
    """Members that run side by side; its result is the list of their results, in their order.

    Args:
        members: what `submit` takes, without arguments or with those that `call` keeps; other canvases too.
        max_parallel: how many may be open at once; the others begin in order as these end. None is all.
        tolerated_failures: how many may fail; None is all of them. With it, the place of a failed member holds its
            exception, and of a canceled one `MemberCanceled`.
        break_on_failure: at the first failure that is not tolerated, fail at once: cancel what is open, begin nothing
            more. Else all members come to their ends first.

    If more than are tolerated fail, it fails with `CanvasFailed`, which holds all that there is. Cancel its future, and
    its open members are canceled.

    Raises:
        UsageError: a member cannot be submitted, or a setting makes no sense.
    """

    members: tuple[Any, ...]
    max_parallel: int | None
    tolerated_failures: int | None
    break_on_failure: bool

    @overload
    def __init__(
        self,
        *members: Submittable[..., R_co],
        max_parallel: int | None = None,
        tolerated_failures: Literal[0] = 0,
        break_on_failure: bool = False,
    ) -> None: ...
    @overload
    def __init__(
        self: "Group[R | Exception]",
        *members: Submittable[..., R],
        max_parallel: int | None = None,
        tolerated_failures: int | None,
        break_on_failure: bool = False,
    ) -> None: ...
    def __init__(
        self,
        *members: Any,
        max_parallel: int | None = None,
        tolerated_failures: int | None = 0,
        break_on_failure: bool = False,
    ) -> None:
        _check_members("Group", members)
        check_limits(max_parallel, tolerated_failures)
        object.__setattr__(self, "members", members)
        object.__setattr__(self, "max_parallel", max_parallel)
        object.__setattr__(self, "tolerated_failures", tolerated_failures)
        object.__setattr__(self, "break_on_failure", break_on_failure)

    if TYPE_CHECKING:

        def __submit__(self) -> list[R_co]: ...


@dataclass(frozen=True, eq=False, init=False)
class Chain(Generic[R_co]):
    """Steps that run one after the other; its result is the list of their results.

    Args:
        steps: what `submit` takes, without arguments or with those that `call` keeps; other canvases too.
        send_result: give each step the result of the one before as its last positional argument. A chain gives it to
            its first step, a group to each member, a `FuncGroup` to its function.
        break_on_failure: begin no step after a failure that is not tolerated. Else all are run.
        tolerated_failures: how many may fail; None is all of them. The place of a failed step holds its exception.

    If more than are tolerated fail, it fails with `CanvasFailed`. Cancel its future, and the open step is canceled.

    Raises:
        UsageError: a step cannot be submitted, or there would be no result to send.
    """

    steps: tuple[Any, ...]
    send_result: bool
    break_on_failure: bool
    tolerated_failures: int | None

    @overload
    def __init__(
        self,
        *steps: Submittable[..., R_co],
        send_result: bool = False,
        break_on_failure: bool = True,
        tolerated_failures: Literal[0] = 0,
    ) -> None: ...
    @overload
    def __init__(
        self: "Chain[R | Exception]",
        *steps: Submittable[..., R],
        send_result: Literal[False] = False,
        break_on_failure: bool = True,
        tolerated_failures: int | None,
    ) -> None: ...
    def __init__(
        self,
        *steps: Any,
        send_result: bool = False,
        break_on_failure: bool = True,
        tolerated_failures: int | None = 0,
    ) -> None:
        _check_members("Chain", steps)
        check_limits(None, tolerated_failures)
        if send_result and not (break_on_failure and tolerated_failures == 0):
            raise UsageError(
                found="a Chain with send_result that goes on after failures",
                hint="A step that failed has no result to send: leave out break_on_failure and tolerated_failures",
            )
        object.__setattr__(self, "steps", steps)
        object.__setattr__(self, "send_result", send_result)
        object.__setattr__(self, "break_on_failure", break_on_failure)
        object.__setattr__(self, "tolerated_failures", tolerated_failures)

    if TYPE_CHECKING:

        def __submit__(self) -> list[R_co]: ...


@dataclass(frozen=True, eq=False, init=False)
class FuncGroup(Generic[R_co]):
    """A function of workflow code that says, when its turn comes, what is to run: it gives something to submit.

    Args:
        function: `def` or `async def`; what it gives is submitted, and the result of that is the result.
        args: its arguments; futures are replaced by their results, which are waited for.
        kwargs: its arguments, by name.

    If the function gives what cannot be submitted, it fails with `UsageError`.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    @overload
    def __init__(
        self: "FuncGroup[R]",
        function: Callable[..., Coroutine[Any, Any, Submittable[[], R]]],
        /,
        *args: Any,
        **kwargs: Any,
    ) -> None: ...
    @overload
    def __init__(
        self: "FuncGroup[R]", function: Callable[..., Submittable[[], R]], /, *args: Any, **kwargs: Any
    ) -> None: ...
    def __init__(self, function: Any, /, *args: Any, **kwargs: Any) -> None:
        if not callable(function) or is_submittable(function):
            raise UsageError(found=f"FuncGroup() was given {function!r}", expected="a function of workflow code")
        object.__setattr__(self, "function", function)
        object.__setattr__(self, "args", args)
        object.__setattr__(self, "kwargs", MappingProxyType(kwargs))

    if TYPE_CHECKING:

        def __submit__(self) -> R_co: ...


Canvas = Group[Any] | Chain[Any] | FuncGroup[Any]

_EXPECTED = "what @activity or @workflow made, a LambdaFunction, a call(...), a Chain, a Group or a FuncGroup"


def is_submittable(what: object) -> bool:
    """Whether `submit` takes it."""
    return isinstance(what, (Activity, Workflow, LambdaFunction, Call, Chain, Group, FuncGroup))


def not_submittable(place: str, what: object) -> UsageError:
    """The error for what cannot be submitted."""
    hint = "Decorate the function with @activity; for a function of workflow code use spawn(), or call() in a canvas"
    return UsageError(found=f"{place} was given {what!r}", expected=_EXPECTED, hint=hint)


def _check_members(name: str, members: tuple[object, ...]) -> None:
    for index, member in enumerate(members):
        if not is_submittable(member):
            raise not_submittable(f"place {index} of a {name}", member)


def check_limits(max_parallel: int | None, tolerated_failures: int | None) -> None:
    """Refuse limits that make no sense.

    Raises:
        UsageError: nothing could ever begin, or less than none may fail.
    """
    if max_parallel is not None and max_parallel < 1:
        raise UsageError(found=f"max_parallel={max_parallel}", expected="at least 1, or None for no limit")
    if tolerated_failures is not None and tolerated_failures < 0:
        raise UsageError(found=f"tolerated_failures={tolerated_failures}", expected="at least 0, or None for no limit")
