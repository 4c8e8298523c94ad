"""What `ostinato list` and `ostinato count` do."""

from typing import TextIO

from ostinato.cli.columns import Rows
from ostinato.cli.complaints import say
from ostinato.cli.execution_columns import EXECUTION_COLUMNS
from ostinato.cli.formats import write_rows
from ostinato.cli.output_options import Format, Output
from ostinato.cli.reading import counted
from ostinato.client.client import Client
from ostinato.client.search import Search, count_executions, list_executions


def write_executions(
    client: Client, search: Search, output: Output, data: TextIO, *, limit: int | None, oldest_first: bool
) -> None:
    """Write the executions, as they are read.

    Args:
        client: where they are.
        search: which are meant.
        output: how they are written.
        data: where to.
        limit: at most so many, once they are sorted: for that all are read.
        oldest_first: whether the service's order is turned round.
    """
    found = list_executions(client.swf, client.domain, search, oldest_first=oldest_first)
    if output.sort is not None or output.format_for(data) is Format.TABLE:
        found = counted(found, "executions")
    write_rows(Rows(EXECUTION_COLUMNS, found, limit), output, data)


def write_count(client: Client, search: Search, data: TextIO) -> None:
    """Write how many there are."""
    counted = count_executions(client.swf, client.domain, search)
    data.write(f"{counted.count}\n")
    if counted.truncated:
        say("ostinato: the service stopped counting there: there are more")
