"""What each of the 13 decisions writes, and every cause for which one is refused."""

from typing import TYPE_CHECKING, Any

import pytest

from ostinato.errors import UnknownResourceFault, ValidationException
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import operations as o
from ostinato.model.enums import ChildPolicy
from ostinato.model.structures import ActivityType, TaskList, WorkflowExecution, WorkflowType

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Scenario

BARE = WorkflowType(name="w", version="bare")


def _register_odd_types(scenario: "Scenario") -> None:
    """Types that are deprecated, and types without defaults."""
    call = scenario.swf.call
    for version in ("bare", "old"):
        call(o.RegisterWorkflowType(domain="d", name="w", version=version))
        call(o.RegisterActivityType(domain="d", name="a", version=version))
    call(o.DeprecateWorkflowType(domain="d", workflow_type=WorkflowType(name="w", version="old")))
    call(o.DeprecateActivityType(domain="d", activity_type=ActivityType(name="a", version="old")))


def _cause(scenario: "Scenario") -> str:
    """The cause of the last refusal."""
    causes = [event.cause.value for event in scenario.history() if type(event).__name__.endswith("Failed")]  # type: ignore[union-attr]
    return str(causes[-1])


_FULL: dict[str, Any] = {
    "task_list": TaskList(name="l"),
    "schedule_to_close_timeout": "1",
    "schedule_to_start_timeout": "1",
    "start_to_close_timeout": "1",
    "heartbeat_timeout": "1",
}


@pytest.mark.parametrize(
    ("version", "without", "cause"),
    [
        ("none", None, "ACTIVITY_TYPE_DOES_NOT_EXIST"),
        ("old", None, "ACTIVITY_TYPE_DEPRECATED"),
        ("bare", "task_list", "DEFAULT_TASK_LIST_UNDEFINED"),
        ("bare", "schedule_to_close_timeout", "DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED"),
        ("bare", "schedule_to_start_timeout", "DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED"),
        ("bare", "start_to_close_timeout", "DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED"),
        ("bare", "heartbeat_timeout", "DEFAULT_HEARTBEAT_TIMEOUT_UNDEFINED"),
    ],
)
def test_activity_tasks_are_refused(scenario: "Scenario", version: str, without: str | None, cause: str) -> None:
    """ScheduleActivityTaskFailed says why, and asks for a decision."""
    _register_odd_types(scenario)
    scenario.start()
    settings = {name: value for name, value in _FULL.items() if name != without}
    activity_type = ActivityType(name="a", version=version)
    scenario.decide(d.ScheduleActivityTask(activity_type=activity_type, activity_id="a1", **settings))

    assert _cause(scenario) == cause
    assert scenario.kinds()[-1] == "DecisionTaskScheduled"


def test_an_activity_id_is_free_again_after_its_task(scenario: "Scenario") -> None:
    """ACTIVITY_ID_ALREADY_IN_USE holds among open tasks only."""
    scenario.start()
    scenario.decide(scenario.schedule(), scenario.schedule())
    assert _cause(scenario) == "ACTIVITY_ID_ALREADY_IN_USE"
    scenario.work()
    scenario.decide(scenario.schedule())

    assert scenario.kinds()[-1] == "ActivityTaskScheduled"


@pytest.mark.parametrize(
    ("made", "cause"),
    [
        (lambda s, n: s.schedule(f"a{n}"), "OPEN_ACTIVITIES_LIMIT_EXCEEDED"),
        (lambda _, n: d.StartTimer(timer_id=f"t{n}", start_to_fire_timeout="9"), "OPEN_TIMERS_LIMIT_EXCEEDED"),
        (lambda s, n: s.child(f"c{n}"), "OPEN_CHILDREN_LIMIT_EXCEEDED"),
    ],
)
def test_a_thousand_of_each_may_be_open(
    scenario: "Scenario", made: "Callable[[Scenario, int], d.DecisionAttributes]", cause: str
) -> None:
    """The 1,001st open activity, timer or child is refused."""
    scenario.start()
    for page in range(10):
        if page:
            scenario.signal()
        scenario.decide(*(made(scenario, 100 * page + number) for number in range(100)))
    assert "Failed" not in "".join(scenario.kinds())
    scenario.signal()
    scenario.decide(made(scenario, 1_000))

    assert _cause(scenario) == cause


