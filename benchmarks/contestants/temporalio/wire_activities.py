"""Temporal: n activities side by side, submitted at once, from the start to the result in hand."""

import asyncio
import time

from measurement import Assignment
from processes_apart import served_apart
from programs import TASK_QUEUE, OneActivity, SideBySide


async def measure(assignment: Assignment) -> None:
    """Run the workflow once, after short ones that let everything begin."""
    size = assignment.size
    async with served_apart(assignment) as client:
        await client.execute_workflow(OneActivity.run, 1, id="first", task_queue=TASK_QUEUE)
        await client.execute_workflow(SideBySide.run, 50, id="warm-up", task_queue=TASK_QUEUE)
        began = time.perf_counter()
        result = await client.execute_workflow(SideBySide.run, size, id="measured", task_queue=TASK_QUEUE)
        seconds = time.perf_counter() - began
    if result != size * (size + 1) // 2:
        raise AssertionError(result)
    assignment.report(seconds)


if __name__ == "__main__":
    asyncio.run(measure(Assignment.of_command_line()))
