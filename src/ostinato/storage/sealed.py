"""`SealedSwf`: a `Swf` that seals the payloads of requests and opens those of answers. All edges may share one.

It learns from decisions and tasks of which type a payload is, and so whose `Payloads` it travels by.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

import msgspec

from ostinato.errors import PayloadUnavailableError
from ostinato.model.decisions import DecisionAttributes, ScheduleActivityTask, StartChildWorkflowExecution
from ostinato.model.events import (
    HistoryEvent,
)
from ostinato.model.fields import TaskToken
from ostinato.model.limits import DATA_CHARACTERS, HEARTBEAT_CHARACTERS
from ostinato.model.operations import (
    Operation,
    RecordActivityTaskHeartbeat,
    RespondActivityTaskCanceled,
    RespondActivityTaskCompleted,
    RespondActivityTaskFailed,
    RespondDecisionTaskCompleted,
    StartWorkflowExecution,
)
from ostinato.model.results import ActivityTask, DecisionTask, History, WorkflowExecutionDetail
from ostinato.model.structures import ActivityType, WorkflowExecution, WorkflowType
from ostinato.payloads.failures import bare_reason, unread_failure
from ostinato.payloads.members import payload_members
from ostinato.payloads.policy import PLAIN, Payloads
from ostinato.replay.definitions import Definition, Workflow
from ostinato.storage.opening import NONE, RECORDS, UNTOLD, Kinds, Opening
from ostinato.storage.sealing import Sealer
from ostinato.swf import Swf, WakesAtClose

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Sealable = TypeVar("Sealable", bound=msgspec.Struct)

_TASKS = 100_000
"""Tasks whose types are remembered, of those that have `Payloads` of their own."""


class Travel:
    """How payloads travel: by what is said of their activity or workflow, else by what is said of all.

    Args:
        payloads: what is said of all.
        is_lenient: whether what cannot be had is given as it stands, for those who only look.
    """

    def __init__(self, payloads: Payloads = PLAIN, *, is_lenient: bool = False) -> None:
        self.is_lenient = is_lenient
        self.payloads = payloads
        self.sealer = Sealer()
        self.sealer.know(payloads)
        self.by_type: dict[ActivityType | WorkflowType, Payloads] = {}
        self._by_token: OrderedDict[TaskToken, Payloads] = OrderedDict()
        self._lock = threading.Lock()

    def know(self, kind: ActivityType | WorkflowType, payloads: Payloads) -> None:
        """Take what is said of an activity or a workflow."""
        self.by_type[kind] = payloads
        self.sealer.know(payloads)

    def learn(self, other: "Travel") -> None:
        """Take what the other one knows of activities and workflows."""
        for kind, payloads in other.by_type.items():
            self.know(kind, payloads)

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to seal, and nothing to open."""
        return self.payloads.is_plain and all(payloads.is_plain for payloads in self.by_type.values())

    def of_type(self, kind: ActivityType | WorkflowType) -> Payloads:
        """How payloads of this activity or workflow travel."""
        return self.by_type.get(kind, self.payloads)

    def of_task(self, token: TaskToken) -> Payloads:
        """How payloads of this task travel."""
        return self._by_token.get(token, self.payloads)

    def note_task(self, token: TaskToken, kind: ActivityType | WorkflowType) -> None:
        """Remember of which type a task is."""
        payloads = self.by_type.get(kind)
        if payloads is None:
            return
        with self._lock:
            self._by_token[token] = payloads
            if len(self._by_token) > _TASKS:
                self._by_token.popitem(last=False)