@pytest.mark.parametrize(
    ("decision", "cause"),
    [
        (d.RequestCancelActivityTask(activity_id="none"), "ACTIVITY_ID_UNKNOWN"),
        (d.CancelTimer(timer_id="none"), "TIMER_ID_UNKNOWN"),
        (d.SignalExternalWorkflowExecution(workflow_id="n", signal_name="s"), "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION"),
        (d.RequestCancelExternalWorkflowExecution(workflow_id="n"), "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION"),
        (d.ContinueAsNewWorkflowExecution(workflow_type_version="none"), "WORKFLOW_TYPE_DOES_NOT_EXIST"),
        (d.ContinueAsNewWorkflowExecution(workflow_type_version="old"), "WORKFLOW_TYPE_DEPRECATED"),
        (
            d.ContinueAsNewWorkflowExecution(workflow_type_version="bare"),
            "DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED",
        ),
        (
            d.ContinueAsNewWorkflowExecution(workflow_type_version="bare", execution_start_to_close_timeout="9"),
            "DEFAULT_TASK_LIST_UNDEFINED",
        ),
        (
            d.ContinueAsNewWorkflowExecution(
                workflow_type_version="bare", execution_start_to_close_timeout="9", task_list=TaskList(name="l")
            ),
            "DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED",
        ),
        (
            d.ContinueAsNewWorkflowExecution(
                workflow_type_version="bare",
                execution_start_to_close_timeout="9",
                task_list=TaskList(name="l"),
                task_start_to_close_timeout="9",
            ),
            "DEFAULT_CHILD_POLICY_UNDEFINED",
        ),
        (
            d.StartChildWorkflowExecution(workflow_type=WorkflowType(name="w", version="old"), workflow_id="c"),
            "WORKFLOW_TYPE_DEPRECATED",
        ),
        (
            d.StartChildWorkflowExecution(workflow_type=BARE, workflow_id="c"),
            "DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED",
        ),
    ],
)
def test_decisions_are_refused(scenario: "Scenario", decision: d.DecisionAttributes, cause: str) -> None:
    """A decision that cannot be carried out writes its Failed event with the cause, and a decision task."""
    _register_odd_types(scenario)
    scenario.start()
    scenario.decide(decision)

    assert _cause(scenario) == cause
    assert scenario.kinds()[-1] == "DecisionTaskScheduled"


def test_a_timer_id_is_in_use_while_its_timer_runs(scenario: "Scenario") -> None:
    """TIMER_ID_ALREADY_IN_USE; free again when canceled in the same answer."""
    scenario.start()
    timer = d.StartTimer(timer_id="t", start_to_fire_timeout="9")
    scenario.decide(timer, timer, d.CancelTimer(timer_id="t"), timer)

    assert scenario.kinds()[4:] == [
        "TimerStarted",
        "StartTimerFailed",
        "TimerCanceled",
        "TimerStarted",
        "DecisionTaskScheduled",
    ]
    assert _cause(scenario) == "TIMER_ID_ALREADY_IN_USE"


@pytest.mark.parametrize(
    "closing",
    [
        d.CompleteWorkflowExecution(),
        d.FailWorkflowExecution(),
        d.CancelWorkflowExecution(),
        d.ContinueAsNewWorkflowExecution(),
    ],
)
def test_nothing_of_a_bad_answer_is_carried_out(scenario: "Scenario", closing: d.DecisionAttributes) -> None:
    """A close that is not last refuses the whole answer; the token is still good."""
    scenario.start()
    task = scenario.decision_task()
    marker = d.RecordMarker(marker_name="m")

    with pytest.raises(ValidationException, match="Close must be last decision in list"):
        scenario.answer(task.task_token, marker, closing, marker)
    assert scenario.kinds()[-1] == "DecisionTaskStarted"
    scenario.answer(task.task_token, marker)


