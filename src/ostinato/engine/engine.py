"""The embedded engine: carries out SWF's operations in the caller's own thread, over one event log.

What changes is worked out under one lock and made durable outside of it, in commits that all who wait share. It composes; the
rules are in `rules`, the writing in `ledger`, each operation in `operations`.
"""

import base64
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from ostinato.engine.clock import Clock, ManualClock, SystemClock
from ostinato.engine.commits import Commits
from ostinato.engine.effects import Effects
from ostinato.engine.histories import Histories
from ostinato.engine.lambdas import LambdaFunction, LambdaFunctions
from ostinato.engine.ledger import Ledger
from ostinato.engine.log.log import Log
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.engine.operations.executions import ExecutionOperations
from ostinato.engine.operations.polls import Poll, PollOperations, delivered
from ostinato.engine.operations.registration import RegistrationOperations
from ostinato.engine.operations.tasks import TaskOperations
from ostinato.engine.operations.visibility import VisibilityOperations
from ostinato.engine.pages import Pages
from ostinato.engine.recovery import recover
from ostinato.engine.rules import lambdas, timeouts
from ostinato.engine.rules.lambdas import LambdaOutcome
from ostinato.engine.state import Execution
from ostinato.engine.task_lists import Delivery, HandedTask, Poller, TaskId
from ostinato.engine.task_tokens import StartedTask, TaskTokens
from ostinato.engine.timekeeper import Timekeeper
from ostinato.engine.tokens import Signer
from ostinato.engine.validation import check
from ostinato.errors import DatabaseWriteError, StoreError, SwfFault, UsageError
from ostinato.model import events as e
from ostinato.model import operations as o
from ostinato.model.fields import EventId, RunId
from ostinato.model.limits import POLL_SECONDS
from ostinato.model.operations import Operation
from ostinato.model.results import ActivityTask, DecisionTask
from ostinato.swf import Swf

Answer = TypeVar("Answer")

FLUSH_SECONDS = 0.002
"""So long a local poller that has nothing to do leaves changes uncommitted, in case a task comes."""

PATIENCE_SECONDS = 0.25
"""With a manual clock: so long (in real time) nothing happens before time passes over tasks that nobody polls for."""

_DUE_AT_ONCE = 100
_DEFERRED_EVENTS = 256
_RUN_ID_BYTES = 32


def new_run_id() -> RunId:
    """A run id like Amazon's: "22" and 32 random bytes in base 64."""
    return RunId("22" + base64.b64encode(os.urandom(_RUN_ID_BYTES)).decode())


