"""Options that `ostinato decider` and `ostinato worker` share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ostinato.cli.access import ENVIRONMENT, domain_option
from ostinato.cli.payloads_option import payloads_option

Command = TypeVar("Command", bound=Callable[..., Any])

EXIT_CODES = """
\b
Exit codes:
  0    drained: nothing was cut short
  1    something did not end within --grace, and was handed back or killed
  2    wrong usage, or a target or a domain that cannot be used
  130  a second Ctrl-C or SIGTERM
"""

EPILOG = ENVIRONMENT + EXIT_CODES

_SHARED = (
    click.argument("targets", metavar="TARGET...", nargs=-1, required=True),
    click.option("--engine", metavar="URL", envvar="OSTINATO_ENGINE", help="http://HOST:PORT, aws: or aws:REGION."),
    domain_option,
    click.option("--create-domain", is_flag=True, help="Register the domain on Amazon, too, if it is missing."),
    click.option(
        "--task-list",
        "task_lists",
        metavar="LIST",
        multiple=True,
        help="Serve this task list; may be repeated.  [default: those that the definitions name]",
    ),
    click.option(
        "--processes",
        metavar="N",
        type=click.IntRange(1, 1000),
        default=1,
        show_default=True,
        help="Child processes; one that dies is replaced.",
    ),
    click.option(
        "--grace",
        metavar="SECONDS",
        type=click.FloatRange(0),
        help="How long what runs may go on after SIGTERM.  [default: 30, on Amazon 75]",
    ),
    click.option(
        "--middleware",
        metavar="NAME",
        multiple=True,
        help="package.module:name, or an entry point's name; may be repeated, the first is outermost.",
    ),
    payloads_option,
    click.option("--reload", "reloads", is_flag=True, help="Replace the processes when the program's files change."),
    click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Where --port listens."),
    click.option("--port", metavar="PORT", type=click.IntRange(0, 65535), help="Serve /health and /metrics there."),
    click.option(
        "--log-format",
        type=click.Choice(["human", "json"]),
        default="human",
        show_default=True,
        help="How to log, to stderr.",
    ),
)


def serving_options(command: Command) -> Command:
    """Add the shared options, before those of the command's own."""
    for option in reversed(_SHARED):
        command = option(command)
    return command


def require_engine(engine: str | None) -> str:
    """The engine's URL.

    Raises:
        click.UsageError: none was given.
    """
    if engine is None:
        raise click.UsageError("Give --engine (or set OSTINATO_ENGINE): http://HOST:PORT, aws: or aws:REGION.")
    return engine
