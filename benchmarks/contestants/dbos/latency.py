"""DBOS: from the start of a one-step workflow to its result, one at a time; directly, and a few through a queue."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from dbos import DBOS
from launched import launched
from measurement import Assignment

QUEUED = 5


@DBOS.step()
def increment(x: int) -> int:
    """Give x + 1."""
    return x + 1


@DBOS.workflow()
def one_step(x: int) -> int:
    """Run one step."""
    return increment(x)


def latencies(start: Callable[[int], Any], times: int) -> list[float]:
    """Give the seconds from start to result of each, sorted."""
    taken = []
    for number in range(times):
        started = time.perf_counter()
        result = start(number).get_result()
        taken.append(time.perf_counter() - started)
        if result != number + 1:
            raise AssertionError(result)
    return sorted(taken)


def main() -> None:
    """Measure the direct way, then the queue's."""
    assignment = Assignment.of_command_line()
    with launched(assignment.directory):
        DBOS.register_queue("benchmark")
        DBOS.start_workflow(one_step, 0).get_result()
        taken = latencies(lambda number: DBOS.start_workflow(one_step, number), assignment.size)
        queued = latencies(lambda number: DBOS.enqueue_workflow("benchmark", one_step, number), QUEUED)
    assignment.report(
        statistics.median(taken),
        note=f"through its queue, with the shipped polling interval: p50 {statistics.median(queued) * 1000:,.0f} ms",
        p95_seconds=taken[int(len(taken) * 0.95)],
    )


if __name__ == "__main__":
    main()
