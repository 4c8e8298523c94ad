"""Ostinato: n workflows of one activity, all started before the first result is asked for."""

from measurement import Assignment
from programs import DEFINITIONS, one_activity
from served import measure_short_workflows


def main() -> None:
    """Run them."""
    measure_short_workflows(Assignment.of_command_line(), DEFINITIONS, one_activity)


if __name__ == "__main__":
    main()
