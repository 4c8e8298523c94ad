"""Polls a task list for decision tasks and answers them by replay. Replays are kept: a decision costs what is new.

One thread does it all: the workflows' code belongs to the thread that runs it.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ostinato.client.histories import read_history
from ostinato.client.registration import register_type
from ostinato.errors import (
    LimitExceededError,
    NondeterminismError,
    NotDurableError,
    PayloadUnavailableError,
    ServiceError,
    SwfFault,
    TargetError,
    UnknownResourceFault,
)
from ostinato.model.decisions import (
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
    DecisionAttributes,
    FailWorkflowExecution,
)
from ostinato.model.durations import from_swf
from ostinato.model.events import HistoryEvent, WorkflowExecutionStarted
from ostinato.model.fields import RunId
from ostinato.model.operations import Operation, PollForDecisionTask, RespondDecisionTaskCompleted
from ostinato.model.results import DecisionTask
from ostinato.model.structures import TaskList, WorkflowExecution, WorkflowType
from ostinato.payloads.converter import Converter
from ostinato.replay.definitions import Workflow
from ostinato.replay.replay import Replay
from ostinato.replay.reuse import Reuse, repairs_in, reusable
from ostinato.storage.sealed import for_replay
from ostinato.swf import Swf
from ostinato.worker.arrivals import Arrivals
from ostinato.worker.calls import Answer, Backoff, PatientCaller
from ostinato.worker.catalog import Catalog
from ostinato.worker.guard import Guard
from ostinato.worker.lane import Lane
from ostinato.worker.middleware import Deciding, DecisionMiddleware, around_decision
from ostinato.worker.notices import (
    Complained,
    DecisionDropped,
    DecisionMade,
    ReplayBegun,
    ReplayContinued,
    ReplaysDiffered,
    Watch,
    ignore,
)
from ostinato.worker.put_off import PutOff, Waiting
from ostinato.worker.refusals import Refusals
from ostinato.worker.replays import KEPT_REPLAYS, KeptReplays
from ostinato.worker.watchdog import Watchdog

logger = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds for which a decision that does not get through is tried again; then it is made anew."""

_PLAIN = (
    LimitExceededError,
    NondeterminismError,
    NotDurableError,
    PayloadUnavailableError,
    ServiceError,
    SwfFault,
    TargetError,
)

_CLOSING = (
    CompleteWorkflowExecution,
    FailWorkflowExecution,
    CancelWorkflowExecution,
    ContinueAsNewWorkflowExecution,
)


@dataclass(frozen=True, slots=True)
class _Batch:
    """A replay, and the events that it has not seen. `is_fresh` if these are all that there are.

    `is_retold` says whether some of these were seen by a replay before, which told its complaints.
    """

    replay: Replay
    events: Sequence[HistoryEvent]
    is_fresh: bool = False
    is_retold: bool = False


@dataclass(frozen=True, slots=True)
class Stickiness:
    """A task list of this decider's own, to which SWF is asked to send the next decision of what it has replayed.

    `timeout` is how many whole seconds a task may wait there before SWF puts it on the execution's own task list again;
    `checked` says that each so manieth decision of a kept replay is compared with that of a fresh one, 0 for none.
    """

    task_list: str
    timeout: int = 5
    checked: int = 0


def at_once(function: Callable[[], None]) -> None:
    """Do it here and now."""
    function()