class SealedSwf:
    """A `Swf` beyond which payloads are sealed.

    Args:
        swf: who carries operations out.
        travel: how payloads travel.
        unopened: events that stay as they are in histories.
        is_lenient: whether what cannot be had is given as it stands; as the travel has it, unless given.
    """

    def __init__(self, swf: Swf, travel: Travel, *, unopened: Kinds = NONE, is_lenient: bool | None = None) -> None:
        self.travel = travel
        self._unopened = unopened
        self._swf = swf
        self._sealer = travel.sealer
        self._opening = Opening(travel.sealer, is_lenient=travel.is_lenient if is_lenient is None else is_lenient)

    def for_replay(self) -> "SealedSwf":
        """The same for deciders, who need not read what they wrote."""
        return SealedSwf(self._swf, self.travel, unopened=RECORDS)

    def for_following(self) -> "SealedSwf":
        """The same for those who only tell how an execution goes on."""
        return SealedSwf(self._swf, self.travel, unopened=UNTOLD, is_lenient=True)

    def call(self, operation: Operation[Answer], /) -> Answer:
        """Carry out the operation, and give its answer opened.

        Raises:
            SwfFault: SWF refuses it.
            PayloadUnavailableError: a payload of the answer cannot be had, or one of the request cannot be kept.
            LimitExceededError: a payload is too long, and there is no store.
        """
        answer = self._swf.call(cast("Operation[Answer]", self._sealed_operation(operation)))
        match answer:
            case DecisionTask():
                return cast("Answer", self._opened_decision_task(answer, operation))
            case ActivityTask():
                return cast("Answer", self._opened_task(answer))
            case History():
                events = self._opening.events(answer.events, but=self._unopened)
                return cast("Answer", msgspec.structs.replace(answer, events=events))
            case WorkflowExecutionDetail():
                return cast("Answer", self._opening.opened(answer))
            case _:
                return answer

    # Requests.

    def _sealed_operation(self, operation: Operation[Any]) -> Operation[Any]:
        match operation:
            case RespondDecisionTaskCompleted():
                return self._sealed_decisions(operation)
            case RecordActivityTaskHeartbeat(task_token=token):
                if operation.details is None:
                    return operation
                payloads = self.travel.of_task(token)
                return self._sealed(operation, payloads, HEARTBEAT_CHARACTERS)
            case (
                RespondActivityTaskCompleted(task_token=token)
                | RespondActivityTaskFailed(task_token=token)
                | RespondActivityTaskCanceled(task_token=token)
            ):
                return self._sealed(operation, self.travel.of_task(token))
            case StartWorkflowExecution(workflow_type=workflow_type):
                return self._sealed(operation, self.travel.of_type(workflow_type))
            case _:
                return self._sealed(operation, self.travel.payloads)

    def _sealed_decisions(self, operation: RespondDecisionTaskCompleted) -> RespondDecisionTaskCompleted:
        own = self.travel.of_task(operation.task_token)

        def sealed(decision: DecisionAttributes) -> DecisionAttributes:
            match decision:
                case ScheduleActivityTask(activity_type=activity_type):
                    return self._sealed(decision, self.travel.of_type(activity_type))
                case StartChildWorkflowExecution(workflow_type=workflow_type):
                    return self._sealed(decision, self.travel.of_type(workflow_type))
                case _:
                    return self._sealed(decision, own)

        decisions = operation.decisions or ()
        if any(map(_is_long, decisions)):
            decisions = tuple(self._sealer.each(sealed, decisions))
        else:
            decisions = tuple(map(sealed, decisions))
        return self._sealed(msgspec.structs.replace(operation, decisions=decisions), own)

    def _sealed(self, value: Sealable, payloads: Payloads, limit: int = DATA_CHARACTERS) -> Sealable:
        """The value with its payloads sealed."""
        changes: dict[str, str] = {}
        for name in payload_members(type(value)):
            text = getattr(value, name)
            if text is not None and (sealed := self._sealer.seal(text, payloads, limit)) is not text:
                changes[name] = sealed
        if payloads.is_secret and getattr(value, "reason", None) and getattr(value, "details", None):
            # The reason repeats the message that the details keep secret.
            changes["reason"] = bare_reason(getattr(value, "reason", ""))
        return msgspec.structs.replace(value, **changes) if changes else value

    # Answers.

    def _opened_decision_task(self, task: DecisionTask, operation: Operation[Any]) -> DecisionTask:
        """The task, opened. If its first page cannot be had it has no events: whoever reads them anew is told why."""
        self.travel.note_task(task.task_token, task.workflow_type)
        try:
            events = self._opening.events(task.events, but=RECORDS)
        except PayloadUnavailableError:
            if getattr(operation, "next_page_token", None) is not None:
                raise
            return msgspec.structs.replace(task, events=(), next_page_token=None)
        return msgspec.structs.replace(task, events=events)

    def _opened_task(self, task: ActivityTask) -> ActivityTask | None:
        """The task with its input opened; None if that cannot be had, which is reported as a failure of the task."""
        self.travel.note_task(task.task_token, task.activity_type)
        try:
            return self._opening.opened(task)
        except PayloadUnavailableError as error:
            logger.error(  # noqa: TRY400  # it says all
                "The input of activity task %s of %s cannot be had: %s",
                task.activity_id,
                task.workflow_execution.workflow_id,
                error,
            )
            failure = unread_failure(error)
            self.call(
                RespondActivityTaskFailed(task_token=task.task_token, reason=failure.reason, details=failure.details)
            )
            return None


def for_replay(swf: Swf) -> Swf:
    """The `Swf` for a decider, who need not read what was written for others."""
    return swf.for_replay() if isinstance(swf, SealedSwf) else swf


def for_following(swf: Swf) -> Swf:
    """The `Swf` for who follows executions: of histories failures are opened, and what cannot be had harms nobody."""
    return swf.for_following() if isinstance(swf, SealedSwf) else swf


class SealedWakingSwf(SealedSwf):
    """The same of a `Swf` that wakes who waits for the end of an execution."""

    def __init__(self, swf: Swf, travel: Travel, waking: WakesAtClose) -> None:
        super().__init__(swf, travel)
        self._waking = waking

    def await_close(self, domain: str, execution: WorkflowExecution, timeout: float | None, /) -> HistoryEvent | None:
        """The event that closed the execution, opened; see `WakesAtClose`.

        Raises:
            PayloadUnavailableError: a payload of it cannot be had.
        """
        event = self._waking.await_close(domain, execution, timeout)
        return None if event is None else self._opening.opened(event)


def _is_long(decision: DecisionAttributes) -> bool:
    """Whether sealing the decision may take its time."""
    return any(len(getattr(decision, name) or "") > HEARTBEAT_CHARACTERS for name in payload_members(type(decision)))


def travel_of(payloads: Payloads, definitions: Iterable[Definition]) -> Travel:
    """How payloads travel, with what is said of these activities and workflows."""
    travel = Travel(payloads)
    for definition in definitions:
        if definition.payloads is not None:
            kind = definition.workflow_type if isinstance(definition, Workflow) else definition.activity_type
            travel.know(kind, definition.payloads)
    return travel


def open_history(events: Sequence[HistoryEvent], travel: Travel) -> Sequence[HistoryEvent]:
    """The events as a replay reads them, opened.

    Raises:
        PayloadUnavailableError: a payload cannot be had.
    """
    return events if travel.is_plain else Opening(travel.sealer).events(events, but=RECORDS)


def seal(swf: Swf, travel: Travel) -> Swf:
    """The `Swf`, with payloads sealed beyond it.

    One that seals already learns what is said of single types, and goes on as it did. Where nothing is to be sealed,
    the `Swf` is given back as it is.
    """
    if isinstance(swf, SealedSwf):
        swf.travel.learn(travel)
        return swf
    if travel.is_plain:
        return swf
    return SealedWakingSwf(swf, travel, swf) if isinstance(swf, WakesAtClose) else SealedSwf(swf, travel)
