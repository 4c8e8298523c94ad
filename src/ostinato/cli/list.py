"""`ostinato list` and `ostinato count`: their options."""

from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, EXIT_CODES, Access, engine_options
from ostinato.cli.output_options import ENVIRONMENT as OUTPUT_ENVIRONMENT
from ostinato.cli.output_options import Output, output_options
from ostinato.cli.search_options import search_options

if TYPE_CHECKING:
    from ostinato.client.client import Client
    from ostinato.client.search import Search


@click.command("list", epilog=ENVIRONMENT + OUTPUT_ENVIRONMENT + EXIT_CODES)
@search_options
@click.option(
    "-n",
    "--limit",
    metavar="N",
    type=click.IntRange(1),
    help="At most so many, once they are sorted: with --sort all are read.  [default: all]",
)
@click.option("--oldest-first", is_flag=True, help="The first started (or closed) first.")
@output_options
@engine_options
@click.pass_context
def list_(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    search: "Search",
    limit: int | None,
    oldest_first: bool,  # noqa: FBT001  # click calls it
    output: Output,
    access: Access,
) -> None:
    """List executions that fit all the filters.

    Open ones come before closed ones, and of each the last started (or closed) first, unless --sort says otherwise.
    """

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.listing import write_executions  # noqa: PLC0415  # --help does without

        write_executions(client, search, output, data, limit=limit, oldest_first=oldest_first)

    context.exit(access.carry_out(work))


@click.command(epilog=ENVIRONMENT + EXIT_CODES)
@search_options
@engine_options
@click.pass_context
def count(context: click.Context, search: "Search", access: Access) -> None:
    """Count executions that fit all the filters.

    Where the service stops counting, stderr says that there are more.
    """

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.listing import write_count  # noqa: PLC0415  # --help does without

        write_count(client, search, data)

    context.exit(access.carry_out(work))
