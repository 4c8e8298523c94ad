"""The one place where history is written.

An event is applied to its execution's state, noted in the open batch, and followed up: a task that now waits, a
deadline, an effect on another execution. All that happens under the engine's lock, and nothing here waits or touches a
disk.
"""

from collections import deque
from collections.abc import Callable
from functools import partial

from ostinato.engine.clock import Clock
from ostinato.engine.closes import Close, Closes
from ostinato.engine.commits import Commits
from ostinato.engine.deadlines import (
    Deadline,
    DeadlineHeap,
    DeadlineKind,
    activity_timeout,
    deadlines,
    decision_deadline,
)
from ostinato.engine.follow_ups import FOLLOW_UPS
from ostinato.engine.histories import Histories
from ostinato.engine.log.records import NOBODY, EventRecord, ExecutionRecord, HolderRecord
from ostinato.engine.open_executions import OpenExecutions
from ostinato.engine.parts import Activity
from ostinato.engine.registry import Registry
from ostinato.engine.rules import activities, decision_tasks, executions
from ostinato.engine.rules.decision_tasks import CAUSES
from ostinato.engine.state import Execution
from ostinato.engine.task_lists import HandedTask, Poller, TaskId, TaskLists, WaitingTask
from ostinato.errors import InternalError
from ostinato.model import events as e
from ostinato.model.enums import WorkflowExecutionTerminatedCause
from ostinato.model.fields import EventId, RunId, Timestamp
from ostinato.model.limits import EVENTS_PER_EXECUTION
from ostinato.model.lives import ActivityState, LambdaState

Effect = Callable[[], None]


