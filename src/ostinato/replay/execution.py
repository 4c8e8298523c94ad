"""One execution from within: what workflow code asks of, and what history tells it, meet here."""

import hashlib
import inspect
import sys
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from types import CodeType
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ostinato.errors import NondeterminismError, OutsideWorkflowError, UnwindingError
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.limits import DATA_CHARACTERS, ID_CHARACTERS
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.converter import Converter
from ostinato.payloads.policy import Payloads, as_payloads
from ostinato.replay.carrying import Carried, carry
from ostinato.replay.definitions import Workflow
from ostinato.replay.futures import Future, hand_on
from ostinato.replay.inbox import Inbox
from ostinato.replay.keys import Key, Kind, decision_key, describe
from ostinato.replay.ledger import Ledger, Owner, Request, Stage
from ostinato.replay.loop import ReplayLoop, running_loop
from ostinato.replay.strands import author_frame, refuse_to_stay, run_plain, source_line
from ostinato.replay.timers import Timer

if TYPE_CHECKING:
    from ostinato.replay.definitions import Activity
    from ostinato.replay.failures import FailureHook
    from ostinato.replay.identity import SharedTask
    from ostinato.replay.markers import Marker
    from ostinato.replay.recovery import Recovery
    from ostinato.replay.reuse import Reuse

LONGEST_BACK_OFF = 60.0
"""Seconds, at most, before what SWF refuses for a while is asked for again."""

REFUSED = -1_000_000
"""The count in `Execution.ahead` of an activity whose scheduling was refused at some time."""


