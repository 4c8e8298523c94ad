"""What a program puts around its activities and decisions: metrics, traces, credentials, checks.

A middleware is a callable that is given the task and a function to go on with, and gives what that gives, or something
else. Around attempts it may be a generator function, too: that needs no thread for an `async def` activity. It is named
by dotted path (`package.module:name`) or by the name of an entry point. A name may stand for several at once: entry
points of the same name in several groups, or an object that has `around_start`, `around_decision` and so on.
"""

import importlib
import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import entry_points
from typing import Any, Protocol, TypeGuard, cast

from ostinato.errors import TargetError
from ostinato.model.decisions import DecisionAttributes
from ostinato.model.events import WorkflowExecutionStarted
from ostinato.model.operations import (
    RespondActivityTaskCanceled,
    RespondActivityTaskCompleted,
    RespondActivityTaskFailed,
)
from ostinato.model.results import ActivityTask, DecisionTask

Report = RespondActivityTaskCompleted | RespondActivityTaskFailed | RespondActivityTaskCanceled
"""What a worker tells SWF of a task that ended."""

Decisions = tuple[DecisionAttributes, ...]

CallingMiddleware = Callable[[ActivityTask, Callable[[], Report | None]], Report | None]
"""Around one attempt, in its thread; `async def` activities need one then, too. None: there is no report."""

YieldingMiddleware = Callable[[ActivityTask], Generator[None, Report | None]]
"""A generator function around one attempt. It yields once, and is given the report, or None if there is none: what
is before that is done before the attempt and must not wait, as no thread is kept for it; what is after may."""

ActivityMiddleware = CallingMiddleware | YieldingMiddleware
"""Either. Context variables that it sets are seen by the activity; what it raises fails the task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """A decision that is about to be made.

    Args:
        task: SWF's task, with the events that are new to this decider, or the first page of all.
        started: the first event of the execution's history, with its input.
        answered: what is put here is called once, in the order in which it was put, when all is over: with None if SWF
            took the decisions, else with why there are none or it did not.
    """

    task: DecisionTask
    started: WorkflowExecutionStarted
    answered: list[Callable[[BaseException | None], None]] = field(
        default_factory=list[Callable[[BaseException | None], None]]
    )


DecisionMiddleware = Callable[[Deciding, Callable[[], Decisions]], Decisions]
"""Around the making of one decision, in the decider's only thread: what it raises drops the decision."""

carried: ContextVar[Mapping[str, str | int]] = ContextVar("carried")
"""What a middleware around an attempt wants to be sent along with the input to the process of an isolated activity."""

ACTIVITY_GROUP = "ostinato.activity_middleware"
DECISION_GROUP = "ostinato.decision_middleware"
START_GROUP = "ostinato.start_middleware"
WATCH_GROUP = "ostinato.watch"
"""What is told the notices of deciders and workers."""
ISOLATED_GROUP = "ostinato.isolated_middleware"
"""The other half of activity middleware of the same name: is around the attempt in the process of an isolated one."""


_MEMBERS = {
    START_GROUP: "around_start",
    DECISION_GROUP: "around_decision",
    ACTIVITY_GROUP: "around_activity",
    WATCH_GROUP: "watch",
}
"""What an object has that is several middlewares at once, by the groups of entry points."""


def around_activity(
    middleware: Sequence[ActivityMiddleware], task: ActivityTask, attempt: Callable[[], Report | None]
) -> Report | None:
    """Run the attempt within all of them, the first outermost."""
    for layer in reversed(middleware):
        if _yields(layer):
            attempt = partial(_through, layer, task, attempt)
        else:
            attempt = partial(cast("CallingMiddleware", layer), task, attempt)
    return attempt()


def _yields(layer: ActivityMiddleware) -> TypeGuard[YieldingMiddleware]:
    return inspect.isgeneratorfunction(layer)


def _through(layer: YieldingMiddleware, task: ActivityTask, attempt: Callable[[], Report | None]) -> Report | None:
    with ExitStack() as stack:
        ended = _Ended()
        _enter(layer, task, ended, stack)
        ended.report = attempt()
    return ended.report


@dataclass
class _Ended:
    """How an attempt ended, once it has."""

    report: Report | None = None


def _enter(layer: YieldingMiddleware, task: ActivityTask, ended: _Ended, stack: ExitStack) -> None:
    """Do what is before its `yield`; what is after that is done when the stack ends."""
    steps = layer(task)
    try:
        next(steps)
    except StopIteration:
        raise RuntimeError(f"{layer!r} does not yield") from None

    def leave(_kind: object, error: BaseException | None, _trace: object) -> None:
        try:
            if error is None:
                steps.send(ended.report)
            else:
                steps.throw(error)
        except StopIteration:
            return
        except BaseException as raised:
            if raised is error:
                return
            raise
        raise RuntimeError(f"{layer!r} yields twice")

    stack.push(leave)


def around_decision(
    middleware: Sequence[DecisionMiddleware], deciding: Deciding, decide: Callable[[], Decisions]
) -> Decisions:
    """Make the decision within all of them, the first outermost."""
    for layer in reversed(middleware):
        decide = partial(layer, deciding, decide)
    return decide()


