"""What a command's rows are made of: columns, each with a name and the value that it takes from a row.

A value is what JSON knows, or a `datetime` or a `timedelta`: people read those in local time and in words, programs in
ISO 8601 (UTC) and in seconds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Generic, TypeVar, cast

import msgspec

from ostinato.cli.instants import iso, local, spell
from ostinato.cli.output_options import Output
from ostinato.errors import UsageError

Row = TypeVar("Row")
Value = Any
"""None, bool, int, float, str, datetime, timedelta, or a list or a mapping of these."""

ALL = "all"


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column.

    Args:
        name: its name, in data and for `--columns`.
        value: what it takes from a row.
        is_shown: whether a table has it, unless other columns are asked for.
        is_data: whether programs get it, who are not shown drawings.
        is_whole: whether a table may not shorten it while it can shorten others.
        spare: if it is not 0, a terminal that has no room leaves it out, unless it was asked for; of several, that with
            the highest number first.
        style: how a table on a terminal draws a value, in rich's words; a function of the value, if it differs.
    """

    name: str
    value: Callable[[Row], Value]
    is_shown: bool = True
    is_data: bool = True
    is_whole: bool = False
    spare: int = 0
    style: str | Callable[[Value], str] = ""

    @property
    def title(self) -> str:
        """What a table calls it."""
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class Rows(Generic[Row]):
    """Rows, as they come, and the columns that they have; of the rows, once they are sorted, at most so many count."""

    columns: Sequence[Column[Row]]
    rows: Iterable[Row]
    limit: int | None = None


def chosen(columns: Sequence[Column[Row]], output: Output, *, is_table: bool) -> list[Column[Row]]:
    """The columns that are to be written.

    Raises:
        UsageError: there is no column of that name.
    """
    if not output.columns:
        return [column for column in columns if (column.is_shown if is_table else column.is_data)]
    if output.columns == (ALL,):
        return [replace(column, spare=0) for column in columns]
    return [replace(_named(columns, name, "--columns"), spare=0) for name in output.columns]


def sorted_rows(data: Rows[Row], output: Output) -> Iterable[Row]:
    """The rows that count, in the order that is asked for; where none is, as they come. Without a value they come last.

    Raises:
        UsageError: there is no column of that name.
    """
    if output.sort is None:
        return islice(data.rows, data.limit)
    column = _named(data.columns, output.sort.removeprefix("-"), "--sort")
    known: list[Row] = []
    unknown: list[Row] = []
    for row in data.rows:
        (unknown if column.value(row) is None else known).append(row)
    known.sort(key=lambda row: _order(column.value(row)), reverse=output.sort.startswith("-"))
    return [*known, *unknown][: data.limit]


def plain(value: Value) -> Any:
    """The value as programs read it: JSON's types alone."""
    match value:
        case datetime():
            return iso(value)
        case timedelta():
            return round(value.total_seconds(), 3)
        case Mapping():
            members = cast("Mapping[str, Value]", value)
            return {name: plain(each) for name, each in members.items()}
        case list() | tuple():
            return [plain(each) for each in cast("Sequence[Value]", value)]
        case _:
            return value


def cell(value: Value) -> str:
    """The value as csv and tsv have it."""
    match plain(value):
        case None:
            return ""
        case bool(truth):
            return "true" if truth else "false"
        case str(text):
            return text
        case list() if _are_words(value):
            return ",".join(value)
        case other:
            return msgspec.json.encode(other).decode()


def readable(value: Value) -> str:
    """The value as people read it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return local(value)
        case timedelta():
            return spell(value)
        case _:
            return cell(value)


def _are_words(items: Sequence[Value]) -> bool:
    return all(isinstance(each, str) and "," not in each for each in items)


def _named(columns: Sequence[Column[Row]], name: str, where: str) -> Column[Row]:
    for column in columns:
        if column.name == name.replace("-", "_").replace(" ", "_").lower():
            return column
    raise UsageError(where=where, found=repr(name), expected=", ".join(column.name for column in columns))


def _order(value: Value) -> Any:
    return value if isinstance(value, (int, float, str, datetime, timedelta)) else cell(value)
