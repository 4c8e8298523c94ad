"""The workflows that Ostinato runs here, in plain `def`."""

from __future__ import annotations

from histories import Names

from ostinato import activity, run_once, submit, wait_signal, workflow

TASK_LIST = "benchmark"


@activity(name="increment", version="1", task_list=TASK_LIST)
def increment(x: int) -> int:
    """Give x + 1."""
    return x + 1


@workflow(name="one_after_the_other", version="1", task_list=TASK_LIST)
def one_after_the_other(activities: int) -> int:
    """Count up to n, each activity given the result of the one before."""
    value = 0
    for _ in range(activities):
        value = submit(increment, value).result()
    return value


@workflow(name="side_by_side", version="1", task_list=TASK_LIST)
def side_by_side(activities: int) -> int:
    """Sum the results of n activities that run at once."""
    futures = [submit(increment, number) for number in range(activities)]
    return sum(future.result() for future in futures)


@workflow(name="one_activity", version="1", task_list=TASK_LIST)
def one_activity(x: int) -> int:
    """Run one activity."""
    return submit(increment, x).result()


@workflow(name="inline_steps", version="1", task_list=TASK_LIST)
def inline_steps(steps: int) -> int:
    """Count up to n by steps within the decider, each given the result of the one before."""
    value = 0
    for _ in range(steps):
        value = run_once(increment.function, value)
    return value


@workflow(name="approval", version="1", task_list=TASK_LIST)
def approval() -> str:
    """Wait for a signal, as most open executions wait for something."""
    return str(wait_signal("approve").result())


DEFINITIONS = (increment, one_after_the_other, side_by_side, one_activity, inline_steps, approval)
SEQUENCE = Names(workflow=one_after_the_other.name, activity=increment.name)
FAN_OUT = Names(workflow=side_by_side.name, activity=increment.name, wake_up="__ostinato_wake_up")
