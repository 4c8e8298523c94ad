"""When a failed task is tried again. Pure: chance comes in as a number."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from enum import Enum, auto

from ostinato.errors import (
    ActivityCanceled,
    ActivityNotScheduled,
    ActivityTimedOut,
    ChildWorkflowCanceled,
    ChildWorkflowNotStarted,
    ChildWorkflowTerminated,
    ChildWorkflowTimedOut,
    LambdaNotStarted,
    LambdaTimedOut,
    TaskError,
    TimerNotStarted,
    UsageError,
)
from ostinato.model.durations import Duration, seconds


class EndState(Enum):
    """How a task that did not end well ended."""

    FAILED = auto()
    TIMED_OUT = auto()
    CANCELED = auto()
    TERMINATED = auto()
    NOT_SCHEDULED = auto()


_END_STATES: Sequence[tuple[type[TaskError], EndState]] = (
    (ActivityTimedOut, EndState.TIMED_OUT),
    (ChildWorkflowTimedOut, EndState.TIMED_OUT),
    (LambdaTimedOut, EndState.TIMED_OUT),
    (ActivityCanceled, EndState.CANCELED),
    (ChildWorkflowCanceled, EndState.CANCELED),
    (ChildWorkflowTerminated, EndState.TERMINATED),
    (ActivityNotScheduled, EndState.NOT_SCHEDULED),
    (ChildWorkflowNotStarted, EndState.NOT_SCHEDULED),
    (LambdaNotStarted, EndState.NOT_SCHEDULED),
    (TimerNotStarted, EndState.NOT_SCHEDULED),
)


def end_state(error: TaskError) -> EndState:
    """How the task that this error tells of ended."""
    return next((state for kind, state in _END_STATES if isinstance(error, kind)), EndState.FAILED)


ErrorKind = type[BaseException] | str
"""An exception class, or the name of one: `ValueError`, `"requests.exceptions.Timeout"`, `"Timeout"`."""


@dataclass(frozen=True)
class Retry:
    """How often, when and after what a task that did not end well is tried again.

    Args:
        max_attempts: attempts in all, the first one included.
        interval: seconds (or a timedelta) before the second attempt; SWF's timers have whole seconds, rounded up.
        backoff: what the interval is multiplied with after each further attempt.
        max_interval: the longest wait between two attempts.
        jitter: the share of each wait that is left to chance, 0 to 1: 0.1 makes a wait of 10 s one of 9 to 11 s.
        retry_on: only these errors of the task are tried again; none given means all.
        give_up_on: these never are.
        states: only tasks that ended so are tried again.
        when: asked last, with how the task ended: whether it is tried again. Workflow code, which has to be repeatable.

    Errors are named by class or by name, since an activity's exception class need not exist where the workflow runs; a
    name fits with or without its module. A class fits its subclasses if the worker's class can be found by the decider,
    else the very class.
    """

    max_attempts: int = 3
    _: KW_ONLY
    interval: Duration = 1.0
    backoff: float = 2.0
    max_interval: Duration = 3600.0
    jitter: float = 0.0
    retry_on: Sequence[ErrorKind] = ()
    give_up_on: Sequence[ErrorKind] = ()
    states: Sequence[EndState] = (EndState.FAILED, EndState.TIMED_OUT)
    when: Callable[[TaskError], bool] | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing.

        Raises:
            UsageError: a number is out of its range.
        """
        for name, value, low, high in (
            ("max_attempts", self.max_attempts, 1, 1_000_000),
            ("interval", seconds(self.interval), 0, float("inf")),
            ("backoff", self.backoff, 1, 1_000),
            ("max_interval", seconds(self.max_interval), 0, float("inf")),
            ("jitter", self.jitter, 0, 1),
        ):
            if not low <= value <= high:
                raise UsageError(where=f"Retry.{name}", found=f"{value!r}", expected=f"{low} to {high}")

    def wait(self, error: TaskError, attempt: int, chance: float) -> float | None:
        """Seconds to wait before trying again; None if the task is given up.

        Args:
            error: how the task ended.
            attempt: how many attempts there were.
            chance: a number from 0 up to 1, for the jitter.

        Raises:
            Exception: what `when` raises.
        """
        if attempt >= self.max_attempts or end_state(error) not in self.states:
            return None
        if self.retry_on and not _is_any(error, self.retry_on):
            return None
        if _is_any(error, self.give_up_on) or (self.when is not None and not self.when(error)):
            return None
        longest = seconds(self.max_interval)
        exponent = min(attempt - 1, 64)
        wait = min(seconds(self.interval) * self.backoff**exponent, longest)
        return wait * (1 + self.jitter * (2 * chance - 1))


def _is_any(error: TaskError, kinds: Sequence[ErrorKind]) -> bool:
    return any(_is(error, kind) for kind in kinds)


def _is(error: TaskError, kind: ErrorKind) -> bool:
    raised = getattr(error, "error_type", "")
    if isinstance(kind, str):
        own = type(error).__name__
        return kind in (raised, own) or raised.rpartition(".")[2] == kind
    if isinstance(error, kind):
        return True
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return bool(raised == f"{module}{kind.__qualname__}" or _names_subclass(raised, kind))


def _names_subclass(name: str, kind: type[BaseException]) -> bool:
    """Whether `name` is one of the known subclasses of `kind`."""
    for subclass in kind.__subclasses__():
        module = "" if subclass.__module__ == "builtins" else f"{subclass.__module__}."
        if name == f"{module}{subclass.__qualname__}" or _names_subclass(name, subclass):
            return True
    return False
