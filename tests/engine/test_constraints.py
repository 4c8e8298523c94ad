"""The constraints on single texts, and the words for a breach."""

import pytest

from ostinato.engine.constraints import rule_for
from ostinato.model.decisions import ScheduleActivityTask, ScheduleLambdaFunction, StartTimer
from ostinato.model.operations import RegisterDomain, SignalWorkflowExecution, StartWorkflowExecution
from ostinato.model.structures import Structure, TaskList


@pytest.mark.parametrize(
    ("owner", "field", "text"),
    [
        (StartWorkflowExecution, "workflow_id", "order-7 (é) arn arn"),
        (StartWorkflowExecution, "execution_start_to_close_timeout", "31536000"),
        (StartWorkflowExecution, "task_start_to_close_timeout", "NONE"),
        (StartWorkflowExecution, "task_priority", "-2147483648"),
        (StartWorkflowExecution, "task_priority", "+7"),
        (StartTimer, "start_to_fire_timeout", "0"),
        (ScheduleLambdaFunction, "start_to_close_timeout", "900"),
        (RegisterDomain, "workflow_execution_retention_period_in_days", "NONE"),
        (RegisterDomain, "workflow_execution_retention_period_in_days", "90"),
        (TaskList, "name", "a b"),
    ],
)
def test_what_the_documentation_allows_is_fine(owner: type[Structure], field: str, text: str) -> None:
    """A text within the documented rule breaks nothing."""
    rule = rule_for(owner, field)

    assert rule is not None
    assert rule(text) is None


@pytest.mark.parametrize(
    ("owner", "field", "text", "constraint"),
    [
        (StartWorkflowExecution, "workflow_id", "a:b", "Member must not contain :"),
        (StartWorkflowExecution, "workflow_id", "a/b", "Member must not contain :"),
        (ScheduleActivityTask, "activity_id", "a|b", "Member must not contain :"),
        (StartTimer, "timer_id", "a\u0085", "Member must not contain :"),
        (RegisterDomain, "name", "arn", "literal string arn"),
        (RegisterDomain, "name", " d", "whitespace"),
        (TaskList, "name", "t\n", "whitespace"),
        (StartWorkflowExecution, "execution_start_to_close_timeout", "NONE", "whole number"),
        (StartWorkflowExecution, "execution_start_to_close_timeout", "31536001", "less than or equal to 31536000"),
        (StartWorkflowExecution, "task_start_to_close_timeout", "-1", "whole number in decimal, or be NONE"),
        (StartWorkflowExecution, "task_start_to_close_timeout", "", "whole number in decimal, or be NONE"),
        (StartWorkflowExecution, "task_start_to_close_timeout", "1.5", "whole number in decimal, or be NONE"),
        (StartWorkflowExecution, "task_start_to_close_timeout", "²", "whole number in decimal, or be NONE"),
        (StartWorkflowExecution, "task_priority", "2147483648", "from -2147483648 to 2147483647"),
        (StartWorkflowExecution, "task_priority", "", "from -2147483648 to 2147483647"),
        (StartWorkflowExecution, "task_priority", "9" * 10_000, "from -2147483648 to 2147483647"),
        (ScheduleLambdaFunction, "start_to_close_timeout", "0", "greater than or equal to 1"),
        (RegisterDomain, "workflow_execution_retention_period_in_days", "91", "less than or equal to 90, or be NONE"),
    ],
)
def test_what_the_documentation_forbids_is_told(owner: type[Structure], field: str, text: str, constraint: str) -> None:
    """A text outside of the documented rule breaks a constraint that says what is asked."""
    rule = rule_for(owner, field)

    assert rule is not None
    assert constraint in (rule(text) or "")


def test_members_without_a_rule_have_none() -> None:
    """A signal's name is free: its documentation says nothing."""
    assert rule_for(SignalWorkflowExecution, "signal_name") is None