class Engine:
    """SWF, embedded: a `Swf` over an event log. Safe to call from several threads. `open_engine` makes one.

    Args:
        log: the event log, which it owns from now on.
        clock: tells the time.
        poll_seconds: how long a poll waits for a task.
        lambda_functions: the Python functions that stand in for Lambda functions, by name.
        make_run_id: makes run ids.
    """

    def __init__(
        self,
        log: Log,
        *,
        clock: Clock,
        poll_seconds: float = POLL_SECONDS,
        lambda_functions: Mapping[str, LambdaFunction] | None = None,
        make_run_id: Callable[[], RunId] = new_run_id,
    ) -> None:
        self._log = log
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._lock = Lock()
        self._is_closed = False
        self._holds = 0
        self._transactions = 0
        self._lambdas = LambdaFunctions(lambda_functions or {})
        self._commits = Commits(log, self._lock, self._lose)
        self._histories = Histories(log)
        signer = Signer(log.secret)
        self._tokens = TaskTokens(signer)
        self._ledger = Ledger(
            clock=clock, commits=self._commits, histories=self._histories, epoch=log.epoch, new_run_id=make_run_id
        )
        self._effects = Effects(self._ledger, self._invoke)
        self._polls = PollOperations(self._ledger, self._tokens, signer)
        self._tasks = TaskOperations(self._ledger, self._tokens)
        self._visibility = VisibilityOperations(self._ledger, log, Pages(signer))
        self._writes = self._write_table(signer)
        self._reads = self._read_table()
        self._timekeeper = (
            None
            if isinstance(clock, ManualClock)
            else Timekeeper(clock, self._lock, self._ledger.deadlines.peek, self._fire)
        )
        self._begin()

    # The public face

    def call(self, operation: Operation[Answer], /) -> Answer:
        """Carry out the operation and give its answer, once what it changed is durable.

        Raises:
            SwfFault: SWF refuses the operation; nothing was changed.
            StoreError: what it changed could not be kept; nothing was changed.
        """
        return self._call(operation, is_local=False)

    def local(self) -> Swf:
        """This engine for workers of the same process: they die with it, so that handing them a task costs no commit."""
        return _LocalEngine(self._call)

    def close(self) -> None:
        """Make everything durable and give the database back. Whoever waits for a task gets none. Closing twice is harmless."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            pollers = [*self._ledger.decision_lists.pollers(), *self._ledger.activity_lists.pollers()]
        for poller in pollers:
            poller.deliver(None)
        if self._timekeeper is not None:
            self._timekeeper.close()
        self._lambdas.close()
        try:
            self._commits.commit_all()
        finally:
            self._log.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    # Time, by hand

    def advance(self, seconds: float) -> None:
        """With a `ManualClock`: let so much time pass, and everything happen that is due meanwhile, when it is due.

        Raises:
            UsageError: the engine has the system's clock.
        """
        clock = self._manual_clock()
        with self._transaction():
            target = clock.now() + seconds
            while (at := self._ledger.deadlines.peek()) is not None and at <= target:
                clock.advance_to(at)
                self._follow_through()
            clock.advance_to(target)

    @contextmanager
    def time_held(self) -> Iterator[None]:
        """With a `ManualClock`: time does not skip by itself meanwhile, however idle all may be."""
        with self._lock:
            self._holds += 1
        try:
            yield
        finally:
            with self._transaction():
                self._holds -= 1

    def _manual_clock(self) -> ManualClock:
        if not isinstance(self._clock, ManualClock):
            raise UsageError(found="the engine has the system's clock", expected="a ManualClock")
        return self._clock

    # Calls

    def _write_table(self, signer: Signer) -> dict[type[Operation[Any]], Callable[[Any], object]]:
        executions = ExecutionOperations(self._ledger)
        registration = RegistrationOperations(self._ledger, Pages(signer))
        return {
            o.StartWorkflowExecution: executions.start,
            o.SignalWorkflowExecution: executions.signal,
            o.RequestCancelWorkflowExecution: executions.request_cancel,
            o.TerminateWorkflowExecution: executions.terminate,
            o.RespondDecisionTaskCompleted: self._tasks.complete_decision,
            o.RecordActivityTaskHeartbeat: self._tasks.heartbeat,
            o.CountPendingActivityTasks: self._tasks.count_activities,
            o.CountPendingDecisionTasks: self._tasks.count_decisions,
            o.RegisterDomain: registration.register_domain,
            o.DeprecateDomain: registration.deprecate_domain,
            o.UndeprecateDomain: registration.undeprecate_domain,
            o.DescribeDomain: registration.describe_domain,
            o.ListDomains: registration.list_domains,
            o.TagResource: registration.tag,
            o.UntagResource: registration.untag,
            o.ListTagsForResource: registration.list_tags,
            o.RegisterActivityType: registration.register_activity_type,
            o.RegisterWorkflowType: registration.register_workflow_type,
            o.DeprecateActivityType: registration.deprecate_type,
            o.DeprecateWorkflowType: registration.deprecate_type,
            o.UndeprecateActivityType: registration.undeprecate_type,
            o.UndeprecateWorkflowType: registration.undeprecate_type,
            o.DeleteActivityType: registration.delete_type,
            o.DeleteWorkflowType: registration.delete_type,
            o.DescribeActivityType: registration.describe_activity_type,
            o.DescribeWorkflowType: registration.describe_workflow_type,
            o.ListActivityTypes: registration.list_activity_types,
            o.ListWorkflowTypes: registration.list_workflow_types,
        }

    def _read_table(self) -> dict[type[Operation[Any]], Callable[[Any], object]]:
        return {
            o.GetWorkflowExecutionHistory: self._visibility.history,
            o.ListOpenWorkflowExecutions: self._visibility.list_executions,
            o.ListClosedWorkflowExecutions: self._visibility.list_executions,
            o.CountOpenWorkflowExecutions: self._visibility.count_executions,
            o.CountClosedWorkflowExecutions: self._visibility.count_executions,
        }

    def _call(self, operation: Operation[Answer], *, is_local: bool) -> Answer:
        check(operation)
        write = self._writes.get(type(operation))
        if write is not None:
            return cast(Answer, self._write(write, operation))
        match operation:
            case o.RespondActivityTaskCompleted() | o.RespondActivityTaskFailed() | o.RespondActivityTaskCanceled():
                return cast(Answer, self._end_activity(operation, is_local=is_local))
            case o.PollForActivityTask():
                return cast(Answer, self._poll_for_activity(operation, is_local=is_local))
            case o.PollForDecisionTask():
                return cast(Answer, self._poll_for_decision(operation, is_local=is_local))
            case o.DescribeWorkflowExecution():
                return cast(Answer, self._describe(operation))
            case _:
                self._commits.commit_all()
                self._forget_expired()
                return cast(Answer, self._reads[type(operation)](operation))

    def _write(self, write: Callable[[Any], object], operation: Operation[Any]) -> object:
        with self._transaction():
            return write(operation)

    def _transaction(self) -> "_Transaction":
        return _Transaction(self)

    def _end_activity(
        self,
        operation: o.RespondActivityTaskCompleted | o.RespondActivityTaskFailed | o.RespondActivityTaskCanceled,
        *,
        is_local: bool,
    ) -> None:
        with self._transaction() as transaction:
            ended = self._tasks.end_activity(operation)
            transaction.may_defer = ended if is_local else None

    def _describe(self, operation: o.DescribeWorkflowExecution) -> object:
        with self._transaction():
            found = self._visibility.describe_open(operation)
        if found is None:
            self._commits.commit_all()
            self._forget_expired()
            found = self._visibility.describe_closed(operation)
        return found

    def _forget_expired(self) -> None:
        while keys := self._log.expired(self._clock.now()):
            with self._transaction():
                self._commits.open.forgotten.extend(keys)

    # Polls

    def _poll_for_activity(self, poll: o.PollForActivityTask, *, is_local: bool) -> ActivityTask | None:
        handed = self._poll(poll, is_local=is_local)
        return self._polls.activity_task(handed) if handed is not None else None

    def _poll_for_decision(self, poll: o.PollForDecisionTask, *, is_local: bool) -> DecisionTask | None:
        if poll.next_page_token is not None:
            with self._lock:
                handed, place = self._polls.next_place(poll, poll.next_page_token)
                newest = self._polls.newest(poll, place)
        else:
            taken = self._poll(poll, is_local=is_local)
            if taken is None:
                return None
            handed, place = taken, self._polls.first_place(poll, taken)
            with self._lock:
                newest = self._polls.newest(poll, place)
        return self._polls.decision_task(poll, handed, place, newest)

    def _poll(self, poll: Poll, *, is_local: bool) -> HandedTask | None:
        mailbox: SimpleQueue[Delivery] = SimpleQueue()
        poller = Poller(mailbox.put, identity=poll.identity, is_local=is_local)
        with self._transaction() as transaction:
            transaction.commits = False
            handed = self._polls.take(poll, poller)
        if handed is None:
            return self._wait(poll, poller, mailbox)
        if handed.batch > self._commits.durable:
            self._commits.commit(handed.batch)
        return handed

    def _wait(self, poll: Poll, poller: Poller, mailbox: "SimpleQueue[Delivery]") -> HandedTask | None:
        until = monotonic() + self._poll_seconds
        if not self._commits.open.is_empty:
            try:
                return delivered(mailbox.get(timeout=FLUSH_SECONDS if poller.is_local else 0))
            except Empty:
                self._commits.commit_all()
        while (remaining := until - monotonic()) > 0:
            seen = self._transactions
            try:
                return delivered(mailbox.get(timeout=remaining if self._timekeeper else min(remaining, PATIENCE_SECONDS)))
            except Empty:
                if self._timekeeper is None and seen == self._transactions:
                    with self._transaction():
                        self._skip_time(is_forced=True)
        with self._lock:
            if self._polls.withdraw(poll, poller):
                return None
        # Something is on its way already.
        return delivered(mailbox.get())

    # Following through, under the lock

    def _follow_through(self) -> None:
        self._transactions += 1
        self._settle()
        if self._timekeeper is None:
            self._skip_time(is_forced=False)
        else:
            self._timekeeper.notice(self._ledger.deadlines.glance())

    def _settle(self) -> None:
        ledger = self._ledger
        for _ in range(_DUE_AT_ONCE):
            if ledger.outbox:
                self._effects.carry_out()
            ledger.match()
            at = ledger.deadlines.glance()
            if at is None or at > (now := self._clock.now()) or not self._fire_next(now):
                return

    def _fire_next(self, now: float) -> bool:
        deadline = self._ledger.deadlines.pop_due(now)
        execution = self._ledger.executions.get(deadline.execution_key) if deadline is not None else None
        if deadline is None or execution is None:
            return False
        self._ledger.write(execution, timeouts.passed(execution, deadline, self._ledger.timestamp(execution)))
        return True

    def _skip_time(self, *, is_forced: bool) -> None:
        clock = self._manual_clock()
        while self._is_idle(is_forced=is_forced) and (at := self._ledger.deadlines.peek()) is not None:
            is_forced = False
            clock.advance_to(at)
            self._settle()

    def _is_idle(self, *, is_forced: bool) -> bool:
        ledger = self._ledger
        decisions, activities = ledger.decision_lists, ledger.activity_lists
        # A task that nobody polls for at the moment has a worker between two polls; or none, which patience tells.
        has_waiting = bool(decisions.task_count or activities.task_count)
        return (
            not self._holds
            and not ledger.in_hand
            and bool(decisions.poller_count or activities.poller_count)
            and (is_forced or not has_waiting)
        )

    # In threads of our own

    def _fire(self) -> None:
        with self._transaction():
            pass

    def _invoke(self, execution: Execution, scheduled: e.LambdaFunctionScheduled) -> None:
        task = execution.lambdas[scheduled.event_id]
        key, started_event_id = execution.key, task.started_event_id

        def ended(outcome: LambdaOutcome) -> None:
            self._end_lambda(key, scheduled.event_id, started_event_id, outcome)

        def invoke(error: Exception | None) -> None:
            if error is None:
                self._lambdas.invoke(scheduled.name, scheduled.input, ended)

        self._commits.open.after.append(invoke)

    def _end_lambda(
        self, key: int, scheduled_event_id: EventId, started_event_id: EventId, outcome: LambdaOutcome
    ) -> None:
        if self._is_closed:
            return
        with self._transaction():
            execution = self._ledger.executions.get(key)
            task = execution.lambdas.get(scheduled_event_id) if execution is not None else None
            if execution is not None and task is not None and task.started_event_id == started_event_id:
                now = self._ledger.timestamp(execution)
                self._ledger.write(execution, lambdas.ended(execution, task, outcome, now))

    # The beginning, and after a commit that failed

    def _begin(self) -> None:
        with self._transaction():
            for orphan in recover(self._ledger, self._log):
                self._invoke(orphan.execution, orphan.scheduled)
        self._forget_expired()
        if self._timekeeper is not None:
            self._timekeeper.start()

    def _lose(self, lost_answers: list[TaskId]) -> None:
        ledger = self._ledger
        held = set(_held(ledger))
        # They poll again, and find what is there then.
        for poller in (*ledger.decision_lists.pollers(), *ledger.activity_lists.pollers()):
            poller.deliver(None)
        ledger.clear()
        self._histories.clear()
        recover(ledger, self._log, lost_answers)
        self._settle()
        self._tokens.lose(held - set(_held(ledger)))

    def _break(self, error: BaseException) -> None:
        if self._commits.open.broken is None:
            self._commits.open.broken = DatabaseWriteError(
                found=f"an operation broke off half-way: {error!r}", hint="What it changed was undone"
            )


class _Transaction:
    """A stretch under the engine's lock, and what has to come after it."""

    __slots__ = ("_engine", "commits", "may_defer")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.commits = True
        """Whether what was changed has to be durable in the end."""
        self.may_defer: TaskId | None = None
        """An activity task of a local worker that was answered."""

    def __enter__(self) -> Self:
        engine = self._engine
        engine._lock.acquire()
        if engine._is_closed:
            engine._lock.release()
            raise StoreError(found="the engine is closed")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        engine = self._engine
        commits, ledger = engine._commits, engine._ledger
        try:
            if error is None:
                engine._follow_through()
            elif not isinstance(error, SwfFault):
                engine._break(error)
        except BaseException as failure:
            engine._break(failure)
            raise
        finally:
            urgent = ledger.urgent()
            batch = commits.open
            must_commit = batch.broken is not None or self._must_commit()
            number = batch.number
            engine._lock.release()
            for poller, delivery in urgent:
                poller.deliver(delivery)
        if must_commit:
            try:
                commits.commit(number)
            except StoreError:
                if error is None:
                    raise

    def _must_commit(self) -> bool:
        engine = self._engine
        batch = engine._commits.open
        if batch.after:
            return True
        if self.may_defer is not None and len(batch.events) < _DEFERRED_EVENTS:
            if self.may_defer.execution_key in engine._ledger.local_decisions:
                batch.deferred.append(self.may_defer)
                return False
        return self.commits and not batch.is_empty


