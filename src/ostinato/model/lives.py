"""The lives of the things that a history tells of, as transition tables.

Replay and the engine both read them; a transition that is not in its table does not exist. A life's diagram in the
documentation is drawn from its table.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import TypeVar

from ostinato.errors import IllegalTransition
from ostinato.model import events as e


class _LifeState(Enum):
    """A state of a life. Its hash is its identity: the members are singletons, and tables are looked up often."""

    __hash__ = object.__hash__


class ActivityState(_LifeState):
    """The states of an activity task."""

    NEW = auto()
    SCHEDULED = auto()
    STARTED = auto()
    CLOSED = auto()


class TimerState(_LifeState):
    """The states of a timer."""

    NEW = auto()
    STARTED = auto()
    CLOSED = auto()


class ChildState(_LifeState):
    """The states of a child execution, as its parent sees it."""

    NEW = auto()
    INITIATED = auto()
    STARTED = auto()
    CLOSED = auto()


class ExternalState(_LifeState):
    """The states of a signal or cancellation request to another execution."""

    NEW = auto()
    INITIATED = auto()
    CLOSED = auto()


class LambdaState(_LifeState):
    """The states of a Lambda function's invocation."""

    NEW = auto()
    SCHEDULED = auto()
    STARTED = auto()
    CLOSED = auto()


class DecisionTaskState(_LifeState):
    """The states of an execution's one decision task; while one runs, a second may be scheduled already."""

    IDLE = auto()
    SCHEDULED = auto()
    STARTED = auto()
    STARTED_AND_SCHEDULED = auto()


class ExecutionState(_LifeState):
    """The states of a workflow execution."""

    NEW = auto()
    OPEN = auto()
    CLOSED = auto()


State = TypeVar("State", bound=Enum)
Transitions = Mapping[State, Mapping[type[e.Event], State]]

ACTIVITY: Transitions[ActivityState] = {
    ActivityState.NEW: {
        e.ActivityTaskScheduled: ActivityState.SCHEDULED,
        e.ScheduleActivityTaskFailed: ActivityState.CLOSED,
    },
    ActivityState.SCHEDULED: {
        e.ActivityTaskStarted: ActivityState.STARTED,
        e.ActivityTaskCancelRequested: ActivityState.SCHEDULED,
        e.ActivityTaskCanceled: ActivityState.CLOSED,
        e.ActivityTaskTimedOut: ActivityState.CLOSED,
    },
    ActivityState.STARTED: {
        e.ActivityTaskCancelRequested: ActivityState.STARTED,
        e.ActivityTaskCompleted: ActivityState.CLOSED,
        e.ActivityTaskFailed: ActivityState.CLOSED,
        e.ActivityTaskTimedOut: ActivityState.CLOSED,
        e.ActivityTaskCanceled: ActivityState.CLOSED,
    },
    ActivityState.CLOSED: {},
}

TIMER: Transitions[TimerState] = {
    TimerState.NEW: {e.TimerStarted: TimerState.STARTED, e.StartTimerFailed: TimerState.CLOSED},
    TimerState.STARTED: {e.TimerFired: TimerState.CLOSED, e.TimerCanceled: TimerState.CLOSED},
    TimerState.CLOSED: {},
}

CHILD: Transitions[ChildState] = {
    ChildState.NEW: {
        e.StartChildWorkflowExecutionInitiated: ChildState.INITIATED,
        e.StartChildWorkflowExecutionFailed: ChildState.CLOSED,
    },
    ChildState.INITIATED: {
        e.ChildWorkflowExecutionStarted: ChildState.STARTED,
        e.StartChildWorkflowExecutionFailed: ChildState.CLOSED,
    },
    ChildState.STARTED: {
        e.ChildWorkflowExecutionCompleted: ChildState.CLOSED,
        e.ChildWorkflowExecutionFailed: ChildState.CLOSED,
        e.ChildWorkflowExecutionTimedOut: ChildState.CLOSED,
        e.ChildWorkflowExecutionCanceled: ChildState.CLOSED,
        e.ChildWorkflowExecutionTerminated: ChildState.CLOSED,
    },
    ChildState.CLOSED: {},
}

