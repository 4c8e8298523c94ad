"""DBOS: import in a new interpreter, and its command's --help."""

from measurement import Assignment
from processes import beside_the_interpreter, command_seconds, import_seconds


def main() -> None:
    """Time both."""
    assignment = Assignment.of_command_line()
    assignment.report(
        import_seconds("dbos", assignment.size),
        help_seconds=command_seconds([beside_the_interpreter("dbos"), "--help"], assignment.size),
    )


if __name__ == "__main__":
    main()
