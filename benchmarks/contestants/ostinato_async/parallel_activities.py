"""Ostinato in `async def`: n activities side by side, submitted at once; ten of them run at a time."""

from coroutine_programs import DEFINITIONS, side_by_side
from measurement import Assignment
from served import measure_execution


def main() -> None:
    """Run the workflow once."""
    assignment = Assignment.of_command_line()
    size = assignment.size
    measure_execution(assignment, DEFINITIONS, side_by_side, expected=size * (size + 1) // 2)


if __name__ == "__main__":
    main()
