"""The option `--stand-ins`, which several commands share."""

from collections.abc import Sequence

import click

from ostinato.errors import UsageError

stand_ins_option = click.option(
    "--stand-ins",
    metavar="TARGET",
    multiple=True,
    help="With an embedded engine: a file or module whose functions stand in for Lambda functions; may be repeated.",
)


def check_stand_ins(stand_ins: Sequence[str], engine: object, *, is_embedded: bool) -> None:
    """Refuse them for an engine that calls none.

    Raises:
        UsageError: there are some, and the engine is not embedded.
    """
    if stand_ins and not is_embedded:
        raise UsageError(
            where="--stand-ins",
            found=f"the engine {engine}",
            expected="sqlite: or memory:",
            hint="Amazon calls Lambda's own functions; an `ostinato server` is told by its own --stand-ins",
        )
