"""Polls: taking a task or waiting for one, and making the answer of a task that was handed out."""

import hashlib
from typing import TYPE_CHECKING

import msgspec

from ostinato.engine.histories import Newest
from ostinato.engine.ledger import Ledger
from ostinato.engine.pages import PAGE_TOKEN_SECONDS, page_size
from ostinato.engine.task_lists import Delivery, HandedTask, Poller, TaskLists
from ostinato.engine.task_tokens import StartedTask, TaskTokens
from ostinato.engine.tokens import Signer, TaskKind
from ostinato.errors import InternalError, LimitExceededFault, UnknownResourceFault
from ostinato.model import operations as o
from ostinato.model.fields import EventId, PageToken
from ostinato.model.limits import POLLERS_PER_TASK_LIST
from ostinato.model.results import ActivityTask, DecisionTask
from ostinato.model.structures import WorkflowExecution

if TYPE_CHECKING:
    from ostinato.model.events import HistoryEvent

Poll = o.PollForDecisionTask | o.PollForActivityTask


class _Place(msgspec.Struct, frozen=True, array_like=True):
    """Where the next page of a decision task's history begins."""

    execution_key: int
    scheduled_event_id: EventId
    started_event_id: EventId
    previous_started_event_id: EventId
    first: EventId
    """The oldest event that the task shows."""
    next: EventId
    """The event that the page begins with."""
    generation: int = 0
    """How many commits had failed when the task was handed out."""


