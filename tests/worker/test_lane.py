import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import activity, workflow
from ostinato.model.decisions import (
    ContinueAsNewWorkflowExecution,
    DecisionAttributes,
    ScheduleActivityTask,
    StartChildWorkflowExecution,
    StartTimer,
)
from ostinato.model.structures import TaskList
from ostinato.worker.catalog import catalog_of
from ostinato.worker.lane import Lane, lane_for, lane_of


@activity(task_list="steel")
def press() -> None: ...


@workflow(task_list="offices")
def produce() -> None: ...


CATALOG = catalog_of([press, produce])


@given(st.text("abc-7~", min_size=1, max_size=256), st.sampled_from(["default", "steel"]))
def test_a_lane_is_known_from_a_task_list_in_it(workflow_id: str, task_list: str) -> None:
    """Whoever finds an execution knows from its task list where its tasks are; names keep SWF's limit."""
    lane = lane_for(workflow_id)

    assert lane_of(lane.name(task_list)) == lane
    assert lane.name(lane.name(task_list)) == lane.name(task_list)
    assert len(lane.name(task_list)) <= 256


def test_an_execution_in_no_lane_keeps_its_task_lists() -> None:
    """An execution that somebody else started is served where it is."""
    assert lane_of("default").name("steel") == "steel"


@pytest.mark.parametrize(
    ("decision", "task_list"),
    [
        (ScheduleActivityTask(activity_type=press.activity_type, activity_id="1"), "steel~run~7"),
        (
            ScheduleActivityTask(activity_type=press.activity_type, activity_id="1", task_list=TaskList(name="copper")),
            "copper~run~7",
        ),
        (StartChildWorkflowExecution(workflow_type=produce.workflow_type, workflow_id="child"), "offices~run~7"),
        (ContinueAsNewWorkflowExecution(), "offices~run~7"),
        (ContinueAsNewWorkflowExecution(task_list=TaskList(name="offices~run~7")), "offices~run~7"),
    ],
)
def test_all_that_has_a_task_list_is_put_into_the_lane(decision: DecisionAttributes, task_list: str) -> None:
    """Activities, children and continued executions stay in the lane of the one who decides them."""
    (redirected,) = Lane("~run~7").redirect([decision], produce, CATALOG)

    assert redirected.task_list == TaskList(name=task_list)  # type: ignore[union-attr]


def test_what_has_no_task_list_is_left_as_it_is() -> None:
    """A timer is the same in every lane."""
    timer = StartTimer(timer_id="t", start_to_fire_timeout="1")

    assert Lane("~run~7").redirect([timer], produce, CATALOG) == (timer,)
