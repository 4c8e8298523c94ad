"""The settings that authors give activities and workflows, in SWF's words: their names, their types, their defaults."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import NoneType
from typing import Any, Literal, NamedTuple, TypedDict

from ostinato.errors import UsageError
from ostinato.model.durations import Duration
from ostinato.model.enums import ChildPolicy
from ostinato.payloads.policy import Payloads
from ostinato.replay.failures import FailureHook
from ostinato.replay.retry import Retry

DEFAULT_VERSION = "default"
DEFAULT_TASK_LIST = "default"
DEFAULT_HEARTBEAT_TIMEOUT = 300.0
"""Workers send heartbeats by themselves, so a lost worker is noticed within this time, however long an activity is."""
DEFAULT_DECISION_TIMEOUT = 300.0


OwnId = str | Callable[..., str] | None
"""An id of the author's own, or a function of the arguments that gives it."""


class Inherited(Enum):
    """What a child takes from its parent."""

    TAGS = "tags"


INHERIT = Inherited.TAGS
"""As a child's `tag_list`: the parent's."""


class ActivityOptions(TypedDict, total=False):
    """The settings of an activity. Durations are seconds or timedeltas; None is no limit.

    `task_priority`: the higher is served first. `control` is a text that history keeps with the task and the worker
    does not see. `activity_id`: an id of your own, unique among the open activities of the execution, or a function of
    the arguments that gives it. `idempotent`: whether the same arguments are the same task. `isolation`: what a worker
    runs it in: a thread (or its event loop, if it is an `async def`), or a process that it can kill.
    `on_failure`: workflow code that is asked what to do when the activity does not end well.
    `payloads`: how its input and its result travel, if not as all others do.
    """

    name: str
    version: str
    task_list: str
    task_priority: int | None
    schedule_to_start_timeout: Duration | None
    schedule_to_close_timeout: Duration | None
    start_to_close_timeout: Duration | None
    heartbeat_timeout: Duration | None
    retry: Retry | None
    on_failure: FailureHook | None
    control: str | None
    activity_id: OwnId
    idempotent: bool
    isolation: Literal["thread", "process"]
    payloads: Payloads | None


class WorkflowOptions(TypedDict, total=False):
    """The settings of a workflow. Durations are seconds or timedeltas; None is no limit, which SWF reads as a year.

    `task_start_to_close_timeout` bounds one decision. `workflow_id`: an id of your own, or a function of the arguments
    that gives it. `idempotent`, for a child: whether the same arguments are the same child. `tag_list`: a child may
    `INHERIT` its parent's. `retry` and
    `on_failure` (what is asked when it does not end well) are for a child, too, and belong to whoever submits it.
    `on_task_failure` is asked when something that the workflow itself submitted does not end well; a class may have a
    method of that name. `payloads`: how its input, its result and what else it writes travel, if not as all others do.
    """

    name: str
    version: str
    task_list: str
    task_priority: int | None
    execution_start_to_close_timeout: Duration | None
    task_start_to_close_timeout: Duration | None
    child_policy: ChildPolicy
    tag_list: Sequence[str] | Inherited
    lambda_role: str | None
    retry: Retry | None
    on_failure: FailureHook | None
    on_task_failure: FailureHook | None
    control: str | None
    workflow_id: OwnId
    idempotent: bool
    payloads: Payloads | None


class _Kind(NamedTuple):
    """What a setting has to be, in words and in types."""

    words: str
    types: tuple[Any, ...]


_TEXT = _Kind("a text", (str,))
_MAYBE_TEXT = _Kind("a text or None", (str, NoneType))
_HOOK = _Kind("a function or None", (Callable, NoneType))
_ID = _Kind("a text, a function or None", (str, Callable, NoneType))

_KINDS: Mapping[str, _Kind] = {
    **dict.fromkeys(("name", "version", "task_list"), _TEXT),
    **dict.fromkeys(("control", "lambda_role"), _MAYBE_TEXT),
    **dict.fromkeys(("on_failure", "on_task_failure"), _HOOK),
    **dict.fromkeys(("activity_id", "workflow_id"), _ID),
    "task_priority": _Kind("a whole number or None", (int, NoneType)),
    "idempotent": _Kind("True or False", (bool,)),
    "retry": _Kind("a Retry or None: Retry(max_attempts=3)", (Retry, NoneType)),
    "isolation": _Kind("'thread' or 'process'", (str,)),
    "payloads": _Kind("a Payloads or None", (Payloads, NoneType)),
    "child_policy": _Kind("a ChildPolicy", (ChildPolicy,)),
    "tag_list": _Kind("a list of texts, or INHERIT", (Sequence, Inherited)),
}
"""Of the settings. Time-outs are looked at by what holds them."""

_ANYTHING = _Kind("", (object,))


def _fits(name: str, value: Any, kind: _Kind) -> bool:
    if name == "isolation":
        return value in {"thread", "process"}
    if not isinstance(value, kind.types):
        return False
    tags: Any = value if name == "tag_list" and not isinstance(value, Inherited) else ()
    return not isinstance(tags, str) and all(isinstance(tag, str) for tag in tags)


def check_settings(what: str, kind: type[Any], options: Mapping[str, Any]) -> None:
    """Do nothing if these are settings of that kind, and of the right types.

    Args:
        what: whose they are, in words.
        kind: `ActivityOptions` or `WorkflowOptions`.
        options: the settings.

    Raises:
        UsageError: one is not; the message says what it should be, or which one was probably meant.
    """
    for name, value in options.items():
        if name not in kind.__annotations__:
            raise UsageError(found=f"{what} has no setting {name!r}", hint=_hint_for(name, kind))
        fitting: _Kind = _KINDS.get(name, _ANYTHING)
        if not _fits(name, value, fitting):
            raise UsageError(found=f"{name}={value!r}", expected=fitting.words)


def _hint_for(name: str, kind: type[Any]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  # it takes its time, and few mistype

    near = get_close_matches(name, kind.__annotations__, 1)
    return f"Did you mean {near[0]}?" if near else "What the function takes is given to submit() or Client.start()"
