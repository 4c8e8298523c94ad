"""Signals and cancellation requests to other executions, and markers."""

from typing import TYPE_CHECKING, cast

from ostinato.errors import CancelNotDelivered, NondeterminismError, SignalNotDelivered
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import lives
from ostinato.replay.execution import LONGEST_BACK_OFF, Execution, bounded_id
from ostinato.replay.futures import Future
from ostinato.replay.keys import Kind
from ostinato.replay.recovery import Recovery
from ostinato.replay.retry import Retry
from ostinato.replay.timers import Timer

if TYPE_CHECKING:
    from ostinato.replay.failures import FailureHook
    from ostinato.replay.ledger import Request
    from ostinato.replay.recovery import Arguments

_BRIEF = 100
"""So many characters of a result are shown in errors."""


class Delivery:
    """Something on its way to another execution, or to this one. What SWF refuses for a while is sent again later."""

    kind: Kind
    life: lives.Transitions[lives.ExternalState]
    failure: type[SignalNotDelivered | CancelNotDelivered]

    def __init__(
        self,
        execution: Execution,
        decision: d.DecisionAttributes,
        label: str,
        task_id: str,
        *,
        name: str,
        retry: Retry | None = None,
        is_own: bool = True,
    ) -> None:
        self.label = label
        self._is_own = is_own
        self.execution = execution
        self.id = task_id
        self.name = name
        self.attempt = 1
        self.retry = retry
        self.on_failure: FailureHook | None = None
        self.what: object = None
        self.arguments: Arguments = ((), {})
        self.future: Future[None] = Future(loop=execution.loop, label=label, on_cancel=self._withdraw)
        self._decision = decision
        self._recovery: Recovery | None = None
        self._timer: Timer | None = None
        self._refusals = 0
        self._state = lives.ExternalState.NEW
        self._event_id: int | None = None
        self.request = execution.request(decision, self)

    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""
        self._state = state = lives.advance(self.life, self._state, event)
        if state is lives.ExternalState.INITIATED:
            self._event_id = event.event_id
            self.execution.is_open(event.event_id, self)
            return
        self.execution.is_closed(self.kind, self._event_id)
        failures = (e.SignalExternalWorkflowExecutionFailed, e.RequestCancelExternalWorkflowExecutionFailed)
        if self.future.done():
            return
        if isinstance(event, failures):
            self._failed(event.cause.name)
        else:
            self.future.set_result(None)

    def ask_again(self) -> None:
        """Send it, now."""
        self._timer = None
        self._state = lives.ExternalState.NEW
        self._event_id = None
        self.request = self.execution.request(self._decision, self, self.request)

    def _failed(self, cause: str) -> None:
        if not cause.endswith("_RATE_EXCEEDED"):
            self._not_delivered(self.failure(f"{self.label} failed: {cause}", reason=cause))
            return
        if self.execution.loop.stopped:
            self.ask_again()  # the end does not wait
            return
        wait = min(2.0**self._refusals, LONGEST_BACK_OFF)
        self._refusals += 1
        timer_id = bounded_id(f"__ostinato_{self.id}-{self._refusals}")
        self._timer = Timer(self.execution, wait, self.ask_again, timer_id, source=self.request)

    def _not_delivered(self, error: SignalNotDelivered | CancelNotDelivered) -> None:
        if not self._is_own:
            self.future.set_exception(error)
            return
        self._recovery = self._recovery or Recovery(self)
        self._recovery.failed(error)

    def _withdraw(self) -> None:
        if self._recovery is not None and self._recovery.cancel():
            return
        if self._timer is not None:
            self._timer.cancel()
        else:
            self.execution.ledger.withdraw(self.request)


class SentSignal(Delivery):
    """A signal on its way to another execution, or to this one."""

    kind = Kind.SIGNAL
    life = lives.EXTERNAL_SIGNAL
    failure = SignalNotDelivered

    def __init__(
        self,
        execution: Execution,
        decision: d.SignalExternalWorkflowExecution,
        *,
        retry: Retry | None = None,
        is_own: bool = True,
    ) -> None:
        name = decision.signal_name
        label = f"delivery of signal {name!r} to {decision.workflow_id}"
        super().__init__(
            execution,
            decision,
            label,
            f"signal-{execution.number('signal sent')}",
            name=name,
            retry=retry,
            is_own=is_own,
        )


class SentCancel(Delivery):
    """A cancellation request on its way to another execution."""

    kind = Kind.CANCEL_WORKFLOW
    life = lives.EXTERNAL_CANCEL
    failure = CancelNotDelivered

    def __init__(self, execution: Execution, decision: d.RequestCancelExternalWorkflowExecution) -> None:
        label = f"delivery of the cancellation request to {decision.workflow_id}"
        task_id = f"cancel-{execution.number('cancel sent')}"
        super().__init__(execution, decision, label, task_id, name=decision.workflow_id)


class RecordedMarker:
    """A note in history."""

    def __init__(self, execution: Execution, decision: d.RecordMarker, *, is_result: bool = False) -> None:
        self._execution = execution
        self._decision = decision
        self._is_result = is_result
        self.label = f"marker {decision.marker_name}"
        self._refusals = 0
        execution.unrecorded_markers += is_result
        self._request: Request = execution.request(decision, self)

    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""
        execution = self._execution
        execution.is_closed(Kind.MARKER, None)
        execution.unrecorded_markers -= self._is_result
        if isinstance(event, e.RecordMarkerFailed):
            execution.loop.complaints.append(
                {"message": f"marker {event.marker_name} was not recorded: {event.cause.name}"}
            )
            if self._is_result and not execution.loop.stopped:
                self._later()
            return
        recorded = cast("e.MarkerRecorded", event)
        execution.markers.pop(recorded.marker_name, None)
        if self._is_result and recorded.details != self._decision.details:
            execution.fail(self._other_result(recorded))

    def _later(self) -> None:
        """Results have to be recorded: code that goes on by one could not be replayed without it."""
        wait = min(2.0**self._refusals, LONGEST_BACK_OFF)
        self._refusals += 1
        timer_id = bounded_id(f"__ostinato_{self._decision.marker_name}-{self._refusals}")
        Timer(self._execution, wait, self._ask, timer_id, source=self._request)

    def _ask(self) -> None:
        if not self._execution.loop.stopped:
            self._execution.unrecorded_markers += self._is_result
            self._request = self._execution.request(self._decision, self, self._request)

    def _other_result(self, event: e.MarkerRecorded) -> NondeterminismError:
        """Another decider was quicker: what this replay's code was given is not what history has."""
        return NondeterminismError(
            recorded=f"marker {event.marker_name!r} with {_brief(event.details)}",
            requested=f"the same with {_brief(self._decision.details)}",
            event_id=event.event_id,
            source=None,
        )


def _brief(text: str | None) -> str:
    return repr(text) if text is None or len(text) <= _BRIEF else repr(f"{text[:_BRIEF]}...")
