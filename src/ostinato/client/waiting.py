"""Waiting for the end of an execution.

SWF has no operation for that. An engine in this process wakes who waits (`WakesAtClose`); of any other the last event
is read now and then, the less often the longer it takes; at first soon, if the engine answers soon.
"""

import math
import time
from collections.abc import Iterator

from ostinato.client.executions import Closed, closed_by
from ostinato.client.histories import last_event
from ostinato.model.structures import WorkflowExecution
from ostinato.swf import Swf, WakesAtClose

SHORTEST_WAIT = 0.001
FIRST_WAIT = 0.05
LONGEST_WAIT = 5.0
"""Seconds between two looks. The first wait is twice as long as the first look took, within the first two of these, so
that a near engine is asked soon and a far one, such as Amazon's, is not pressed: it answers 60 such questions a second,
for all. Waits grow by a part, to the longest after some twenty seconds."""

_GROWTH = 1.3


def closing_event(swf: Swf, domain: str, execution: WorkflowExecution, timeout: float | None = None) -> Closed | None:
    """The event that closed the execution, waiting for it; None if it is open after the time-out, in seconds.

    Raises:
        UnknownResourceFault: there is no such execution.
    """
    began = time.monotonic()
    deadline = math.inf if timeout is None else began + timeout
    waits: Iterator[float] | None = None
    while True:
        if isinstance(swf, WakesAtClose):
            left = deadline - time.monotonic()
            event = swf.await_close(domain, execution, None if left == math.inf else max(left, 0))
        else:
            event = None
        closed = closed_by(event or last_event(swf.call, domain, execution))
        left = deadline - time.monotonic()
        if closed is not None or left <= 0:
            return closed
        if not isinstance(swf, WakesAtClose):
            waits = waits or _waits(time.monotonic() - began)
            time.sleep(min(next(waits), left))


async def closing_event_async(swf: Swf, domain: str, execution: WorkflowExecution) -> Closed:
    """The same without holding a thread, and for as long as it takes; it looks now and then, whatever the engine.

    Raises:
        UnknownResourceFault: there is no such execution.
    """
    import asyncio  # noqa: PLC0415  # takes its time, and few need it

    began = time.monotonic()
    waits: Iterator[float] | None = None
    while True:
        closed = closed_by(await asyncio.to_thread(last_event, swf.call, domain, execution))
        if closed is not None:
            return closed
        waits = waits or _waits(time.monotonic() - began)
        await asyncio.sleep(next(waits))


def _waits(look: float) -> Iterator[float]:
    """The seconds to wait after each look, the first of which took so long."""
    wait = min(max(2 * look, SHORTEST_WAIT), FIRST_WAIT)
    while True:
        yield wait
        wait = min(wait * _GROWTH, LONGEST_WAIT)
