"""What a failure hook is told, and what it may say: `TaskFailure` and its verdicts. Values only."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ostinato.errors import TaskError
from ostinato.model.durations import Duration, seconds
from ostinato.replay.retry import EndState, end_state


@dataclass(frozen=True)
class TryAgain:
    """Try the task again after so many seconds, whatever its `Retry` says."""

    wait: float


@dataclass(frozen=True)
class UseResult:
    """The task counts as completed, with this result."""

    result: object


@dataclass(frozen=True)
class FailWith:
    """The task's future fails with this error, or with how the task ended if it is None; nothing is tried again."""

    error: BaseException | None


@dataclass(frozen=True)
class CancelTask:
    """The task's future is canceled."""


@dataclass(frozen=True)
class Abort:
    """The whole execution fails, at once."""

    reason: str | None
    details: object


Verdict = TryAgain | UseResult | FailWith | CancelTask | Abort
"""What an `on_failure` hook decides; None leaves it to the next hook, and in the end to the task's `Retry`."""


@dataclass(frozen=True, kw_only=True)
class TaskFailure:
    """A task that did not end well, as an `on_failure` hook sees it.

    Args:
        error: how it ended: an `ActivityFailed`, a `ChildWorkflowTimedOut`, ...
        task_id: its id: the activity's, the child's workflow id, the timer's, ...
        name: the activity's, workflow's or function's name.
        attempt: how often it was tried.
        retry_wait: seconds until its `Retry` would try it again; None if that gives it up.
        what: what was submitted, if it was an activity, a workflow or a Lambda function.
        args: its arguments.
        kwargs: its arguments by name.
    """

    error: TaskError
    task_id: str
    name: str
    attempt: int
    retry_wait: float | None
    what: object = None
    args: Sequence[object] = ()
    kwargs: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def state(self) -> EndState:
        """How it ended, in a word."""
        return end_state(self.error)

    @property
    def reason(self) -> str | None:
        """The reason, as history has it."""
        return self.error.reason

    @property
    def details(self) -> str | None:
        """The details, as history has them."""
        return self.error.details

    @property
    def error_type(self) -> str:
        """The class of what an activity raised, with its module unless it is built in; else empty."""
        return getattr(self.error, "error_type", "")

    @property
    def error_message(self) -> str:
        """The text of what an activity raised; else what happened, in words."""
        return getattr(self.error, "error_message", "") or str(self.error)

    def retry(self, wait: Duration = 0) -> Verdict:
        """Try it again: now, or after a durable timer. Its `Retry` is not asked, and the attempt counts."""
        return TryAgain(seconds(wait))

    def ignore(self) -> Verdict:
        """Go on as if it had completed, with None for its result."""
        return UseResult(None)

    def handled(self, result: object) -> Verdict:
        """Go on as if it had completed, with this result."""
        return UseResult(result)

    def give_up(self, error: BaseException | None = None) -> Verdict:
        """Do not try it again: the future fails, with this error rather than how the task ended if one is given."""
        return FailWith(error)

    def cancel(self) -> Verdict:
        """Cancel its future: whoever waits for it gets `asyncio.CancelledError`."""
        return CancelTask()

    def abort(self, reason: str | None = None, details: object = None) -> Verdict:
        """Fail the whole execution at once, for this reason or for how the task ended."""
        return Abort(reason, details)


FailureHook = Callable[[TaskFailure], Verdict | Awaitable[Verdict | None] | None]
"""Workflow code, `def` or `async def`, that says what is done about a failure. It may wait and submit as any other."""
