"""`Replay`: a workflow's code over its history. Events in, decisions out; kept in memory, only new events cost."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ostinato import errors
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.fields import RunId
from ostinato.model.limits import DATA_CHARACTERS, REASON_CHARACTERS
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.converter import Converter
from ostinato.payloads.limits import check_length
from ostinato.replay.carrying import Carried, carried_in
from ostinato.replay.definitions import Activity, Workflow
from ostinato.replay.execution import REFUSED, Closing, Execution
from ostinato.replay.faults import chosen_failure, fault_in
from ostinato.replay.inbox import Signal
from ostinato.replay.keys import Kind, recorded_key
from ostinato.replay.ledger import is_wake_up
from ostinato.replay.propagation import hand_on
from ostinato.replay.recovery import take_order
from ostinato.replay.reuse import Reuse, repairs_in
from ostinato.replay.signal_handlers import cancel_handler, signal_handlers
from ostinato.replay.submission import Submission
from ostinato.replay.waits import waiting_context

if TYPE_CHECKING:
    import asyncio


class Replay:
    """One execution of a workflow, as its decider sees it.

    Args:
        workflow: what to run.
        execution: whose history it is.
        converter: how values become text.
        domain: the execution's domain, which history does not say.
        reuse: what can be reused of the run that it repairs, if it repairs one.

    It belongs to the thread that first fed it.
    """

    def __init__(
        self,
        workflow: Workflow[..., Any],
        *,
        execution: WorkflowExecution,
        converter: Converter,
        domain: str | None = None,
        reuse: Reuse | None = None,
    ) -> None:
        self._reuse = reuse
        self._workflow = workflow
        self._execution = Execution(workflow, execution=execution, converter=converter, domain=domain)
        self._execution.on_task_failure = workflow.on_task_failure
        self._execution.abort = self._fail
        self._closing = Closing(self._execution)
        self._main: asyncio.Task[object]
        self._completed_up_to = 0
        self._handlers: dict[str, Callable[..., Any]] = {}
        self._cancel_handler: Callable[[], Any] | None = None
        self._cancel_event_id = 0
        """The first request to cancel the execution."""
        self._started_event_id = 0
        self._error: BaseException | None = None
        """What the code failed with."""

    @property
    def last_event_id(self) -> int:
        """The last event that was fed; 0 before the first."""
        return self._execution.last_event_id

    @property
    def started(self) -> e.WorkflowExecutionStarted:
        """History's first event, once it was fed."""
        return self._execution.started

    @property
    def is_closed(self) -> bool:
        """Whether the code has come to its end."""
        return self._execution.loop.stopped

    @property
    def execution_context(self) -> str | None:
        """What the code published; None if it never did."""
        return self._execution.execution_context

    @property
    def published_context(self) -> str:
        """The execution context that is sent along with the decisions: the code's own, or else where it waits."""
        own = self._execution.execution_context
        return waiting_context(self._execution) if own is None else own

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
            LimitExceededError: it continues as new, and the signals that nobody has taken do not fit beside the input.
            InternalError: a fault of ours.
        """
        execution = self._execution
        if not events or events[0].event_id != execution.last_event_id + 1:
            found = f"event {events[0].event_id}" if events else "no events"
            raise errors.UsageError(found=found, expected=f"event {execution.last_event_id + 1}")
        try:
            with execution.loop.entered():
                self._take_all(events)
        except errors.NondeterminismError as error:
            raise self._located(error) from self._error
        if execution.closing is not None:
            execution.closing.carry()
        return execution.ledger.send(self._started_event_id)

    def evict(self) -> None:
        """Put the code away, without letting it do anything. To be called by the thread that fed it."""
        self._execution.is_replaying = True  # what the code's clean-up logs now is not news
        self._execution.loop.put_away()

    def positions(self) -> tuple[str, ...]:
        """The author's line at which each strand of the code stands."""
        return tuple(self._execution.loop.positions())

    def waiting(self) -> tuple[str, ...]:
        """What the code waits for, in words, in the order in which it began to."""
        return tuple(self._execution.waits())

    def _take_all(self, events: Sequence[e.HistoryEvent]) -> None:
        execution = self._execution
        completions = self._look_ahead(events)
        ends: dict[int, int] = {}
        if self._started_event_id in completions:
            execution.unregistered.clear()
            index = completions[self._started_event_id]
            ends[index] = self._take_records(events, index)
        else:
            execution.ledger.take_back()
        loop, owner_of, completed_up_to = execution.loop, execution.owners.get, self._completed_up_to
        end = 0
        for index, event in enumerate(events):
            if index < end:
                continue  # a record, taken with its batch
            # It is now the time of this event.
            execution.last_event_id = event_id = event.event_id
            loop.now = event.event_timestamp
            execution.is_replaying = event_id <= completed_up_to
            kind = event.__class__
            about = _ABOUT.get(kind)
            if about is not None:
                owner_of(about(event), _NOBODY).handle(event)
                if loop.ready or loop.stopped:
                    self._settle()
            elif kind is e.DecisionTaskStarted:
                completed = completions.get(event_id)
                if completed is not None:
                    ends[completed] = self._take_records(events, completed)
            elif kind is e.DecisionTaskCompleted:
                end = ends[index]
            elif kind is not e.DecisionTaskScheduled:
                self._take(event)
        execution.last_event_id = events[-1].event_id
        self._started_event_id = execution.last_event_id

    def _located(self, error: errors.NondeterminismError) -> errors.NondeterminismError:
        """The error with the line where the code is, if it asked for nothing that could be named."""
        source = error.source or next(iter(self._execution.loop.positions()), None)
        return errors.NondeterminismError(
            recorded=error.recorded, requested=error.requested, event_id=error.event_id, source=source
        )

    def _look_ahead(self, events: Sequence[Any]) -> dict[int, int]:
        """Learn what was decided before: results that were recorded as markers, activities that were scheduled.

        Returns:
            the places of the DecisionTaskCompleted, by the ids of their DecisionTaskStarted.
        """
        ahead, markers = self._execution.ahead, self._execution.markers
        completions: dict[int, int] = {}
        for index, event in enumerate(events):
            kind: type[Any] = event.__class__  # compared by identity, since every event of a history comes by
            if kind not in _TOLD_AHEAD:
                continue
            if kind is e.DecisionTaskCompleted:
                completions[event.started_event_id] = index
                self._completed_up_to = event.started_event_id
            elif kind is e.ActivityTaskScheduled:
                ahead[event.activity_id] = ahead.get(event.activity_id, 0) + 1
            elif kind is e.MarkerRecorded:
                markers[event.marker_name] = event
            elif kind is e.ScheduleActivityTaskFailed:
                ahead[event.activity_id] = REFUSED
            elif kind is e.RecordMarkerFailed or (
                (kind is e.TimerStarted or kind is e.StartTimerFailed) and is_wake_up(event.timer_id)
            ):
                self._execution.full_up_to = event.event_id
        return completions

    def _take(self, event: e.HistoryEvent) -> None:
        """Let the code see what came from outside, and run until nothing can move."""
        if isinstance(event, e.WorkflowExecutionStarted):
            self._on_started(event)
            self._settle()
            self._take_over(carried_in(event.input))
        elif isinstance(event, e.WorkflowExecutionSignaled):
            self._on_signaled(event)
        elif isinstance(event, e.WorkflowExecutionCancelRequested):
            self._on_cancel_requested()
        else:
            return
        self._settle()

    def _take_records(self, events: Sequence[e.HistoryEvent], completed: int) -> int:
        """Match the records that follow a DecisionTaskCompleted with what was asked for; the place behind them.

        They are seen before the events that came while the decision was being made: those belong to the next batch. All
        are matched before any is told to the code, which must not touch what it asked for in a decision already made.
        """
        execution = self._execution
        record = execution.ledger.record
        records: list[tuple[Callable[[Any], None], e.HistoryEvent]] = []
        was_full = False
        index = completed + 1
        while index < len(events):
            event = events[index]
            key = recorded_key(event)
            if key is not None:
                if key.kind is Kind.TIMER and is_wake_up(key.id):
                    was_full = True
                else:
                    records.append((record(key, event).owner.handle, event))
            elif type(event) is e.ActivityTaskCanceled and not event.started_event_id:
                # No worker had begun with it: SWF cancels it where the decision to ask for that is recorded.
                records.append((execution.owners[event.scheduled_event_id].handle, event))
            else:
                break
            index += 1
        execution.ledger.end_of_records(events[completed].event_id, was_full=was_full)
        execution.last_event_id = last = events[index - 1].event_id
        execution.is_replaying = last <= self._completed_up_to
        for tell, event in records:
            tell(event)
        execution.batch_is_recorded()
        self._settle()
        return index

    def _settle(self) -> None:
        self._execution.loop.run_until_stuck()
        if self._execution.failure is not None:
            raise self._execution.failure

    # Events, by type.

    def _on_signaled(self, event: e.WorkflowExecutionSignaled) -> None:
        if not take_order(self._execution, event):
            sender = event.external_workflow_execution
            self._receive(Signal(name=event.signal_name, input=event.input, sender=sender, is_new=True))

    def _receive(self, signal: Signal) -> None:
        execution = self._execution
        if execution.loop.stopped:
            execution.inbox.keep(signal)
            return
        if signal.is_new:
            hand_on(execution, signal)
            signal = Signal(name=signal.name, input=signal.input)
        handler = self._handlers.get(signal.name)
        if handler is None:
            execution.inbox.receive(signal)
            return
        try:
            arguments = execution.converter.load_arguments(signal.input, handler)
        except errors.PayloadError as error:
            # Anybody may send anything: what the handler cannot take is left for whoever asks for it.
            execution.loop.complaints.append(
                {"message": f"signal {signal.name!r} was not taken by its handler", "exception": error}
            )
            execution.inbox.receive(signal)
            return
        execution.spawn(handler, *arguments.args, **arguments.kwargs).add_done_callback(self._on_handled)

    def _on_handled(self, future: Any) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            self._fail(error)

    def _on_cancel_requested(self) -> None:
        execution = self._execution
        if execution.closing is not None:
            execution.closing.is_cancel_requested = True
        if not execution.is_cancel_requested:
            execution.is_cancel_requested = True
            self._cancel_event_id = execution.last_event_id
        if self._cancel_handler is None or execution.loop.stopped:
            self._main.cancel()
        else:
            execution.spawn(self._cancel_handler).add_done_callback(self._on_cancel_answered)

    def _on_cancel_answered(self, future: Any) -> None:
        if future.cancelled():
            self._main.cancel()
        elif (error := future.exception()) is not None:
            self._fail(error)
        elif future.result() is not False:
            self._main.cancel()

    # The code's beginning and its end.

    def _on_started(self, event: e.WorkflowExecutionStarted) -> None:
        execution = self._execution
        execution.started = event
        repairs = repairs_in(event.input)
        if repairs is not None:
            execution.reuse = self._reuse or Reuse()
            execution.seed = RunId(repairs.seed)
        self._main = self._execution.loop.create_task(self._code(event.input))
        self._main.add_done_callback(self._on_end)

    def _take_over(self, carried: Carried) -> None:
        """What the run before this one was sent and its code has not seen: as if it had come right after the start."""
        for signal in carried.signals:
            self._receive(signal)
            self._settle()
        if carried.is_cancel_requested:
            self._on_cancel_requested()

    async def _code(self, text: str | None) -> object:
        run = self._bind()
        arguments = self._execution.payloads.load_arguments(text, run)
        return await self._execution.run(run, *arguments.args, **arguments.kwargs)

    def _bind(self) -> Callable[..., Any]:
        """The function to run; a class gets its instance."""
        if not isinstance(self._workflow.function, type):
            return self._workflow.function
        instance = self._workflow.function()
        self._handlers = signal_handlers(instance)
        self._cancel_handler = cancel_handler(instance)
        self._execution.on_task_failure = getattr(instance, "on_task_failure", None) or self._workflow.on_task_failure
        run: Callable[..., Any] = instance.run
        return run

    def _on_end(self, task: Any) -> None:
        try:
            self._end(task)
        except Exception as error:  # noqa: BLE001  (a fault here must not leave the execution waiting for ever)
            self._execution.fail(error)

    def _end(self, task: Any) -> None:
        if task.cancelled():
            self._cancel_what_was_open()
            self._closing.close(d.CancelWorkflowExecution())
        elif (error := task.exception()) is not None:
            self._fail(error)
        else:
            self._complete(task.result())

    def _cancel_what_was_open(self) -> None:
        """Ask the activities and children that were open when the cancellation was requested to cancel, too."""
        opened = dict.fromkeys(owner for id_, owner in self._execution.owners.items() if id_ < self._cancel_event_id)
        for owner in opened:
            if isinstance(owner, Submission):
                owner.future.cancel()

    def _complete(self, result: object) -> None:
        if inspect.iscoroutine(result):
            result.close()
            self._execution.fail(
                errors.NotDurableError(
                    found="the workflow returned a coroutine", hint="Await it, or declare `async def`"
                )
            )
            return
        try:
            text = self._execution.payloads.dump_result(result, of=self._workflow.name)
        except errors.UsageError as error:
            error.__cause__ = error.__context__ = None  # it says all; lines of ours would only hide that
            self._fail(error.with_traceback(None))
        except Exception as error:  # noqa: BLE001  (a result that cannot be written is a failure of the workflow)
            self._fail(error)
        else:
            self._closing.close(d.CompleteWorkflowExecution(result=text))

    def _fail(self, error: BaseException) -> None:
        """End as failed, by an exception of the workflow's own code; what is not its own drops the decision."""
        fault = fault_in(error)
        if fault is not None:
            self._execution.fail(fault)
            return
        chosen = chosen_failure(error)
        if chosen is not None:
            self._fail_as_chosen(chosen)
            return
        self._error = error
        failure = self._execution.payloads.dump_failure(error)
        self._closing.close(d.FailWorkflowExecution(reason=failure.reason, details=failure.details))

    def _fail_as_chosen(self, failure: errors.FailWorkflow) -> None:
        """End as failed, with the reason and the details that the code chose."""
        given: Any = failure.given
        try:
            check_length(failure.reason, field="the reason of FailWorkflow()", limit=REASON_CHARACTERS)
            text = given if given is None or isinstance(given, str) else self._execution.converter.dump(given)
            self._execution.converter.check_length(text, field="the details of FailWorkflow()", limit=DATA_CHARACTERS)
        except errors.UsageError as error:
            self._fail(error)
        else:
            self._error = failure
            self._closing.close(d.FailWorkflowExecution(reason=failure.reason, details=text))


