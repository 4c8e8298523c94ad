"""The option `--guard`, which several commands have."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def guard_option(command: Command) -> Command:
    """Add the option: what is done where workflow code does what no replay can repeat."""
    return click.option(
        "--guard",
        type=click.Choice(["error", "warning", "off"]),
        envvar="OSTINATO_GUARD",
        default="warning",
        show_default=True,
        help="Where workflow code reads clocks, files, sockets or chance: drop the decision, warn, or let it be.",
    )(command)
