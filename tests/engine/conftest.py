"""An engine in memory whose time is moved by hand, and short ways of asking it things."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import Engine, open_engine
from ostinato.engine.lambdas import LambdaFunction
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import operations as o
from ostinato.model import results as r
from ostinato.model.enums import ChildPolicy
from ostinato.model.fields import EventId, TaskToken
from ostinato.model.structures import ActivityType, TaskList, WorkflowExecution, WorkflowType

if TYPE_CHECKING:
    from ostinato.swf import Swf

WORKFLOW = WorkflowType(name="w", version="1")
ACTIVITY = ActivityType(name="a", version="1")
DECIDER = TaskList(name="deciders")
CHILDREN = TaskList(name="children")
WORKERS = TaskList(name="workers")


class Scenario:
    """One domain with a workflow type and an activity type, and an engine that they are in."""

    def __init__(self, engine: Engine, clock: ManualClock) -> None:
        self.engine = engine
        self.clock = clock
        self.swf: Swf = engine
        self.runs: dict[str, str] = {}

    def register(self) -> None:
        """Register the domain and the types; every setting has a default."""
        self.swf.call(o.RegisterDomain(name="d", workflow_execution_retention_period_in_days="7"))
        self.swf.call(
            o.RegisterWorkflowType(
                domain="d",
                name="w",
                version="1",
                default_task_start_to_close_timeout="30",
                default_execution_start_to_close_timeout="3600",
                default_task_list=DECIDER,
                default_child_policy=ChildPolicy.TERMINATE,
            )
        )
        self.swf.call(
            o.RegisterActivityType(
                domain="d",
                name="a",
                version="1",
                default_task_start_to_close_timeout="60",
                default_task_heartbeat_timeout="NONE",
                default_task_list=WORKERS,
                default_task_schedule_to_start_timeout="NONE",
                default_task_schedule_to_close_timeout="NONE",
            )
        )

    def start(self, workflow_id: str = "x", **settings: object) -> str:
        """Start an execution; gives its run id."""
        operation = o.StartWorkflowExecution(
            **{"domain": "d", "workflow_id": workflow_id, "workflow_type": WORKFLOW, **settings}  # type: ignore[arg-type]
        )
        run_id = self.swf.call(operation).run_id
        assert run_id is not None
        self.runs[workflow_id] = run_id
        return run_id

    def poll(self, task_list: str = "deciders", **options: object) -> r.DecisionTask | None:
        """Poll for a decision task."""
        return self.swf.call(
            o.PollForDecisionTask(domain="d", task_list=TaskList(name=task_list), **options)  # type: ignore[arg-type]
        )

    def decision_task(self, task_list: str = "deciders") -> r.DecisionTask:
        """The decision task that waits."""
        task = self.poll(task_list)
        assert task is not None
        return task

    def answer(self, token: TaskToken, *decisions: d.DecisionAttributes, **rest: object) -> None:
        """Answer a decision task."""
        self.swf.call(
            o.RespondDecisionTaskCompleted(task_token=token, decisions=decisions, **rest)  # type: ignore[arg-type]
        )

    def decide(self, *decisions: d.DecisionAttributes, on: str = "deciders", **rest: object) -> r.DecisionTask:
        """Take the decision task that waits, and answer it."""
        task = self.decision_task(on)
        self.answer(task.task_token, *decisions, **rest)
        return task

    def activity_task(self, task_list: str = "workers") -> r.ActivityTask:
        """The activity task that waits."""
        task = self.swf.call(o.PollForActivityTask(domain="d", task_list=TaskList(name=task_list)))
        assert task is not None
        return task

    def work(self, result: str | None = None) -> r.ActivityTask:
        """Take the activity task that waits, and complete it."""
        task = self.activity_task()
        self.swf.call(o.RespondActivityTaskCompleted(task_token=task.task_token, result=result))
        return task

    def signal(self, workflow_id: str = "x", name: str = "s") -> None:
        """Send a signal."""
        self.swf.call(o.SignalWorkflowExecution(domain="d", workflow_id=workflow_id, signal_name=name))

    def history(self, workflow_id: str = "x", run_id: str | None = None) -> tuple[e.HistoryEvent, ...]:
        """The whole history of an execution."""
        execution = WorkflowExecution(workflow_id=workflow_id, run_id=run_id or self.runs[workflow_id])  # type: ignore[arg-type]
        page = self.swf.call(o.GetWorkflowExecutionHistory(domain="d", execution=execution))
        events = page.events
        while page.next_page_token is not None:
            page = self.swf.call(
                o.GetWorkflowExecutionHistory(domain="d", execution=execution, next_page_token=page.next_page_token)
            )
            events += page.events
        return events

    def kinds(self, workflow_id: str = "x", run_id: str | None = None) -> list[str]:
        """The types of an execution's events."""
        return [type(event).__name__ for event in self.history(workflow_id, run_id)]

    def event(self, event_id: int, workflow_id: str = "x") -> e.HistoryEvent:
        """One event of an execution."""
        return self.history(workflow_id)[EventId(event_id) - 1]

    def describe(self, workflow_id: str = "x") -> r.WorkflowExecutionDetail:
        """All about an execution."""
        execution = WorkflowExecution(workflow_id=workflow_id, run_id=self.runs[workflow_id])  # type: ignore[arg-type]
        return self.swf.call(o.DescribeWorkflowExecution(domain="d", execution=execution))

    @staticmethod
    def schedule(activity_id: str = "a1", **settings: object) -> d.ScheduleActivityTask:
        """A decision to schedule an activity task."""
        return d.ScheduleActivityTask(activity_type=ACTIVITY, activity_id=activity_id, **settings)  # type: ignore[arg-type]

    @staticmethod
    def child(workflow_id: str = "c", **settings: object) -> d.StartChildWorkflowExecution:
        """A decision to start a child execution, whose decision tasks go to the list "children"."""
        return d.StartChildWorkflowExecution(
            **{  # type: ignore[arg-type]
                "workflow_type": WORKFLOW,
                "workflow_id": workflow_id,
                "task_list": CHILDREN,
                **settings,
            }
        )

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.engine.advance(seconds)


@pytest.fixture(name="open_scenario")
def _open_scenario() -> Iterator[Callable[..., Scenario]]:
    """Opens scenarios, and closes their engines; time is held."""
    opened: list[Engine] = []

    def open_scenario(
        path: Path | str = ":memory:",
        clock: ManualClock | None = None,
        lambda_functions: dict[str, LambdaFunction] | None = None,
    ) -> Scenario:
        clock = clock or ManualClock()
        engine = open_engine(path, clock=clock, poll_seconds=0.0, lambda_functions=lambda_functions)
        opened.append(engine)
        engine._transactions.hold_time(1)
        return Scenario(engine, clock)

    yield open_scenario
    for engine in opened:
        engine.close()


@pytest.fixture
def scenario(open_scenario: Callable[..., Scenario]) -> Scenario:
    """A scenario in memory, with domain and types registered."""
    made = open_scenario()
    made.register()
    return made
