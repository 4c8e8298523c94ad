"""Ostinato in `async def`: n activities one after the other: schedule → poll → run → complete, each durable."""

from coroutine_programs import DEFINITIONS, one_after_the_other
from measurement import Assignment
from served import measure_execution


def main() -> None:
    """Run the workflow once."""
    assignment = Assignment.of_command_line()
    measure_execution(assignment, DEFINITIONS, one_after_the_other, expected=assignment.size)


if __name__ == "__main__":
    main()
