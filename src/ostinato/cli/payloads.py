"""`ostinato payloads`: its commands and their options."""

from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, EXIT_CODES, Access, debug_option, engine_option
from ostinato.cli.instants import read_seconds
from ostinato.cli.output_options import ENVIRONMENT as OUTPUT_ENVIRONMENT
from ostinato.cli.output_options import Output, output_options
from ostinato.cli.payloads_option import payloads_option

if TYPE_CHECKING:
    from ostinato.client.client import Client


@click.group()
def payloads() -> None:
    """Look after the payloads that lie in stores."""


@payloads.command(epilog=ENVIRONMENT + OUTPUT_ENVIRONMENT + EXIT_CODES)
@payloads_option
@click.option(
    "--older-than",
    metavar="DURATION",
    type=read_seconds,
    default="1d",
    show_default=True,
    help="Only what was put there longer ago than this; 20m is the least.",
)
@click.option("--dry-run", is_flag=True, help="Remove nothing: only tell what would be removed.")
@output_options
@engine_option
@debug_option
@click.pass_context
def gc(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    payloads: str,
    older_than: float,
    dry_run: bool,  # noqa: FBT001  # click calls it
    output: Output,
    engine: str,
    debug: bool,  # noqa: FBT001  # click calls it
) -> None:
    """Remove from the stores of --payloads what no history names any more, and list it.

    The histories of all executions in all domains of the engine are read, open ones and closed ones that are kept. A
    store that several engines use cannot be tidied so: what only another engine's histories name would be removed.

    What was put there since the longest running activity began stays, too: its last heartbeat may name it.
    """

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.tidying import Tidying, tidy  # noqa: PLC0415  # --help does without

        tidy(client, Tidying(payloads=payloads, older_than=older_than, is_dry=dry_run), output, data)

    context.exit(Access(engine=engine, domain="default", debug=debug).carry_out(work))
