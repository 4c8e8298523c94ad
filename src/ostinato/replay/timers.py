"""Durable timers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from ostinato.errors import TimerNotStarted
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.durations import whole_seconds
from ostinato.model.lives import TIMER, TimerState, advance
from ostinato.replay.keys import Kind
from ostinato.replay.ledger import Request

if TYPE_CHECKING:
    from ostinato.replay.execution import Execution


class Timer:
    """A durable timer that calls back when it fires.

    Args:
        seconds: rounded up to whole ones.
        callback: called when it has fired.
        timer_id: unique among the execution's open timers.
        on_refusal: told if SWF does not permit it; None asks again, as for the passing causes.
        source: the request of which it is a consequence.
    """

    def __init__(
        self,
        execution: "Execution",
        seconds: float,
        callback: Callable[[], None],
        timer_id: str,
        *,
        on_refusal: Callable[[TimerNotStarted], None] | None = None,
        source: Request | None = None,
        control: str | None = None,
    ) -> None:
        self.timer_id = timer_id
        self._execution = execution
        self._callback = callback
        self._on_refusal = on_refusal
        self._state = TimerState.NEW
        self._event_id: int | None = None
        self._is_canceled = False
        self.since = execution.loop.now
        self.fires_at = execution.loop.now + seconds
        """When, by history's time at the request."""
        whole = str(whole_seconds(seconds))
        self.label = f"timer {timer_id} of {whole} s"
        self._decision = d.StartTimer(timer_id=timer_id, start_to_fire_timeout=whole, control=control)
        self.request = execution.request(self._decision, self, source)

    def cancel(self) -> None:
        """Stop it, if it has not fired."""
        if self._is_canceled or self._state is TimerState.CLOSED:
            return
        self._is_canceled = True
        if not self._execution.ledger.withdraw(self.request):
            self._execution.request(d.CancelTimer(timer_id=self.timer_id), self, self.request)

    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""
        if isinstance(event, e.CancelTimerFailed):
            return  # it had fired meanwhile
        self._state = advance(TIMER, self._state, event)
        if isinstance(event, e.TimerStarted):
            self._event_id = event.event_id
            self._execution.is_open(event.event_id, self)
            return
        self._execution.is_closed(Kind.TIMER, self._event_id)
        if self._is_canceled:
            return
        if isinstance(event, e.TimerFired):
            self._callback()
        else:
            self._refused(cast("e.StartTimerFailed", event).cause.name)

    def _refused(self, cause: str) -> None:
        passing = ("OPEN_TIMERS_LIMIT_EXCEEDED", "TIMER_CREATION_RATE_EXCEEDED")
        if self._on_refusal is not None and cause not in passing:
            self._on_refusal(TimerNotStarted(f"timer {self.timer_id} could not be started: {cause}", reason=cause))
            return
        self._state = TimerState.NEW
        self.request = self._execution.request(self._decision, self, self.request)
