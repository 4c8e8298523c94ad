"""Describing, listing and counting executions, and reading their histories."""

from typing import TYPE_CHECKING, Any

import pytest

from ostinato.errors import UnknownResourceFault, ValidationException
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import operations as o
from ostinato.model.enums import ChildPolicy, CloseStatus, ExecutionStatus
from ostinato.model.structures import (
    CloseStatusFilter,
    ExecutionTimeFilter,
    TagFilter,
    WorkflowExecution,
    WorkflowExecutionFilter,
    WorkflowTypeFilter,
)

if TYPE_CHECKING:
    from tests.engine.conftest import Scenario

EVER = ExecutionTimeFilter(oldest_date=0.0)


def _open(scenario: "Scenario", **filters: Any) -> list[str]:
    answer = scenario.swf.call(o.ListOpenWorkflowExecutions(domain="d", **{"start_time_filter": EVER, **filters}))
    return [info.execution.workflow_id for info in answer.execution_infos]


def _closed(scenario: "Scenario", **filters: Any) -> list[str]:
    times = {} if "close_time_filter" in filters else {"start_time_filter": EVER}
    answer = scenario.swf.call(o.ListClosedWorkflowExecutions(domain="d", **{**times, **filters}))
    return [info.execution.workflow_id for info in answer.execution_infos]


def _terminate(scenario: "Scenario", workflow_id: str) -> None:
    scenario.swf.call(o.TerminateWorkflowExecution(domain="d", workflow_id=workflow_id))


def test_describe_tells_all_of_an_open_execution(scenario: "Scenario") -> None:
    """Info, effective configuration and every open count."""
    scenario.start(tag_list=("t",), task_priority="2", child_policy=ChildPolicy.ABANDON, lambda_role="role")
    scenario.decide(
        scenario.schedule(),
        d.StartTimer(timer_id="t", start_to_fire_timeout="9"),
        scenario.child(),
        execution_context="context",
    )
    detail = scenario.describe()

    info, configuration, counts = detail.execution_info, detail.execution_configuration, detail.open_counts
    assert (info.execution_status, info.close_status, info.tag_list) == (ExecutionStatus.OPEN, None, ("t",))
    assert info.cancel_requested is False
    assert info.start_timestamp == scenario.event(1).event_timestamp
    assert (configuration.task_priority, configuration.lambda_role) == ("2", "role")
    assert configuration.child_policy is ChildPolicy.ABANDON
    assert (configuration.execution_start_to_close_timeout, configuration.task_start_to_close_timeout) == ("3600", "30")
    assert (counts.open_activity_tasks, counts.open_decision_tasks, counts.open_timers) == (1, 1, 1)
    assert (counts.open_child_workflow_executions, counts.open_lambda_functions) == (1, 0)
    assert detail.latest_execution_context == "context"
    assert detail.latest_activity_task_timestamp is None


def test_the_latest_activity_time_is_that_of_any_activity_event(scenario: "Scenario") -> None:
    """The latest activity time is that of the last start or end, not of scheduling (23 of 23 recorded)."""
    scenario.start()
    scenario.decide(scenario.schedule(), scenario.schedule("a2"))
    scenario.advance(1)
    task = scenario.activity_task()
    started = scenario.clock.now()
    assert scenario.describe().latest_activity_task_timestamp == started
    scenario.advance(1)
    scenario.swf.call(o.RespondActivityTaskFailed(task_token=task.task_token))

    assert scenario.describe().latest_activity_task_timestamp == started + 1


def test_the_latest_context_is_the_last_one_given(scenario: "Scenario") -> None:
    """An answer without a context keeps the former one; an empty one is one (recorded)."""
    scenario.start()
    for context, shown in ((None, None), ("c", "c"), (None, "c"), ("", "")):
        scenario.decide(execution_context=context)
        scenario.signal()
        assert scenario.describe().latest_execution_context == shown


def test_a_closed_run_keeps_its_open_counts(scenario: "Scenario") -> None:
    """A canceled run with a started activity still shows it; cancelRequested is false (recorded)."""
    scenario.start()
    scenario.decide(scenario.schedule())
    scenario.activity_task()
    scenario.swf.call(o.RequestCancelWorkflowExecution(domain="d", workflow_id="x"))
    assert scenario.describe().execution_info.cancel_requested is True
    scenario.decide(d.CancelWorkflowExecution())

    detail = scenario.describe()
    assert detail.open_counts.open_activity_tasks == 1
    assert detail.execution_info.close_status is CloseStatus.CANCELED
    assert detail.execution_info.close_timestamp == scenario.history()[-1].event_timestamp
    assert detail.execution_info.cancel_requested is False


def test_unknown_executions_are_told_in_the_services_words(scenario: "Scenario") -> None:
    """The form that clients parse (recorded): with ids in brackets, or with the workflow id alone."""
    execution = WorkflowExecution(workflow_id="no", run_id="22x")  # type: ignore[arg-type]
    text = r"Unknown execution: WorkflowExecution=\[workflowId=no, runId=22x\]"

    with pytest.raises(UnknownResourceFault, match=text):
        scenario.swf.call(o.DescribeWorkflowExecution(domain="d", execution=execution))
    with pytest.raises(UnknownResourceFault, match=text):
        scenario.swf.call(o.GetWorkflowExecutionHistory(domain="d", execution=execution))
    with pytest.raises(UnknownResourceFault, match="Unknown execution, workflowId = no"):
        scenario.signal("no")
    with pytest.raises(UnknownResourceFault, match="Unknown domain: none"):
        scenario.swf.call(o.SignalWorkflowExecution(domain="none", workflow_id="x", signal_name="s"))


