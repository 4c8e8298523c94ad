"""The options that say how a command's data is written: `--format`, `--columns`, `--sort`, `--no-header`.

`output_options` gives a command an `Output` made of them; `ostinato.cli.formats` does the writing.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TextIO, TypeVar, cast

import click

Command = TypeVar("Command", bound=Callable[..., Any])

ENVIRONMENT = """
  OSTINATO_FORMAT  what --format is if not given
  NO_COLOR         no colors, if it is set
"""
"""To be put after `access.ENVIRONMENT`."""


class Format(Enum):
    """How data is written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    YAML = "yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How a command's data is to be written.

    Args:
        format: the format; None is `table` on a terminal, and `json` elsewhere.
        columns: the columns, if not those that the command shows anyway.
        sort: the column that rows are sorted by; after a minus, the other way round.
        has_header: whether table, csv and tsv begin with the columns' names.
    """

    format: Format | None = None
    columns: tuple[str, ...] = ()
    sort: str | None = None
    has_header: bool = True

    def format_for(self, stream: TextIO) -> Format:
        """The format for that stream."""
        if self.format is not None:
            return self.format
        return Format.TABLE if stream.isatty() else Format.JSON


format_option = click.option(
    "-o",
    "--format",
    "format_",
    type=click.Choice([each.value for each in Format]),
    envvar="OSTINATO_FORMAT",
    help="How to write data.  [default: table on a terminal, else json]",
)
_columns = click.option(
    "--columns", metavar="NAME,...", help="The columns to write, in this order; `all` are all that there are."
)
_sort = click.option("--sort", metavar="NAME", help="The column to sort by; -NAME is the other way round.")
_header = click.option("--no-header", is_flag=True, help="No names of columns in table, csv and tsv.")


def output_options(command: Command) -> Command:
    """Give the command, which writes rows, the options of its output, and an `output` made of them."""

    @functools.wraps(command)
    def with_output(
        *args: Any, format_: str | None, columns: str | None, sort: str | None, no_header: bool, **kwargs: Any
    ) -> Any:
        output = Output(
            format=Format(format_) if format_ else None,
            columns=_names(columns),
            sort=sort,
            has_header=not no_header,
        )
        return command(*args, output=output, **kwargs)

    return cast("Command", _with(with_output, (format_option, _columns, _sort, _header)))


def object_options(command: Command) -> Command:
    """Give the command, which writes one object, the option `--format`, and an `output` made of it."""

    @functools.wraps(command)
    def with_output(*args: Any, format_: str | None, **kwargs: Any) -> Any:
        return command(*args, output=Output(format=Format(format_) if format_ else None), **kwargs)

    return cast("Command", _with(with_output, (format_option,)))


def _with(command: Any, options: Sequence[Callable[[Any], Any]]) -> Any:
    for option in reversed(options):
        command = option(command)
    return command


def _names(columns: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (columns or "").split(",") if name.strip())
