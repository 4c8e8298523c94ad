"""Ostinato over the wire: n activities side by side, submitted at once, from the start to the result in hand."""

import time

from measurement import Assignment
from processes_apart import served_apart
from programs import one_activity, side_by_side
from served import require


def main() -> None:
    """Run the workflow once, after short ones that let everything begin."""
    assignment = Assignment.of_command_line()
    size = assignment.size
    with served_apart(assignment) as client:
        require(client.run(one_activity, 1), 2)
        client.run(side_by_side, 50)
        began = time.perf_counter()
        result = client.run(side_by_side, size)
        seconds = time.perf_counter() - began
    require(result, size * (size + 1) // 2)
    assignment.report(seconds)


if __name__ == "__main__":
    main()
