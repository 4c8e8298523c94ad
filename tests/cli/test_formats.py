import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from ostinato.cli.columns import Column, Rows, readable
from ostinato.cli.formats import write_object, write_rows
from ostinato.cli.output_options import Format, Output
from ostinato.errors import UsageError


@dataclass(frozen=True)
class Cup:
    name: str
    size: int | None
    at: datetime
    took: timedelta
    tags: tuple[str, ...] = ()


NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
CUPS = [
    Cup("mug", 30, NOON, timedelta(seconds=90), ("blue", "old")),
    Cup("a\tb\nc\\d, \x1b[1m", None, NOON, timedelta(milliseconds=250)),
    Cup("thimble", 2, NOON, timedelta(hours=49)),
]
COLUMNS: tuple[Column[Cup], ...] = (
    Column("name", lambda cup: cup.name, is_whole=True),
    Column("size", lambda cup: cup.size),
    Column("poured_at", lambda cup: cup.at),
    Column("took", lambda cup: cup.took, is_shown=False),
    Column("tags", lambda cup: list(cup.tags), is_shown=False),
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def written(output: Output, cups: Any = CUPS, stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    write_rows(Rows(COLUMNS, cups), output, stream)
    return stream.getvalue()


def test_json_and_jsonl_and_yaml_say_the_same() -> None:
    """Objects with all columns, whatever a table would show; times in UTC, spans in seconds."""
    as_json = json.loads(written(Output(format=Format.JSON)))

    assert as_json[0] == {
        "name": "mug",
        "size": 30,
        "poured_at": "2026-01-31T12:00:00.000Z",
        "took": 90.0,
        "tags": ["blue", "old"],
    }
    assert [json.loads(line) for line in written(Output(format=Format.JSONL)).splitlines()] == as_json
    assert yaml.safe_load(written(Output(format=Format.YAML))) == as_json


def test_csv_is_read_back_by_csv() -> None:
    """With a header, unless that is not wanted."""
    rows = list(csv.DictReader(io.StringIO(written(Output(format=Format.CSV)))))

    assert [row["name"] for row in rows] == [cup.name for cup in CUPS]
    assert rows[0]["tags"] == "blue,old"
    assert rows[1]["size"] == ""
    assert written(Output(format=Format.CSV, has_header=False, columns=("size",))) == '30\n""\n2\n'


def test_tsv_has_a_line_for_each_row() -> None:
    """Tabs and line breaks within values are escaped."""
    lines = written(Output(format=Format.TSV, columns=("name", "size"))).splitlines()

    assert lines == ["name\tsize", "mug\t30", "a\\tb\\nc\\\\d, \x1b[1m\t", "thimble\t2"]


def test_a_table_is_for_people() -> None:
    """The columns that are shown, in local time; control characters do nothing to a terminal."""
    lines = written(Output(format=Format.TABLE)).splitlines()

    assert lines[0].split() == ["name", "size", "poured", "at"]
    assert lines[1].split() == ["mug", "30", *NOON.astimezone().strftime("%Y-%m-%d %H:%M:%S").split()]
    assert len(lines) == 1 + len(CUPS)
    assert "\x1b" not in lines[2]


def test_a_table_shows_the_beginning_of_what_is_long() -> None:
    """And how long it is; the other formats have all of it."""
    long = Cup("x" * 5_000_000, 1, NOON, timedelta())
    shown, stream = written(Output(format=Format.TABLE), [long]), io.StringIO()
    write_object({"name": long.name}, Output(format=Format.TABLE), stream)

    assert f"{'x' * 300}\N{HORIZONTAL ELLIPSIS} (5,000,000 characters)" in shown
    assert len(shown) < 1_000
    assert f"{'x' * 100}" in stream.getvalue()
    assert "(5,000,000 characters)" in stream.getvalue()
    assert len(stream.getvalue()) < 2_000
    assert json.loads(written(Output(format=Format.JSON), [long]))[0]["name"] == long.name


def test_a_table_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest gets several lines, and what is short does not; NO_COLOR is heeded."""
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    cups = [Cup("0123456789" * 6, 12345, NOON, timedelta())]

    shown = written(Output(format=Format.TABLE, columns=("name", "size")), cups, Terminal())

    assert set(re.findall(r"\x1b\[\d*m", shown)) == {"\x1b[1m", "\x1b[0m"}
    assert all(len(re.sub(r"\x1b\[\d*m", "", line)) <= 30 for line in shown.splitlines())
    assert re.search(r"^0123456789\d+  12345\n3456789\d+\n6789\d+\Z", shown.rstrip(), re.MULTILINE)


def test_the_format_is_that_of_the_stream_unless_given() -> None:
    """A table on a terminal, JSON elsewhere."""
    assert Output().format_for(io.StringIO()) is Format.JSON
    assert Output().format_for(Terminal()) is Format.TABLE
    assert Output(format=Format.CSV).format_for(Terminal()) is Format.CSV


@pytest.mark.parametrize(("sort", "order"), [("size", [2, 30, None]), ("-size", [30, 2, None])])
def test_rows_are_sorted_by_values(sort: str, order: list[int | None]) -> None:
    """Not by what is shown of them; those without one come last."""
    rows = json.loads(written(Output(format=Format.JSON, sort=sort)))

    assert [row["size"] for row in rows] == order


def test_columns_are_chosen_in_order() -> None:
    """`all` are all; one that there is not is told with those that there are."""
    assert written(Output(format=Format.CSV, columns=("took", "name"))).startswith("took,name\n90.0,mug")
    assert written(Output(format=Format.TABLE, columns=("all",))).split("\n")[0].endswith("tags")
    with pytest.raises(UsageError, match="'weight'; expected name, size, poured_at"):
        written(Output(columns=("weight",)))
    with pytest.raises(UsageError, match="--sort: 'weight'"):
        written(Output(sort="-weight"))


def test_rows_are_written_as_they_come() -> None:
    """Nobody waits for the last of a long list in order to see the first."""
    stream = io.StringIO()
    seen: list[str] = []

    def slow() -> Iterator[Cup]:
        for cup in CUPS:
            yield cup
            seen.append(stream.getvalue())

    written(Output(format=Format.JSONL), slow(), stream)

    assert [text.count("\n") for text in seen] == [1, 2, 3]


@pytest.mark.parametrize("form", list(Format))
def test_no_rows_are_no_rows(form: Format) -> None:
    """An empty array where there are arrays; csv and tsv have their header."""
    empty = {Format.TABLE: "", Format.JSON: "[]\n", Format.JSONL: "", Format.YAML: "[]\n"}

    text = written(Output(format=form), [])

    assert text == empty.get(form, text)
    assert text.count("\n") <= 1


def test_an_object_has_each_format() -> None:
    """A line for each member in a table, and a table for those that are objects; one row in csv."""
    cup = {"name": "mug", "at": NOON, "none": None, "parts": [{"handle": True}]}
    shown: dict[Format, str] = {}
    for form in Format:
        stream = io.StringIO()
        write_object(cup, Output(format=form), stream)
        shown[form] = stream.getvalue()

    plain = {"name": "mug", "at": "2026-01-31T12:00:00.000Z", "none": None, "parts": [{"handle": True}]}
    assert json.loads(shown[Format.JSON]) == json.loads(shown[Format.JSONL]) == plain
    assert yaml.safe_load(shown[Format.YAML]) == plain
    assert next(csv.DictReader(io.StringIO(shown[Format.CSV])))["parts"] == '[{"handle":true}]'
    words = [line.split()[0] for line in shown[Format.TABLE].splitlines() if line]
    assert words == ["name", "at", "parts", "handle", "yes"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "yes"), (None, ""), (timedelta(seconds=0.25), "250 ms"), (timedelta(seconds=3.4), "3.4 s"),
     (timedelta(seconds=75), "1:15 min"), (timedelta(hours=5), "5:00 h"), (timedelta(days=2, hours=1), "2 d 1 h")],
)  # fmt: skip
def test_values_are_readable(value: Any, text: str) -> None:
    """As people say them."""
    assert readable(value) == text


NARROW: tuple[Column[Cup], ...] = (
    Column("name", lambda cup: cup.name, is_whole=True),
    Column("poured_at", lambda cup: cup.at, is_whole=True, spare=1),
    Column("mark", lambda _: "m" * 40, is_whole=True, spare=2),
    Column("took", lambda cup: cup.took, is_whole=True),
)


@pytest.mark.parametrize(
    ("width", "titles"),
    [(120, ["name", "poured at", "mark", "took"]), (60, ["name", "poured at", "took"]), (30, ["name", "took"])],
)
def test_a_terminal_gets_the_columns_for_which_there_is_room(
    monkeypatch: pytest.MonkeyPatch, width: int, titles: list[str]
) -> None:
    """What can be spared most is left out first; what is left is there to its end, in several lines if need be."""
    monkeypatch.setenv("COLUMNS", str(width))
    cups = [Cup("a-rather-long-name-of-a-cup-7", 1, NOON, timedelta(seconds=1))]
    stream = Terminal()
    write_rows(Rows(NARROW, cups), Output(), stream)
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in stream.getvalue().splitlines()]

    assert re.split(r" {2,}", lines[0].strip()) == titles
    assert all(len(line) <= width for line in lines)
    assert "".join(line[: lines[0].index("took")].split("  ")[0] for line in lines[1:]).startswith(cups[0].name)


def test_columns_that_are_asked_for_are_never_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """However narrow it gets."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    write_rows(Rows(NARROW, CUPS[:1]), Output(columns=("name", "mark")), stream)

    _, *lines = stream.getvalue().splitlines()
    assert "mark" in stream.getvalue()
    assert "".join(lines).replace(" ", "") == "mug" + "m" * 40