EXTERNAL_SIGNAL: Transitions[ExternalState] = {
    ExternalState.NEW: {
        e.SignalExternalWorkflowExecutionInitiated: ExternalState.INITIATED,
        e.SignalExternalWorkflowExecutionFailed: ExternalState.CLOSED,
    },
    ExternalState.INITIATED: {
        e.ExternalWorkflowExecutionSignaled: ExternalState.CLOSED,
        e.SignalExternalWorkflowExecutionFailed: ExternalState.CLOSED,
    },
    ExternalState.CLOSED: {},
}

EXTERNAL_CANCEL: Transitions[ExternalState] = {
    ExternalState.NEW: {
        e.RequestCancelExternalWorkflowExecutionInitiated: ExternalState.INITIATED,
        e.RequestCancelExternalWorkflowExecutionFailed: ExternalState.CLOSED,
    },
    ExternalState.INITIATED: {
        e.ExternalWorkflowExecutionCancelRequested: ExternalState.CLOSED,
        e.RequestCancelExternalWorkflowExecutionFailed: ExternalState.CLOSED,
    },
    ExternalState.CLOSED: {},
}

LAMBDA: Transitions[LambdaState] = {
    LambdaState.NEW: {
        e.LambdaFunctionScheduled: LambdaState.SCHEDULED,
        e.ScheduleLambdaFunctionFailed: LambdaState.CLOSED,
    },
    LambdaState.SCHEDULED: {
        e.LambdaFunctionStarted: LambdaState.STARTED,
        e.StartLambdaFunctionFailed: LambdaState.CLOSED,
        e.LambdaFunctionTimedOut: LambdaState.CLOSED,
    },
    LambdaState.STARTED: {
        e.LambdaFunctionCompleted: LambdaState.CLOSED,
        e.LambdaFunctionFailed: LambdaState.CLOSED,
        e.LambdaFunctionTimedOut: LambdaState.CLOSED,
    },
    LambdaState.CLOSED: {},
}

DECISION_TASK: Transitions[DecisionTaskState] = {
    DecisionTaskState.IDLE: {e.DecisionTaskScheduled: DecisionTaskState.SCHEDULED},
    DecisionTaskState.SCHEDULED: {
        e.DecisionTaskStarted: DecisionTaskState.STARTED,
        e.DecisionTaskTimedOut: DecisionTaskState.IDLE,
    },
    DecisionTaskState.STARTED: {
        e.DecisionTaskScheduled: DecisionTaskState.STARTED_AND_SCHEDULED,
        e.DecisionTaskCompleted: DecisionTaskState.IDLE,
        e.DecisionTaskTimedOut: DecisionTaskState.IDLE,
    },
    DecisionTaskState.STARTED_AND_SCHEDULED: {
        e.DecisionTaskCompleted: DecisionTaskState.SCHEDULED,
        e.DecisionTaskTimedOut: DecisionTaskState.SCHEDULED,
    },
}

EXECUTION: Transitions[ExecutionState] = {
    ExecutionState.NEW: {e.WorkflowExecutionStarted: ExecutionState.OPEN},
    ExecutionState.OPEN: {
        e.WorkflowExecutionCompleted: ExecutionState.CLOSED,
        e.WorkflowExecutionFailed: ExecutionState.CLOSED,
        e.WorkflowExecutionTimedOut: ExecutionState.CLOSED,
        e.WorkflowExecutionCanceled: ExecutionState.CLOSED,
        e.WorkflowExecutionContinuedAsNew: ExecutionState.CLOSED,
        e.WorkflowExecutionTerminated: ExecutionState.CLOSED,
    },
    ExecutionState.CLOSED: {},
}


def advance(table: Transitions[State], state: State, event: e.Event) -> State:
    """The state after the event.

    Raises:
        IllegalTransition: the table has no such transition.
    """
    try:
        return table[state][type(event)]
    except KeyError:
        raise IllegalTransition(
            state=str(state),
            event_type=type(event).__name__,
            event_id=event.event_id,
            allowed=[t.__name__ for t in table[state]],
        ) from None
