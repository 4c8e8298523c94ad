"""Ostinato in `async def`: from the start of a one-activity workflow to its result, one at a time."""

from coroutine_programs import DEFINITIONS, one_activity
from measurement import Assignment
from served import measure_latency


def main() -> None:
    """Run them."""
    measure_latency(Assignment.of_command_line(), DEFINITIONS, one_activity)


if __name__ == "__main__":
    main()
