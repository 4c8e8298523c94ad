"""Whatever deciders, workers, operators and time do, in whatever order: what must hold all the same."""

from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import Engine
from ostinato.engine.log.records import Batch
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.engine.state import Execution
from ostinato.engine.task_lists import TaskId
from ostinato.engine.task_tokens import StartedTask, TaskTokens
from ostinato.engine.tokens import TaskKind
from ostinato.errors import DatabaseWriteError, SwfFault, ValidationException
from ostinato.model import decisions as d
from ostinato.model import operations as o
from ostinato.model.enums import ChildPolicy
from ostinato.model.events import ActivityTaskScheduled
from ostinato.model.lives import ActivityState
from ostinato.model.structures import ActivityType, TaskList, WorkflowType

if TYPE_CHECKING:
    from ostinato.engine.log.log import Log
    from ostinato.model.events import HistoryEvent
    from ostinato.model.fields import EventId
    from ostinato.model.structures import WorkflowExecution

IDS = st.sampled_from(["1", "2", "3"])
SECONDS = st.sampled_from(["0", "1", "5", "20"])
TIMEOUTS = st.sampled_from([None, "NONE", "1", "5", "20"])
LISTS = st.sampled_from([None, TaskList(name="l"), TaskList(name="sticky")])
POLICIES = st.sampled_from([None, *ChildPolicy])
ACTIVITIES = st.sampled_from([ActivityType(name="a", version=v) for v in ("1", "deprecated", "none", "bare")])
WORKFLOWS = st.sampled_from([WorkflowType(name="w", version=v) for v in ("1", "1", "deprecated", "none", "bare")])

DECISIONS: st.SearchStrategy[d.DecisionAttributes] = st.one_of(
    st.builds(
        d.ScheduleActivityTask,
        activity_type=ACTIVITIES,
        activity_id=IDS,
        schedule_to_start_timeout=TIMEOUTS,
        schedule_to_close_timeout=TIMEOUTS,
        start_to_close_timeout=TIMEOUTS,
        heartbeat_timeout=TIMEOUTS,
        task_priority=st.sampled_from([None, "-3", "3"]),
    ),
    st.builds(d.RequestCancelActivityTask, activity_id=IDS),
    st.builds(d.StartTimer, timer_id=IDS, start_to_fire_timeout=SECONDS),
    st.builds(d.CancelTimer, timer_id=IDS),
    st.builds(d.RecordMarker, marker_name=IDS),
    st.builds(
        d.StartChildWorkflowExecution,
        workflow_type=WORKFLOWS,
        workflow_id=IDS,
        child_policy=POLICIES,
        execution_start_to_close_timeout=TIMEOUTS.filter(lambda text: text != "NONE"),
    ),
    st.builds(d.SignalExternalWorkflowExecution, workflow_id=IDS, signal_name=IDS),
    st.builds(d.RequestCancelExternalWorkflowExecution, workflow_id=IDS),
    st.builds(d.ScheduleLambdaFunction, id=IDS, name=st.just("none")),
)
CLOSES: st.SearchStrategy[d.DecisionAttributes] = st.one_of(
    st.builds(d.CompleteWorkflowExecution),
    st.builds(d.FailWorkflowExecution),
    st.builds(d.CancelWorkflowExecution),
    st.builds(
        d.ContinueAsNewWorkflowExecution, workflow_type_version=st.sampled_from([None, "none", "deprecated", "bare"])
    ),
)

ANSWERS = st.builds(
    lambda decisions, closing: (*decisions, *closing), st.lists(DECISIONS, max_size=5), st.lists(CLOSES, max_size=1)
)

