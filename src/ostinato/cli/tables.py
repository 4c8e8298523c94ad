"""Draws tables, for people: as wide as the terminal is, and as wide as they need elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ostinato.cli.columns import Column, readable

if TYPE_CHECKING:
    from rich.console import OverflowMethod

Row = TypeVar("Row")

_WIDE = 10_000
"""Columns, where there is no terminal that would wrap lines."""

_SHORT = 19
"""Characters of an instant."""

_SHOWN = {"\n": "\N{RETURN SYMBOL}", "\t": " "}

STATES = {
    "OPEN": "cyan",
    "COMPLETED": "green",
    "FIRED": "green",
    "DELIVERED": "green",
    "CONTINUED_AS_NEW": "green",
    "STARTED": "cyan",
    "SCHEDULED": "yellow",
    "INITIATED": "yellow",
    "FAILED": "red",
    "TIMED_OUT": "red",
    "NOT_SCHEDULED": "red",
    "TERMINATED": "red",
    "CANCELED": "magenta",
}
"""The colors of statuses and states."""


def state_style(value: Any) -> str:
    """The color of a status or a state."""
    return STATES.get(str(value), "")


def console_for(stream: TextIO) -> Console:
    """A console that writes to the stream: with colors on a terminal that has them, unless NO_COLOR is set."""
    return Console(file=stream, width=None if stream.isatty() else _WIDE, highlight=False, markup=False, emoji=False)


def write_table(
    columns: Sequence[Column[Row]], rows: Iterable[Row], stream: TextIO, *, has_header: bool = True
) -> None:
    """Draw the rows; nothing, not even a header, if there are none."""
    shown = list(rows)
    if not shown:
        return
    table = Table(box=None, show_header=has_header, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    cells = [[_drawn(column, row) for column in columns] for row in shown]
    for place, column in enumerate(columns):
        # Where there is no room for all, the longest are shortened, and what is short never.
        is_short = max(line[place].cell_len for line in cells) <= _SHORT
        table.add_column(column.title, no_wrap=column.is_whole and is_short)
    for line in cells:
        table.add_row(*line)
    print_without_tails(table, stream)


def write_members(value: Mapping[str, Any], stream: TextIO) -> None:
    """Draw an object: a line for each member that has a value, then a table for each that is a list of objects."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    parts: dict[str, Sequence[Mapping[str, Any]]] = {}
    for name, each in value.items():
        if _is_objects(each):
            parts[name] = each
        elif each is not None and each not in ([], {}):
            text = "\n".join(_one_line(line) for line in _lines(each))
            table.add_row(Text(name.replace("_", " ")), Text(text, state_style(each)))
    print_without_tails(table, stream)
    for name, objects in parts.items():
        stream.write(f"\n{name.replace('_', ' ')}\n")
        present = [key for key in objects[0] if any(each[key] is not None for each in objects)]
        write_table([_member(key) for key in present], objects, stream)


def _is_objects(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and _are_all(cast("Sequence[Any]", value), Mapping)


def _are_all(items: Sequence[Any], kind: type) -> bool:
    return bool(items) and all(isinstance(each, kind) for each in items)


def _lines(value: Any) -> list[str]:
    """A list of texts has a line for each; a text its own lines."""
    if isinstance(value, (list, tuple)) and _are_all(cast("Sequence[Any]", value), str):
        return list(cast("Sequence[str]", value))
    return readable(value).split("\n")


def _member(name: str) -> Column[Mapping[str, Any]]:
    style = state_style if name in {"state", "status"} else ""
    return Column(name, lambda each: each[name], is_whole=name in {"id", "state"}, style=style)


def print_without_tails(table: Table, stream: TextIO) -> None:
    """Print the table, without the blanks that fill its lines."""
    console = console_for(stream)
    with console.capture() as captured:
        console.print(table)
    stream.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _drawn(column: Column[Row], row: Row) -> Text:
    value = column.value(row)
    style = column.style(value) if callable(column.style) else column.style
    overflow: OverflowMethod = "ellipsis" if column.is_whole else "fold"
    return Text(_one_line(readable(value)), style, no_wrap=column.is_whole, overflow=overflow)


def _one_line(text: str) -> str:
    """The text without what moves a terminal's cursor, or tells it worse."""
    return "".join(
        _SHOWN.get(each, each) if each.isprintable() else _SHOWN.get(each, "\N{REPLACEMENT CHARACTER}") for each in text
    )
