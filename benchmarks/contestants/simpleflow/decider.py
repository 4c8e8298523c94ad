"""The workflows that simpleflow replays here, and how its decider is fed a history without a network."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import Any

from histories import Event, Names
from simpleflow import Workflow, activity, futures
from simpleflow.swf.executor import Executor
from simpleflow.swf.mapper.models.domain import Domain
from simpleflow.swf.mapper.models.history.base import History
from simpleflow.swf.mapper.models.workflow import WorkflowExecution, WorkflowType
from simpleflow.swf.mapper.responses import Response

logging.disable(logging.WARNING)


@activity.with_attributes(name="increment", task_list="benchmark", version="1")
def increment(x: int) -> int:
    """Give x + 1."""
    return x + 1


class OneAfterTheOther(Workflow):
    """n activities in sequence, each given the result of the one before."""

    name = "one_after_the_other"
    version = "1"
    task_list = "benchmark"

    def run(self, activities: int) -> int:
        """Count up to n."""
        value = 0
        for _ in range(activities):
            future = self.submit(increment, value)
            futures.wait(future)
            value = future.result
        return value


class SideBySide(Workflow):
    """n activities at once."""

    name = "side_by_side"
    version = "1"
    task_list = "benchmark"

    def run(self, activities: int) -> int:
        """Sum the results."""
        return sum(futures.wait(*[self.submit(increment, number) for number in range(activities)]))


def names_of(workflow: type[Workflow]) -> Names:
    """Give the names under which simpleflow records this workflow and its activity."""
    return Names(workflow=workflow.name, activity=increment.name)


def as_boto3_gives(events: list[Event]) -> list[dict[str, Any]]:
    """Give the events as simpleflow gets them from boto3: the same, with times as datetimes."""
    return [{**event, "eventTimestamp": datetime.fromtimestamp(event["eventTimestamp"], tz=UTC)} for event in events]


class Replayer:
    """simpleflow's decider without its polls and its fork: events in, decisions out."""

    def __init__(self, workflow: type[Workflow]) -> None:
        domain = Domain("benchmark")
        self._executor = Executor(domain, workflow)
        workflow_type = WorkflowType(domain=domain, name=workflow.name, version=workflow.version)
        self._execution = WorkflowExecution(
            domain=domain, workflow_id="benchmark", run_id="run", workflow_type=workflow_type
        )

    def decisions(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Do what simpleflow does at a decision: parse the whole history and run the workflow from its start."""
        response = Response(token="0", history=History.from_event_list(events), execution=self._execution)
        return list(self._executor.replay(response, decref_workflow=False).decisions)

    def cpu_seconds(self, events: list[dict[str, Any]], expected: str) -> float:
        """Give the CPU seconds of one decision, which must be of the expected type."""
        started = time.process_time()
        decisions = self.decisions(events)
        taken = time.process_time() - started
        found = [decision["decisionType"] for decision in decisions]
        if found != [expected]:
            raise AssertionError(f"expected one {expected}, got {decisions[:3]}")
        return taken
