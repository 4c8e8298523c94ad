"""The embedded engine: carries out SWF's operations in the caller's own thread, over one event log.

What changes is worked out under one lock and made durable outside of it, in commits that all who wait share. It
composes: the rules are in `rules`, the writing in `ledger`, each operation in `operations`.
"""

import base64
import logging
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from threading import Lock
from types import TracebackType
from typing import Any, Self, TypeVar, get_args

from ostinato.engine.clock import Clock, SystemClock
from ostinato.engine.closes import Close
from ostinato.engine.commits import Commits, OpenBatch
from ostinato.engine.effects import Effects
from ostinato.engine.histories import Histories
from ostinato.engine.lambdas import LambdaFunction, LambdaFunctions
from ostinato.engine.ledger import Ledger
from ostinato.engine.log.log import Log
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.engine.operations.executions import ExecutionOperations
from ostinato.engine.operations.polls import Poll, PollOperations
from ostinato.engine.operations.registration import RegistrationOperations
from ostinato.engine.operations.tasks import TaskOperations
from ostinato.engine.operations.visibility import VisibilityOperations
from ostinato.engine.pages import Pages
from ostinato.engine.polling import PendingPoll, Polling
from ostinato.engine.recovery import free_tasks, held_tasks, recover, started_tasks
from ostinato.engine.rules import lambdas
from ostinato.engine.rules.activities import ActivityAnswer
from ostinato.engine.rules.lambdas import LambdaOutcome
from ostinato.engine.state import Execution
from ostinato.engine.statistics import Statistics, statistics
from ostinato.engine.task_lists import Delivery, TaskId
from ostinato.engine.task_tokens import TaskTokens
from ostinato.engine.tokens import Signer
from ostinato.engine.transactions import Transactions
from ostinato.engine.validation import check
from ostinato.errors import StoreError
from ostinato.model import events as e
from ostinato.model import operations as o
from ostinato.model.fields import EventId, RunId, TaskToken
from ostinato.model.limits import EVENTS_PER_EXECUTION, POLL_SECONDS
from ostinato.model.operations import Operation
from ostinato.model.structures import WorkflowExecution
from ostinato.swf import Swf

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

