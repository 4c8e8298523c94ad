"""Stretches under the engine's lock: one cause each, then all that follows from it at once, then the commit.

What follows at once: effects on other executions, tasks for pollers that wait, and whatever is due. With a
`ManualClock` that includes time itself, which skips to the next deadline when nothing can move.
"""

from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ostinato.engine.clock import Clock, ManualClock
from ostinato.engine.commits import Commits
from ostinato.engine.committer import Committer
from ostinato.engine.effects import Effects
from ostinato.engine.ledger import Ledger
from ostinato.engine.rules import timeouts
from ostinato.engine.timekeeper import Timekeeper
from ostinato.errors import DatabaseWriteError, EngineClosedError, StoreError, SwfFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ostinato.engine.task_lists import TaskId

_DUE_AT_ONCE = 100
_DEFERRED_EVENTS = 256


class Transactions:
    """Makes transactions, and keeps time.

    Args:
        lock: the engine's lock.
        clock: tells the time.
        ledger: where history is written.
        effects: carries out what one execution does to another.
        commits: makes it all durable.
    """

    def __init__(self, *, lock: Lock, clock: Clock, ledger: Ledger, effects: Effects, commits: Commits) -> None:
        self.lock = lock
        self.ledger = ledger
        self.commits = commits
        self.count = 0
        """How many there were."""
        self.is_closed = False
        self.committer = Committer(commits)
        self._effects = effects
        self._manual = clock if isinstance(clock, ManualClock) else None
        self._clock = clock
        self._holds = 0
        self._timekeeper = None if self._manual else Timekeeper(clock, lock, ledger.deadlines.peek, self._fire)

    @property
    def is_manual(self) -> bool:
        """Whether time is moved by hand, and skips."""
        return self._manual is not None

    def begin(self) -> None:
        """Let time pass."""
        if self._timekeeper is not None:
            self._timekeeper.start()

    def end(self) -> None:
        """Let time pass no more."""
        if self._timekeeper is not None:
            self._timekeeper.close()
        self.committer.close()

    def transaction(self) -> "Transaction":
        """The next one, for `with`."""
        return Transaction(self)

    # Under the lock

    def follow_through(self) -> None:
        """Let everything happen that follows at once."""
        self.count += 1
        self.settle()
        if self._timekeeper is None:
            self.skip_time()
        else:
            self._timekeeper.notice(self.ledger.deadlines.glance())

    def settle(self) -> None:
        """Carry out effects, hand out tasks and fire what is due, until there is nothing of it."""
        ledger = self.ledger
        for _ in range(_DUE_AT_ONCE):
            if ledger.outbox:
                self._effects.carry_out()
            ledger.match()
            at = ledger.deadlines.glance()
            if at is None or at > (now := self._clock.now()) or not self._fire_next(now):
                return
        # More may be due, in a transaction to come; what was fired last is followed up in this one.
        self._effects.carry_out()
        ledger.match()

    def _fire_next(self, now: float) -> bool:
        deadline = self.ledger.deadlines.pop_due(now)
        execution = self.ledger.executions.get(deadline.execution_key) if deadline is not None else None
        if deadline is None or execution is None:
            return False
        self.ledger.write(execution, timeouts.passed(execution, deadline, self.ledger.timestamp(execution)))
        return True

    def break_off(self, error: BaseException) -> None:
        """Let nothing of the open batch be kept: something went wrong half-way."""
        if self.commits.open.broken is None:
            self.commits.open.broken = DatabaseWriteError(
                found=f"an operation broke off half-way: {error!r}", hint="What it changed was undone"
            )

    # Time by hand

    def skip_time(self, *, is_forced: bool = False) -> None:
        """With a manual clock: go to the next deadline, again and again, while nothing else can move.

        Args:
            is_forced: the first time also if tasks wait that nobody polls for at the moment: nobody will.
        """
        clock = self.manual_clock()
        while self._is_idle(is_forced=is_forced) and (at := self.ledger.deadlines.peek()) is not None:
            is_forced = False
            clock.advance_to(at)
            self.settle()

    def _is_idle(self, *, is_forced: bool) -> bool:
        ledger = self.ledger
        decisions, activities = ledger.decision_lists, ledger.activity_lists
        return (
            not self._holds
            and not ledger.in_hand
            and bool(decisions.poller_count or activities.poller_count)
            and (is_forced or not (decisions.task_count or activities.task_count))
        )

    def advance_to(self, target: float) -> None:
        """With a manual clock: go to an instant, by way of every deadline until then."""
        clock = self.manual_clock()
        while (at := self.ledger.deadlines.peek()) is not None and at <= target:
            clock.advance_to(at)
            self.settle()
        clock.advance_to(target)

    def hold_time(self, holds: int) -> None:
        """Let time not skip until as many holds were given back."""
        self._holds += holds

    def manual_clock(self) -> ManualClock:
        """The clock.

        Raises:
            UsageError: it is the system's.
        """
        if self._manual is None:
            raise UsageError(found="the engine has the system's clock", expected="a ManualClock")
        return self._manual

    def _fire(self) -> None:
        with self.transaction():
            pass


class Transaction:
    """One stretch under the lock, and the commit after it. A fault undoes nothing: it comes before any change."""

    __slots__ = ("_commits", "_transactions", "after", "is_decision", "is_volatile", "may_defer", "waits")

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._commits = transactions.commits
        self.is_volatile = False
        """Whether the caller needs nothing of it to be durable."""
        self.may_defer: TaskId | None = None
        """A task that a worker or decider of this process ended; if this is lost, it is handed out again."""
        self.is_decision = False
        """Whether that task is a decision task."""
        self.waits = True
        """Whether the caller's thread commits, rather than the committer's."""
        self.after: Callable[[Exception | None], None] | None = None
        """Called when all that was seen and changed is durable, or with the reason if it is lost."""

    def __enter__(self) -> Self:
        self._transactions.lock.acquire()
        if self._transactions.is_closed:
            self._transactions.lock.release()
            raise EngineClosedError(found="the engine is closed")
        if self._commits.unusable is not None:
            self._transactions.lock.release()
            raise self._commits.unusable
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        transactions = self._transactions
        try:
            if error is None:
                transactions.follow_through()
            elif not isinstance(error, SwfFault):
                transactions.break_off(error)
        except BaseException as failure:
            transactions.break_off(failure)
            raise
        finally:
            self._leave(error)

    def _leave(self, error: BaseException | None) -> None:
        urgent = self._transactions.ledger.urgent()
        number = self._commits.open.number
        must_commit = self._must_commit(error)
        after = self.after if error is None else None
        if after is not None and (must_commit or self._commits.durable < number - 1):
            self._commits.open.after.append(after)
            must_commit, after = True, None
        self._transactions.lock.release()
        for wake in urgent:
            wake()
        if after is not None:
            after(None)
        if must_commit and not self.waits:
            self._transactions.committer.commit_soon()
        elif must_commit:
            try:
                self._commits.commit(number)
            except StoreError:
                if error is None:
                    raise

    def _must_commit(self, error: BaseException | None) -> bool:
        batch = self._commits.open
        if batch.after or batch.broken is not None:
            return True
        if error is not None or self.is_volatile or batch.is_empty:
            return False
        if self.may_defer is None or len(batch.events) >= _DEFERRED_EVENTS or not self._is_committed_soon():
            return True
        batch.free_if_lost.append(self.may_defer)
        return False

    def _is_committed_soon(self) -> bool:
        """Whether a decider of this process goes on from here: it, or who runs what it decides, commits this too."""
        return self.is_decision or bool(self._transactions.ledger.local_decisions)