class PollOperations:
    """What pollers ask.

    Args:
        ledger: where it is written that a task was handed out.
        tokens: makes what the task is answered with.
        signer: makes what the next page is asked for with.
    """

    def __init__(self, ledger: Ledger, tokens: TaskTokens, signer: Signer) -> None:
        self._ledger = ledger
        self._tokens = tokens
        self._signer = signer

    def _lists(self, poll: Poll) -> TaskLists:
        ledger = self._ledger
        return ledger.decision_lists if type(poll) is o.PollForDecisionTask else ledger.activity_lists

    def take(self, poll: Poll, poller: Poller) -> HandedTask | None:
        """Hand out the next task, or let the poller wait. Under the engine's lock."""
        domain, name = poll.domain, poll.task_list.name
        self._ledger.registry.domain(domain)
        lists = self._lists(poll)
        if lists.count_pollers(domain, name) >= POLLERS_PER_TASK_LIST:
            raise LimitExceededFault("Limit on maximum concurrent poll requests per task list reached")
        task = lists.take(domain, name)
        if task is not None:
            return self._ledger.hand(task, poller)
        lists.wait(domain, name, poller)
        return None

    def withdraw(self, poll: Poll, poller: Poller) -> bool:
        """Let the poller leave; False if it was given something already. Under the engine's lock."""
        return self._lists(poll).withdraw(poll.domain, poll.task_list.name, poller)

    # Answers

    def is_lost(self, handed: HandedTask) -> bool:
        """Whether the task went with a commit that failed since it was handed out."""
        started = StartedTask(handed.execution.key, handed.scheduled_event_id, handed.started_event_id)
        return self._tokens.is_lost(started, handed.generation)

    def activity_task(self, handed: HandedTask) -> ActivityTask:
        """The answer to an activity worker's poll."""
        if handed.activity is None:
            raise InternalError("a decision task was handed to an activity worker")
        scheduled = handed.activity.scheduled
        started = StartedTask(handed.execution.key, handed.scheduled_event_id, handed.started_event_id)
        return ActivityTask(
            task_token=self._tokens.sign(TaskKind.ACTIVITY, started, handed.generation),
            activity_id=scheduled.activity_id,
            started_event_id=handed.started_event_id,
            workflow_execution=handed.execution.reference,
            activity_type=scheduled.activity_type,
            input=scheduled.input,
        )

    def first_place(self, poll: o.PollForDecisionTask, handed: HandedTask) -> _Place:
        """Where the history begins that the poll asked for."""
        first = handed.previous_started_event_id if poll.start_at_previous_started_event else EventId(0)
        first = EventId(max(1, first))
        return _Place(
            execution_key=handed.execution.key,
            scheduled_event_id=handed.scheduled_event_id,
            started_event_id=handed.started_event_id,
            previous_started_event_id=handed.previous_started_event_id,
            first=first,
            next=handed.started_event_id if poll.reverse_order else first,
            generation=handed.generation,
        )

    def next_place(self, poll: o.PollForDecisionTask, token: PageToken) -> tuple[HandedTask, _Place]:
        """The task and the place that a page token stands for. Under the engine's lock."""
        position = self._signer.read_page(token, scope=_scope(poll), now=self._ledger.clock.now())
        place = msgspec.msgpack.decode(position, type=_Place)
        execution = self._ledger.executions.get(place.execution_key)
        running = execution.decision_running if execution is not None else None
        if execution is None or running is None or running.started_event_id != place.started_event_id:
            raise UnknownResourceFault(f"Unknown decision task, scheduledEventId = {place.scheduled_event_id}")
        handed = HandedTask(
            execution=execution,
            activity=None,
            scheduled_event_id=place.scheduled_event_id,
            started_event_id=place.started_event_id,
            previous_started_event_id=place.previous_started_event_id,
            workflow_type=execution.settings.workflow_type,
            batch=0,
            generation=place.generation,
        )
        return handed, place

    def newest(self, poll: o.PollForDecisionTask, place: _Place) -> Newest:
        """What memory holds of the page. Under the engine's lock."""
        first, last = _range(poll, place)
        return self._ledger.histories.newest(place.execution_key, first, last)

    def is_at_hand(self, poll: o.PollForDecisionTask, place: _Place, newest: Newest) -> bool:
        """Whether memory holds all of the page."""
        return _range(poll, place)[0] >= newest.first

    def decision_task(
        self, poll: o.PollForDecisionTask, handed: HandedTask, place: _Place, newest: Newest
    ) -> DecisionTask:
        """The answer to a decider's poll. May read the log."""
        first, last = _range(poll, place)
        events: tuple[HistoryEvent, ...] = self._ledger.histories.read(place.execution_key, first, newest)
        if poll.reverse_order:
            events = events[::-1]
            following = first - 1 if first > place.first else 0
        else:
            following = last + 1 if last < place.started_event_id else 0
        started = StartedTask(place.execution_key, place.scheduled_event_id, place.started_event_id)
        return DecisionTask(
            task_token=self._tokens.sign(TaskKind.DECISION, started, place.generation),
            started_event_id=place.started_event_id,
            workflow_execution=WorkflowExecution(
                workflow_id=handed.execution.workflow_id, run_id=handed.execution.run_id
            ),
            workflow_type=handed.workflow_type,
            events=events,
            next_page_token=self._token(poll, place, EventId(following)) if following else None,
            previous_started_event_id=place.previous_started_event_id,
        )

    def _token(self, poll: o.PollForDecisionTask, place: _Place, following: EventId) -> str:
        position = msgspec.msgpack.encode(msgspec.structs.replace(place, next=following))
        expires = self._ledger.clock.now() + PAGE_TOKEN_SECONDS
        return self._signer.sign_page(position, scope=_scope(poll), expires=expires)


def _range(poll: o.PollForDecisionTask, place: _Place) -> tuple[int, int]:
    size = page_size(poll.maximum_page_size)
    if poll.reverse_order:
        return max(place.first, place.next - size + 1), place.next
    return place.next, min(place.started_event_id, place.next + size - 1)


def _scope(poll: o.PollForDecisionTask) -> bytes:
    asked = msgspec.json.encode(["PollForDecisionTask", poll.domain, poll.task_list.name, bool(poll.reverse_order)])
    return hashlib.sha256(asked).digest()


def delivered(delivery: Delivery) -> HandedTask | None:
    """The task that was delivered, if there was one.

    Raises:
        StoreError: it was lost.
    """
    if isinstance(delivery, Exception):
        raise delivery
    return delivery
