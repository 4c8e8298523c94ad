"""Temporal: from the start of a one-activity workflow to its result, one at a time."""

import asyncio
import statistics
import time

from measurement import Assignment
from processes_apart import served_apart
from programs import TASK_QUEUE, OneActivity

WARM_UP = 20


async def measure(assignment: Assignment) -> None:
    """Run them, after some that let everything begin."""
    taken = []
    async with served_apart(assignment) as client:
        for number in range(-WARM_UP, assignment.size):
            began = time.perf_counter()
            result = await client.execute_workflow(OneActivity.run, number, id=f"w{number}", task_queue=TASK_QUEUE)
            if number >= 0:
                taken.append(time.perf_counter() - began)
            if result != number + 1:
                raise AssertionError(result)
    taken.sort()
    assignment.report(statistics.median(taken), p95_seconds=taken[int(len(taken) * 0.95)])


if __name__ == "__main__":
    asyncio.run(measure(Assignment.of_command_line()))