_RUN_ID_BYTES = 32
_FORGET_SECONDS = 1.0
"""Executions past their retention period are looked for at most so often."""


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
        event_limit: the length of history at which an execution is terminated; SWF's is 25,000.
    """

    def __init__(
        self,
        log: Log,
        *,
        clock: Clock,
        poll_seconds: float = POLL_SECONDS,
        lambda_functions: Mapping[str, LambdaFunction] | None = None,
        make_run_id: Callable[[], RunId] = new_run_id,
        event_limit: int = EVENTS_PER_EXECUTION,
    ) -> None:
        lock = Lock()
        signer = Signer(log.secret)
        self._log = log
        self._clock = clock
        self._lambdas = LambdaFunctions(lambda_functions or {})
        self._commits = Commits(log, lock, self._lose)
        self._histories = Histories(log)
        self._tokens = TaskTokens(signer)
        self._ledger = Ledger(
            clock=clock,
            commits=self._commits,
            histories=self._histories,
            epoch=log.epoch,
            new_run_id=make_run_id,
            event_limit=event_limit,
        )
        self._transactions = Transactions(
            lock=lock,
            clock=clock,
            ledger=self._ledger,
            effects=Effects(self._ledger, self._invoke),
            commits=self._commits,
        )
        polls = PollOperations(self._ledger, self._tokens, signer)
        self._polling = Polling(self._transactions, polls, poll_seconds)
        self._tasks = TaskOperations(self._ledger, self._tokens)
        pages = Pages(signer)
        self._visibility = VisibilityOperations(self._ledger, log, pages)
        self._changes = self._change_table(
            ExecutionOperations(self._ledger), RegistrationOperations(self._ledger, pages)
        )
        self._others = self._other_table()
        self._quick: dict[type[Operation[Any]], Callable[[Any], Any]] = {
            **self._changes,
            o.RespondDecisionTaskCompleted: self._answer_decision,
            **dict.fromkeys(get_args(ActivityAnswer), self._answer_activity),
        }
        self._forgets_at = 0.0
        self._begin()

    # The public face

    def call(self, operation: Operation[Answer], /) -> Answer:
        """Carry out the operation and give its answer, once what it changed is durable.

        Raises:
            SwfFault: SWF refuses the operation; nothing was changed.
            StoreError: what it changed could not be kept; nothing was changed.
        """
        answer: Answer = self._call(operation, is_local=False)
        return answer

    def local(self) -> Swf:
        """This engine for workers of the same process: they die with it, so handing them a task costs no commit."""
        return _LocalEngine(self._call, self.await_close)

    def is_quick(self, operation: Operation[Any]) -> bool:
        """Whether `begin` takes the operation: it neither waits for a task nor reads the log."""
        return type(operation) in self._quick

    def begin(self, operation: Operation[Answer], done: Callable[[Exception | None], None]) -> Answer:
        """Carry out a quick operation without waiting for the disk, and give its answer, which nobody may see yet.

        `done` is called once, from any thread and possibly before this returns, and must be quick: with None when the
        answer may be seen, or with a StoreError if it is void.

        Raises:
            SwfFault: SWF refuses the operation; nothing was changed, and `done` is not called.
        """
        check(operation)
        with self._transactions.transaction() as transaction:
            transaction.waits, transaction.after = False, done
            answer: Answer = self._quick[type(operation)](operation)
            return answer

    def begin_poll(self, poll: Poll, deliver: Callable[[Delivery], None]) -> PendingPoll:
        """Wait for a task without a thread and without waiting for the disk, for pollers of other processes.

        `deliver` is called once, from any thread and possibly before this returns, and must be quick; what it is given
        makes the poll's answer with `PendingPoll.answer`.

        Raises:
            SwfFault: SWF refuses the poll.
        """
        check(poll)
        return self._polling.begin_soon(poll, deliver)

    def domain_of(self, task_token: TaskToken) -> str | None:
        """The domain of the task that the token is for; None if its execution is closed, or there is none."""
        with self._transactions.lock:
            return self._tasks.domain(task_token)

    def trouble(self) -> StoreError | None:
        """Why changes are refused at the moment: the disk is full, say. None if all is well. May wait for the disk."""
        return self._commits.trouble()

    def statistics(self) -> Statistics:
        """What goes on at the moment, in numbers."""
        with self._transactions.lock:
            return statistics(self._ledger)

    def await_close(self, domain: str, execution: WorkflowExecution, timeout: float | None, /) -> e.HistoryEvent | None:
        """The event that closed the execution, waiting for it up to the time-out in seconds.

        None if it is still open, if it closed long ago, or if it is not known: the caller has to look.
        """
        close = self._await_close(domain, execution, timeout)
        if close is None:
            return None
        try:
            self._commits.commit(close.batch)
        except StoreError:
            return None
        return close.event

    def _await_close(self, domain: str, execution: WorkflowExecution, timeout: float | None) -> Close | None:
        transactions, ledger, run_id = self._transactions, self._ledger, execution.run_id
        with transactions.lock:
            if transactions.is_closed:
                return None
            if ledger.executions.find(domain, execution.workflow_id, run_id) is None:
                return ledger.closes.last(run_id)
            waiter = ledger.closes.expect(run_id)
        try:
            return waiter.get(timeout=timeout)
        except Empty:
            return None
        finally:
            with transactions.lock:
                ledger.closes.forget(run_id, waiter)

    def close(self) -> None:
        """Make everything durable and give the database back; who waits for a task gets none. Twice is harmless."""
        transactions, ledger = self._transactions, self._ledger
        with transactions.lock:
            if transactions.is_closed:
                return
            transactions.is_closed = True
            pollers = [*ledger.decision_lists.pollers(), *ledger.activity_lists.pollers()]
            ledger.closes.wake_all()
        for poller in pollers:
            poller.deliver(None)
        transactions.end()
        self._lambdas.close()
        try:
            self._commits.commit_all()
        finally:
            self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Time, by hand

    def advance(self, seconds: float) -> None:
        """With a `ManualClock`: let so much time pass, and everything happen that is due meanwhile, when it is due.

        Raises:
            UsageError: the engine has the system's clock.
        """
        self._transactions.manual_clock()
        with self._transactions.transaction():
            self._transactions.advance_to(self._clock.now() + seconds)

    @contextmanager
    def time_held(self) -> Generator[None]:
        """With a `ManualClock`: time does not skip by itself meanwhile, however idle all may be."""
        with self._transactions.lock:
            self._transactions.hold_time(1)
        try:
            yield
        finally:
            with self._transactions.transaction():
                self._transactions.hold_time(-1)

    # Calls

    def _call(self, operation: Operation[Any], *, is_local: bool) -> Any:
        check(operation)
        change = self._changes.get(type(operation))
        if change is None:
            return self._others[type(operation)](operation, is_local)
        with self._transactions.transaction():
            return change(operation)

    def _change_table(
        self, executions: ExecutionOperations, registration: RegistrationOperations
    ) -> dict[type[Operation[Any]], Callable[[Any], object]]:
        """What is done under the lock, and answered after the commit."""
        return {
            o.StartWorkflowExecution: executions.start,
            o.SignalWorkflowExecution: executions.signal,
            o.RequestCancelWorkflowExecution: executions.request_cancel,
            o.TerminateWorkflowExecution: executions.terminate,
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

    def _other_table(self) -> dict[type[Operation[Any]], Callable[[Any, bool], object]]:
        """What waits, reads the log, or may be answered before its commit."""
        return {
            o.PollForDecisionTask: self._poll,
            o.PollForActivityTask: self._poll,
            o.RespondDecisionTaskCompleted: self._complete_decision,
            o.RespondActivityTaskCompleted: self._end_activity,
            o.RespondActivityTaskFailed: self._end_activity,
            o.RespondActivityTaskCanceled: self._end_activity,
            o.DescribeWorkflowExecution: self._describe,
            o.GetWorkflowExecutionHistory: self._read(self._visibility.history),
            o.ListOpenWorkflowExecutions: self._read(self._visibility.list_executions),
            o.ListClosedWorkflowExecutions: self._read(self._visibility.list_executions),
            o.CountOpenWorkflowExecutions: self._read(self._visibility.count_executions),
            o.CountClosedWorkflowExecutions: self._read(self._visibility.count_executions),
        }

    def _poll(self, poll: Poll, is_local: bool) -> object:  # noqa: FBT001 (all entries of the table look alike)
        return self._polling.poll(poll, is_local=is_local)

    def _complete_decision(self, operation: o.RespondDecisionTaskCompleted, is_local: bool) -> None:  # noqa: FBT001
        with self._transactions.transaction() as transaction:
            ended = self._tasks.complete_decision(operation)
            transaction.is_decision = True
            transaction.may_defer = ended if is_local else None

    def _answer_decision(self, operation: o.RespondDecisionTaskCompleted) -> None:
        self._tasks.complete_decision(operation)

    def _end_activity(self, answer: ActivityAnswer, is_local: bool) -> None:  # noqa: FBT001
        with self._transactions.transaction() as transaction:
            ended = self._tasks.end_activity(answer)
            transaction.may_defer = ended if is_local else None

    def _answer_activity(self, answer: ActivityAnswer) -> None:
        self._tasks.end_activity(answer)

    def _describe(self, operation: o.DescribeWorkflowExecution, _: bool) -> object:  # noqa: FBT001
        with self._transactions.transaction():
            found = self._visibility.describe_open(operation)
        if found is None:
            self._settle_log()
            found = self._visibility.describe_closed(operation)
        return found

    def _read(self, read: Callable[[Any], object]) -> Callable[[Any, bool], object]:
        def settled(operation: object, _: bool) -> object:  # noqa: FBT001
            self._settle_log()
            return read(operation)

        return settled

    def _settle_log(self) -> None:
        """Let the log hold all that has happened, and nothing that is past its retention period."""
        self._commits.commit_all()
        now = self._clock.now()
        if now < self._forgets_at:
            return
        self._forgets_at = now + _FORGET_SECONDS
        while keys := self._log.expired(now):
            with self._transactions.transaction():
                self._commits.open.forgotten.extend(keys)

    # Lambda functions

    def _invoke(self, execution: Execution, scheduled: e.LambdaFunctionScheduled) -> None:
        key, started_event_id = execution.key, execution.lambdas[scheduled.event_id].started_event_id

        def ended(outcome: LambdaOutcome) -> None:
            # After the close the next start invokes it again.
            while not self._transactions.is_closed:
                try:
                    self._end_lambda(TaskId(key, scheduled.event_id), started_event_id, outcome)
                except StoreError as error:
                    logger.error("the outcome of Lambda function %s waits: %s", scheduled.name, error)  # noqa: TRY400
                    self._lambdas.pause()
                else:
                    return

        def invoke(error: Exception | None) -> None:
            if error is None:
                self._lambdas.invoke(scheduled.name, scheduled.input, ended)

        self._commits.open.after.append(invoke)

    def _end_lambda(self, task_id: TaskId, started_event_id: EventId, outcome: LambdaOutcome) -> None:
        ledger = self._ledger
        with self._transactions.transaction():
            execution = ledger.executions.get(task_id.execution_key)
            task = execution.lambdas.get(task_id.scheduled_event_id) if execution is not None else None
            if execution is not None and task is not None and task.started_event_id == started_event_id:
                ledger.write(execution, lambdas.ended(execution, task, outcome, ledger.timestamp(execution)))

    # The beginning, and what comes after a commit that failed

    def _begin(self) -> None:
        with self._transactions.transaction():
            for orphan in recover(self._ledger, self._log):
                self._invoke(orphan.execution, orphan.scheduled)
        self._settle_log()
        self._transactions.begin()

    def _lose(self, lost: Sequence[OpenBatch]) -> None:
        ledger = self._ledger
        # A start that is lost may have been answered already; its answer may be sent again.
        held = {*held_tasks(ledger), *started_tasks(record for batch in lost for record in batch.events)}
        free = [*(task for batch in lost for task in batch.free_if_lost), *free_tasks(ledger)]
        # They poll again, and find what is there then.
        for poller in (*ledger.decision_lists.pollers(), *ledger.activity_lists.pollers()):
            poller.deliver(None)
        ledger.clear()
        self._histories.clear()
        recover(ledger, self._log, free)
        self._transactions.settle()
        self._tokens.lose(held - set(held_tasks(ledger)))
        ledger.generation = self._tokens.generation


class _LocalEngine:
    """The engine, as workers of its own process see it."""

    def __init__(
        self,
        call: Callable[..., Any],
        await_close: Callable[[str, WorkflowExecution, float | None], e.HistoryEvent | None],
    ) -> None:
        self._call = call
        self._await_close = await_close

    def call(self, operation: Operation[Answer], /) -> Answer:
        """Carry out the operation, as `Engine.call` does."""
        answer: Answer = self._call(operation, is_local=True)
        return answer

    def await_close(self, domain: str, execution: WorkflowExecution, timeout: float | None, /) -> e.HistoryEvent | None:
        """The event that closed the execution, as `Engine.await_close` gives it."""
        return self._await_close(domain, execution, timeout)


def open_engine(
    path: Path | str,
    *,
    clock: Clock | None = None,
    poll_seconds: float = POLL_SECONDS,
    lambda_functions: Mapping[str, LambdaFunction] | None = None,
    event_limit: int = EVENTS_PER_EXECUTION,
) -> Engine:
    """The engine over the SQLite file at the path, which is made if it does not exist; ":memory:" keeps all in memory.

    Args:
        path: the file, or ":memory:".
        clock: tells the time; the system's, unless given. With a `ManualClock` time skips to the next deadline when
            nothing can move and somebody polls.
        poll_seconds: how long a poll waits for a task.
        lambda_functions: the Python functions that stand in for Lambda functions, by name.
        event_limit: the length of history at which an execution is terminated. SWF's is 25,000; with a greater one an
            execution may do here what Amazon would end.

    Raises:
        DatabaseInUseError: another process has the file open.
        StoreError: the file cannot be used.
    """
    log = SqliteLog(path)
    try:
        return Engine(
            log,
            clock=clock if clock is not None else SystemClock(),
            poll_seconds=poll_seconds,
            lambda_functions=lambda_functions,
            event_limit=event_limit,
        )
    except BaseException:
        log.close()
        raise
