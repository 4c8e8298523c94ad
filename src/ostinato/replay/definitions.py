"""What authors declare: activities and workflows, with their settings in SWF's words.

A definition is immutable and holds the author's function untouched: it may be imported, called in tests and shared.
"""

import inspect
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    NoReturn,
    ParamSpec,
    Protocol,
    TypeVar,
    Unpack,
    overload,
)

from ostinato.errors import NotDurableError, UsageError
from ostinato.model.durations import Duration, whole_seconds
from ostinato.model.enums import ChildPolicy
from ostinato.model.limits import ID_CHARACTERS, TAGS_PER_EXECUTION, YEAR_SECONDS
from ostinato.model.structures import ActivityType, WorkflowType
from ostinato.payloads.policy import Payloads
from ostinato.payloads.signatures import signature_of
from ostinato.replay.failures import FailureHook
from ostinato.replay.retry import Retry
from ostinato.replay.settings import (
    DEFAULT_DECISION_TIMEOUT,
    DEFAULT_HEARTBEAT_TIMEOUT,
    DEFAULT_TASK_LIST,
    DEFAULT_VERSION,
    ActivityOptions,
    Inherited,
    OwnId,
    WorkflowOptions,
    check_settings,
)

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
A_contra = TypeVar("A_contra", contravariant=True)
B_contra = TypeVar("B_contra", contravariant=True)
C_contra = TypeVar("C_contra", contravariant=True)