class Execution:
    """What the calls of workflow code act upon."""

    closing: "Closing | None" = None
    """How the code ended, if it did."""

    def __init__(
        self,
        workflow: Workflow[..., Any],
        *,
        execution: WorkflowExecution,
        converter: Converter,
        domain: str | None,
    ) -> None:
        self.workflow = workflow
        self.workflow_execution = execution
        self._payloads = as_payloads(converter)
        self.payloads = self.payloads_of(workflow)
        """How its input and its result travel."""
        self.converter = self.payloads.notes
        """How all else travels that is not an activity's or a child's."""
        self.domain = domain
        self.loop = ReplayLoop(self)  # type: ignore[abstract]  # what it lacks is refused
        self.ledger = Ledger(self.payloads.stand_in)
        self.inbox = Inbox(self)
        self.owners: dict[int, Owner] = {}
        """What is open, by the id of the event that opened it."""
        self.started: e.WorkflowExecutionStarted
        """History's first event, which comes before any code."""
        self.is_cancel_requested = False
        self.is_replaying = False
        """Whether what the code does now was decided before."""
        self.last_event_id = 0
        self.full_up_to = 0
        """The last event known which tells that a decision did not hold all that was asked for."""
        self.execution_context: str | None = None
        self.on_task_failure: FailureHook | None = None
        """What the workflow wants to be asked when a task does not end well."""
        self.pauses: dict[str, Recovery] = {}
        """Tasks that wait to be tried again, by their ids."""
        self.abort: Callable[[BaseException], None]
        """Ends the execution as failed."""
        self.unregistered: dict[Activity[..., Any] | Workflow[..., Any], None] = {}
        self.markers: dict[str, e.MarkerRecorded] = {}
        """Markers that history has and the code has not yet asked for, by name."""
        self.ahead: dict[str, int] = {}
        """How often each activity is recorded as scheduled in what the code has not yet come to.

        Negative: it was refused at some time.
        """
        self.patches: dict[str, bool] = {}
        """Whether the execution follows each patch that the code asked about."""
        self.shared_tasks: dict[str, SharedTask] = {}
        """Tasks that are joined when they are asked for again, by what they are and their ids."""
        self.unrecorded_markers = 0
        self.runs_once: object = None
        """The strand (a greenlet) that is within a function of `run_once`, if one is."""
        self.notes: list[Marker] = []
        """The markers that the code left."""
        self.failure: BaseException | None = None
        """Why this decision cannot be made."""
        self.reuse: Reuse | None = None
        """What it reuses of a former run, if it repairs one."""
        self.seed = execution.run_id
        """Where its chance comes from."""
        self._counts: dict[str, int] = {}
        self._next_batch: Future[None] | None = None

    def payloads_of(self, definition: "Activity[..., Any] | Workflow[..., Any]") -> Payloads:
        """How the inputs and results of an activity or a workflow travel."""
        return definition.payloads or self._payloads

    # Requests.

    def request(self, decision: d.DecisionAttributes, owner: Owner, source: Request | None = None) -> Request:
        """Ask for a decision.

        Args:
            decision: what is asked for.
            owner: who is told what became of it.
            source: an earlier request of which this one is a consequence; the author's line is its.

        Raises:
            UnwindingError: the workflow's code is being put away.
        """
        code, line = (source.code, source.line) if source else _author()
        return self._make(Request(decision_key(decision), decision, owner, code, line))

    def request_recorded(self, key: Key, owner: Owner) -> Request:
        """Ask for what history is known to have recorded, and which therefore need not be spelt out.

        Raises:
            UnwindingError: the workflow's code is being put away.
        """
        return self._make(Request(key, None, owner, None, 0))

    def _make(self, request: Request) -> Request:
        if self.loop.stopped and running_loop() is self.loop and not isinstance(request.owner, Closing):
            refuse_to_stay()
            raise UnwindingError(
                found=f"{describe(request.key)} was asked for while the workflow's code was being put away",
                hint="An `except BaseException` or a `finally` that decides should let the exception pass",
            )
        self.ledger.make(request)
        return request

    def number(self, name: str) -> int:
        """How often this was asked for something of that name, from 1."""
        count = self._counts.get(name, 0) + 1
        self._counts[name] = count
        return count

    def set_alarm(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """A durable timer that calls back."""
        return Timer(self, seconds, callback, f"timer-{self.number('timer')}")

    def chance(self) -> bytes:
        """Sixteen bytes that look random, and are the same in every replay."""
        seed = f"{self.seed} {self.number('chance')}"
        return hashlib.sha256(seed.encode()).digest()[:16]

    def fraction(self) -> float:
        """A number from 0 up to 1 that looks random, and is the same in every replay."""
        return (int.from_bytes(self.chance()[:8], "big") >> 11) / (1 << 53)

    # Strands of code.

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Coroutine[Any, Any, Any]:
        """The function as a coroutine, be it `def` or `async def`."""
        if inspect.iscoroutinefunction(function):
            coroutine: Coroutine[Any, Any, Any] = function(*args, **kwargs)
            return coroutine
        return run_plain(function, *args, **kwargs)

    def spawn(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the function beside the caller."""
        task = self.loop.create_task(self.run(function, *args, **kwargs))

        future: Future[Any] = Future(loop=self.loop, label=label_of(function))
        future.is_running = True
        hand_on(task, future)
        return future

    # Batches.

    def next_batch(self) -> Future[None]:
        """Done when the decisions of this batch have been recorded."""
        if self._next_batch is None:
            self._next_batch = Future(loop=self.loop, label="the record of this decision")
            self.ledger.want_wake_up()
        return self._next_batch

    def batch_is_recorded(self) -> None:
        """All records of a batch have been read."""
        waiting, self._next_batch = self._next_batch, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def is_open(self, event_id: int, owner: Owner) -> None:
        """The event with that id opened something of this owner's."""
        self.owners[event_id] = owner

    def is_closed(self, kind: Kind, event_id: int | None) -> None:
        """What the event with that id opened (None: nothing was) is open no more."""
        self.ledger.closed(kind)
        if event_id is not None:
            self.owners.pop(event_id, None)

    def waits(self) -> Iterator[str]:
        """What is open or asked for, in words: submissions, timers and deliveries, then signals that are waited for."""
        for owner in dict.fromkeys((*self.owners.values(), *self.ledger.awaited())):
            yield owner.label
        yield from self.inbox.waits()

    # What the code may know.

    @property
    def now(self) -> datetime:
        """The time of the event that the code sees."""
        return datetime.fromtimestamp(self.loop.now, UTC)

    @property
    def tag_list(self) -> tuple[str, ...]:
        """Its tags."""
        return tuple(tag for tag in self.started.tag_list or () if tag is not None)

    def fail(self, error: BaseException) -> None:
        """This decision cannot be made; the first reason counts."""
        self.failure = self.failure or error
        self.loop.stopped = True

    def mismatch(self, requested: str) -> NondeterminismError:
        """The code asked for something during replay that history lacks."""
        code, line = _author()
        source = None if code is None else source_line(code, line)
        error = NondeterminismError(recorded=None, requested=requested, event_id=self.last_event_id, source=source)
        self.fail(error)
        return error


class Closing:
    """The owner of the decision that closes the execution."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self.request: Request | None = None
        self.label = "the close of the execution"
        self.is_cancel_requested = False
        """Whether somebody asked for a cancellation when the code had ended."""
        self._refusals = 0

    def close(self, decision: d.DecisionAttributes, source: Request | None = None) -> None:
        """Ask for the close, after all that was asked for before."""
        self._execution.loop.stopped = True
        self._execution.closing = self
        self._decision = decision
        self.request = self._execution.request(decision, self, source)

    def carry(self) -> None:
        """If it goes on as another run, have that told what this one was sent and its code has not seen, as of now.

        Raises:
            LimitExceededError: it does not fit beside the arguments.
            PayloadError: the input has no place for it.
        """
        decision, request, execution = self._decision, self.request, self._execution
        if request is None or request.stage is Stage.RECORDED:
            return
        if not isinstance(decision, d.ContinueAsNewWorkflowExecution):
            return
        carried = Carried(signals=execution.inbox.untaken(), is_cancel_requested=self.is_cancel_requested)
        text = carry(decision.input or "", carried)
        field = f"the input of continue_as_new(), with {len(carried.signals)} signals that nobody has taken,"
        execution.payloads.check_length(text, field=field, limit=DATA_CHARACTERS)
        request.decision = msgspec.structs.replace(decision, input=text)

    def handle(self, event: e.HistoryEvent) -> None:
        """Ask again if SWF refused: at once if something new had come in, which has been seen by now; else later."""
        failed = (
            e.CompleteWorkflowExecutionFailed,
            e.FailWorkflowExecutionFailed,
            e.CancelWorkflowExecutionFailed,
            e.ContinueAsNewWorkflowExecutionFailed,
        )
        if not isinstance(event, failed):
            return
        self._execution.ledger.closed(Kind.CLOSE)
        match event.cause.name:
            case "UNHANDLED_DECISION":
                self._again()
            case "WORKFLOW_TYPE_DOES_NOT_EXIST":
                if not self._execution.is_replaying:
                    self._execution.unregistered[self._execution.workflow] = None
                self._later()
            case "OPERATION_NOT_PERMITTED" | "CONTINUE_AS_NEW_WORKFLOW_EXECUTION_RATE_EXCEEDED":
                self._later()
            case cause:
                reason = f"The execution could not be continued as new: {cause}"
                self.close(d.FailWorkflowExecution(reason=reason), self.request)

    def _again(self) -> None:
        self.close(self._decision, self.request)

    def _later(self) -> None:
        wait = min(2.0**self._refusals, LONGEST_BACK_OFF)
        self._refusals += 1
        Timer(self._execution, wait, self._again, f"__ostinato_close-{self._refusals}", source=self.request)


def current(call: str) -> Execution:
    """The execution whose code is running.

    Raises:
        OutsideWorkflowError: none is.
    """
    loop = running_loop()
    if loop is None:
        raise OutsideWorkflowError(call)
    return cast("Execution", loop.owner)


def bounded_id(text: str) -> str:
    """The id, shortened to what SWF takes in the way that simpleflow does it."""
    if len(text) <= ID_CHARACTERS:
        return text
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return f"{text[:223]}-{digest}"


def _author() -> tuple[CodeType | None, int]:
    """The innermost line that is not ours."""
    found = author_frame(sys._getframe(2))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return (found[1], found[0].f_lineno) if found is not None else (None, 0)


def label_of(function: Callable[..., Any]) -> str:
    """A function's name, for humans."""
    return getattr(function, "__qualname__", None) or repr(function)
