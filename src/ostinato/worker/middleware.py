"""What a program puts around its activities and decisions: metrics, traces, credentials, checks.

A middleware is a callable that is given the task and a function to go on with, and gives what that gives, or something
else. It is named to a worker by dotted path (`package.module:name`) or by the name of an entry point.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from typing import Any, Protocol

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

ActivityMiddleware = Callable[[ActivityTask, Callable[[], Report | None]], Report | None]
"""Around one attempt, in its thread: context variables that it sets are seen by the activity. None: no report, as the
process stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """A decision that is about to be made.

    Args:
        task: SWF's task, with the events that are new to this decider, or the first page of all.
        started: the first event of the execution's history, with its input.
    """

    task: DecisionTask
    started: WorkflowExecutionStarted


DecisionMiddleware = Callable[[Deciding, Callable[[], Decisions]], Decisions]
"""Around the making of one decision, in the decider's only thread: what it raises drops the decision."""

carried: ContextVar[Mapping[str, str | int]] = ContextVar("carried")
"""What a middleware around an attempt wants to be sent along with the input to the process of an isolated activity."""

ACTIVITY_GROUP = "ostinato.activity_middleware"
DECISION_GROUP = "ostinato.decision_middleware"
ISOLATED_GROUP = "ostinato.isolated_middleware"
"""The other half of activity middleware of the same name: is around the attempt in the process of an isolated one."""


def around_activity(
    middleware: Sequence[ActivityMiddleware], task: ActivityTask, attempt: Callable[[], Report | None]
) -> Report | None:
    """Run the attempt within all of them, the first outermost."""
    for layer in reversed(middleware):
        attempt = partial(layer, task, attempt)
    return attempt()


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
        """Run the task and give the report to send; None if this process gave it up, as it stops."""
        ...

    def is_begun(self, task: ActivityTask) -> bool:
        """Whether the task can run without a thread, by `begin`."""
        ...

    def begin(self, task: ActivityTask, done: Callable[[Report | None], None]) -> None:
        """Let the task run without waiting for it; `done` is given what `run` gives, where it may wait."""
        ...


class Surrounded:
    """An attempter within middleware. Each task has a thread then, also those of `async def` activities.

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
        self._failed = failed

    def run(self, task: ActivityTask) -> Report | None:
        """Run the task within the middleware."""
        try:
            return around_activity(self._middleware, task, lambda: self._attempts.run(task))
        except Exception as error:  # noqa: BLE001  # a middleware that raises fails the task
            return self._failed(task, error)

    def is_begun(self, task: ActivityTask) -> bool:  # noqa: ARG002  # an `Attempter` is asked about one
        """No: middleware is around what a thread runs."""
        return False

    def begin(self, task: ActivityTask, done: Callable[[Report | None], None]) -> None:
        """Run the task, and wait for it."""
        done(self.run(task))


def load_middleware(names: Sequence[str], group: str) -> tuple[Any, ...]:
    """The middleware of these names.

    Args:
        names: dotted paths, or names of entry points.
        group: the entry points' group.

    Raises:
        TargetError: there is none of that name.
    """
    return tuple(_load(name, group) for name in names)


def load_other_half(names: Sequence[str]) -> tuple[ActivityMiddleware, ...]:
    """What those of these names that are entry points have to be around isolated activities in their processes."""
    return tuple(found.load() for name in names for found in entry_points(group=ISOLATED_GROUP, name=name))


def _load(name: str, group: str) -> Any:
    module, colon, attribute = name.partition(":")
    if not colon:
        for found in entry_points(group=group, name=name):
            return found.load()
        raise TargetError(
            where="--middleware", found=f"no entry point {name!r} in the group {group}", expected="package.module:name"
        )
    try:
        value: Any = importlib.import_module(module)
        for part in attribute.split("."):
            value = getattr(value, part)
    except (ImportError, AttributeError) as error:
        raise TargetError(where="--middleware", found=f"{name}: {error}") from error
    if not callable(value):
        raise TargetError(where="--middleware", found=f"{name} is not callable, but of type {type(value).__name__}")
    return value