class Submittable(Protocol[P, R_co]):
    """What can be submitted, with its parameters and its result. Declared for type checkers only."""

    def __submit__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class HasRun(Protocol[P, R_co]):
    """A class of workflows."""

    def run(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """The workflow's code."""
        ...


class HasAsyncRun(Protocol[P, R_co]):
    """A class of workflows whose code is an `async def`."""

    def run(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]:
        """The workflow's code."""
        ...


class HasExecute(Protocol[R_co]):
    """An activity of a class: made with the arguments, to be carried out once."""

    def execute(self) -> R_co:
        """The activity's code."""
        ...


class HasAsyncExecute(Protocol[R_co]):
    """An activity of a class whose code is an `async def`."""

    def execute(self) -> Coroutine[Any, Any, R_co]:
        """The activity's code."""
        ...


class Executing(Protocol[P, R_co]):
    """A class of activities, and no other thing that can be called: an activity's `__call__` takes any arguments."""

    __name__: str

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> HasExecute[R_co]:
        """Make one."""
        ...


class AsyncExecuting(Protocol[P, R_co]):
    """A class of activities whose code is an `async def`."""

    __name__: str

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> HasAsyncExecute[R_co]:
        """Make one."""
        ...


class Takes1(Protocol[A_contra, R_co]):
    """What can be submitted with one argument, which may be a future."""

    def __submit__(self, a: A_contra, /) -> R_co: ...


class Takes2(Protocol[A_contra, B_contra, R_co]):
    """What can be submitted with two arguments, which may be futures."""

    def __submit__(self, a: A_contra, b: B_contra, /) -> R_co: ...


class Takes3(Protocol[A_contra, B_contra, C_contra, R_co]):
    """What can be submitted with three arguments, which may be futures."""

    def __submit__(self, a: A_contra, b: B_contra, c: C_contra, /) -> R_co: ...


@dataclass(frozen=True, eq=False)
class Activity(Generic[P, R]):
    """A function, or a class with a method `execute`, that runs on an activity worker. Made by `@activity`.

    Calling it does its work here and now, outside of workflows; within a workflow it is submitted.
    """

    function: Callable[..., Any]
    name: str
    version: str = DEFAULT_VERSION
    task_list: str = DEFAULT_TASK_LIST
    task_priority: int | None = None
    schedule_to_start_timeout: Duration | None = None
    schedule_to_close_timeout: Duration | None = None
    start_to_close_timeout: Duration | None = None
    heartbeat_timeout: Duration | None = DEFAULT_HEARTBEAT_TIMEOUT
    retry: Retry | None = None
    on_failure: FailureHook | None = None
    control: str | None = None
    activity_id: OwnId = None
    idempotent: bool = False
    isolation: Literal["thread", "process"] = "thread"
    payloads: Payloads | None = None
    declared: "Activity[P, R] | None" = field(default=None, repr=False)
    """What `options` was called on, as it was declared; workers know that one. None if this is it."""
    activity_type: ActivityType = field(init=False)

    def __post_init__(self) -> None:
        """Refuse time-outs that SWF would refuse.

        Raises:
            UsageError: a time-out is negative or longer than a year.
        """
        for timeout in (
            self.schedule_to_start_timeout,
            self.schedule_to_close_timeout,
            self.start_to_close_timeout,
            self.heartbeat_timeout,
        ):
            if timeout is not None:
                whole_seconds(timeout)
        object.__setattr__(self, "activity_type", ActivityType(name=self.name, version=self.version))

    @property
    def own_id(self) -> OwnId:
        """The id of one's own, or what gives it."""
        return self.activity_id

    @property
    def is_class(self) -> bool:
        """Whether it is a class with a method `execute`, of which each attempt gets an instance."""
        return isinstance(self.function, type)

    @cached_property
    def result_type(self) -> Any:
        """What its results are read as."""
        return signature_of(self.function).result_type

    @cached_property
    def type_key(self) -> str:
        """Its type, as keys of requests tell it."""
        return f"{self.name} {self.version}"

    @cached_property
    def is_async(self) -> bool:
        """Whether its code is an `async def`."""
        function: Any = self.function
        return inspect.iscoroutinefunction(function.execute if self.is_class else function)

    def work(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; of a class, make an instance with the arguments and call its `execute`."""
        made = self.function(*args, **kwargs)
        return made.execute() if self.is_class else made

    def options(self, **options: Unpack[ActivityOptions]) -> "Activity[P, R]":
        """The same activity with other settings.

        Raises:
            UsageError: a setting is out of SWF's bounds, of another type or name, or is `isolation` or `payloads`,
                which belong to the type.
        """
        check_settings("an activity", ActivityOptions, options)
        _refuse_of_type(options)
        return replace(self, declared=self.declared or self, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do the work, here and now.

        Raises:
            NotDurableError: a workflow is running; there it has to be submitted.
        """
        from ostinato.replay.loop import running_loop  # noqa: PLC0415  (the loop brings asyncio, which workers may not need)

        if running_loop() is not None:
            raise NotDurableError(
                found=f"the activity {self.name} was called in workflow code",
                hint=f"Submit it: submit({self.name.rpartition('.')[2]}, ...)",
            )
        return self.work(*args, **kwargs)

    if TYPE_CHECKING:

        def __submit__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...


@dataclass(frozen=True, eq=False)
class Workflow(Generic[P, R]):
    """A function, or a class with a method `run`, that is replayed over its history. Made by `@workflow`."""

    function: Callable[..., Any]
    name: str
    version: str = DEFAULT_VERSION
    task_list: str = DEFAULT_TASK_LIST
    task_priority: int | None = None
    execution_start_to_close_timeout: Duration | None = YEAR_SECONDS
    task_start_to_close_timeout: Duration | None = DEFAULT_DECISION_TIMEOUT
    child_policy: ChildPolicy = ChildPolicy.TERMINATE
    tag_list: Sequence[str] | Inherited = ()
    lambda_role: str | None = None
    retry: Retry | None = None
    on_failure: FailureHook | None = None
    on_task_failure: FailureHook | None = None
    control: str | None = None
    workflow_id: OwnId = None
    idempotent: bool = False
    payloads: Payloads | None = None
    workflow_type: WorkflowType = field(init=False)

    def __post_init__(self) -> None:
        """Refuse settings that SWF would refuse.

        Raises:
            UsageError: a time-out is negative or longer than a year, or there are more than five tags.
        """
        for timeout in (self.execution_start_to_close_timeout, self.task_start_to_close_timeout):
            if timeout is not None:
                whole_seconds(timeout)
        if not isinstance(self.tag_list, Inherited) and len(self.tag_list) > TAGS_PER_EXECUTION:
            raise UsageError(found=f"{len(self.tag_list)} tags", expected=f"at most {TAGS_PER_EXECUTION}")
        object.__setattr__(self, "workflow_type", WorkflowType(name=self.name, version=self.version))

    @property
    def own_id(self) -> OwnId:
        """The id of one's own, or what gives it."""
        return self.workflow_id

    def tags(self, inherited: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The tags of an execution whose parent has these."""
        return inherited if isinstance(self.tag_list, Inherited) else tuple(self.tag_list)

    @property
    def is_class(self) -> bool:
        """Whether it is a class with a method `run`, of which each execution gets an instance."""
        return isinstance(self.function, type)

    @property
    def run(self) -> Callable[..., Any]:
        """The function that takes the input: the function itself, or the class's `run`."""
        function: Any = self.function
        run: Callable[..., Any] = function.run if self.is_class else function
        return run

    def __call__(self, *_args: object, **_kwargs: object) -> NoReturn:
        """Refuse: a workflow runs over a history.

        Raises:
            NotDurableError: a workflow is running; there it has to be submitted.
            UsageError: none is.
        """
        from ostinato.replay.loop import running_loop  # noqa: PLC0415  (as above)

        name = self.name.rpartition(".")[2]
        if running_loop() is not None:
            raise NotDurableError(
                found=f"the workflow {self.name} was called in workflow code", hint=f"Submit it: submit({name}, ...)"
            )
        raise UsageError(
            found=f"the workflow {self.name} was called", hint=f"Use Client.run({name}, ...), or `ostinato run`"
        )

    def options(self, **options: Unpack[WorkflowOptions]) -> "Workflow[P, R]":
        """The same workflow with other settings.

        Raises:
            UsageError: a setting is out of SWF's bounds, of another type or name, or is `payloads`, which belong to
                the type.
        """
        check_settings("a workflow", WorkflowOptions, options)
        _refuse_of_type(options)
        return replace(self, **options)

    if TYPE_CHECKING:

        def __submit__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...


Definition = Activity[..., Any] | Workflow[..., Any]
"""What is registered with SWF, and served by workers."""


@dataclass(frozen=True, eq=False)
class LambdaFunction:
    """A function of AWS Lambda, submitted with one value, which it is given as JSON.

    Args:
        name: the function's name.
        start_to_close_timeout: how long it may take, up to SWF's 300 s; None is SWF's default.
        retry: whether and when it is tried again.
        id: an id of your own for the invocation, unique in the execution.
        on_failure: is asked what to do when it does not end well.
        stand_in: what an embedded engine (of `ostinato run`, `standalone` or `server`) calls in its place, with the
            value. Amazon calls its own.
    """

    name: str
    start_to_close_timeout: Duration | None = None
    retry: Retry | None = None
    id: str | None = None
    on_failure: FailureHook | None = None
    stand_in: Callable[[Any], object] | None = None

    if TYPE_CHECKING:

        def __submit__(self, value: object = None, /) -> Any: ...


class _ActivityDecorator(Protocol):
    @overload
    def __call__(self, function: AsyncExecuting[P, R], /) -> Activity[P, R]: ...
    @overload
    def __call__(self, function: Executing[P, R], /) -> Activity[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, Coroutine[Any, Any, R]], /) -> Activity[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Activity[P, R]: ...


class _WorkflowDecorator(Protocol):
    @overload
    def __call__(self, function: type[HasAsyncRun[P, R]], /) -> Workflow[P, R]: ...
    @overload
    def __call__(self, function: type[HasRun[P, R]], /) -> Workflow[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, Coroutine[Any, Any, R]], /) -> Workflow[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Workflow[P, R]: ...


@overload
def activity(function: AsyncExecuting[P, R], /) -> Activity[P, R]: ...
@overload
def activity(function: Executing[P, R], /) -> Activity[P, R]: ...
@overload
def activity(function: Callable[P, Coroutine[Any, Any, R]], /) -> Activity[P, R]: ...
@overload
def activity(function: Callable[P, R], /) -> Activity[P, R]: ...
@overload
def activity(**options: Unpack[ActivityOptions]) -> _ActivityDecorator: ...
def activity(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Declare a function as an activity: `@activity`, or `@activity(start_to_close_timeout=60, ...)`.

    It may be a class, too: each attempt makes an instance with the arguments, and its method `execute` does the work.

    Its name is `module.function` unless given. It runs on a worker that polls its `task_list`, at least once, possibly
    more than once if a worker dies. By default it may take any time, and a worker that was lost is noticed after five
    minutes without its heartbeat.

    Raises:
        UsageError: a setting is out of SWF's bounds, of another type, or of another name; the class has no method
            `execute`; or the function is a generator.
    """
    check_settings("an activity", ActivityOptions, options)

    def declare(function: Callable[..., Any]) -> Activity[..., Any]:
        _refuse_code(function, "execute", "def execute(self)")
        settings: dict[str, Any] = {"name": _name(function), **options}
        declared: Activity[..., Any] = Activity(function, **settings)
        return declared

    return declare if function is None else declare(function)


@overload
def workflow(function: type[HasAsyncRun[P, R]], /) -> Workflow[P, R]: ...
@overload
def workflow(function: type[HasRun[P, R]], /) -> Workflow[P, R]: ...
@overload
def workflow(function: Callable[P, Coroutine[Any, Any, R]], /) -> Workflow[P, R]: ...
@overload
def workflow(function: Callable[P, R], /) -> Workflow[P, R]: ...
@overload
def workflow(**options: Unpack[WorkflowOptions]) -> _WorkflowDecorator: ...
def workflow(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Declare a function, or a class with a method `run`, as a workflow: `@workflow`, or `@workflow(version="2", ...)`.

    Its name is `module.function` unless given. An execution may last a year.

    Raises:
        UsageError: a setting is out of SWF's bounds, of another type, or of another name; the class has no method
            `run`; or the function is a generator.
    """
    check_settings("a workflow", WorkflowOptions, options)

    def declare(function: Callable[..., Any]) -> Workflow[..., Any]:
        _refuse_code(function, "run", "def run(self, ...)")
        settings: dict[str, Any] = {"name": _name(function), **options}
        declared: Workflow[..., Any] = Workflow(function, **settings)
        return declared

    return declare if function is None else declare(function)


def _refuse_code(function: Any, method: str, expected: str) -> None:
    """Refuse a class without its method, and generators: `yield` would give nobody anything."""
    if isinstance(function, type) and not callable(getattr(function, method, None)):
        raise UsageError(found=f"the class {function.__qualname__} has no method {method}", expected=expected)
    code: Any = getattr(function, method) if isinstance(function, type) else function
    if inspect.isgeneratorfunction(code) or inspect.isasyncgenfunction(code):
        raise UsageError(
            found=f"{code.__qualname__} has a yield",
            expected="a plain function, or an `async def` without a yield",
            hint="Return a list; what is waited for is waited for by .result() or await",
        )


def own_id(what: Definition, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """The id of the author's own for these arguments, if there is one.

    Raises:
        UsageError: the author's function gave none that SWF could take.
    """
    if not callable(what.own_id):
        return what.own_id
    given: Any = what.own_id(*args, **kwargs)
    if not isinstance(given, str) or not 0 < len(given) <= ID_CHARACTERS:
        expected = f"a string of 1 to {ID_CHARACTERS} characters"
        raise UsageError(found=f"the id of {what.name} was {given!r}", expected=expected)
    return given


def _refuse_of_type(options: Mapping[str, object]) -> None:
    for name in ("isolation", "payloads"):
        if name in options:
            raise UsageError(
                found=f"{name}=... for one call",
                expected=f"{name}=... where it is declared",
                hint="A worker knows a task by its type only",
            )


def _name(function: Callable[..., Any]) -> str:
    """`module.function`; a program run as a script is named after its file, so that its names do not change."""
    module = function.__module__
    if module == "__main__":
        script = getattr(sys.modules["__main__"], "__file__", None)
        module = Path(script).stem if script else module
    return f"{module}.{function.__qualname__}"