class Attempter(Protocol):
    """Whatever can run an activity task: in this process, in another one, with something around it."""

    def run(self, task: ActivityTask) -> Report | None:
        """Run the task and give the report to send; None if there is none from here: see `Attempts.run`."""
        ...

    def is_begun(self, task: ActivityTask) -> bool:
        """Whether the task can run without a thread, by `begin`."""
        ...

    def begin(self, task: ActivityTask, done: Callable[[Report | None], None]) -> None:
        """Let the task run without waiting for it; `done` is given what `run` gives, where it may wait."""
        ...


class Surrounded:
    """An attempter within middleware. Each task has a thread then, unless all of that is generator functions.

    Args:
        attempts: what runs tasks.
        middleware: what is around them, the first outermost; there is some.
        failed: makes the report of a task whose middleware raised.
    """

    def __init__(
        self,
        attempts: Attempter,
        middleware: Sequence[ActivityMiddleware],
        failed: Callable[[ActivityTask, BaseException], Report],
    ) -> None:
        self._attempts = attempts
        self._middleware = tuple(middleware)
        self._yielding = tuple(layer for layer in middleware if _yields(layer))
        self._failed = failed

    def run(self, task: ActivityTask) -> Report | None:
        """Run the task within the middleware."""
        try:
            return around_activity(self._middleware, task, lambda: self._attempts.run(task))
        except Exception as error:  # noqa: BLE001  # a middleware that raises fails the task
            return self._failed(task, error)

    def is_begun(self, task: ActivityTask) -> bool:
        """Whether the task can run without a thread: a function that calls on needs one."""
        return len(self._yielding) == len(self._middleware) and self._attempts.is_begun(task)

    def begin(self, task: ActivityTask, done: Callable[[Report | None], None]) -> None:
        """Let the task run within the middleware, without waiting for it."""
        # Both halves of each middleware are run in this context; the attempt, which may last, in a copy of it.
        context, ended, stack = copy_context(), _Ended(), ExitStack()

        def begin() -> None:
            try:
                for layer in self._yielding:
                    _enter(layer, task, ended, stack)
            except BaseException as error:
                stack.__exit__(type(error), error, error.__traceback__)
                raise

        def end(report: Report | None) -> Report | None:
            ended.report = report
            try:
                stack.close()
            except Exception as error:  # noqa: BLE001  # a middleware that raises fails the task
                return self._failed(task, error)
            return report

        try:
            context.run(begin)
        except Exception as error:  # noqa: BLE001
            done(self._failed(task, error))
            return
        context.copy().run(self._attempts.begin, task, lambda report: done(context.run(end, report)))


def load_middleware(names: Sequence[str], group: str) -> tuple[Any, ...]:
    """The middleware of these names.

    Args:
        names: dotted paths, or names of entry points.
        group: the entry points' group.

    Raises:
        TargetError: there is none of that name.
    """
    return tuple(part for name in names if (part := _load(name, group)) is not None)


def load_other_half(names: Sequence[str]) -> tuple[ActivityMiddleware, ...]:
    """What those of these names that are entry points have to be around isolated activities in their processes."""
    return tuple(found.load() for name in names for found in entry_points(group=ISOLATED_GROUP, name=name))


def load_parts(names: Sequence[str], group: str) -> tuple[Any, ...]:
    """Of the middleware of these names, what is for the group; some may have nothing that is.

    Raises:
        TargetError: a dotted path leads nowhere.
    """
    return tuple(part for name in names if (part := _part(name, group)) is not None)


def names_with_part(names: Sequence[str], *groups: str) -> tuple[str, ...]:
    """Those of the names that have something for one of the groups.

    Raises:
        TargetError: a dotted path leads nowhere.
    """
    return tuple(name for name in names if any(_part(name, group) is not None for group in groups))


def check_parts(names: Sequence[str]) -> None:
    """Check that each name has something for some group: for commands that have a use for all of them.

    Raises:
        TargetError: one has not.
    """
    for name in names:
        if all(_part(name, group) is None for group in _MEMBERS):
            raise TargetError(
                where="--middleware",
                found=f"{name} has none of {', '.join(_MEMBERS.values())}",
                expected="an entry point's name, or package.module:name of what has one of them",
            )


def _part(name: str, group: str) -> Any:
    if ":" not in name:
        return next((found.load() for found in entry_points(group=group, name=name)), None)
    return getattr(_value(name), _MEMBERS[group], None)


def _load(name: str, group: str) -> Any:
    part = _part(name, group)
    if part is not None or _part(name, WATCH_GROUP) is not None:
        return part
    if ":" not in name:
        raise TargetError(
            where="--middleware", found=f"no entry point {name!r} in the group {group}", expected="package.module:name"
        )
    value = _value(name)
    if not callable(value):
        raise TargetError(where="--middleware", found=f"{name} is not callable, but of type {type(value).__name__}")
    return value


def _value(name: str) -> Any:
    module, _, attribute = name.partition(":")
    try:
        value: Any = importlib.import_module(module)
        for part in attribute.split("."):
            value = getattr(value, part)
    except (ImportError, AttributeError) as error:
        raise TargetError(where="--middleware", found=f"{name}: {error}") from error
    return value