_TOLD_AHEAD = frozenset(
    (
        e.DecisionTaskCompleted,
        e.ActivityTaskScheduled,
        e.MarkerRecorded,
        e.ScheduleActivityTaskFailed,
        e.RecordMarkerFailed,
        e.TimerStarted,
        e.StartTimerFailed,
    )
)
"""The events that tell what was decided before."""

_ABOUT: Mapping[type[e.Event], Callable[[Any], int]] = {
    **dict.fromkeys(
        (
            e.ActivityTaskStarted,
            e.ActivityTaskCompleted,
            e.ActivityTaskFailed,
            e.ActivityTaskTimedOut,
            e.ActivityTaskCanceled,
            e.LambdaFunctionStarted,
            e.LambdaFunctionCompleted,
            e.LambdaFunctionFailed,
            e.LambdaFunctionTimedOut,
            e.StartLambdaFunctionFailed,
        ),
        attrgetter("scheduled_event_id"),
    ),
    **dict.fromkeys(
        (
            e.ChildWorkflowExecutionStarted,
            e.ChildWorkflowExecutionCompleted,
            e.ChildWorkflowExecutionFailed,
            e.ChildWorkflowExecutionTimedOut,
            e.ChildWorkflowExecutionCanceled,
            e.ChildWorkflowExecutionTerminated,
            e.StartChildWorkflowExecutionFailed,
            e.SignalExternalWorkflowExecutionFailed,
            e.ExternalWorkflowExecutionSignaled,
            e.RequestCancelExternalWorkflowExecutionFailed,
            e.ExternalWorkflowExecutionCancelRequested,
        ),
        attrgetter("initiated_event_id"),
    ),
    e.TimerFired: attrgetter("started_event_id"),
}
"""The events about something that an earlier event opened, and where they name that event."""


class _Nobody:
    """Owns what no code has opened: wake-up timers."""

    label = ""

    def handle(self, event: e.HistoryEvent) -> None:
        """Take no notice of a wake-up, and refuse all else."""
        if not (isinstance(event, e.TimerFired) and is_wake_up(event.timer_id)):
            opened = _ABOUT[type(event)](event)
            raise errors.InternalError(
                f"event {event.event_id}, {type(event).__name__}, is about event {opened}, which opened nothing"
            )


_NOBODY = _Nobody()
