"""The workflows that Temporal runs here."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import activity, workflow

TASK_QUEUE = "benchmark"
_TIMEOUT = timedelta(seconds=300)


@activity.defn
async def increment(x: int) -> int:
    """Give x + 1."""
    return x + 1


@workflow.defn
class SideBySide:
    """Sum the results of n activities that run at once."""

    @workflow.run
    async def run(self, activities: int) -> int:
        """Submit all of them, then wait."""
        results = await asyncio.gather(
            *(
                workflow.execute_activity(increment, number, start_to_close_timeout=_TIMEOUT)
                for number in range(activities)
            )
        )
        return sum(results)


@workflow.defn
class OneActivity:
    """Run one activity."""

    @workflow.run
    async def run(self, x: int) -> int:
        """Wait for it."""
        return await workflow.execute_activity(increment, x, start_to_close_timeout=_TIMEOUT)