STEPS = st.one_of(
    st.builds(
        o.StartWorkflowExecution,
        domain=st.just("d"),
        workflow_id=IDS,
        workflow_type=WORKFLOWS,
        child_policy=POLICIES,
        execution_start_to_close_timeout=st.sampled_from([None, "7"]),
        task_start_to_close_timeout=st.sampled_from([None, "2"]),
    ),
    st.builds(o.SignalWorkflowExecution, domain=st.just("d"), workflow_id=IDS, signal_name=IDS),
    st.builds(o.RequestCancelWorkflowExecution, domain=st.just("d"), workflow_id=IDS),
    st.builds(o.TerminateWorkflowExecution, domain=st.just("d"), workflow_id=IDS, child_policy=POLICIES),
    st.builds(
        o.PollForDecisionTask,
        domain=st.just("d"),
        task_list=st.sampled_from([TaskList(name="l"), TaskList(name="sticky")]),
        start_at_previous_started_event=st.booleans(),
    ),
    st.builds(o.PollForActivityTask, domain=st.just("d"), task_list=st.just(TaskList(name="l"))),
    st.builds(
        o.RespondDecisionTaskCompleted,
        task_token=st.just("decision"),
        decisions=ANSWERS,
        task_list=LISTS,
        task_list_schedule_to_start_timeout=st.sampled_from([None, "3"]),
    ),
    st.builds(o.RespondActivityTaskCompleted, task_token=st.just("activity")),
    st.builds(o.RespondActivityTaskFailed, task_token=st.just("activity")),
    st.builds(o.RespondActivityTaskCanceled, task_token=st.just("activity")),
    st.builds(o.RecordActivityTaskHeartbeat, task_token=st.just("activity"), details=IDS),
    st.sampled_from([0.5, 1.0, 4.0]),
)


def snapshot(execution: Execution) -> dict[str, Any]:
    """All that an execution's state says, comparable."""

    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        slots = getattr(type(value), "__slots__", None)
        if slots is not None and not isinstance(value, msgspec.Struct):
            # Who holds a task, and since when, is not history: the holder may have died.
            return {name: plain(getattr(value, name)) for name in slots if name != "held_since"}
        if isinstance(value, msgspec.Struct):
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        return value

    return {name: plain(getattr(execution, name)) for name in Execution.__slots__}


class World:
    """An engine, and somebody who polls, answers and operates it at random."""

    def __init__(self, log: "Log", clock: ManualClock) -> None:
        self.clock = clock
        self.engine = Engine(log, clock=clock, poll_seconds=0.0)
        self.engine._transactions.hold_time(1)
        self.decisions: list[Any] = []
        self.activities: list[Any] = []

    def register(self) -> None:
        """Register types: with all defaults, without any, and deprecated."""
        call = self.engine.call
        call(o.RegisterDomain(name="d", workflow_execution_retention_period_in_days="7"))
        every = TaskList(name="l")
        for version in ("1", "deprecated"):
            call(
                o.RegisterWorkflowType(
                    domain="d",
                    name="w",
                    version=version,
                    default_task_start_to_close_timeout="10",
                    default_execution_start_to_close_timeout="100",
                    default_task_list=every,
                    default_child_policy=ChildPolicy.TERMINATE,
                )
            )
            call(
                o.RegisterActivityType(
                    domain="d",
                    name="a",
                    version=version,
                    default_task_list=every,
                    default_task_start_to_close_timeout="10",
                    default_task_schedule_to_start_timeout="10",
                    default_task_schedule_to_close_timeout="10",
                    default_task_heartbeat_timeout="NONE",
                )
            )
        call(o.DeprecateWorkflowType(domain="d", workflow_type=WorkflowType(name="w", version="deprecated")))
        call(o.DeprecateActivityType(domain="d", activity_type=ActivityType(name="a", version="deprecated")))
        call(o.RegisterWorkflowType(domain="d", name="w", version="bare"))
        call(o.RegisterActivityType(domain="d", name="a", version="bare"))

    def take(self, step: Any, *, is_local: bool) -> None:  # noqa: C901 (one case for each kind of step)
        """Do one step; a fault is a fine answer."""
        swf = self.engine.local() if is_local else self.engine
        if isinstance(step, float):
            self.engine.advance(step)
            return
        try:
            match step:
                case o.PollForDecisionTask():
                    if (task := swf.call(step)) is not None:
                        self.decisions.append(task)
                case o.PollForActivityTask():
                    if (work := swf.call(step)) is not None:
                        self.activities.append(work)
                        self._check_durable(work, is_local=is_local)
                case o.RespondDecisionTaskCompleted() if self.decisions:
                    self._answer(step, self.decisions, swf)
                case (
                    o.RespondActivityTaskCompleted() | o.RespondActivityTaskFailed() | o.RespondActivityTaskCanceled()
                ) if self.activities:
                    self._answer(step, self.activities, swf)
                case o.RecordActivityTaskHeartbeat() if self.activities:
                    swf.call(msgspec.structs.replace(step, task_token=self.activities[0].task_token))
                case o.Operation() if not hasattr(step, "task_token"):
                    swf.call(step)
                case _:
                    pass
        except SwfFault:
            pass

    def _answer(self, step: Any, tasks: list[Any], swf: Any) -> None:
        """Answer the first of the tasks; it is kept only if the answer could not be."""
        task = tasks.pop(0)
        try:
            swf.call(msgspec.structs.replace(step, task_token=task.task_token))
        except DatabaseWriteError:
            tasks.insert(0, task)
            raise

    def _check_durable(self, work: Any, *, is_local: bool) -> None:
        """An activity is never shown before the log holds that it was scheduled; over a wire, that it was started."""
        record = self.engine._log.find("d", work.workflow_execution.workflow_id, work.workflow_execution.run_id)
        assert record is not None
        events = self.engine._log.events(record.key)
        assert any(
            isinstance(event, ActivityTaskScheduled) and event.activity_id == work.activity_id for event in events
        )
        assert is_local or len(events) >= work.started_event_id

    def check_hands(self) -> None:
        """Every task that counts as held is in the hands of somebody who can answer it; the others can be taken."""
        known = {task.task_token for task in (*self.decisions, *self.activities)}
        ledger, tokens = self.engine._ledger, self.engine._tokens
        for execution in ledger.executions:
            running = execution.decision_running
            started: list[tuple[TaskKind, EventId, Any]] = []
            if running is not None:
                started.append((TaskKind.DECISION, running.scheduled.event_id, running))
            for event_id, activity in execution.activities.items():
                if activity.state is not ActivityState.SCHEDULED:
                    started.append((TaskKind.ACTIVITY, event_id, activity))
            for kind, event_id, task in started:
                reference = StartedTask(execution.key, event_id, task.started_event_id)
                if task.held_since is not None:
                    assert any(_is_of(tokens, kind, token, reference) for token in known)
                else:
                    lists = ledger.decision_lists if kind is TaskKind.DECISION else ledger.activity_lists
                    assert TaskId(execution.key, event_id) in lists._places

    def states(self) -> dict[int, dict[str, Any]]:
        """Every open execution's state, by key."""
        return {execution.key: snapshot(execution) for execution in self.engine._ledger.executions}