def test_open_executions_are_listed_last_started_first(scenario: "Scenario") -> None:
    """Descending by start; reverseOrder turns it round (moto: ascending, and an error)."""
    for name in ("one", "two", "three"):
        scenario.start(name)
        scenario.advance(1)

    assert _open(scenario) == ["three", "two", "one"]
    assert _open(scenario, reverse_order=True) == ["one", "two", "three"]


def test_open_executions_are_filtered(scenario: "Scenario") -> None:
    """By workflow id, type, exact tag and start time."""
    scenario.start("one", tag_list=("t",))
    scenario.advance(10)
    scenario.start("two", tag_list=("tt",))
    now = scenario.clock.now()

    assert _open(scenario, execution_filter=WorkflowExecutionFilter(workflow_id="one")) == ["one"]
    assert _open(scenario, type_filter=WorkflowTypeFilter(name="w")) == ["two", "one"]
    assert _open(scenario, type_filter=WorkflowTypeFilter(name="w", version="9")) == []
    assert _open(scenario, tag_filter=TagFilter(tag="t")) == ["one"]
    assert _open(scenario, start_time_filter=ExecutionTimeFilter(oldest_date=now - 1)) == ["two"]
    period = ExecutionTimeFilter(oldest_date=0.0, latest_date=now - 1)
    assert _open(scenario, start_time_filter=period) == ["one"]
    count = scenario.swf.call(o.CountOpenWorkflowExecutions(domain="d", start_time_filter=period))
    assert (count.count, count.truncated) == (1, False)


def test_closed_executions_are_listed_by_start_or_by_close(scenario: "Scenario") -> None:
    """The filter that is given says the order too."""
    for name in ("one", "two"):
        scenario.start(name)
        scenario.advance(1)
    for name in ("two", "one"):
        _terminate(scenario, name)
        scenario.advance(1)

    assert _closed(scenario) == ["two", "one"]
    assert _closed(scenario, close_time_filter=EVER) == ["one", "two"]
    assert _open(scenario) == []


def test_closed_executions_are_filtered_by_close_status(scenario: "Scenario") -> None:
    """Each run under its own status (moto answers with the wrong ones)."""
    for name in ("done", "ended"):
        scenario.start(name)
    scenario.decide(d.CompleteWorkflowExecution())
    _terminate(scenario, "ended")

    completed = CloseStatusFilter(status=CloseStatus.COMPLETED)
    assert _closed(scenario, close_status_filter=completed) == ["done"]
    count = scenario.swf.call(
        o.CountClosedWorkflowExecutions(domain="d", start_time_filter=EVER, close_status_filter=completed)
    )
    assert count.count == 1


def test_lists_are_paged(scenario: "Scenario") -> None:
    """Pages follow one another, also past new starts; an exactly full last page has no token."""
    for number in range(4):
        scenario.start(f"w{number}")
    first = scenario.swf.call(o.ListOpenWorkflowExecutions(domain="d", start_time_filter=EVER, maximum_page_size=2))
    scenario.start("new")
    second = scenario.swf.call(
        o.ListOpenWorkflowExecutions(
            domain="d", start_time_filter=EVER, maximum_page_size=2, next_page_token=first.next_page_token
        )
    )

    names = [info.execution.workflow_id for info in (*first.execution_infos, *second.execution_infos)]
    assert names == ["w3", "w2", "w1", "w0"]
    assert second.next_page_token is None
    with pytest.raises(ValidationException, match="Invalid token"):
        _open(scenario, next_page_token=first.next_page_token, reverse_order=True)


@pytest.mark.parametrize("is_reverse", [False, True])
def test_histories_are_paged_both_ways(scenario: "Scenario", is_reverse: bool) -> None:  # noqa: FBT001
    """Every event once, in order; the last page, though full, has no token."""
    scenario.start()
    for _ in range(4):
        scenario.signal()
    execution = WorkflowExecution(workflow_id="x", run_id=scenario.runs["x"])  # type: ignore[arg-type]
    ids: list[int] = []
    token = None
    pages = 0
    while pages == 0 or token is not None:
        page = scenario.swf.call(
            o.GetWorkflowExecutionHistory(
                domain="d", execution=execution, maximum_page_size=2, reverse_order=is_reverse, next_page_token=token
            )
        )
        ids += [event.event_id for event in page.events]
        token = page.next_page_token
        pages += 1

    assert ids == ([6, 5, 4, 3, 2, 1] if is_reverse else [1, 2, 3, 4, 5, 6])
    assert pages == 3


def test_waiting_tasks_are_counted_started_ones_not(scenario: "Scenario") -> None:
    """CountPending… count what waits on the list (moto counts started ones too)."""
    scenario.start()
    scenario.start("y")
    decisions = o.CountPendingDecisionTasks(domain="d", task_list=scenario.describe().execution_configuration.task_list)
    assert scenario.swf.call(decisions).count == 2
    task = scenario.decide(scenario.schedule(), scenario.schedule("a2"))
    scenario.activity_task()

    assert scenario.swf.call(decisions).count == 1
    scheduled = scenario.event(5, task.workflow_execution.workflow_id)
    assert isinstance(scheduled, e.ActivityTaskScheduled)
    activities = o.CountPendingActivityTasks(domain="d", task_list=scheduled.task_list)
    assert scenario.swf.call(activities).count == 1
