"""SWF's constraints on single texts that lengths alone do not say, and the words of the service for each bound.

The wording is that of the service's framework (as other services on it answer), and ours where no answer was recorded.
"""

import re
from collections.abc import Callable, Sequence

from ostinato.model.decisions import (
    ScheduleActivityTask,
    ScheduleLambdaFunction,
    StartChildWorkflowExecution,
    StartTimer,
)
from ostinato.model.durations import NONE
from ostinato.model.limits import RETENTION_DAYS, YEAR_SECONDS
from ostinato.model.operations import (
    RegisterActivityType,
    RegisterDomain,
    RegisterWorkflowType,
    StartWorkflowExecution,
)
from ostinato.model.structures import Structure, TaskList

Rule = Callable[[str], str | None]
"""Gives the constraint that a text breaks, or None."""

_FORBIDDEN = re.compile(r"[:/|\u0000-\u001f\u007f-\u009f]")
_LAMBDA_SECONDS = 900
_PRIORITIES = range(-(2**31), 2**31)
_LONGEST_PRIORITY = 11


def at_most(length: int) -> str:
    """The constraint on a greatest length."""
    return f"Member must have length less than or equal to {length}"


def at_least(length: int) -> str:
    """The constraint on a smallest length."""
    return f"Member must have length greater than or equal to {length}"


def not_above(value: int) -> str:
    """The constraint on a greatest value."""
    return f"Member must have value less than or equal to {value}"


def not_below(value: int) -> str:
    """The constraint on a smallest value."""
    return f"Member must have value greater than or equal to {value}"


def all_of(constraints: Sequence[str]) -> str:
    """The constraint on each member of a list."""
    return f"Member must satisfy constraint: [{', '.join(constraints)}]"


def malformed(text: str) -> str | None:
    """The constraint that half a surrogate pair breaks: no such text can be written down or sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "Member must be well-formed Unicode text"
    return None


def rule_for(owner: type[Structure], field: str) -> Rule | None:
    """What the documentation of this member asks beyond its length."""
    if (owner, field) in _NAMES:
        return _name
    if (owner, field) in _TRIMMED_NAMES:
        return _trimmed_name
    if field.endswith("_timeout"):
        return _TIMEOUTS.get((owner, field), _seconds_or_none)
    if field.endswith("task_priority"):
        return _priority
    return _days if field == "workflow_execution_retention_period_in_days" else None


def _name(text: str) -> str | None:
    if text == "arn":
        return "Member must not be the literal string arn"
    if _FORBIDDEN.search(text):
        return "Member must not contain : / | or control characters (\\u0000-\\u001f | \\u007f-\\u009f)"
    return None


def _trimmed_name(text: str) -> str | None:
    return _name(text) if text.strip() == text else "Member must not start or end with whitespace"


def _seconds(text: str) -> str | None:
    return _whole_number(text, 0, YEAR_SECONDS)


def _seconds_or_none(text: str) -> str | None:
    broken = None if text == NONE else _seconds(text)
    return f"{broken}, or be NONE" if broken else None


def _lambda_seconds(text: str) -> str | None:
    return _whole_number(text, 1, _LAMBDA_SECONDS)


def _days(text: str) -> str | None:
    broken = None if text == NONE else _whole_number(text, 0, RETENTION_DAYS)
    return f"{broken}, or be NONE" if broken else None


def _whole_number(text: str, least: int, most: int) -> str | None:
    if not (text.isascii() and text.isdigit()):
        return "Member must be a whole number in decimal"
    number = int(text)
    if number > most:
        return not_above(most)
    return not_below(least) if number < least else None


def _priority(text: str) -> str | None:
    digits = text[1:] if text[:1] in {"-", "+"} else text
    is_number = digits.isascii() and digits.isdigit() and len(text) <= _LONGEST_PRIORITY
    if is_number and int(text) in _PRIORITIES:
        return None
    return f"Member must be a whole number from {_PRIORITIES.start} to {_PRIORITIES.stop - 1}"


_NAMES: frozenset[tuple[type[Structure], str]] = frozenset(
    {
        (RegisterActivityType, "name"),
        (RegisterActivityType, "version"),
        (RegisterWorkflowType, "name"),
        (RegisterWorkflowType, "version"),
        (StartWorkflowExecution, "domain"),
        (StartWorkflowExecution, "workflow_id"),
        (ScheduleActivityTask, "activity_id"),
        (StartChildWorkflowExecution, "workflow_id"),
        (StartTimer, "timer_id"),
    }
)
"""The members whose documentation has the rule about names (API model 2012-01-25)."""

_TRIMMED_NAMES: frozenset[tuple[type[Structure], str]] = frozenset({(RegisterDomain, "name"), (TaskList, "name")})
"""The same, and no whitespace at the ends. Documented for some task lists; ours for all, lest a list be named to start
tasks on that nobody may poll."""

_TIMEOUTS: dict[tuple[type[Structure], str], Rule] = {
    (RegisterWorkflowType, "default_execution_start_to_close_timeout"): _seconds,
    (StartWorkflowExecution, "execution_start_to_close_timeout"): _seconds,
    (StartTimer, "start_to_fire_timeout"): _seconds,
    (ScheduleLambdaFunction, "start_to_close_timeout"): _lambda_seconds,
}
"""The time-outs that cannot be NONE, by their documentation; those of children and of successors can."""
