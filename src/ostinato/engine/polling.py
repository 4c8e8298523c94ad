"""Waiting for tasks: with a callback, and, on top of that, in the poller's own thread."""

from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import NamedTuple

from ostinato.engine.operations.polls import Poll, PollOperations, delivered
from ostinato.engine.task_lists import Delivery, HandedTask, Poller
from ostinato.engine.transactions import Transactions
from ostinato.errors import DatabaseWriteError, StoreError
from ostinato.model import operations as o
from ostinato.model.results import ActivityTask, DecisionTask

FLUSH_SECONDS = 0.002
"""So long a local poller that has nothing to do leaves changes uncommitted, in case a task comes."""

PATIENCE_SECONDS = 0.25
"""With a manual clock: so long (in real time) nothing happens before time passes over tasks that nobody polls for."""

_LEAVING_SECONDS = 1.0
"""So long an interrupted poller waits for the task that is on its way to it, to give it back."""


class PendingPoll:
    """A poll that waits for a task.

    Args:
        poll: what was asked.
        poller: who waits.
        transactions: for leaving.
        polls: for leaving, and for the answer.
    """

    def __init__(self, poll: Poll, poller: Poller, transactions: Transactions, polls: PollOperations) -> None:
        self._poll = poll
        self._poller = poller
        self._transactions = transactions
        self._polls = polls

    def withdraw(self) -> bool:
        """Wait no longer; False if something is, or will be, delivered: it has to be taken."""
        with self._transactions.lock:
            return self._polls.withdraw(self._poll, self._poller)

    def hand_back(self, delivery: Delivery) -> None:
        """Give back what was delivered and nobody has seen: the next poller gets it; the start in history is its.

        Raises:
            StoreError: that could not be made durable.
        """
        if isinstance(delivery, HandedTask):
            with self._transactions.transaction():
                # If it was lost, another start may have its ids now.
                if not self._polls.is_lost(delivery):
                    self._transactions.ledger.take_back(delivery)

    def answer(self, delivery: Delivery) -> ActivityTask | DecisionTask | None:
        """The poll's answer, of what was delivered. Waits until it may be shown; may read the log.

        Raises:
            StoreError: the task was lost, because it could not be made durable.
        """
        if isinstance(delivery, HandedTask):
            self._transactions.commits.commit(delivery.batch)
        return self.prepared(delivery).make()

    def prepared(self, delivery: Delivery) -> "PreparedAnswer":
        """The poll's answer, of what was delivered, still to be made.

        Raises:
            StoreError: the task was lost, because it could not be made durable.
        """
        handed, poll, polls = delivered(delivery), self._poll, self._polls
        if handed is None:
            return PreparedAnswer(True, lambda: None)
        if polls.is_lost(handed):
            raise DatabaseWriteError(found="the task went with a commit that failed", hint="Poll again")
        if isinstance(poll, o.PollForActivityTask):
            return PreparedAnswer(True, lambda: polls.activity_task(handed))
        place = polls.first_place(poll, handed)
        with self._transactions.lock:
            newest = polls.newest(poll, place)
        is_at_hand = polls.is_at_hand(poll, place, newest)
        return PreparedAnswer(is_at_hand, lambda: polls.decision_task(poll, handed, place, newest))


class PreparedAnswer(NamedTuple):
    """A poll's answer that is still to be made."""

    is_at_hand: bool
    """Whether memory holds all of it, so that making it does not read the log."""
    make: Callable[[], ActivityTask | DecisionTask | None]


