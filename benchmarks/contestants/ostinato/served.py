"""Ostinato as it ships: the embedded engine on a file of its own; decider and workers as threads of this process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measurement import Assignment

from ostinato import Workflow
from ostinato.client.client import Client
from ostinato.engine.engine import open_engine
from ostinato.replay.definitions import Definition
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker

DOMAIN = "benchmark"
FILE = "ostinato.db"


@contextmanager
def served(directory: Path, definitions: Iterable[Definition]) -> Iterator[Client]:
    """Serve these definitions, durably, with the settings that everybody gets; what is given starts them."""
    with open_engine(directory / FILE) as engine:
        swf = engine.local()
        with LocalWorker(swf, domain=DOMAIN, catalog=catalog_of(definitions)):
            yield Client(swf, domain=DOMAIN)


def require(found: object, expected: object) -> None:
    """Stop the measurement if it was of something else than what was meant."""
    if found != expected:
        raise AssertionError(f"expected {expected!r}, got {found!r}")


def measure_execution(
    assignment: Assignment, definitions: Iterable[Definition], workflow: Workflow[..., Any], expected: int
) -> None:
    """Time one execution of the assignment's size, from its start to its result, after a short one."""
    with served(assignment.directory, definitions) as client:
        client.run(workflow, 5)
        started = time.perf_counter()
        result = client.run(workflow, assignment.size)
        seconds = time.perf_counter() - started
    require(result, expected)
    assignment.report(seconds)


def measure_short_workflows(
    assignment: Assignment, definitions: Iterable[Definition], workflow: Workflow[..., Any]
) -> None:
    """Time n executions of one activity, all started before the first result is asked for."""
    with served(assignment.directory, definitions) as client:
        client.run(workflow, 0)
        started = time.perf_counter()
        handles = [client.start(workflow, number) for number in range(assignment.size)]
        results = [handle.result() for handle in handles]
        seconds = time.perf_counter() - started
    require(results, list(range(1, assignment.size + 1)))
    assignment.report(seconds)


def measure_latency(assignment: Assignment, definitions: Iterable[Definition], workflow: Workflow[..., Any]) -> None:
    """Time executions of one activity from start to result, one at a time."""
    taken = []
    with served(assignment.directory, definitions) as client:
        client.run(workflow, 0)
        for number in range(assignment.size):
            started = time.perf_counter()
            result = client.run(workflow, number)
            taken.append(time.perf_counter() - started)
            require(result, number + 1)
    taken.sort()
    assignment.report(statistics.median(taken), p95_seconds=taken[int(len(taken) * 0.95)])
