"""Amazon's own command line drives a workflow's life by hand."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import environ
from tests.contract.environments import environment

Aws = Callable[..., Any]


@pytest.fixture
def aws(url: str, tmp_path: Path) -> Aws:
    """`aws swf ...`: gives its answer, or what it complained of."""
    command = environment("awscli") / "aws"
    env = environ(url, tmp_path)

    def run(operation: str, *words: str, is_refused: bool = False) -> Any:
        done = subprocess.run(
            [command, "swf", operation, *words], env=env, capture_output=True, text=True, check=False, timeout=300
        )
        assert (done.returncode != 0) is is_refused, done.stderr
        return done.stderr if is_refused else json.loads(done.stdout or "null")

    return run


def test_a_workflows_life_by_hand(aws: Aws) -> None:
    """Register, start, decide, work, signal, complete, and look at it: each answer is understood."""
    domain = ("--domain", "by-hand")
    tasks = ("--task-list", "name=tasks")
    version = ("--workflow-version", "1")
    aws("register-domain", "--name", "by-hand", "--workflow-execution-retention-period-in-days", "1")
    aws(
        *("register-workflow-type", *domain, "--name", "order", *version, "--default-task-list", "name=tasks"),
        *("--default-task-start-to-close-timeout", "3600", "--default-execution-start-to-close-timeout", "3600"),
        *("--default-child-policy", "TERMINATE"),
    )
    aws("register-activity-type", *domain, "--name", "ship", "--activity-version", "1")
    order = ("--workflow-id", "o1")
    run_id = aws(
        *("start-workflow-execution", *domain, *order, "--workflow-type", "name=order,version=1", "--input", "seven")
    )["runId"]
    again = aws(
        *("start-workflow-execution", *domain, *order, "--workflow-type", "name=order,version=1"), is_refused=True
    )
    assert "(WorkflowExecutionAlreadyStartedFault)" in again

    token = aws("poll-for-decision-task", *domain, *tasks)["taskToken"]
    timeouts = dict.fromkeys(("scheduleToCloseTimeout", "scheduleToStartTimeout", "startToCloseTimeout"), "3600")
    schedule = {
        "decisionType": "ScheduleActivityTask",
        "scheduleActivityTaskDecisionAttributes": {
            "activityType": {"name": "ship", "version": "1"},
            "activityId": "s1",
            "taskList": {"name": "tasks"},
            "heartbeatTimeout": "NONE",
            **timeouts,
        },
    }
    aws("respond-decision-task-completed", "--task-token", token, "--decisions", json.dumps([schedule]))
    aws("signal-workflow-execution", *domain, *order, "--signal-name", "hurry", "--input", "please")
    work = aws("poll-for-activity-task", *domain, *tasks)
    assert work["activityId"] == "s1"
    beat = aws("record-activity-task-heartbeat", "--task-token", work["taskToken"], "--details", "half")
    assert beat == {"cancelRequested": False}
    aws("respond-activity-task-completed", "--task-token", work["taskToken"], "--result", "shipped")
    token = aws("poll-for-decision-task", *domain, *tasks)["taskToken"]
    close = {
        "decisionType": "CompleteWorkflowExecution",
        "completeWorkflowExecutionDecisionAttributes": {"result": "done"},
    }
    aws("respond-decision-task-completed", "--task-token", token, "--decisions", json.dumps([close]))

    execution = ("--execution", f"workflowId=o1,runId={run_id}")
    history = aws("get-workflow-execution-history", *domain, *execution)["events"]
    detail = aws("describe-workflow-execution", *domain, *execution)
    closed = aws("list-closed-workflow-executions", *domain, "--start-time-filter", "oldestDate=0")
    assert [event["eventType"] for event in history] == [
        "WorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "DecisionTaskStarted",
        "DecisionTaskCompleted",
        "ActivityTaskScheduled",
        "WorkflowExecutionSignaled",
        "DecisionTaskScheduled",
        "ActivityTaskStarted",
        "ActivityTaskCompleted",
        "DecisionTaskStarted",
        "DecisionTaskCompleted",
        "WorkflowExecutionCompleted",
    ]
    assert detail["executionInfo"]["closeStatus"] == "COMPLETED"
    assert [info["execution"]["runId"] for info in closed["executionInfos"]] == [run_id]
    late = aws("respond-activity-task-failed", "--task-token", work["taskToken"], is_refused=True)
    assert "(UnknownResourceFault)" in late


def test_lists_are_paged_by_the_command_itself(aws: Aws) -> None:
    """It follows page tokens until the end."""
    for place in range(5):
        aws("register-domain", "--name", f"page-{place}", "--workflow-execution-retention-period-in-days", "1")

    listed = aws("list-domains", "--registration-status", "REGISTERED", "--page-size", "2")

    names = {info["name"] for info in listed["domainInfos"]}
    assert {f"page-{place}" for place in range(5)} <= names
