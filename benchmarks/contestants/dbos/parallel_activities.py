"""DBOS: n steps side by side in one workflow: an async workflow that gathers them."""

import asyncio
import time

from dbos import DBOS
from launched import launched
from measurement import Assignment


@DBOS.step()
async def increment(x: int) -> int:
    """Give x + 1."""
    return x + 1


@DBOS.workflow()
async def sum_of_increments(steps: int) -> int:
    """Sum the results of n steps that run at once."""
    return sum(await asyncio.gather(*[increment(number) for number in range(steps)]))


async def measured(steps: int) -> float:
    """Give the seconds that the workflow takes."""
    await sum_of_increments(5)
    started = time.perf_counter()
    result = await sum_of_increments(steps)
    seconds = time.perf_counter() - started
    if result != steps * (steps + 1) // 2:
        raise AssertionError(result)
    return seconds


def main() -> None:
    """Run the workflow once, after a short one."""
    assignment = Assignment.of_command_line()
    with launched(assignment.directory):
        seconds = asyncio.run(measured(assignment.size))
    assignment.report(seconds, note="asyncio.gather of async steps, in one process")


if __name__ == "__main__":
    main()