class Decider:
    """Serves one task list.

    Args:
        swf: where tasks come from.
        domain: the domain.
        task_list: the task list.
        catalog: the workflows.
        converter: reads and writes payloads.
        lane: where decisions put their tasks, if not on the task lists that they name.
        kept_replays: how many replays are kept, or what keeps them.
        stickiness: its own task list, for which another one has to poll and call `answer`.
        middleware: what is put around the making of each decision, the first outermost.
        guard: watches what the workflows' code does; nobody, unless given.
        watchdog: breaks off what takes longer than the decision's time-out; nobody, unless given.
        within: lets `run` answer in another thread: is given what to do there, and waits for that.
        watch: is told what happens.
        takes_late_tasks: whether a task that a poll in flight brings after `stop` is answered. It should be, unless SWF
            ends with this process and then hands it out again.
        identity: who this is, for history.
    """

    def __init__(
        self,
        swf: Swf,
        *,
        domain: str,
        task_list: str,
        catalog: Catalog,
        converter: Converter,
        lane: Lane | None = None,
        kept_replays: int | KeptReplays = KEPT_REPLAYS,
        stickiness: Stickiness | None = None,
        middleware: Sequence[DecisionMiddleware] = (),
        guard: Guard | None = None,
        watchdog: Watchdog | None = None,
        within: Callable[[Callable[[], None]], None] = at_once,
        watch: Watch = ignore,
        takes_late_tasks: bool = True,
        identity: str | None = None,
    ) -> None:
        self.task_list = task_list
        self._swf = swf = for_replay(swf)
        self._domain = domain
        self._catalog = catalog
        self._converter = converter
        self._lane = lane
        self._stickiness = stickiness
        self._middleware = tuple(middleware)
        self._guard = guard
        self._watchdog = watchdog
        self._within = within
        self._watch = watch
        self._takes_late_tasks = takes_late_tasks
        self._poll = PollForDecisionTask(
            domain=domain, task_list=TaskList(name=task_list), identity=identity, start_at_previous_started_event=True
        )
        self._stopping = threading.Event()
        self._caller = PatientCaller(swf, stopping=self._stopping, watch=watch)
        self._kept = kept_replays if isinstance(kept_replays, KeptReplays) else KeptReplays(count=kept_replays)
        self._refusals = Refusals(time.monotonic)
        self._put_off = PutOff(time.monotonic)
        self._unchecked = 0

    def stop(self) -> None:
        """Poll no more."""
        self._stopping.set()

    def run(self) -> None:
        """Serve the task list until `stop`; then put all workflows' code away."""
        backoff = Backoff()
        arrivals = Arrivals(partial(self._swf.call, self._poll), self._put_off, self._stopping)
        try:
            while not self._stopping.is_set() or arrivals.is_polling:
                try:
                    task = arrivals.next()
                except Exception as error:  # noqa: BLE001  # whatever SWF's clients raise, the decider goes on
                    if self._stopping.is_set():
                        return
                    self._caller.tell(self._poll, error)
                    self._stopping.wait(backoff.take())
                    continue
                backoff.reset()
                if isinstance(task, Waiting):
                    self._within(partial(self.answer, task.task))
                elif task is not None and (self._takes_late_tasks or not self._stopping.is_set()):
                    self._within(partial(self.answer, task))
        finally:
            self._within(self.put_away)

    def put_off_for(self) -> float | None:
        """Seconds until a task that waits for a payload is to be answered; None if none waits."""
        return self._put_off.seconds()

    def answer_put_off(self) -> None:
        """Answer a task that has waited for a payload, if one has waited long enough. To be called as `answer` is."""
        waiting = self._put_off.take()
        if waiting is not None:
            self.answer(waiting.task, waiting.task_list)

    def put_away(self) -> None:
        """Put all workflows' code away. To be called by the thread that answered."""
        self._kept.put_away()

    def answer(self, task: DecisionTask, task_list: str | None = None) -> None:
        """Answer the task, or drop it. Always to be called by one and the same thread.

        Args:
            task: the task.
            task_list: where it was polled, if not on this decider's task list.
        """
        if self._refusals.holds(task.workflow_execution.run_id):
            return
        answered: list[Callable[[BaseException | None], None]] = []
        failure = self._answer(task, task_list, answered)
        for tell in answered:
            try:
                tell(failure)
            except Exception:
                logger.exception("A middleware of decisions failed after the decision")

    def _answer(
        self, task: DecisionTask, task_list: str | None, answered: list[Callable[[BaseException | None], None]]
    ) -> BaseException | None:
        """Answer the task, or drop it; gives why SWF has no answer."""
        replay = None
        try:
            batch = self._batch(task, TaskList(name=task_list) if task_list else self._poll.task_list)
            replay = batch.replay
            told = len(replay.complaints)
            replay, decisions = self._decide(task, batch, answered)
            if not batch.is_retold:
                # Before the answer: with that the execution may close, and nobody listen any more.
                self._tell_complaints(task, replay.complaints[told:])
            self._respond(task, replay, decisions)
            self._refusals.forget(task.workflow_execution.run_id)
            self._put_off.forget(task.workflow_execution.run_id)
        except UnknownResourceFault as fault:
            logger.info("A decision on %s came too late: %s", task.workflow_execution.workflow_id, fault.message)
            _evict(replay)
            return fault
        except BaseException as error:  # noqa: BLE001  # nothing of ours, the network's or the author's may end the decider
            self._drop(task, error)
            if isinstance(error, PayloadUnavailableError):
                run_id = task.workflow_execution.run_id
                self._put_off.add(task, task_list or self.task_list, self._refusals.until(run_id))
            _evict(replay)
            return error
        return None

    def _respond(self, task: DecisionTask, replay: Replay, decisions: tuple[DecisionAttributes, ...]) -> None:
        for definition in replay.unregistered:
            register_type(self._swf, self._domain, definition)
        if self._lane is not None:
            decisions = self._lane.redirect(decisions, self._workflow(task.workflow_type), self._catalog)
        is_close = bool(decisions) and isinstance(decisions[-1], _CLOSING)
        # A decider that ends asks for nothing more; a new one takes over from the execution's own task list.
        sticky = None if is_close or self._stopping.is_set() else self._stickiness
        response = RespondDecisionTaskCompleted(
            task_token=task.task_token,
            decisions=decisions,
            execution_context=replay.published_context,
            task_list=TaskList(name=sticky.task_list) if sticky else None,
            task_list_schedule_to_start_timeout=str(sticky.timeout) if sticky else None,
        )
        self._caller.call(response, patience=PATIENCE)
        self._watch(DecisionMade(task.workflow_execution, decisions, is_close, replay.waiting))
        if is_close:
            replay.evict()
        else:
            self._kept.keep(task.workflow_execution.run_id, replay)

    def _tell_complaints(self, task: DecisionTask, complaints: Sequence[str]) -> None:
        for complaint in complaints:
            logger.warning("%s: %s", task.workflow_execution.workflow_id, complaint)
            self._watch(Complained(task.workflow_execution, complaint))

    def _decide(
        self, task: DecisionTask, batch: _Batch, answered: list[Callable[[BaseException | None], None]]
    ) -> tuple[Replay, tuple[DecisionAttributes, ...]]:
        """The decisions, and the replay that made them: another one if a check was due, and its own count."""
        used = batch.replay

        def decide() -> tuple[DecisionAttributes, ...]:
            nonlocal used
            decisions = self._fed(task, batch)
            if self._is_to_be_checked(batch):
                used, decisions = self._checked(task, batch.replay, decisions)
            return decisions

        if not self._middleware:
            decisions = decide()
            return used, decisions
        started = _started(batch)
        try:
            deciding = Deciding(task=task, started=started, answered=answered)
            decisions = around_decision(self._middleware, deciding, decide)
        except BaseException:
            used.evict()
            raise
        return used, decisions

    def _fed(self, task: DecisionTask, batch: _Batch) -> tuple[DecisionAttributes, ...]:
        if self._guard is None:
            return self._fed_in_time(batch)
        return self._guard.run(self._workflow(task.workflow_type), lambda: self._fed_in_time(batch))

    def _fed_in_time(self, batch: _Batch) -> tuple[DecisionAttributes, ...]:
        if self._watchdog is None:
            return batch.replay.feed(batch.events)
        seconds = from_swf(_started(batch).task_start_to_close_timeout)
        return self._watchdog.run(lambda: batch.replay.feed(batch.events), seconds)

    # Now and then: whether a kept replay and a fresh one agree.

    def _is_to_be_checked(self, batch: _Batch) -> bool:
        if not self._stickiness or not self._stickiness.checked or batch.is_fresh:
            return False
        self._unchecked += 1
        return self._unchecked % self._stickiness.checked == 0

    def _checked(
        self, task: DecisionTask, replay: Replay, decisions: tuple[DecisionAttributes, ...]
    ) -> tuple[Replay, tuple[DecisionAttributes, ...]]:
        """The replay and its decisions if a fresh one gives the same; else the fresh one and its own.

        Raises:
            NondeterminismError: the code does not do again what it did.
        """
        try:
            batch = self._fresh(task, (), is_check=True)
            fresh, again = batch.replay, self._fed_in_time(batch)
        except BaseException:
            replay.evict()
            raise
        if again == decisions:
            fresh.evict()
            return replay, decisions
        replay.evict()
        execution = task.workflow_execution
        logger.error(
            "A fresh replay of %s (run %s) decides otherwise than the one that was kept, and counts: its code depends "
            "on something beside its history. Kept: %s; fresh: %s",
            execution.workflow_id,
            execution.run_id,
            decisions,
            again,
        )
        self._watch(ReplaysDiffered(execution))
        return fresh, again

    # Which replay, and which events it still has to see.

    def _batch(self, task: DecisionTask, task_list: TaskList) -> _Batch:
        events = self._events(task, task_list)
        replay = self._kept.take(task.workflow_execution.run_id)
        if replay is not None:
            seen = replay.last_event_id
            if events and seen == task.previous_started_event_id and events[0].event_id <= seen + 1:
                self._watch(ReplayContinued(task.workflow_execution))
                return _Batch(replay, events[seen + 1 - events[0].event_id :])
            replay.evict()
        return self._fresh(task, events)

    def _events(self, task: DecisionTask, task_list: TaskList) -> Sequence[HistoryEvent]:
        if task.next_page_token is None:
            return task.events
        events = list(task.events)
        token: str | None = task.next_page_token
        while token is not None:
            poll = PollForDecisionTask(
                domain=self._domain,
                task_list=task_list,
                identity=self._poll.identity,
                next_page_token=token,
                start_at_previous_started_event=True,
            )
            page = self._call(poll)
            if page is None:
                raise UnknownResourceFault("the decision task is gone")
            events += page.events
            token = page.next_page_token
        return events

    def _workflow(self, workflow_type: WorkflowType) -> Workflow[..., Any]:
        workflow = self._catalog.workflow(workflow_type)
        if workflow is None:
            raise _unknown(workflow_type)
        return workflow

    def _fresh(self, task: DecisionTask, events: Sequence[HistoryEvent], *, is_check: bool = False) -> _Batch:
        workflow = self._workflow(task.workflow_type)
        if not events or events[0].event_id != 1:
            history = read_history(self._call, self._domain, task.workflow_execution)
            events = [event for event in history if event.event_id <= task.started_event_id]
        self._watch(ReplayBegun(task.workflow_execution, events, is_check))
        replay = Replay(
            workflow,
            execution=task.workflow_execution,
            converter=self._converter,
            domain=self._domain,
            reuse=self._reuse(events[0]),
        )
        return _Batch(replay, events, is_fresh=True, is_retold=bool(task.previous_started_event_id))

    def _reuse(self, started: HistoryEvent) -> Reuse | None:
        """What the execution reuses of the run that it repairs; nothing, if that is gone: it does all again then."""
        repairs = repairs_in(started.input) if isinstance(started, WorkflowExecutionStarted) else None
        if repairs is None:
            return None
        former = WorkflowExecution(workflow_id=repairs.workflow_id, run_id=RunId(repairs.run_id))
        try:
            return reusable(read_history(self._call, self._domain, former), repairs)
        except UnknownResourceFault:
            logger.warning("Run %s of %s is gone: nothing more of it is reused", former.run_id, former.workflow_id)
            return None

    def _call(self, operation: Operation[Answer], /) -> Answer:
        return self._caller.call(operation, patience=PATIENCE)

    def _drop(self, task: DecisionTask, error: BaseException) -> None:
        execution, workflow_type = task.workflow_execution, task.workflow_type
        # The traceback of what is plainly said in the message would only hide it.
        is_plain = isinstance(error, _PLAIN)
        count = self._refusals.add(execution.run_id)
        logger.error(
            "No decision on %s (%s %s, run %s), which stays open%s: %s: %s",
            execution.workflow_id,
            workflow_type.name,
            workflow_type.version,
            execution.run_id,
            f", for the {count}. time" if count > 1 else "",
            type(error).__name__,
            error,
            exc_info=None if is_plain else error,
        )
        self._watch(DecisionDropped(execution, workflow_type, error))


def _started(batch: _Batch) -> WorkflowExecutionStarted:
    first = batch.events[0]
    return first if isinstance(first, WorkflowExecutionStarted) else batch.replay.started


def _evict(replay: Replay | None) -> None:
    if replay is not None:
        replay.evict()


def _unknown(workflow_type: WorkflowType) -> TargetError:
    return TargetError(
        found=f"this decider has no workflow {workflow_type.name!r}, version {workflow_type.version!r}",
        hint="Serve a target that defines it",
    )
