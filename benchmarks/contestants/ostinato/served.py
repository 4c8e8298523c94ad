"""Ostinato as it ships: the embedded engine on a file of its own; decider and workers as threads of this process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measurement import Assignment

from ostinato import Workflow
from ostinato.client.executions import require_completed, start_execution
from ostinato.engine.engine import Engine, open_engine
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.converter import JsonConverter
from ostinato.replay.definitions import Definition
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker

DOMAIN = "benchmark"
FILE = "ostinato.db"


@dataclass(frozen=True, slots=True)
class Served:
    """An engine, and a worker that serves it."""

    engine: Engine
    worker: LocalWorker

    def start(self, workflow: Workflow[..., Any], workflow_id: str, *args: Any) -> WorkflowExecution:
        """Start an execution."""
        text = JsonConverter().dump_arguments(args, {})
        return start_execution(self.engine.local(), DOMAIN, workflow, workflow_id, text)

    def result(self, execution: WorkflowExecution) -> Any:
        """Wait for an execution to complete, and give its result."""
        closed = self.worker.wait_closed(execution)
        if closed is None:
            raise AssertionError(execution)
        return JsonConverter().load(require_completed(execution, closed).result, int)


@contextmanager
def served(directory: Path, definitions: Iterable[Definition]) -> Iterator[Served]:
    """Serve these definitions, durably, with the settings that everybody gets."""
    with (
        open_engine(directory / FILE) as engine,
        LocalWorker(engine.local(), domain=DOMAIN, catalog=catalog_of(definitions)) as worker,
    ):
        yield Served(engine, worker)


def require(found: object, expected: object) -> None:
    """Stop the measurement if it was of something else than what was meant."""
    if found != expected:
        raise AssertionError(f"expected {expected!r}, got {found!r}")


def measure_execution(
    assignment: Assignment, definitions: Iterable[Definition], workflow: Workflow[..., Any], expected: int
) -> None:
    """Time one execution of the assignment's size, from its start to its result, after a short one."""
    with served(assignment.directory, definitions) as here:
        here.worker.execute(workflow, "warm-up", 5)
        started = time.perf_counter()
        result = here.worker.execute(workflow, "measured", assignment.size)
        seconds = time.perf_counter() - started
    require(result, expected)
    assignment.report(seconds)


def measure_short_workflows(
    assignment: Assignment, definitions: Iterable[Definition], workflow: Workflow[..., Any]
) -> None:
    """Time n executions of one activity, all started before the first result is asked for."""
    with served(assignment.directory, definitions) as here:
        here.worker.execute(workflow, "warm-up", 0)
        started = time.perf_counter()
        executions = [here.start(workflow, f"measured-{number}", number) for number in range(assignment.size)]
        results = [here.result(execution) for execution in executions]
        seconds = time.perf_counter() - started
    require(results, list(range(1, assignment.size + 1)))
    assignment.report(seconds)


def measure_latency(assignment: Assignment, definitions: Iterable[Definition], workflow: Workflow[..., Any]) -> None:
    """Time executions of one activity from start to result, one at a time."""
    taken = []
    with served(assignment.directory, definitions) as here:
        here.worker.execute(workflow, "warm-up", 0)
        for number in range(assignment.size):
            started = time.perf_counter()
            result = here.worker.execute(workflow, f"measured-{number}", number)
            taken.append(time.perf_counter() - started)
            require(result, number + 1)
    taken.sort()
    assignment.report(statistics.median(taken), p95_seconds=taken[int(len(taken) * 0.95)])
