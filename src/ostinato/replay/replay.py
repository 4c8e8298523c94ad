"""`Replay`: a workflow's code over its history. Events in, decisions out; kept in memory it costs only the new events."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from ostinato import errors
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.limits import DATA_CHARACTERS
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.converter import Converter
from ostinato.payloads.limits import check_length
from ostinato.replay.calls import ContinueAsNew
from ostinato.replay.definitions import Activity, Workflow
from ostinato.replay.execution import Closing, Execution
from ostinato.replay.keys import recorded_key
from ostinato.replay.ledger import WAKE_UP
from ostinato.replay.signal_handlers import signal_handlers

_DROPPED = (errors.NondeterminismError, errors.NotDurableError, errors.OutsideWorkflowError, errors.UnwindingError)
"""What the code did wrong, rather than what went wrong in it: the decision is dropped until the code is mended."""


class Replay:
    """One execution of a workflow, as its decider sees it.

    Args:
        workflow: what to run.
        execution: whose history it is.
        converter: how values become text.
        domain: the execution's domain, which history does not say.

    It belongs to the thread that first fed it.
    """

    def __init__(
        self,
        workflow: Workflow[..., Any],
        *,
        execution: WorkflowExecution,
        converter: Converter,
        domain: str | None = None,
    ) -> None:
        self._workflow = workflow
        self._execution = Execution(workflow, execution=execution, converter=converter, domain=domain)
        self._closing = Closing(self._execution)
        self._main: Any = None
        self._instance: object = None
        self._completed_up_to = 0
        self._handlers: dict[str, Callable[..., Any]] = {}
        self._decisions: tuple[d.DecisionAttributes, ...] = ()
        self._on: dict[type[e.Event], Callable[[Any], None]] = {
            e.WorkflowExecutionStarted: self._on_started,
            e.WorkflowExecutionSignaled: self._on_signaled,
            e.WorkflowExecutionCancelRequested: self._on_cancel_requested,
            e.DecisionTaskStarted: self._on_decision_task_started,
            e.DecisionTaskCompleted: self._execution.ledger.expect,
            e.ActivityTaskStarted: self._on_scheduled,
            e.ActivityTaskCompleted: self._on_scheduled,
            e.ActivityTaskFailed: self._on_scheduled,
            e.ActivityTaskTimedOut: self._on_scheduled,
            e.ActivityTaskCanceled: self._on_scheduled,
            e.LambdaFunctionStarted: self._on_scheduled,
            e.LambdaFunctionCompleted: self._on_scheduled,
            e.LambdaFunctionFailed: self._on_scheduled,
            e.LambdaFunctionTimedOut: self._on_scheduled,
            e.StartLambdaFunctionFailed: self._on_scheduled,
            e.TimerFired: self._on_timer_fired,
            e.ChildWorkflowExecutionStarted: self._on_initiated,
            e.ChildWorkflowExecutionCompleted: self._on_initiated,
            e.ChildWorkflowExecutionFailed: self._on_initiated,
            e.ChildWorkflowExecutionTimedOut: self._on_initiated,
            e.ChildWorkflowExecutionCanceled: self._on_initiated,
            e.ChildWorkflowExecutionTerminated: self._on_initiated,
            e.StartChildWorkflowExecutionFailed: self._on_initiated,
            e.SignalExternalWorkflowExecutionFailed: self._on_initiated,
            e.ExternalWorkflowExecutionSignaled: self._on_initiated,
            e.RequestCancelExternalWorkflowExecutionFailed: self._on_initiated,
            e.ExternalWorkflowExecutionCancelRequested: self._on_initiated,
        }

    @property
    def last_event_id(self) -> int:
        """The last event that was fed; 0 before the first."""
        return self._execution.last_event_id

    @property
    def is_closed(self) -> bool:
        """Whether the code has come to its end."""
        return self._execution.loop.stopped

    @property
    def execution_context(self) -> str | None:
        """What the code published, to be sent along with the decisions; None if it never did."""
        return self._execution.execution_context

    @property
    def unregistered(self) -> tuple[Activity[..., Any] | Workflow[..., Any], ...]:
        """The definitions whose types SWF did not know: to be registered before the decisions are sent."""
        return tuple(self._execution.unregistered)

    @property
    def complaints(self) -> tuple[str, ...]:
        """What went wrong aside, for the log: exceptions that nobody looked at, markers that were refused."""
        said = self._execution.loop.complaints
        return tuple(f"{c['message']}{': ' + repr(c['exception']) if 'exception' in c else ''}" for c in said)

    def feed(self, events: Sequence[e.HistoryEvent]) -> tuple[d.DecisionAttributes, ...]:
        """Take the events that follow, up to a DecisionTaskStarted, and give the decisions that answer it.

        An exception means that no decision can be made: drop it, put the replay away, tell the operator.

        Raises:
            NondeterminismError: the code does not do what its history says.
            NotDurableError: the code did what no replay can repeat.
            UsageError: the events do not follow the last ones, or the code called what it may not.
            InternalError: a fault of ours.
        """
        execution = self._execution
        if not events or events[0].event_id != execution.last_event_id + 1:
            found = f"event {events[0].event_id}" if events else "no events"
            raise errors.UsageError(found=found, expected=f"event {execution.last_event_id + 1}")
        self._look_ahead(events)
        execution.unregistered.clear()
        loop, ledger, handlers = execution.loop, execution.ledger, self._on
        for event in events:
            execution.last_event_id = event.event_id
            loop.now = event.event_timestamp
            execution.is_replaying = event.event_id <= self._completed_up_to
            if ledger.is_expecting and not self._is_record(event):
                execution.end_of_records()
                loop.run_until_stuck()
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
            else:
                self._on_recorded(event)
            loop.run_until_stuck()
            if execution.failure is not None:
                raise execution.failure
        return self._decisions

    def evict(self) -> None:
        """Put the code away, without letting it do anything. To be called by the thread that fed it."""
        self._execution.loop.put_away()

    def waiting(self) -> tuple[str, ...]:
        """What the code waits for, in words, in the order in which it began to."""
        return tuple(self._execution.waits())

    def _look_ahead(self, events: Sequence[e.HistoryEvent]) -> None:
        """Learn what was decided before: how far, and the results that were recorded as markers."""
        for event in events:
            if isinstance(event, e.DecisionTaskCompleted):
                self._completed_up_to = max(self._completed_up_to, event.started_event_id)
            elif isinstance(event, e.MarkerRecorded):
                self._execution.markers[event.marker_name] = event

    # Events, by type.

    def _is_record(self, event: e.HistoryEvent) -> bool:
        return type(event) not in self._on or recorded_key(event) is not None

    def _on_recorded(self, event: e.HistoryEvent) -> None:
        key = recorded_key(event)
        if key is None:
            return  # scheduled decision tasks, time-outs and termination tell the code nothing
        ledger = self._execution.ledger
        if not ledger.is_expecting:
            raise errors.InternalError(f"event {event.event_id}, {type(event).__name__}, records no decision task's")
        if isinstance(event, e.TimerStarted) and event.timer_id.startswith(WAKE_UP):
            ledger.record_wake_up()
            return
        ledger.record(key, event).owner.handle(event)

    def _on_scheduled(self, event: Any) -> None:
        self._tell(event.scheduled_event_id, event)

    def _on_initiated(self, event: Any) -> None:
        if event.initiated_event_id:
            self._tell(event.initiated_event_id, event)
        else:
            self._on_recorded(event)

    def _on_timer_fired(self, event: e.TimerFired) -> None:
        if not event.timer_id.startswith(WAKE_UP):
            self._tell(event.started_event_id, event)

    def _tell(self, opened_by: int, event: e.HistoryEvent) -> None:
        owner = self._execution.owners.get(opened_by)
        if owner is None:
            raise errors.InternalError(
                f"event {event.event_id}, {type(event).__name__}, is about event {opened_by}, which opened nothing"
            )
        owner.handle(event)

    def _on_decision_task_started(self, event: e.DecisionTaskStarted) -> None:
        self._decisions = self._execution.ledger.send(event.event_id)

    def _on_signaled(self, event: e.WorkflowExecutionSignaled) -> None:
        handler = self._handlers.get(event.signal_name)
        if handler is None or self._execution.loop.stopped:
            self._execution.inbox.receive(event)
            return
        arguments = self._execution.converter.load_arguments(event.input, handler)
        self._execution.spawn(handler, *arguments.args, **arguments.kwargs).add_done_callback(self._on_handled)

    def _on_handled(self, future: Any) -> None:
        if not future.cancelled() and (error := future.exception()) is not None and not self.is_closed:
            self._fail(error)

    def _on_cancel_requested(self, _event: e.WorkflowExecutionCancelRequested) -> None:
        self._execution.is_cancel_requested = True
        if self._main is not None:
            self._main.cancel()

    # The code's beginning and its end.

    def _on_started(self, event: e.WorkflowExecutionStarted) -> None:
        execution = self._execution
        execution.started = event
        try:
            run = self._bind()
            arguments = execution.converter.load_arguments(event.input, run)
        except Exception as error:  # noqa: BLE001  (a starter's input that does not fit, or the author's __init__)
            self._fail(error)
            return
        self._main = execution.loop.create_task(execution.run(run, *arguments.args, **arguments.kwargs))
        self._main.add_done_callback(self._on_end)

    def _bind(self) -> Callable[..., Any]:
        """The function to run; a class gets its instance."""
        if not isinstance(self._workflow.function, type):
            return self._workflow.function
        instance = self._workflow.function()
        self._handlers = signal_handlers(instance)
        run: Callable[..., Any] = instance.run
        return run

    def _on_end(self, task: Any) -> None:
        if self.is_closed:
            return
        if task.cancelled():
            self._closing.close(d.CancelWorkflowExecution())
        elif (error := task.exception()) is not None:
            self._fail(error)
        else:
            self._complete(task.result())

    def _complete(self, result: object) -> None:
        if inspect.iscoroutine(result):
            result.close()
            self._execution.fail(
                errors.NotDurableError(found="the workflow returned a coroutine", hint="Await it, or declare `async def`")
            )
            return
        try:
            text = self._execution.converter.dump(result)
            check_length(text, field=f"the result of {self._workflow.name}", limit=DATA_CHARACTERS)
        except errors.UsageError as error:
            self._fail(error)
        else:
            self._closing.close(d.CompleteWorkflowExecution(result=text))

    def _fail(self, error: BaseException) -> None:
        """End as failed, by an exception of the workflow's own code; what is not its own drops the decision."""
        if isinstance(error, ContinueAsNew):
            return
        if isinstance(error, (*_DROPPED, errors.InternalError)) or not isinstance(error, Exception):
            self._execution.fail(error)
            return
        failure = self._execution.converter.dump_failure(error)
        self._closing.close(d.FailWorkflowExecution(reason=failure.reason, details=failure.details))
