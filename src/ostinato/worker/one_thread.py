"""Everything that is the author's in one thread, one thing at a time: for debuggers.

Pollers are threads as ever. What they bring is handed over to the one thread that serves; it makes decisions before it
runs activities. Time-outs of what runs are lifted, as whoever looks at a line takes their time.
"""

import bdb
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from ostinato.model.decisions import (
    ContinueAsNewWorkflowExecution,
    DecisionAttributes,
    FailWorkflowExecution,
    ScheduleActivityTask,
    StartChildWorkflowExecution,
)
from ostinato.model.durations import NONE
from ostinato.model.operations import RespondActivityTaskFailed
from ostinato.model.results import ActivityTask
from ostinato.replay.definitions import Workflow
from ostinato.worker.attempts import Attempts
from ostinato.worker.catalog import Catalog
from ostinato.worker.lane import Lane
from ostinato.worker.middleware import Deciding, Decisions, Report

_GLANCE = 0.1
_QUIT = "bdb.BdbQuit"


class Left(BaseException):
    """Whoever debugs has left: what runs is neither done nor failed."""


class _Work:
    """What one thread does for another."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = threading.Event()


class OneThread:
    """Runs what other threads hand over, in the thread that calls `serve`."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._decisions: deque[_Work] = deque()
        self._activities: deque[_Work] = deque()
        self._is_closed = False
        self.has_left = False
        """Whether whoever debugs has left."""

    def serve(self, until: Callable[[], bool]) -> None:
        """Do what is handed over, one thing after the other, until that is true; then nothing more is done."""
        while not until():
            with self._changed:
                self._changed.wait_for(lambda: self._decisions or self._activities, _GLANCE)
                queue = self._decisions or self._activities
                work = queue.popleft() if queue else None
            if work is not None:
                self._do(work)
        with self._changed:
            self._is_closed = True
            left = [*self._decisions, *self._activities]
        for work in left:
            work.done.set()

    def _do(self, work: _Work) -> None:
        try:
            work.result = work.function()
        except Left:
            self.has_left = True
        except BaseException as error:  # noqa: BLE001  # it is the business of whoever handed it over
            work.error = error
        finally:
            work.done.set()

    def decide(self, function: Callable[[], object]) -> None:
        """Let it be done, before all activities, and wait for that."""
        self._hand_over(self._decisions, function)

    def run(self, function: Callable[[], Any]) -> Any:
        """What it gives, when it is its turn; None if it is not done."""
        return self._hand_over(self._activities, function)

    def _hand_over(self, queue: deque[_Work], function: Callable[[], Any]) -> Any:
        work = _Work(function)
        with self._changed:
            if self._is_closed:
                return None
            queue.append(work)
            self._changed.notify_all()
        work.done.wait()
        if work.error is not None:
            raise work.error
        return work.result

    def around_decision(self, _deciding: Deciding, decide: Callable[[], Decisions]) -> Decisions:
        """A middleware: who leaves the debugger within workflow code does not fail the workflow.

        Raises:
            Left: they did.
        """
        decisions = decide()
        last = decisions[-1] if decisions else None
        if isinstance(last, FailWorkflowExecution) and (last.reason or "").startswith(("BdbQuit", _QUIT)):
            self.has_left = True
            raise Left
        return decisions


class AttemptsInOneThread(Attempts):
    """Runs activity tasks in the one thread.

    Args:
        one_thread: it.
        parts: those of `Attempts`.
    """

    def __init__(self, one_thread: OneThread, *parts: Any, **named: Any) -> None:
        super().__init__(*parts, **named)
        self._one_thread = one_thread

    def run(self, task: ActivityTask) -> Report | None:
        """The report to send; None if whoever debugs has left."""
        report: Report | None = self._one_thread.run(lambda: super(AttemptsInOneThread, self).run(task))
        return report

    def is_begun(self, task: ActivityTask) -> bool:  # noqa: ARG002  # none is
        """Never: `async def` activities have their turn as all others."""
        return False

    def failed(
        self, task: ActivityTask, error: BaseException, heartbeat: str | None = None
    ) -> RespondActivityTaskFailed:
        """The report that the task failed with this exception.

        Raises:
            Left: it is that of a debugger that was left, or Ctrl-C.
        """
        if isinstance(error, bdb.BdbQuit | KeyboardInterrupt):
            raise Left
        return super().failed(task, error, heartbeat)


@dataclass(frozen=True)
class PatientLane(Lane):
    """A lane in which what runs has no time-out."""

    def _redirected(
        self, decision: DecisionAttributes, workflow: Workflow[..., Any], catalog: Catalog
    ) -> DecisionAttributes:
        decision = super()._redirected(decision, workflow, catalog)
        match decision:
            case ScheduleActivityTask():
                return msgspec.structs.replace(
                    decision,
                    schedule_to_start_timeout=NONE,
                    schedule_to_close_timeout=NONE,
                    start_to_close_timeout=NONE,
                    heartbeat_timeout=NONE,
                )
            case StartChildWorkflowExecution() | ContinueAsNewWorkflowExecution():
                return msgspec.structs.replace(decision, task_start_to_close_timeout=NONE)
            case _:
                return decision
