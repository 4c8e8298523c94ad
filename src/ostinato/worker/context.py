"""What the code of an activity may ask while it runs: which task it is, whether it should stop; and its heartbeat."""

import logging
import threading
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

from ostinato.errors import UnknownResourceFault, UsageError
from ostinato.model.fields import TaskToken
from ostinato.model.limits import HEARTBEAT_CHARACTERS
from ostinato.model.operations import RecordActivityTaskHeartbeat
from ostinato.model.structures import ActivityType, WorkflowExecution
from ostinato.payloads.policy import Payloads
from ostinato.swf import Swf

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityInfo:
    """The task that runs. `attempt` counts from 1; with the token somebody else may complete the task."""

    domain: str
    workflow_execution: WorkflowExecution
    activity_type: ActivityType
    activity_id: str
    attempt: int
    task_token: TaskToken


class CompletedLater(BaseException):
    """Raised by `complete_later()` to leave the activity's code. Not an error, and not to be caught."""


class RunningActivity:
    """An activity task in the hands of this process."""

    __slots__ = (
        "_details",
        "_former_details",
        "_lock",
        "_payloads",
        "_swf",
        "cancel_requested",
        "info",
        "is_isolated",
        "is_lost",
        "on_cancel",
    )

    def __init__(self, info: ActivityInfo, *, swf: Swf, payloads: Payloads, former_details: str | None = None) -> None:
        self.info = info
        self.cancel_requested = False
        """Whether the task should stop: the workflow asked for it, or SWF does not wait for it any more."""
        self.is_lost = False
        """Whether SWF does not wait for it any more."""
        self.is_isolated = False
        """Whether the process is the activity's alone, and is killed with its group."""
        self.on_cancel: Callable[[], object] | None = None
        self._swf = swf
        self._payloads = payloads.notes
        self._details: str | None = None
        self._former_details = former_details
        self._lock = threading.Lock()

    @property
    def details(self) -> str | None:
        """What its heartbeats told last, as text."""
        return self._details

    def load_former_details(self, as_type: Any) -> Any:
        """What the heartbeats of an earlier attempt told last; None if there was nothing.

        Raises:
            PayloadError: it is no value of that type.
        """
        return self._payloads.load(self._former_details, as_type)

    def record_details(self, details: object) -> None:
        """Keep details for this heartbeat and those to come.

        Raises:
            PayloadError: they cannot become text.
            LimitExceededError: their text is too long.
        """
        text = self._payloads.dump(details)
        self._payloads.check_length(text, field="the heartbeat's details", limit=HEARTBEAT_CHARACTERS)
        self._details = text

    def beat(self, text: str | None = None) -> None:
        """Tell SWF that the task is alive, and learn whether it should stop.

        Args:
            text: details for this heartbeat and those to come; the last ones, unless given.

        Raises:
            Exception: SWF could not be reached.
        """
        with self._lock:
            if text is not None:
                self._details = text
            heartbeat = RecordActivityTaskHeartbeat(task_token=self.info.task_token, details=self._details)
            try:
                status = self._swf.call(heartbeat)
            except UnknownResourceFault:
                self.is_lost = True
                self.request_cancel()
            else:
                if status.cancel_requested:
                    self.request_cancel()

    def request_cancel(self) -> None:
        """Ask the activity's code to stop."""
        if self.cancel_requested:
            return
        self.cancel_requested = True
        if self.on_cancel is not None:
            self.on_cancel()


class Underway:
    """The activity tasks in the hands of this process, by their tokens. Safe between threads."""

    def __init__(self) -> None:
        self._running: dict[str, RunningActivity] = {}

    def add(self, running: RunningActivity) -> None:
        """The task begins."""
        self._running[running.info.task_token] = running

    def remove(self, running: RunningActivity) -> None:
        """The task has come to its end."""
        self._running.pop(running.info.task_token, None)

    def details(self, token: str) -> str | None:
        """What the heartbeats of the task with this token told last, as text."""
        running = self._running.get(token)
        return None if running is None else running.details


running_activity: ContextVar[RunningActivity] = ContextVar("running_activity")


def _current(call: str) -> RunningActivity:
    running = running_activity.get(None)
    if running is None:
        raise UsageError(
            found=f"{call}() was called outside of an activity", hint="Call it from the code of an @activity that runs"
        )
    return running


def activity_info() -> ActivityInfo:
    """The task that runs.

    Raises:
        UsageError: no activity runs here.
    """
    return _current("activity_info").info


def cancel_requested() -> bool:
    """Whether the activity should stop; it does by raising `asyncio.CancelledError`. Learned from heartbeats.

    Raises:
        UsageError: no activity runs here.
    """
    return _current("cancel_requested").cancel_requested


@overload
def heartbeat_details() -> Any: ...
@overload
def heartbeat_details(as_type: type[T]) -> T | None: ...
def heartbeat_details(as_type: Any = Any) -> Any:
    """What an earlier attempt at this activity told last with `heartbeat(details)`: where this one may go on.

    None if there was no earlier attempt, or it told nothing. Converted to `as_type` if one is given.

    Raises:
        UsageError: no activity runs here.
        PayloadError: it is no value of that type.
    """
    return _current("heartbeat_details").load_former_details(as_type)


def heartbeat(details: object = None) -> None:
    """Tell SWF now that the activity is alive. Workers also do it by themselves, with the last details given.

    SWF that cannot be reached is no error of the activity's.

    Args:
        details: how far it is, for the next attempt's `heartbeat_details()` and for a workflow that sees it time out;
            at most 2,048 characters as JSON.

    Raises:
        UsageError: no activity runs here.
        PayloadError: the details cannot become text.
        LimitExceededError: their text is too long.
    """
    running = _current("heartbeat")
    if details is not None:
        running.record_details(details)
    try:
        running.beat()
    except Exception as error:  # noqa: BLE001  # the activity does its work, whatever SWF's clients raise
        logger.warning("The heartbeat of %s did not get through: %s", running.info.activity_id, error)


def complete_later() -> NoReturn:
    """Leave the activity without an answer, and its task open: whoever has its token completes it, at any time.

    The token is `activity_info().task_token`, and `Client.complete_activity` takes it; hand it on before. SWF waits for
    as long as the activity's time-outs allow. No worker sends heartbeats any more: without `heartbeat_timeout=None`,
    whoever has the token has to (`Client.heartbeat`).

    Raises:
        CompletedLater: always, in order to leave the code.
        UsageError: no activity runs here.
    """
    _current("complete_later")
    raise CompletedLater
