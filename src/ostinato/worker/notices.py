"""What deciders and activity workers tell whoever watches them.

A watcher is called on the threads that do the work: it has to be quick, and must not raise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ostinato.model.decisions import DecisionAttributes
from ostinato.model.events import HistoryEvent
from ostinato.model.results import ActivityTask
from ostinato.model.structures import WorkflowExecution, WorkflowType


@dataclass(frozen=True, slots=True)
class ReplayBegun:
    """A decider replays an execution's whole history, as it knew nothing of it, or to check the replay it has kept."""

    execution: WorkflowExecution
    events: Sequence[HistoryEvent]
    is_check: bool = False


@dataclass(frozen=True, slots=True)
class ReplayContinued:
    """A decider goes on with the replay that it has kept of an execution."""

    execution: WorkflowExecution


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """SWF took the answer to a decision task.

    `is_close` if it asks for the end of the execution. `waiting` gives what the workflow's code waits for, in words;
    only the watcher may call it, and only before it returns.
    """

    execution: WorkflowExecution
    decisions: Sequence[DecisionAttributes]
    is_close: bool
    waiting: Callable[[], Sequence[str]]


@dataclass(frozen=True, slots=True)
class DecisionDropped:
    """A decision could not be made. The execution is not harmed: its task is handed out again after its time-out."""

    execution: WorkflowExecution
    workflow_type: WorkflowType
    error: BaseException


@dataclass(frozen=True, slots=True)
class Complained:
    """Something went wrong aside in a workflow's code, which goes on: told once, when the decision after it is made."""

    execution: WorkflowExecution
    complaint: str


@dataclass(frozen=True, slots=True)
class ReplaysDiffered:
    """A fresh replay decided otherwise than the one that was kept: the code depends on something beside its history."""

    execution: WorkflowExecution


@dataclass(frozen=True, slots=True)
class ActivityReported:
    """SWF took the report of an activity task."""

    task: ActivityTask


@dataclass(frozen=True, slots=True)
class CallFailed:
    """SWF could not be reached, or could not keep what it was told. The call is made again after a while."""

    operation: str
    error: Exception


Notice = (
    ReplayBegun
    | ReplayContinued
    | DecisionMade
    | DecisionDropped
    | Complained
    | ReplaysDiffered
    | ActivityReported
    | CallFailed
)
"""Any notice: a closed union, for `match` with `assert_never`."""

Watch = Callable[[Notice], None]


def ignore(_notice: Notice) -> None:
    """A watcher that looks away."""


def all_of(watches: Sequence[Watch]) -> Watch:
    """What tells all of them, in their order."""

    def watch(notice: Notice) -> None:
        for each in watches:
            each(notice)

    return watches[0] if len(watches) == 1 else watch
