"""Ostinato over the wire: from the start of a one-activity workflow to its result, one at a time."""

import statistics
import time

from measurement import Assignment
from processes_apart import served_apart
from programs import one_activity
from served import require


def main() -> None:
    """Run them, after some that let everything begin."""
    assignment = Assignment.of_command_line()
    taken = []
    with served_apart(assignment) as client:
        for number in range(20):
            client.run(one_activity, number)
        for number in range(assignment.size):
            began = time.perf_counter()
            result = client.run(one_activity, number)
            taken.append(time.perf_counter() - began)
            require(result, number + 1)
    taken.sort()
    assignment.report(statistics.median(taken), p95_seconds=taken[int(len(taken) * 0.95)])


if __name__ == "__main__":
    main()