class Polling:
    """Carries out polls.

    Args:
        transactions: in which tasks are taken.
        polls: what polls ask.
        poll_seconds: how long a blocking poll waits.
    """

    def __init__(self, transactions: Transactions, polls: PollOperations, poll_seconds: float) -> None:
        self._transactions = transactions
        self._polls = polls
        self._poll_seconds = poll_seconds

    def begin(self, poll: Poll, deliver: Callable[[Delivery], None], *, is_local: bool) -> PendingPoll:
        """Take a task, or wait for one; either way it is delivered once, possibly before this returns, from any thread.

        A local poller has its task before what that rests on is durable; the answer is made when it is.

        Raises:
            SwfFault: there is no such domain, or too many poll already.
        """
        poller = Poller(deliver, identity=poll.identity, is_local=is_local)
        with self._transactions.transaction() as transaction:
            transaction.is_volatile = True
            handed = self._polls.take(poll, poller)
        if handed is not None:
            deliver(handed)
        return PendingPoll(poll, poller, self._transactions, self._polls)

    def begin_soon(self, poll: Poll, deliver: Callable[[Delivery], None]) -> PendingPoll:
        """The same for a poller of another process, without waiting for the disk.

        Raises:
            SwfFault: there is no such domain, or too many poll already.
        """
        poller = Poller(deliver, identity=poll.identity, is_local=False)
        with self._transactions.transaction() as transaction:
            transaction.waits = False
            handed = self._polls.take(poll, poller)
            if handed is None:
                transaction.is_volatile = True
            else:
                transaction.after = lambda error: deliver(handed if error is None else error)
        return PendingPoll(poll, poller, self._transactions, self._polls)

    def poll(self, poll: Poll, *, is_local: bool) -> ActivityTask | DecisionTask | None:
        """Take a task, or wait for one in this thread; None if none came."""
        if isinstance(poll, o.PollForDecisionTask) and poll.next_page_token is not None:
            return self._next_page(poll, poll.next_page_token)
        mailbox: SimpleQueue[Delivery] = SimpleQueue()
        pending = self.begin(poll, mailbox.put, is_local=is_local)
        delivery: Delivery = None
        try:
            delivery = self._delivery(pending, mailbox, is_local=is_local)
            return pending.answer(delivery)
        except BaseException:
            # As by Ctrl-C: a task must not stay with one who has left.
            _leave(pending, mailbox, delivery)
            raise

    def _next_page(self, poll: o.PollForDecisionTask, token: str) -> DecisionTask:
        with self._transactions.lock:
            handed, place = self._polls.next_place(poll, token)
            newest = self._polls.newest(poll, place)
        return self._polls.decision_task(poll, handed, place, newest)

    def _delivery(self, pending: PendingPoll, mailbox: "SimpleQueue[Delivery]", *, is_local: bool) -> Delivery:
        try:
            return mailbox.get_nowait()
        except Empty:
            return self._wait(pending, mailbox, is_local=is_local)

    def _wait(self, pending: PendingPoll, mailbox: "SimpleQueue[Delivery]", *, is_local: bool) -> Delivery:
        until = monotonic() + self._poll_seconds
        if not self._transactions.commits.open.is_empty:
            try:
                return mailbox.get(timeout=FLUSH_SECONDS if is_local else 0)
            except Empty:
                self._transactions.commits.commit_all()
        while (remaining := until - monotonic()) > 0:
            seen = self._transactions.count
            try:
                return mailbox.get(timeout=self._patience(remaining))
            except Empty:
                self._lose_patience(seen)
        if pending.withdraw():
            return None
        # Something is on its way already.
        return mailbox.get()

    def _patience(self, remaining: float) -> float:
        return min(remaining, PATIENCE_SECONDS) if self._transactions.is_manual else remaining

    def _lose_patience(self, seen: int) -> None:
        if self._transactions.is_manual and seen == self._transactions.count:
            with self._transactions.transaction():
                self._transactions.skip_time(is_forced=True)


def _leave(pending: PendingPoll, mailbox: "SimpleQueue[Delivery]", delivery: Delivery) -> None:
    if delivery is None and not pending.withdraw():
        with suppress(Empty):
            delivery = mailbox.get(timeout=_LEAVING_SECONDS)
    # If that fails, the task is lost with its batch, and waits again already.
    with suppress(StoreError):
        pending.hand_back(delivery)
