"""Ostinato in `async def`: n workflows of one activity, all started before the first result is asked for."""

from coroutine_programs import DEFINITIONS, one_activity
from measurement import Assignment
from served import measure_short_workflows


def main() -> None:
    """Run them."""
    measure_short_workflows(Assignment.of_command_line(), DEFINITIONS, one_activity)


if __name__ == "__main__":
    main()
