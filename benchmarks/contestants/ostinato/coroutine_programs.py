"""The same workflows and the same activity, in `async def`."""

from __future__ import annotations

import asyncio

from programs import TASK_LIST

from ostinato import activity, submit, wait_signal, workflow


@activity(name="increment", version="1", task_list=TASK_LIST)
async def increment(x: int) -> int:
    """Give x + 1."""
    return x + 1


@workflow(name="one_after_the_other", version="1", task_list=TASK_LIST)
async def one_after_the_other(activities: int) -> int:
    """Count up to n, each activity given the result of the one before."""
    value = 0
    for _ in range(activities):
        value = await submit(increment, value)
    return value


@workflow(name="side_by_side", version="1", task_list=TASK_LIST)
async def side_by_side(activities: int) -> int:
    """Sum the results of n activities that run at once."""
    return sum(await asyncio.gather(*[submit(increment, number) for number in range(activities)]))


@workflow(name="one_activity", version="1", task_list=TASK_LIST)
async def one_activity(x: int) -> int:
    """Run one activity."""
    return await submit(increment, x)


@workflow(name="approval", version="1", task_list=TASK_LIST)
async def approval() -> str:
    """Wait for a signal, as most open executions wait for something."""
    return str(await wait_signal("approve"))


DEFINITIONS = (increment, one_after_the_other, side_by_side, one_activity, approval)
