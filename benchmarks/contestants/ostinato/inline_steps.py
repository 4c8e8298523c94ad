"""Ostinato: n inline steps in one workflow, recorded with the decisions that they are part of."""

from measurement import Assignment
from programs import DEFINITIONS, inline_steps
from served import measure_execution


def main() -> None:
    """Run the workflow once."""
    assignment = Assignment.of_command_line()
    measure_execution(assignment, DEFINITIONS, inline_steps, expected=assignment.size)


if __name__ == "__main__":
    main()
