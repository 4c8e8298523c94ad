"""Writes a command's data in the format that is asked for, to the stream for data."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO, TypeVar, assert_never

import msgspec

from ostinato.cli.columns import Column, Rows, cell, chosen, plain, sorted_rows
from ostinato.cli.output_options import Format, Output
from ostinato.errors import UsageError

Row = TypeVar("Row")

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def write_rows(data: Rows[Row], output: Output, stream: TextIO) -> None:
    """Write rows; but for tables and sorted ones, each as it comes.

    Raises:
        UsageError: a column is asked for that there is not, or the format needs what is not installed.
    """
    form = output.format_for(stream)
    columns = chosen(data.columns, output, is_table=form is Format.TABLE)
    rows = sorted_rows(data, output)
    match form:
        case Format.TABLE:
            from ostinato.cli.tables import write_table  # noqa: PLC0415  # rich is slow to import

            write_table(columns, rows, stream, has_header=output.has_header)
        case Format.JSON:
            _write_array((_record(columns, row) for row in rows), stream)
        case Format.JSONL:
            stream.writelines(f"{_json(_record(columns, row))}\n" for row in rows)
        case Format.CSV:
            csv.writer(stream, lineterminator="\n").writerows(_lines(columns, rows, output))
        case Format.TSV:
            lines = _lines(columns, rows, output)
            stream.writelines("\t".join(text.translate(_ESCAPES) for text in line) + "\n" for line in lines)
        case Format.YAML:
            stream.write(as_yaml([_record(columns, row) for row in rows]))
        case _:
            assert_never(form)


def write_object(value: Mapping[str, Any], output: Output, stream: TextIO) -> None:
    """Write one object. As csv and tsv it is one row; as a table, a line for each of its members.

    Raises:
        UsageError: the format needs what is not installed.
    """
    form = output.format_for(stream)
    match form:
        case Format.TABLE:
            from ostinato.cli.tables import write_members  # noqa: PLC0415  # rich is slow to import

            write_members(value, stream)
        case Format.JSON:
            stream.write(indented(plain(value)) + "\n")
        case Format.YAML:
            stream.write(as_yaml(plain(value)))
        case Format.JSONL | Format.CSV | Format.TSV:
            columns = [_member(name) for name in value]
            write_rows(Rows(columns, [value]), output, stream)


def indented(value: Any) -> str:
    """The value as JSON that people can read too."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def as_yaml(value: Any) -> str:
    """The value as YAML.

    Raises:
        UsageError: what writes it is not installed.
    """
    try:
        import yaml  # noqa: PLC0415  # an extra
    except ImportError:
        raise UsageError(
            where="--format yaml", found="PyYAML is not installed", hint="Install it: pip install 'ostinato[yaml]'"
        ) from None
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120)


def _lines(columns: Sequence[Column[Row]], rows: Iterable[Row], output: Output) -> Iterator[list[str]]:
    """The cells of each line of csv and tsv."""
    if output.has_header:
        yield [column.name for column in columns]
    for row in rows:
        yield [cell(column.value(row)) for column in columns]


def _record(columns: Sequence[Column[Row]], row: Row) -> dict[str, Any]:
    return {column.name: plain(column.value(row)) for column in columns}


def _member(name: str) -> Column[Mapping[str, Any]]:
    return Column(name, lambda row: row[name])


def _write_array(records: Iterable[dict[str, Any]], stream: TextIO) -> None:
    """Write an array of JSON, a line for each of its objects."""
    begin = "["
    for record in records:
        stream.write(f"{begin}{_json(record)}")
        begin = ",\n "
    stream.write("[]\n" if begin == "[" else "]\n")


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
