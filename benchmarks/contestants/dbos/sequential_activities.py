"""DBOS: n steps one after the other in one workflow. Its steps are calls in the workflow's own thread."""

import time

from dbos import DBOS
from launched import launched
from measurement import Assignment


@DBOS.step()
def increment(x: int) -> int:
    """Give x + 1."""
    return x + 1


@DBOS.workflow()
def count_up(steps: int) -> int:
    """Count up to n, each step given the result of the one before."""
    value = 0
    for _ in range(steps):
        value = increment(value)
    return value


def main() -> None:
    """Run the workflow once, after a short one that loads what is loaded late."""
    assignment = Assignment.of_command_line()
    with launched(assignment.directory):
        count_up(5)
        started = time.perf_counter()
        result = count_up(assignment.size)
        seconds = time.perf_counter() - started
    if result != assignment.size:
        raise AssertionError(result)
    assignment.report(seconds, note="steps are inline calls, no worker takes part")


if __name__ == "__main__":
    main()
