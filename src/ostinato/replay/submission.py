"""What workflow code submitted: a request, its future, and what is done when it does not end well."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from ostinato import errors
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.limits import DATA_CHARACTERS
from ostinato.payloads.along import send_along
from ostinato.payloads.policy import Payloads
from ostinato.replay.definitions import Activity, Workflow
from ostinato.replay.execution import LONGEST_BACK_OFF, Execution, bounded_id
from ostinato.replay.failures import FailureHook
from ostinato.replay.futures import Future
from ostinato.replay.keys import Kind
from ostinato.replay.recovery import Arguments, Recovery
from ostinato.replay.retry import Retry
from ostinato.replay.reuse import take_result
from ostinato.replay.timers import Timer

if TYPE_CHECKING:
    from ostinato.errors import TaskError
    from ostinato.replay.ledger import Request


_NO_ARGUMENTS: Arguments = ((), {})


class _Settings(Protocol):
    """What all that can be submitted has."""

    @property
    def name(self) -> str: ...
    @property
    def retry(self) -> Retry | None: ...
    @property
    def on_failure(self) -> FailureHook | None: ...


class Submission(ABC):
    """What the three have in common: a request, its future, and what is done when it does not end well."""

    __slots__ = (
        "_input",
        "_recovery",
        "_refusals",
        "_state",
        "_timer",
        "arguments",
        "attempt",
        "event_id",
        "execution",
        "future",
        "id",
        "label",
        "name",
        "on_failure",
        "payloads",
        "request",
        "retry",
        "since",
        "what",
    )

    kind: ClassVar[Kind]

    def __init__(self, execution: Execution, task_id: str, what: _Settings, payloads: Payloads) -> None:
        self.execution = execution
        self.payloads = payloads
        self.id = task_id
        self.what: object = what
        self.name = name = what.name
        self.retry = what.retry
        self.on_failure = what.on_failure
        self.attempt = 1
        self.since = execution.loop.now
        self.event_id: int | None = None
        self.request: Request | None = None
        self.label = f"{name} ({task_id})"
        self.future: Future[Any] = Future(loop=execution.loop, label=self.label, on_cancel=self.cancel)
        self._input = ""
        self._refusals = 0
        self._timer: Timer | None = None
        self._recovery: Recovery | None = None
        self.arguments = _NO_ARGUMENTS
        """For the hooks: empty if there are none."""

    def start(self, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
        """Ask for the first attempt.

        Raises:
            PayloadError: an argument cannot become text.
            LimitExceededError: the arguments are longer than SWF takes.
        """
        self._input = self._dump(args, kwargs)
        if self._has_hook():
            self.arguments = (args, kwargs)
        if self.execution.reuse is None or not self._reuse():
            self.ask_again()

    def _reuse(self) -> bool:
        """Take the result that a former run had, if this is to be reused."""
        taken = take_result(self.execution, self._own_id(), self._kind_name(), self._input)
        if taken is not None:
            self._completed(taken.result, self._result_type())
        return taken is not None

    def cancel(self) -> None:
        """Give it up, in whatever state it is."""
        if self._recovery is not None and self._recovery.cancel():
            return
        if self._timer is not None:
            self._timer.cancel()
        elif self.request is not None and not self.execution.ledger.withdraw(self.request):
            self._ask_cancel()

    def _has_hook(self) -> bool:
        return self.on_failure is not None or self.execution.on_task_failure is not None

    def ask_again(self) -> None:
        """Ask for an attempt, now."""
        self._timer = None
        self.request = self.execution.request(self._decision(), self, self.request)

    def _ask_cancel(self) -> None:
        decision = self._cancel_decision()
        if decision is not None:
            self.execution.request(decision, self, self.request)

    def _dump(self, args: Sequence[object], kwargs: Mapping[str, object]) -> str:
        text = self.payloads.dump_arguments(args, kwargs)
        self.payloads.check_length(text, field=f"the input of {self.name}", limit=DATA_CHARACTERS)
        return text

    def _input_of_attempt(self) -> str:
        """The input, with what the worker has to know and SWF does not tell it."""
        return send_along(self._input, self._along())

    def _along(self) -> dict[str, str | int]:
        return {} if self.attempt == 1 else {"attempt": self.attempt}

    # How it ends.

    def _completed(self, text: str | None, as_type: Any) -> None:
        if self.future.done():
            return
        try:
            value = self.payloads.load(text, as_type)
        except errors.PayloadUnavailableError as error:
            self.execution.fail(error)
        except Exception as error:  # noqa: BLE001  (converters may be the author's: it is seen where the future is)
            self.future.set_exception(error)
        else:
            self.future.set_result(value)

    def _failed(self, error: "TaskError") -> None:
        if self._recovery is None:
            self._recovery = Recovery(self)
        self._recovery.failed(error)

    def _refused_for_now(self) -> None:
        """SWF could not take the request now: ask again, later and later."""
        if self.future.done():
            return
        self._refusals += 1
        wait = min(2.0 ** (self._refusals - 1), LONGEST_BACK_OFF)
        self._again(wait, f"__ostinato_back_off-{self.id}-{self._refusals}")

    def _type_unknown(self, definition: Activity[..., Any] | Workflow[..., Any]) -> None:
        """The type has to be registered, which is done with this decision; then ask again."""
        if self.future.done():
            return
        if not self.execution.is_replaying:
            self.execution.unregistered[definition] = None
        self._refusals += 1
        if self._refusals == 1:
            self.ask_again()
        else:
            wait = min(2.0 ** (self._refusals - 2), LONGEST_BACK_OFF)
            self._again(wait, f"__ostinato_register-{self.id}-{self._refusals}")

    def _again(self, wait: float, timer_id: str) -> None:
        """Ask again after a durable timer; at once if the code has ended, since the end does not wait."""
        if wait <= 0 or self.execution.loop.stopped:
            self.ask_again()
            return
        self._timer = Timer(
            self.execution,
            wait,
            self._ask_in_time,
            bounded_id(timer_id),
            on_refusal=self._not_again,
            source=self.request,
        )

    def _ask_in_time(self) -> None:
        if not self.execution.loop.stopped:
            self.ask_again()

    def _not_again(self, error: errors.TimerNotStarted) -> None:
        self.future.set_exception(error)

    def _opened(self, event: e.HistoryEvent) -> None:
        self.event_id = event.event_id
        self.execution.is_open(event.event_id, self)

    def _closed(self) -> None:
        self.execution.is_closed(self.kind, self.event_id)
        self.event_id = None

    # What differs.

    def _own_id(self) -> str:
        """Its id, as it is in other runs too."""
        return self.id

    @abstractmethod
    def _kind_name(self) -> str:
        """Its type's name and version, or what it has in place of a type."""

    @abstractmethod
    def _result_type(self) -> Any:
        """What its result is read as."""

    @abstractmethod
    def _decision(self) -> d.DecisionAttributes:
        """What the next attempt is asked for with."""

    def _cancel_decision(self) -> d.DecisionAttributes | None:
        """What its cancellation is asked for with; None if there is nothing that SWF could cancel."""
        return None

    @abstractmethod
    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""
