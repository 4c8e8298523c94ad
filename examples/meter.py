"""Continue-as-new: a meter is read for ever, by an execution that begins afresh before its history grows long.

ostinato run examples/meter.py:read_meter --input '{"readings": 60}'
"""

from ostinato import activity, continue_as_new_after, sleep, submit, workflow


@activity(start_to_close_timeout=60)
def watts(minute: int) -> int:
    """Stand-in for a meter."""
    return 200 + minute % 60


@workflow
def read_meter(readings: int, minute: int = 0, total: int = 0) -> int:
    """The sum of so many readings, one a minute; what has been summed is carried from run to run."""
    while minute < readings:
        continue_as_new_after(100, readings, minute, total)
        total += submit(watts, minute).result()
        minute += 1
        sleep(60)
    return total
