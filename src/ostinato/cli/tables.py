"""Draws tables, for people: as wide as the terminal is, and as wide as they need elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TextIO, TypeVar, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ostinato.cli.columns import Column, readable
from ostinato.cli.printable import one_line

Row = TypeVar("Row")

_WIDE = 10_000
"""Columns, where there is no terminal that would wrap lines."""

_SHORT = 19
"""Characters of an instant."""

_GAP = 2
"""Characters between two columns."""

_FOLDED = 16
"""Characters that a column needs whose cells may have several lines."""

_LONG_CELL = 300
_LONG_LINE = 1_000
"""Characters that are shown of a text in a row, and in a line of an object: payloads may have millions."""

_KEPT = 3
"""The last place of a column that is never left out, of objects within an object."""

STATES = {
    "OPEN": "cyan",
    "COMPLETED": "green",
    "FIRED": "green",
    "DELIVERED": "green",
    "CONTINUED_AS_NEW": "green",
    "STARTED": "cyan",
    "RETRY": "yellow",
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
    table = Table(box=None, show_header=has_header, header_style="bold", pad_edge=False, padding=(0, _GAP, 0, 0))
    drawn = [[_drawn(column, row) for column in columns] for row in shown]
    places = _with_room(columns, drawn, console_for(stream).width)
    columns = [columns[place] for place in places]
    cells = [[line[place] for place in places] for line in drawn]
    for place, column in enumerate(columns):
        # Where there is no room for all, the longest get several lines, and what is short never.
        is_short = max(line[place].cell_len for line in cells) <= _SHORT
        no_wrap = column.is_whole and is_short
        table.add_column(column.title, no_wrap=no_wrap, overflow="fold", min_width=_longest_word(column.title))
    for line in cells:
        table.add_row(*line)
    print_without_tails(table, stream)


def _with_room(columns: Sequence[Column[Row]], drawn: Sequence[Sequence[Text]], width: int) -> list[int]:
    """The places of the columns for which there is room, as spare ones are left out."""
    needed: list[int] = []
    for place, column in enumerate(columns):
        word, longest = _longest_word(column.title), max(line[place].cell_len for line in drawn)
        needed.append(max(longest if column.is_whole else min(longest, _FOLDED), word))
    places = list(range(len(columns)))
    for place in sorted(places, key=lambda place: columns[place].spare, reverse=True):
        if sum(needed[each] + _GAP for each in places) - _GAP > width and columns[place].spare:
            places.remove(place)
    return places


def _longest_word(title: str) -> int:
    return max(map(len, title.split(" ")))


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
            text = "\n".join(one_line(_begin(line, _LONG_LINE)) for line in _lines(each))
            table.add_row(Text(name.replace("_", " ")), Text(text, state_style(each)))
    print_without_tails(table, stream)
    for name, objects in parts.items():
        stream.write(f"\n{name.replace('_', ' ')}\n")
        present = [key for key in objects[0] if any(each[key] is not None for each in objects)]
        write_table([_member(key, place, objects) for place, key in enumerate(present)], objects, stream)


def _is_objects(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and _are_all(cast("Sequence[Any]", value), Mapping)


def _are_all(items: Sequence[Any], kind: type) -> bool:
    return bool(items) and all(isinstance(each, kind) for each in items)


def _lines(value: Any) -> list[str]:
    """A list of texts has a line for each; a text its own lines."""
    if isinstance(value, (list, tuple)) and _are_all(cast("Sequence[Any]", value), str):
        return list(cast("Sequence[str]", value))
    return readable(value).split("\n")


def _member(name: str, place: int, objects: Sequence[Mapping[str, Any]]) -> Column[Mapping[str, Any]]:
    """A column for a member of each object; what comes later is left out sooner."""
    style = state_style if name in {"state", "status"} else ""
    is_whole = name in {"id", "state"} or any(isinstance(each[name], int | float | datetime) for each in objects)
    return Column(name, lambda each: each[name], is_whole=is_whole, spare=max(place - _KEPT, 0), style=style)


def print_without_tails(table: Table, stream: TextIO) -> None:
    """Print the table, without the blanks that fill its lines."""
    console = console_for(stream)
    with console.capture() as captured:
        console.print(table)
    stream.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _drawn(column: Column[Row], row: Row) -> Text:
    value = column.value(row)
    style = column.style(value) if callable(column.style) else column.style
    return Text(one_line(_begin(readable(value), _LONG_CELL)), style, overflow="fold")


def _begin(text: str, limit: int) -> str:
    """The beginning of the text, and how long it is, if that is too long to be shown."""
    return text if len(text) <= limit else f"{text[:limit]}\N{HORIZONTAL ELLIPSIS} ({len(text):,} characters)"