class Ledger:
    """Writes history, and keeps what follows from it: task lists, deadlines, effects to come.

    Args:
        clock: tells the time.
        commits: holds the open batch.
        histories: holds the newest events.
        epoch: the number of this process among those that opened the log.
        new_run_id: makes run ids.
        event_limit: the length of history at which an execution is terminated.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        commits: Commits,
        histories: Histories,
        epoch: int,
        new_run_id: Callable[[], RunId],
        event_limit: int = EVENTS_PER_EXECUTION,
    ) -> None:
        self.clock = clock
        self.commits = commits
        self.histories = histories
        self.epoch = epoch
        self.new_run_id = new_run_id
        self._event_limit = event_limit
        self.registry = Registry()
        self.executions = OpenExecutions()
        self.deadlines = DeadlineHeap(self.executions.get)
        self.decision_lists = TaskLists()
        self.activity_lists = TaskLists()
        self.in_hand: set[TaskId] = set()
        """The tasks that were handed out and not answered."""
        self.local_decisions: set[int] = set()
        """The executions whose running decision task is in the hands of a poller of this process."""
        self.closes = Closes()
        self.next_key = 1
        self.generation = 0
        """How many commits have failed."""
        self.outbox: deque[tuple[Execution, e.Event]] = deque()
        """Events whose effect on something else is still to come."""
        self._offers: list[WaitingTask] = []
        self._urgent: list[Callable[[], object]] = []

    def clear(self) -> None:
        """Forget everything that the log knows too. Pollers are not forgotten, and must not wait now."""
        self.registry.clear()
        self.executions.clear()
        self.deadlines.clear()
        self.decision_lists.forget_tasks()
        self.activity_lists.forget_tasks()
        self.in_hand.clear()
        self.local_decisions.clear()
        self.closes.clear()
        self.outbox.clear()
        self._offers.clear()
        self._urgent.clear()

    # Writing

    def timestamp(self, execution: Execution) -> Timestamp:
        """The time of the execution's next event: now, and never before its last one."""
        return max(self.clock.now(), execution.last_timestamp)

    def record(self, execution: Execution, event: e.HistoryEvent, *, handed_by: int = 0) -> None:
        """Write the event, and follow it up. If it is a cause, the caller sees to the decision task."""
        execution.apply(event)
        batch = self.commits.open
        batch.events.append(EventRecord(execution_key=execution.key, event=event, handed_by=handed_by))
        self.histories.append(execution.key, event, batch.number)
        follow_up = FOLLOW_UPS.get(type(event))
        if follow_up is not None:
            follow_up(self, execution, event)

    def write(self, execution: Execution, event: e.HistoryEvent) -> None:
        """Write an event as a transaction of its own, with the decision task that it may cause."""
        self.record(execution, event)
        if type(event) in CAUSES:
            self.want_decision(execution, event.event_timestamp)
        self.enforce_length(execution)

    def want_decision(self, execution: Execution, now: Timestamp) -> None:
        """Schedule a decision task, unless one is scheduled."""
        if decision_tasks.is_wanted(execution):
            self.record(execution, decision_tasks.scheduled(execution, now))

    def enforce_length(self, execution: Execution) -> None:
        """Terminate an execution whose history is full."""
        if execution.last_event_id >= self._event_limit - 1 and execution.is_open:
            cause = WorkflowExecutionTerminatedCause.EVENT_LIMIT_EXCEEDED
            now = execution.last_timestamp
            self.record(execution, executions.terminated_by_service(execution, cause, now))

    def start(self, *, domain: str, workflow_id: str, run_id: RunId, started: e.WorkflowExecutionStarted) -> Execution:
        """Begin an execution with its first event and decision task."""
        execution = Execution(key=self.next_key, domain=domain, workflow_id=workflow_id, run_id=run_id)
        self.next_key += 1
        self.executions.add(execution)
        self.commits.open.started.append(
            ExecutionRecord(
                key=execution.key,
                domain=domain,
                workflow_id=workflow_id,
                run_id=run_id,
                workflow_type=started.workflow_type,
                start_timestamp=started.event_timestamp,
                tag_list=tuple(tag or "" for tag in started.tag_list or ()),
                parent=started.parent_workflow_execution,
            )
        )
        self.write(execution, started)
        return execution

    # Handing out

    def hand(self, task: WaitingTask, poller: Poller) -> HandedTask:
        """Write that the poller has the task; it was taken off its list."""
        execution, activity = task.execution, task.activity
        started_id = (
            self._start_activity(execution, activity, poller) if activity else self._start_decision(execution, poller)
        )
        self.in_hand.add(task.id)
        batch = self._shown_after(task, poller)
        if batch == self.commits.open.number:
            self.commits.open.free_if_lost.append(task.id)
        return HandedTask(
            execution=execution,
            activity=activity,
            scheduled_event_id=task.scheduled_event_id,
            started_event_id=started_id,
            previous_started_event_id=execution.previous_started_event_id,
            workflow_type=execution.settings.workflow_type,
            batch=batch,
            generation=self.generation,
        )

    def _shown_after(self, task: WaitingTask, poller: Poller) -> int:
        if not poller.is_local:
            return self.commits.open.number
        # Deciding has no side effects, so it may begin before its causes are durable; an activity may not.
        return task.batch if task.activity is not None else 0

    def _start_decision(self, execution: Execution, poller: Poller) -> EventId:
        scheduled, running = execution.decision_scheduled, execution.decision_running
        if running is None and scheduled is not None:
            started = decision_tasks.started(execution, scheduled, poller.identity, self.timestamp(execution))
            self.record(execution, started, handed_by=self.epoch if poller.is_local else 0)
            started_id = started.event_id
        elif running is not None:
            # Who had it is known to have it no more: the same task again.
            running.held_since = self.clock.now()
            started_id = running.started_event_id
            self._hold_again(execution, started_id, poller)
        else:
            raise InternalError("a decision task was handed out that nobody scheduled")
        self.watch_decision(execution)
        if poller.is_local:
            self.local_decisions.add(execution.key)
        return started_id

    def _start_activity(self, execution: Execution, activity: Activity, poller: Poller) -> EventId:
        if activity.state is ActivityState.SCHEDULED:
            started = activities.started(execution, activity, poller.identity, self.timestamp(execution))
            self.record(execution, started, handed_by=self.epoch if poller.is_local else 0)
            self.watch_activity(execution, activity)
            return started.event_id
        activity.held_since = self.clock.now()
        self._hold_again(execution, activity.started_event_id, poller)
        self.watch_activity(execution, activity)
        return activity.started_event_id

    def _hold_again(self, execution: Execution, started_id: EventId, poller: Poller) -> None:
        # That a local poller has it changes nothing after this process: whatever the log says now, it is dead by then.
        if not poller.is_local:
            self._note_holder(execution, started_id, 0)

    def _note_holder(self, execution: Execution, started_id: EventId, handed_by: int) -> None:
        self.commits.open.holders.append(
            HolderRecord(execution_key=execution.key, started_event_id=started_id, handed_by=handed_by)
        )

    def take_back(self, handed: HandedTask) -> None:
        """Let a task that its poller never saw wait for the next one, whose start the one in history then is."""
        execution = self.executions.get(handed.execution.key)
        if execution is None:
            return
        activity = execution.activities.get(handed.scheduled_event_id)
        held = activity if handed.activity is not None else execution.decision_running
        if held is None or held.started_event_id != handed.started_event_id or held.held_since is None:
            return
        held.held_since = None
        self.in_hand.discard(TaskId(execution.key, handed.scheduled_event_id))
        self.local_decisions.discard(execution.key)
        self._note_holder(execution, handed.started_event_id, NOBODY)
        if activity is None:
            self.watch_decision(execution)
        self.offer(WaitingTask(execution, handed.scheduled_event_id, activity, self.commits.open.number))

    def offer(self, task: WaitingTask) -> None:
        """Let a task go to a poller as soon as this transaction is over."""
        self._offers.append(task)

    def match(self) -> None:
        """Give every task that is offered to a poller that waits for it, or put it on its list."""
        while self._offers:
            offers, self._offers = self._offers, []
            for task in offers:
                self._match(task)

    def _match(self, task: WaitingTask) -> None:
        execution, activity = task.execution, task.activity
        if not execution.is_open:
            return
        if activity is not None:
            if task.scheduled_event_id not in execution.activities or activity.held_since is not None:
                return
            lists, put = self.activity_lists, activity.scheduled
            name, priority = put.task_list.name, put.task_priority
        else:
            running = execution.decision_running
            scheduled = running.scheduled if running is not None else execution.decision_scheduled
            if scheduled is None or (running is not None and running.held_since is not None):
                return
            lists, name, priority = self.decision_lists, scheduled.task_list.name, scheduled.task_priority
        poller = lists.next_poller(execution.domain, name)
        if poller is None:
            lists.put(execution.domain, name, priority, task)
            return
        handed = self.hand(task, poller)
        # A local poller sees to it himself that what he is given becomes durable.
        if poller.is_local or handed.batch <= self.commits.durable:
            self._urgent.append(partial(poller.deliver, handed))
        else:
            self.commits.open.after.append(lambda error: poller.deliver(handed if error is None else error))

    def announce(self, execution: Execution, closing: e.HistoryEvent) -> None:
        """Let those wake who wait in this process for the execution's end."""
        close = Close(closing, self.commits.open.number)
        self._urgent += [partial(waiter.put, close) for waiter in self.closes.remember(execution.run_id, close)]

    def urgent(self) -> list[Callable[[], object]]:
        """Take away the calls that wake those who need not wait for a commit."""
        urgent, self._urgent = self._urgent, []
        return urgent

    # Deadlines

    def watch(self, at: Timestamp | None, execution: Execution, kind: DeadlineKind, event_id: int, timer: str) -> None:
        """Look at something of an execution at an instant, if there is one."""
        if at is not None:
            self.deadlines.push(Deadline(at, execution.key, kind, EventId(event_id), timer))

    def watch_decision(self, execution: Execution) -> None:
        """Look at the decision task when it may time out."""
        self.watch(decision_deadline(execution), execution, DeadlineKind.DECISION, 0, "")

    def watch_activity(self, execution: Execution, activity: Activity) -> None:
        """Look at the activity task when it may time out."""
        timeout = activity_timeout(activity)
        if timeout is not None:
            self.watch(timeout.at, execution, DeadlineKind.ACTIVITY, activity.scheduled.event_id, "")

    # Following up

    def adopt(self, execution: Execution) -> None:
        """Follow up everything in the state of an execution that was read back from the log."""
        batch = 0
        for deadline in deadlines(execution):
            self.deadlines.push(deadline)
        running = execution.decision_running
        if running is not None and running.held_since is None:
            self.offer(WaitingTask(execution, running.scheduled.event_id, None, batch))
        elif running is not None:
            self.in_hand.add(TaskId(execution.key, running.scheduled.event_id))
        elif execution.decision_scheduled is not None:
            self.offer(WaitingTask(execution, execution.decision_scheduled.event_id, None, batch))
        for scheduled_event_id, activity in execution.activities.items():
            if activity.held_since is None:
                self.offer(WaitingTask(execution, scheduled_event_id, activity, batch))
            else:
                self.in_hand.add(TaskId(execution.key, scheduled_event_id))
        self.outbox.extend((execution, event) for event in _pending(execution))


def _pending(execution: Execution) -> list[e.Event]:
    """The events of the execution whose effect on something else is still to come."""
    initiated = (child.initiated for child in execution.children.values() if child.started is None)
    functions = (task.scheduled for task in execution.lambdas.values() if task.state is LambdaState.SCHEDULED)
    return [*initiated, *execution.signals.values(), *execution.cancels.values(), *functions]
