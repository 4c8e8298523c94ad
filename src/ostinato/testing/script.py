"""Histories written by hand: what SWF would have recorded, one call for each thing that happens."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.enums import ActivityTaskTimeoutType, ChildPolicy, DecisionTaskTimeoutType
from ostinato.model.fields import EventId, RunId
from ostinato.model.structures import TaskList, WorkflowExecution, WorkflowType
from ostinato.testing.refusals import REFUSALS

_TASK_LIST = TaskList(name="script")


class Script:
    """A history that grows.

    Args:
        input: of the execution.
        start: when it began, in seconds since the epoch.
        step: seconds between one thing that happens and the next.
    """

    def __init__(
        self,
        input: str | None = None,  # noqa: A002  (SWF's word)
        *,
        workflow_type: WorkflowType | None = None,
        start: float = 1_700_000_000.0,
        step: float = 1.0,
    ) -> None:
        self.events: list[e.HistoryEvent] = []
        self.execution = WorkflowExecution(workflow_id="script", run_id=RunId("22script="))
        self._now = start
        self._step = step
        self._opened: dict[tuple[str, str], EventId] = {}
        self._started: dict[tuple[str, str], EventId] = {}
        self.add(
            e.WorkflowExecutionStarted,
            input=input,
            child_policy=ChildPolicy.TERMINATE,
            task_list=_TASK_LIST,
            workflow_type=workflow_type or WorkflowType(name="script", version="1"),
            execution_start_to_close_timeout="3600",
            task_start_to_close_timeout="300",
            parent_initiated_event_id=EventId(0),
        )
        self.decision_task()

    def add(self, kind: type[e.Event], **attributes: Any) -> EventId:
        """Append any event; gives its id."""
        event_id = EventId(len(self.events) + 1)
        event: Any = kind(
            event_id=event_id, event_timestamp=self._now, **attributes
        )  # each kind is one of HistoryEvent
        self.events.append(event)
        return event_id

    @property
    def now(self) -> float:
        """The time, in seconds since the epoch."""
        return self._now

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds

    def decision_task(self) -> None:
        """A decision task is scheduled and started: the batch ends here."""
        scheduled = self.add(e.DecisionTaskScheduled, task_list=_TASK_LIST)
        self.later(self._step)
        self.add(e.DecisionTaskStarted, scheduled_event_id=scheduled)

    def decide(self, *decisions: d.DecisionAttributes, refused: Mapping[int, str] | None = None) -> None:
        """The started decision task is completed, and what it decided is recorded as SWF would.

        Args:
            decisions: what was decided.
            refused: SWF's causes, by the places of the decisions that it does not carry out.
        """
        scheduled, started = self._started_decision_task()
        self.later(self._step)
        completed = self.add(e.DecisionTaskCompleted, scheduled_event_id=scheduled, started_event_id=started)
        for place, decision in enumerate(decisions):
            cause = (refused or {}).get(place)
            if cause is None:
                self._record(decision, completed)
            else:
                self._refuse(decision, cause, completed)

    def decision_task_timed_out(self) -> None:
        """The started decision task came to nothing."""
        scheduled, started = self._started_decision_task()
        self.later(self._step)
        self.add(
            e.DecisionTaskTimedOut,
            scheduled_event_id=scheduled,
            started_event_id=started,
            timeout_type=DecisionTaskTimeoutType.START_TO_CLOSE,
        )

    def activity_started(self, activity_id: str) -> None:
        """A worker has begun with the activity."""
        self.later(self._step)
        scheduled = self._opened["activity", activity_id]
        self._started["activity", activity_id] = self.add(e.ActivityTaskStarted, scheduled_event_id=scheduled)

    def activity_completed(self, activity_id: str, result: str | None = None) -> None:
        """The activity ended well; it is started first if it was not."""
        self.add(e.ActivityTaskCompleted, result=result, **self._close_activity(activity_id))

    def activity_failed(self, activity_id: str, reason: str | None = None, details: str | None = None) -> None:
        """The activity failed; it is started first if it was not."""
        self.add(e.ActivityTaskFailed, reason=reason, details=details, **self._close_activity(activity_id))

    def activity_canceled(self, activity_id: str, details: str | None = None) -> None:
        """The activity's worker canceled it."""
        self.add(e.ActivityTaskCanceled, details=details, **self._close_activity(activity_id))

    def activity_timed_out(self, activity_id: str, timeout_type: ActivityTaskTimeoutType) -> None:
        """One of the activity's time-outs passed."""
        self.add(e.ActivityTaskTimedOut, timeout_type=timeout_type, **self._close_activity(activity_id))

    def timer_fired(self, timer_id: str) -> None:
        """The timer ran out."""
        self.later(self._step)
        self.add(e.TimerFired, timer_id=timer_id, started_event_id=self._opened["timer", timer_id])

    def signaled(self, name: str, input: str | None = None) -> None:  # noqa: A002  (SWF's word)
        """The execution receives a signal."""
        self.later(self._step)
        self.add(e.WorkflowExecutionSignaled, signal_name=name, input=input, external_initiated_event_id=EventId(0))

    def cancel_requested(self) -> None:
        """Somebody asks the execution to cancel itself."""
        self.later(self._step)
        self.add(e.WorkflowExecutionCancelRequested, external_initiated_event_id=EventId(0))

    def child_event(self, kind: type[e.Event], workflow_id: str, **attributes: Any) -> None:
        """Something happens to a child: `ChildWorkflowExecutionStarted`, `...Completed` and so on."""
        self.later(self._step)
        child = WorkflowExecution(workflow_id=workflow_id, run_id=RunId(f"22{workflow_id}"))
        initiated = next(
            x
            for x in reversed(self.events)
            if isinstance(x, e.StartChildWorkflowExecutionInitiated) and x.workflow_id == workflow_id
        )
        facts: dict[str, Any] = {
            "workflow_execution": child,
            "workflow_type": initiated.workflow_type,
            "initiated_event_id": initiated.event_id,
        }
        if kind is not e.ChildWorkflowExecutionStarted:
            facts["started_event_id"] = self._started["child", workflow_id]
        self._started["child", workflow_id] = self.add(kind, **facts, **attributes)

    def external_event(self, kind: type[e.Event], name: str, **attributes: Any) -> None:
        """A signal (by its name) or cancellation request (by its workflow id) is delivered, or not."""
        self.later(self._step)
        is_signal = kind in (e.ExternalWorkflowExecutionSignaled, e.SignalExternalWorkflowExecutionFailed)
        initiated = self.opened("signal" if is_signal else "cancel", name)
        asked: Any = self.events[initiated - 1]
        facts: dict[str, Any] = {"initiated_event_id": initiated}
        if "workflow_id" in kind.__struct_fields__:
            facts["workflow_id"] = asked.workflow_id
            facts["decision_task_completed_event_id"] = asked.decision_task_completed_event_id
        else:
            run_id = asked.run_id or RunId(f"22{asked.workflow_id}")
            facts["workflow_execution"] = WorkflowExecution(workflow_id=asked.workflow_id, run_id=run_id)
        self.add(kind, **facts, **attributes)

    def lambda_event(self, kind: type[e.Event], lambda_id: str, **attributes: Any) -> None:
        """Something happens to a Lambda function; it is started first if it was not."""
        self.later(self._step)
        scheduled = self.opened("lambda", lambda_id)
        facts: dict[str, Any] = {"scheduled_event_id": scheduled}
        if "started_event_id" in kind.__struct_fields__:
            if self._started.get(("lambda", lambda_id), 0) < scheduled:
                self.lambda_event(e.LambdaFunctionStarted, lambda_id)
            facts["started_event_id"] = self._started["lambda", lambda_id]
        self._started["lambda", lambda_id] = self.add(kind, **facts, **attributes)

    def _started_decision_task(self) -> tuple[EventId, EventId]:
        for event in reversed(self.events):
            if isinstance(event, e.DecisionTaskStarted):
                return event.scheduled_event_id, event.event_id
        raise AssertionError("no decision task has started")

    def _close_activity(self, activity_id: str) -> dict[str, EventId]:
        scheduled = self._opened["activity", activity_id]
        if self._started.get(("activity", activity_id), 0) < scheduled:
            self.activity_started(activity_id)
        self.later(self._step)
        return {"scheduled_event_id": scheduled, "started_event_id": self._started["activity", activity_id]}

    def _refuse(self, decision: d.DecisionAttributes, cause: str, completed: EventId) -> None:
        refusal = REFUSALS[type(decision)]
        self.add(refusal.event, **refusal.attributes(decision, cause), decision_task_completed_event_id=completed)

    def _cancel_activity(self, activity_id: str, completed: EventId) -> None:
        """Ask its worker; what no worker has begun with is canceled at once."""
        asked = self.add(
            e.ActivityTaskCancelRequested, activity_id=activity_id, decision_task_completed_event_id=completed
        )
        scheduled = self.opened("activity", activity_id)
        if self._started.get(("activity", activity_id), 0) < scheduled:
            self.add(
                e.ActivityTaskCanceled,
                scheduled_event_id=scheduled,
                started_event_id=EventId(0),
                latest_cancel_requested_event_id=asked,
            )

    def _record(self, decision: d.DecisionAttributes, completed: EventId) -> None:  # noqa: C901, PLR0912  (one case for each decision)
        attributes = {name: getattr(decision, name) for name in decision.__struct_fields__}
        attributes["decision_task_completed_event_id"] = completed
        match decision:
            case d.ScheduleActivityTask():
                self._opened["activity", decision.activity_id] = self.add(e.ActivityTaskScheduled, **attributes)
            case d.RequestCancelActivityTask():
                self._cancel_activity(decision.activity_id, completed)
            case d.StartTimer():
                self._opened["timer", decision.timer_id] = self.add(e.TimerStarted, **attributes)
            case d.CancelTimer():
                started = self._opened["timer", decision.timer_id]
                self.add(e.TimerCanceled, started_event_id=started, **attributes)
            case d.StartChildWorkflowExecution():
                self.add(e.StartChildWorkflowExecutionInitiated, **attributes)
            case d.SignalExternalWorkflowExecution():
                key = ("signal", decision.signal_name)
                self._opened[key] = self.add(e.SignalExternalWorkflowExecutionInitiated, **attributes)
            case d.RequestCancelExternalWorkflowExecution():
                key = ("cancel", decision.workflow_id)
                self._opened[key] = self.add(e.RequestCancelExternalWorkflowExecutionInitiated, **attributes)
            case d.RecordMarker():
                self.add(e.MarkerRecorded, **attributes)
            case d.ScheduleLambdaFunction():
                self._opened["lambda", decision.id] = self.add(e.LambdaFunctionScheduled, **attributes)
            case d.CompleteWorkflowExecution():
                self.add(e.WorkflowExecutionCompleted, **attributes)
            case d.FailWorkflowExecution():
                self.add(e.WorkflowExecutionFailed, **attributes)
            case d.CancelWorkflowExecution():
                self.add(e.WorkflowExecutionCanceled, **attributes)
            case d.ContinueAsNewWorkflowExecution():
                raise AssertionError("end the script at continue-as-new: SWF names the new run")
            case _:
                assert_never(decision)

    def opened(self, kind: str, name: str) -> EventId:
        """The id of the event that opened that activity, timer, signal, cancel or lambda."""
        return self._opened[kind, name]


def play(replay: Any, events: Sequence[e.HistoryEvent]) -> tuple[d.DecisionAttributes, ...]:
    """Feed a replay with what follows what it has seen."""
    decisions: tuple[d.DecisionAttributes, ...] = replay.feed(events[replay.last_event_id :])
    return decisions
