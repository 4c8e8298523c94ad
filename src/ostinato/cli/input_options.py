"""The options that several commands have for what is given to what they start, and how that is to end."""

import functools
from collections.abc import Callable
from typing import Any, TextIO, TypeVar, cast

import click

Command = TypeVar("Command", bound=Callable[..., Any])

ARGUMENTS = "The arguments: a list by place, an object by name, anything else is the only one."


def input_options(what: str = ARGUMENTS) -> Callable[[Command], Command]:
    """What gives a command the options `--input` and `--input-file`, and an `input_` with the text of either.

    Args:
        what: what the text is.
    """

    def with_options(command: Command) -> Command:
        @functools.wraps(command)
        def with_input(*args: Any, input_: str | None, input_file: TextIO | None, **kwargs: Any) -> Any:
            if input_ is not None and input_file is not None:
                raise click.UsageError("Give --input or --input-file, not both.")
            return command(*args, input_=input_file.read() if input_file else input_, **kwargs)

        file = click.option("--input-file", type=click.File(), help="A file that holds that JSON; - is stdin.")
        text = click.option("--input", "input_", metavar="JSON", help=what)
        return cast("Command", text(file(with_input)))

    return with_options


def child_policy_option(text: str) -> Callable[[Command], Command]:
    """What gives a command the option `--child-policy`."""
    choices = click.Choice(["terminate", "request_cancel", "abandon"], case_sensitive=False)
    return click.option("--child-policy", type=choices, help=text)