class _LocalEngine:
    """The engine, as workers of its own process see it."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def call(self, operation: Operation[Answer], /) -> Answer:
        """Carry out the operation, as `Engine.call` does."""
        return cast(Answer, self._call(operation, is_local=True))


def _held(ledger: Ledger) -> Iterator[StartedTask]:
    """Every start of a task that is in somebody's hands."""
    for execution in ledger.executions:
        running = execution.decision_running
        if running is not None:
            yield StartedTask(execution.key, running.scheduled.event_id, running.started_event_id)
        for scheduled_event_id, activity in execution.activities.items():
            if activity.held_since is not None:
                yield StartedTask(execution.key, scheduled_event_id, activity.started_event_id)


def open_engine(
    path: Path | str,
    *,
    clock: Clock | None = None,
    poll_seconds: float = POLL_SECONDS,
    lambda_functions: Mapping[str, LambdaFunction] | None = None,
) -> Engine:
    """The engine over the SQLite file at the path, which is made if it does not exist; ":memory:" keeps all in memory.

    Args:
        path: the file, or ":memory:".
        clock: tells the time; the system's, unless given. With a `ManualClock` time skips to the next deadline when nothing
            can move and somebody polls.
        poll_seconds: how long a poll waits for a task.
        lambda_functions: the Python functions that stand in for Lambda functions, by name.

    Raises:
        DatabaseInUseError: another process has the file open.
        StoreError: the file cannot be used.
    """
    return Engine(
        SqliteLog(path),
        clock=clock if clock is not None else SystemClock(),
        poll_seconds=poll_seconds,
        lambda_functions=lambda_functions,
    )
