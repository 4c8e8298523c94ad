"""The open things of an execution: activity tasks, timers, children, Lambda functions and the running decision task.

What the state remembers of each until it closes.
"""

import msgspec

from ostinato.model import events as e
from ostinato.model.fields import EventId, Timestamp
from ostinato.model.lives import ActivityState, ChildState, LambdaState, TimerState
from ostinato.model.structures import TaskList

_NO_EVENT = EventId(0)


class Activity:
    """An open activity task."""

    __slots__ = (
        "cancel_requested_event_id",
        "heartbeat_details",
        "heartbeat_timestamp",
        "held_since",
        "scheduled",
        "started_event_id",
        "state",
    )

    def __init__(self, scheduled: e.ActivityTaskScheduled, state: ActivityState) -> None:
        self.scheduled = scheduled
        self.state = state
        self.started_event_id = _NO_EVENT
        self.held_since: Timestamp | None = None
        """When a worker took it; None while none has it, also if the one that had it is known to be dead."""
        self.heartbeat_timestamp: Timestamp | None = None
        self.heartbeat_details: str | None = None
        self.cancel_requested_event_id: EventId | None = None


class Timer(msgspec.Struct, frozen=True):
    """An open timer."""

    started: e.TimerStarted
    state: TimerState


class Child(msgspec.Struct):
    """An open child execution, as its parent sees it."""

    initiated: e.StartChildWorkflowExecutionInitiated
    state: ChildState
    started: e.ChildWorkflowExecutionStarted | None = None


class LambdaTask(msgspec.Struct):
    """An open invocation of a Lambda function."""

    scheduled: e.LambdaFunctionScheduled
    state: LambdaState
    started_event_id: EventId = _NO_EVENT
    started_timestamp: Timestamp | None = None


class RunningDecision:
    """A decision task in a decider's hands."""

    __slots__ = ("held_since", "scheduled", "started_event_id")

    def __init__(self, scheduled: e.DecisionTaskScheduled, started_event_id: EventId, held_since: Timestamp) -> None:
        self.scheduled = scheduled
        self.started_event_id = started_event_id
        self.held_since: Timestamp | None = held_since
        """When a decider took it; None while none has it, as the one that had it is known to be dead."""


class Override:
    """The task list that a decider asked for in place of the execution's own."""

    __slots__ = ("schedule_to_start_timeout", "task_list")

    def __init__(self, task_list: TaskList, schedule_to_start_timeout: str | None) -> None:
        self.task_list = task_list
        self.schedule_to_start_timeout = schedule_to_start_timeout
