"""Timers that workflow code asked for."""

from typing import TYPE_CHECKING, Any

from ostinato.errors import TimerNotStarted
from ostinato.model.durations import whole_seconds
from ostinato.replay.execution import Execution
from ostinato.replay.futures import Future
from ostinato.replay.recovery import Recovery
from ostinato.replay.retry import Retry
from ostinato.replay.timers import Timer

if TYPE_CHECKING:
    from ostinato.replay.failures import FailureHook
    from ostinato.replay.recovery import Arguments


class SubmittedTimer:
    """A timer, whose future is done when it fires.

    Args:
        execution: whose timer it is.
        seconds: rounded up to whole ones.
        timer_id: unique among the execution's open timers.
        retry: what is done if SWF does not take it.
    """

    def __init__(self, execution: Execution, seconds: float, timer_id: str, retry: Retry | None = None) -> None:
        self.execution = execution
        self.id = self.name = timer_id
        self.attempt = 1
        self.retry = retry
        self.on_failure: FailureHook | None = None
        self.what: object = None
        self.arguments: Arguments = ((seconds,), {})
        label = f"timer {timer_id} of {whole_seconds(seconds)} s"
        self.future: Future[Any] = Future(loop=execution.loop, label=label, on_cancel=self._cancel)
        self._seconds = seconds
        self._recovery: Recovery | None = None
        self._timer = self._start()

    @property
    def request(self) -> Any:
        """The last one for it."""
        return self._timer.request

    def ask_again(self) -> None:
        """Ask for it, now."""
        self._timer = self._start(self._timer)

    def _start(self, former: Timer | None = None) -> Timer:
        source = None if former is None else former.request
        return Timer(self.execution, self._seconds, self._fire, self.id, on_refusal=self._refuse, source=source)

    def _fire(self) -> None:
        if not self.future.done():
            self.future.set_result(None)

    def _refuse(self, error: TimerNotStarted) -> None:
        self._recovery = self._recovery or Recovery(self)
        self._recovery.failed(error)

    def _cancel(self) -> None:
        if self._recovery is None or not self._recovery.cancel():
            self._timer.cancel()