def test_an_answer_has_at_most_a_hundred_decisions(scenario: "Scenario") -> None:
    """101 decisions are refused, and nothing changes."""
    scenario.start()
    task = scenario.decision_task()

    with pytest.raises(ValidationException):
        scenario.answer(task.task_token, *(d.RecordMarker(marker_name="m") for _ in range(101)))
    assert scenario.kinds()[-1] == "DecisionTaskStarted"


def test_an_answer_has_at_most_a_megabyte(scenario: "Scenario") -> None:
    """More is refused, and nothing changes; the token is still good."""
    scenario.start()
    task = scenario.decision_task()
    details = "x" * 32_000

    with pytest.raises(ValidationException, match="exceeds the limit of 1000000 bytes"):
        scenario.answer(task.task_token, *(d.RecordMarker(marker_name="m", details=details) for _ in range(32)))
    assert scenario.kinds()[-1] == "DecisionTaskStarted"
    scenario.answer(task.task_token, *(d.RecordMarker(marker_name="m", details=details) for _ in range(30)))


@pytest.mark.parametrize(
    ("closing", "failed"),
    [
        (d.CompleteWorkflowExecution(), "CompleteWorkflowExecutionFailed"),
        (d.FailWorkflowExecution(), "FailWorkflowExecutionFailed"),
        (d.CancelWorkflowExecution(), "CancelWorkflowExecutionFailed"),
        (d.ContinueAsNewWorkflowExecution(), "ContinueAsNewWorkflowExecutionFailed"),
    ],
)
def test_every_close_heeds_unseen_events(scenario: "Scenario", closing: d.DecisionAttributes, failed: str) -> None:
    """UNHANDLED_DECISION for each closing decision, and no second decision task."""
    scenario.start()
    task = scenario.decision_task()
    scenario.signal()
    scenario.answer(task.task_token, closing)

    assert scenario.kinds()[-1] == failed
    assert _cause(scenario) == "UNHANDLED_DECISION"
    assert scenario.poll() is not None


# Continue as new


def test_continue_as_new_takes_over(scenario: "Scenario") -> None:
    """The successor has the same workflow id, the new run id, the former's run id and the type's defaults."""
    scenario.start(tag_list=("t",), task_priority="3")
    scenario.decide(d.ContinueAsNewWorkflowExecution(input="i"))
    closed = scenario.history()[-1]
    assert isinstance(closed, e.WorkflowExecutionContinuedAsNew)
    started = scenario.history(run_id=closed.new_execution_run_id)[0]

    assert isinstance(started, e.WorkflowExecutionStarted)
    assert started.continued_execution_run_id == scenario.runs["x"]
    assert (started.input, started.tag_list, started.task_priority) == ("i", None, None)
    assert started.task_list == closed.task_list == TaskList(name="deciders")
    assert scenario.decision_task().workflow_execution.run_id == closed.new_execution_run_id


def test_the_successor_of_a_child_keeps_its_parent(scenario: "Scenario") -> None:
    """It has parentWorkflowExecution and parentInitiatedEventId, and its close is told to the parent."""
    scenario.start()
    scenario.decide(scenario.child())
    scenario.decide(d.ContinueAsNewWorkflowExecution(task_list=TaskList(name="children")), on="children")
    task = scenario.decide(d.CompleteWorkflowExecution(result="r"), on="children")

    started = task.events[0]
    assert isinstance(started, e.WorkflowExecutionStarted)
    assert started.parent_workflow_execution == WorkflowExecution(
        workflow_id="x",
        run_id=scenario.runs["x"],  # type: ignore[arg-type]
    )
    assert started.parent_initiated_event_id == 5
    told = scenario.history()[-1]
    assert isinstance(told, e.ChildWorkflowExecutionCompleted)
    assert (told.workflow_execution, told.result) == (task.workflow_execution, "r")


def test_the_successor_of_a_child_falls_under_the_parents_policy(scenario: "Scenario") -> None:
    """The parent's close reaches the run that took over from its child."""
    scenario.start()
    scenario.decide(scenario.child(child_policy=ChildPolicy.ABANDON))
    scenario.decide(d.ContinueAsNewWorkflowExecution(task_list=TaskList(name="children")), on="children")
    scenario.decide(d.CompleteWorkflowExecution())

    with pytest.raises(UnknownResourceFault):
        scenario.signal("c")


