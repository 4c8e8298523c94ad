"""What a program puts around its activities and decisions: metrics, traces, credentials, checks.

A middleware is a callable that is given the task and a function to go on with, and gives what that gives, or something
else. It is named to a worker by dotted path (`package.module:name`) or by the name of an entry point.
"""

import importlib
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import entry_points
from typing import Any

from ostinato.errors import TargetError
from ostinato.model.decisions import DecisionAttributes
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

DecisionMiddleware = Callable[[DecisionTask, Callable[[], Decisions]], Decisions]
"""Around the making of one decision, in the decider's only thread: what it raises drops the decision."""

ACTIVITY_GROUP = "ostinato.activity_middleware"
DECISION_GROUP = "ostinato.decision_middleware"


def around_activity(
    middleware: Sequence[ActivityMiddleware], task: ActivityTask, attempt: Callable[[], Report | None]
) -> Report | None:
    """Run the attempt within all of them, the first outermost."""
    for layer in reversed(middleware):
        attempt = partial(layer, task, attempt)
    return attempt()


def around_decision(
    middleware: Sequence[DecisionMiddleware], task: DecisionTask, decide: Callable[[], Decisions]
) -> Decisions:
    """Make the decision within all of them, the first outermost."""
    for layer in reversed(middleware):
        decide = partial(layer, task, decide)
    return decide()


def load_middleware(names: Sequence[str], group: str) -> tuple[Any, ...]:
    """The middleware of these names.

    Args:
        names: dotted paths, or names of entry points.
        group: the entry points' group.

    Raises:
        TargetError: there is none of that name.
    """
    return tuple(_load(name, group) for name in names)


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
