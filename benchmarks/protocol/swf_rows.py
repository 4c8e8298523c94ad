"""What the rows of servers measure, for every server that speaks SWF's protocol. Standard library only."""

from __future__ import annotations

import statistics
import time

from measurement import Assignment
from swf_load import CONNECTIONS, Address, register, run_activities, start_many


async def measure_requests(assignment: Assignment, address: Address) -> None:
    """Time starts of executions: by many clients, and by one alone."""
    await register(address)
    await start_many(address, "warm-up", 50, CONNECTIONS)
    alone = await start_many(address, "alone", max(20, assignment.size // 10), 1)
    began = time.perf_counter()
    taken = await start_many(address, "many", assignment.size, CONNECTIONS)
    seconds = time.perf_counter() - began
    assignment.report(seconds, alone_seconds=statistics.median(alone), p99_seconds=taken[int(len(taken) * 0.99)])


async def measure_activities(assignment: Assignment, address: Address) -> None:
    """Time activities of workflows of 50, from the first start to the last end."""
    await register(address)
    await run_activities(address, "warm-up", 50)
    began = time.perf_counter()
    await run_activities(address, "measured", assignment.size)
    assignment.report(time.perf_counter() - began)
