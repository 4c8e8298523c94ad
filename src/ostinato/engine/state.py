"""One execution's state: a fold over its history, and nothing else.

The same code folds live events and those read back from the log. It only remembers; what may happen next is decided in
`rules`, and a history that SWF could not have written is refused by the tables of `model.lives`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from ostinato.engine.folds import FOLDS
from ostinato.model import events as e
from ostinato.model.fields import EventId, RunId, Timestamp
from ostinato.model.lives import (
    EXECUTION,
    ActivityState,
    DecisionTaskState,
    ExecutionState,
    advance,
)
from ostinato.model.structures import TaskList, WorkflowExecution

if TYPE_CHECKING:
    from ostinato.engine.parts import Activity, Child, LambdaTask, Override, RunningDecision, Timer
    from ostinato.model.enums import CloseStatus

_NO_EVENT = EventId(0)


_NOT_STARTED = cast("e.WorkflowExecutionStarted", None)


class Execution:
    """The state of one execution after the events applied so far.

    Args:
        key: its number in the log.
        domain: the domain it runs in.
        workflow_id: its workflow id.
        run_id: its run id.
    """

    __slots__ = (
        "activities",
        "activity_ids",
        "cancel_requested",
        "cancels",
        "children",
        "close_status",
        "closed_by",
        "decision",
        "decision_available_at",
        "decision_running",
        "decision_scheduled",
        "domain",
        "key",
        "lambdas",
        "last_event_id",
        "last_timestamp",
        "latest_activity_task_timestamp",
        "latest_execution_context",
        "override",
        "previous_started_event_id",
        "run_id",
        "settings",
        "signals",
        "state",
        "timers",
        "workflow_id",
    )

    def __init__(self, *, key: int, domain: str, workflow_id: str, run_id: RunId) -> None:
        self.key = key
        self.domain = domain
        self.workflow_id = workflow_id
        self.run_id = run_id
        self.state = ExecutionState.NEW
        self.settings = _NOT_STARTED
        """The first event, without the input: what the execution was started with."""
        self.close_status: CloseStatus | None = None
        self.closed_by: e.Event | None = None
        self.last_event_id = _NO_EVENT
        self.last_timestamp: Timestamp = 0.0
        self.decision = DecisionTaskState.IDLE
        self.decision_scheduled: e.DecisionTaskScheduled | None = None
        """The decision task that is scheduled and not started."""
        self.decision_available_at: Timestamp = 0.0
        """Since when `decision_scheduled` can be taken: a second decision task has to wait for the first."""
        self.decision_running: RunningDecision | None = None
        self.previous_started_event_id = _NO_EVENT
        """The start of the last decision task that was answered."""
        self.override: Override | None = None
        self.latest_execution_context: str | None = None
        self.latest_activity_task_timestamp: Timestamp | None = None
        self.cancel_requested = False
        self.activities: dict[EventId, Activity] = {}
        self.activity_ids: dict[str, Activity] = {}
        self.timers: dict[str, Timer] = {}
        self.children: dict[EventId, Child] = {}
        self.lambdas: dict[EventId, LambdaTask] = {}
        self.signals: dict[EventId, e.SignalExternalWorkflowExecutionInitiated] = {}
        self.cancels: dict[EventId, e.RequestCancelExternalWorkflowExecutionInitiated] = {}

    @property
    def is_open(self) -> bool:
        """Whether it is neither new nor closed."""
        return self.state is ExecutionState.OPEN

    @property
    def next_event_id(self) -> EventId:
        """The id that its next event gets."""
        return EventId(self.last_event_id + 1)

    @property
    def reference(self) -> WorkflowExecution:
        """Its ids, as the API has them."""
        return WorkflowExecution(workflow_id=self.workflow_id, run_id=self.run_id)

    @property
    def task_list(self) -> TaskList:
        """Where its next decision task goes."""
        return self.override.task_list if self.override is not None else self.settings.task_list

    def apply(self, event: e.Event) -> None:
        """Take in the next event of its history.

        Raises:
            IllegalTransition: SWF could not have written it here.
        """
        if self.state is not ExecutionState.OPEN:
            advance(EXECUTION, self.state, event)
        fold = FOLDS.get(type(event))
        if fold is not None:
            fold(self, event)
        self.last_event_id = event.event_id
        self.last_timestamp = event.event_timestamp

    def beat(self, scheduled_event_id: EventId, timestamp: Timestamp, details: str | None) -> None:
        """Take in a sign of life of a started activity task."""
        activity = self.activities.get(scheduled_event_id)
        if activity is not None and activity.state is ActivityState.STARTED:
            activity.heartbeat_timestamp = timestamp
            activity.heartbeat_details = details


def folded(execution: Execution, events: Iterable[e.Event]) -> Execution:
    """The execution, after it has taken in the events."""
    for event in events:
        execution.apply(event)
    return execution