def test_the_successor_is_there_before_all_else_that_follows(scenario: "Scenario") -> None:
    """A signal to the own workflow id reaches it, and no child takes that id."""
    scenario.start()
    scenario.decide(
        d.SignalExternalWorkflowExecution(workflow_id="x", signal_name="s"),
        scenario.child(workflow_id="x"),
        d.ContinueAsNewWorkflowExecution(),
    )
    closed = scenario.history()[-1]
    assert isinstance(closed, e.WorkflowExecutionContinuedAsNew)

    successor = scenario.history(run_id=closed.new_execution_run_id)

    assert [type(event).__name__ for event in successor] == [
        "WorkflowExecutionStarted", "DecisionTaskScheduled", "WorkflowExecutionSignaled",
    ]  # fmt: skip
    assert scenario.decision_task().workflow_execution.run_id == closed.new_execution_run_id
    assert scenario.poll("children") is None


# Children, signals and cancellation requests


@pytest.mark.parametrize(
    ("closing", "told"),
    [
        (d.CompleteWorkflowExecution(), "ChildWorkflowExecutionCompleted"),
        (d.FailWorkflowExecution(reason="r", details="d"), "ChildWorkflowExecutionFailed"),
        (d.CancelWorkflowExecution(details="d"), "ChildWorkflowExecutionCanceled"),
    ],
)
def test_parents_hear_how_children_close(scenario: "Scenario", closing: d.DecisionAttributes, told: str) -> None:
    """Each way in which a child closes itself has its event in the parent's history, which is a cause."""
    scenario.start()
    scenario.decide(scenario.child())
    scenario.decide()
    scenario.decide(closing, on="children")

    assert scenario.kinds()[-2:] == [told, "DecisionTaskScheduled"]


def test_parents_hear_of_terminated_and_timed_out_children(scenario: "Scenario") -> None:
    """The same for children that others close."""
    scenario.start()
    scenario.decide(scenario.child("c1", execution_start_to_close_timeout="5"), scenario.child("c2"))
    scenario.advance(5)
    scenario.swf.call(o.TerminateWorkflowExecution(domain="d", workflow_id="c2"))

    assert scenario.kinds()[-2:] == ["ChildWorkflowExecutionTimedOut", "ChildWorkflowExecutionTerminated"]


def test_a_child_started_with_the_close_still_starts(scenario: "Scenario") -> None:
    """A child asked for in the answer that closes the parent runs if the policy abandons it, else it is terminated."""
    scenario.start("keeps", child_policy=ChildPolicy.ABANDON)
    scenario.decide(scenario.child("kept"), d.CompleteWorkflowExecution())
    scenario.start("kills")
    scenario.decide(scenario.child("killed"), d.CompleteWorkflowExecution())

    scenario.signal("kept")
    with pytest.raises(UnknownResourceFault):
        scenario.signal("killed")


def test_a_signal_to_a_run_that_is_over_fails(scenario: "Scenario") -> None:
    """A run id has to be the open run's."""
    run_id = scenario.start("y")
    scenario.swf.call(o.TerminateWorkflowExecution(domain="d", workflow_id="y"))
    scenario.start("y", task_list=TaskList(name="children"))
    scenario.start()
    scenario.decide(d.SignalExternalWorkflowExecution(workflow_id="y", run_id=run_id, signal_name="s"))  # type: ignore[arg-type]

    assert _cause(scenario) == "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION"


def test_a_cancellation_request_reaches_its_target(scenario: "Scenario") -> None:
    """The target hears who asked; the source hears that it was delivered."""
    scenario.start("y", task_list=TaskList(name="children"))
    scenario.start()
    scenario.decide(d.RequestCancelExternalWorkflowExecution(workflow_id="y"))

    received = scenario.history("y")[-1]
    assert isinstance(received, e.WorkflowExecutionCancelRequested)
    assert received.external_initiated_event_id == 5
    assert received.external_workflow_execution is not None
    assert received.external_workflow_execution.workflow_id == "x"
    assert scenario.kinds()[-2:] == ["ExternalWorkflowExecutionCancelRequested", "DecisionTaskScheduled"]
    assert scenario.describe("y").execution_info.cancel_requested
