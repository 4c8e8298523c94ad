"""Signals and cancellation requests to other executions, and markers."""

from ostinato.errors import CancelNotDelivered, SignalNotDelivered
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import lives
from ostinato.replay.execution import Execution
from ostinato.replay.futures import Future
from ostinato.replay.keys import Kind


class SentSignal:
    """A signal on its way to another execution, or to this one."""

    def __init__(self, execution: Execution, decision: d.SignalExternalWorkflowExecution) -> None:
        self._execution = execution
        self._state = lives.ExternalState.NEW
        self._event_id: int | None = None
        label = f"delivery of signal {decision.signal_name!r} to {decision.workflow_id}"
        self.label = label
        self.future: Future[None] = Future(loop=execution.loop, label=label, on_cancel=self._withdraw)
        self._request = execution.request(decision, self)

    def _withdraw(self) -> None:
        self._execution.ledger.withdraw(self._request)

    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""
        self._state = state = lives.advance(lives.EXTERNAL_SIGNAL, self._state, event)
        if state is lives.ExternalState.INITIATED:
            self._event_id = event.event_id
            self._execution.is_open(event.event_id, self)
            return
        self._execution.is_closed(Kind.SIGNAL, self._event_id)
        if self.future.done():
            return
        if isinstance(event, e.SignalExternalWorkflowExecutionFailed):
            self.future.set_exception(
                SignalNotDelivered(f"{self.future.label} failed: {event.cause.name}", reason=event.cause.name)
            )
        else:
            self.future.set_result(None)


class SentCancel:
    """A cancellation request on its way to another execution."""

    def __init__(self, execution: Execution, decision: d.RequestCancelExternalWorkflowExecution) -> None:
        self._execution = execution
        self._state = lives.ExternalState.NEW
        self._event_id: int | None = None
        label = f"delivery of the cancellation request to {decision.workflow_id}"
        self.label = label
        self.future: Future[None] = Future(loop=execution.loop, label=label, on_cancel=self._withdraw)
        self._request = execution.request(decision, self)

    def _withdraw(self) -> None:
        self._execution.ledger.withdraw(self._request)

    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""
        self._state = state = lives.advance(lives.EXTERNAL_CANCEL, self._state, event)
        if state is lives.ExternalState.INITIATED:
            self._event_id = event.event_id
            self._execution.is_open(event.event_id, self)
            return
        self._execution.is_closed(Kind.CANCEL_WORKFLOW, self._event_id)
        if self.future.done():
            return
        if isinstance(event, e.RequestCancelExternalWorkflowExecutionFailed):
            self.future.set_exception(
                CancelNotDelivered(f"{self.future.label} failed: {event.cause.name}", reason=event.cause.name)
            )
        else:
            self.future.set_result(None)


class Marker:
    """A note in history."""

    def __init__(self, execution: Execution, decision: d.RecordMarker, *, is_result: bool = False) -> None:
        self._execution = execution
        self._is_result = is_result
        self.label = f"marker {decision.marker_name}"
        execution.unrecorded_markers += is_result
        execution.request(decision, self)

    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""
        self._execution.is_closed(Kind.MARKER, None)
        self._execution.unrecorded_markers -= self._is_result
        if isinstance(event, e.RecordMarkerFailed):
            self._execution.loop.complaints.append(
                {"message": f"marker {event.marker_name} was not recorded: {event.cause.name}"}
            )