def _is_of(tokens: TaskTokens, kind: TaskKind, token: Any, task: StartedTask) -> bool:
    try:
        return tokens.read(kind, token) == task
    except ValidationException:
        return False


class DyingLog:
    """A log whose process dies before it keeps the n-th batch."""

    def __init__(self, log: SqliteLog, batches: int) -> None:
        self._log = log
        self._left = batches

    def append(self, batch: Batch) -> None:
        """Keep the batch, or fail for good."""
        if self._left == 0:
            raise DatabaseWriteError(found="dead")
        self._left -= 1
        self._log.append(batch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class _ReopenedLog:
    """A log in memory as the next process would find it in a file."""

    def __init__(self, log: SqliteLog, next_execution_key: int) -> None:
        self._log = log
        self.epoch = log.epoch + 1
        self.next_execution_key = next_execution_key

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


def _check_histories(engine: Engine) -> None:
    engine._commits.commit_all()
    log = engine._log
    for execution in engine._ledger.executions:
        again = Execution(key=execution.key, domain="d", workflow_id=execution.workflow_id, run_id=execution.run_id)
        for event in log.events(execution.key):
            again.apply(event)
        for activity in execution.activities.values():
            if activity.heartbeat_timestamp is not None:
                again.beat(activity.scheduled.event_id, activity.heartbeat_timestamp, activity.heartbeat_details)
        assert snapshot(again) == snapshot(execution)


@given(st.lists(st.tuples(STEPS, st.booleans()), max_size=60))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_fold_of_the_log_is_the_live_state(steps: list[tuple[Any, bool]]) -> None:
    """At every point each open execution's state is the fold of what the log holds, and no step breaks a table."""
    world = World(SqliteLog(":memory:"), ManualClock())
    world.register()
    try:
        for step, is_local in steps:
            world.take(step, is_local=is_local)
            _check_histories(world.engine)
    finally:
        world.engine.close()


@given(st.lists(STEPS, max_size=60))
def test_histories_keep_the_recorded_rules(steps: list[Any]) -> None:
    """Ids without gaps, times that never decrease, decision tasks with their cause, nothing after the close."""
    world = World(SqliteLog(":memory:"), ManualClock())
    world.register()
    try:
        for step in steps:
            world.take(step, is_local=False)
        log = world.engine._log
        for key in range(1, world.engine._ledger.next_key):
            _check_rules(log.events(key))
    finally:
        world.engine.close()


def _check_rules(events: "list[HistoryEvent]") -> None:
    assert [event.event_id for event in events] == list(range(1, len(events) + 1))
    times = [event.event_timestamp for event in events]
    assert times == sorted(times)
    names = [type(event).__name__ for event in events]
    for place, name in enumerate(names):
        if name == "DecisionTaskScheduled":
            assert times[place] == times[place - 1]
    execution = Execution(key=1, domain="d", workflow_id="w", run_id="r")  # type: ignore[arg-type]
    for event in events:
        execution.apply(event)
        open_tasks = (execution.decision_running is not None) + (execution.decision_scheduled is not None)
        assert open_tasks <= 2


@given(st.lists(STEPS, min_size=5, max_size=40), st.integers(min_value=0, max_value=30), st.booleans())
def test_a_crash_at_any_commit_loses_nothing_answered(steps: list[Any], batches: int, is_local: bool) -> None:  # noqa: FBT001
    """Whatever was answered before the process died is there at the next start, and nothing half-done is."""
    log = SqliteLog(":memory:")
    first = World(log, ManualClock())
    first.register()
    first.engine._commits._log = DyingLog(log, batches)
    answered: list[WorkflowExecution] = []
    known: dict[int, int] = {}
    for step in steps:
        try:
            first.take(step, is_local=is_local)
        except DatabaseWriteError:
            break
        known = {execution.key: execution.last_event_id for execution in first.engine._ledger.executions}
        answered.extend(execution.reference for execution in first.engine._ledger.executions)
    second = World(_ReopenedLog(log, first.engine._ledger.next_key), first.clock)
    try:
        if not is_local:
            for key, last_event_id in known.items():
                assert len(log.events(key)) >= last_event_id
            for reference in answered:
                assert log.find("d", reference.workflow_id, reference.run_id) is not None
        for step in steps:
            second.take(step, is_local=is_local)
            _check_histories(second.engine)
    finally:
        second.engine.close()


@given(
    st.lists(st.tuples(STEPS, st.booleans(), st.booleans()), min_size=5, max_size=40),
    st.integers(min_value=0, max_value=20),
    st.integers(1, 3),
)
def test_a_failed_commit_leaves_what_the_log_holds(
    steps: list[tuple[Any, bool, bool]], batches: int, failures: int
) -> None:
    """After commits that failed the state is again the fold of the log, no task is nobody's, and the engine goes on."""
    log = SqliteLog(":memory:")
    world = World(log, ManualClock())
    world.register()
    dying = _FailingLog(log, batches, failures)
    world.engine._log = dying
    world.engine._commits._log = dying
    try:
        for step, is_local, commits in steps:
            try:
                world.take(step, is_local=is_local)
                if commits:
                    _check_histories(world.engine)
            except DatabaseWriteError:
                pass
            world.check_hands()
            if commits and not dying.is_failing:
                _check_histories(world.engine)
    finally:
        dying.is_failing = False
        dying.failures = 0
        world.engine.close()


class _FailingLog(DyingLog):
    """A log that fails some times, and then works again."""

    def __init__(self, log: SqliteLog, batches: int, failures: int) -> None:
        super().__init__(log, batches)
        self.failures = failures
        self.is_failing = False

    def append(self, batch: Batch) -> None:
        """Keep the batch, or fail."""
        self.is_failing = self._left == 0 and self.failures > 0
        if self.is_failing:
            self.failures -= 1
            raise DatabaseWriteError(found="disk full")
        self._left = max(0, self._left - 1)
        self._log.append(batch)
