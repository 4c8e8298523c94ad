"""`ostinato history`: its options."""

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, EXIT_CODES, Access, engine_and_payloads_options
from ostinato.cli.execution_arguments import execution_arguments
from ostinato.cli.output_options import ENVIRONMENT as OUTPUT_ENVIRONMENT
from ostinato.cli.output_options import Output, output_options

if TYPE_CHECKING:
    from ostinato.client.client import Client


@click.command(epilog=ENVIRONMENT + OUTPUT_ENVIRONMENT + EXIT_CODES)
@execution_arguments
@click.option(
    "--of",
    type=click.Choice(["events", "folded", "raw"]),
    default="events",
    show_default=True,
    help="A row for each event, or for each activity, timer, child, signal and marker; or what the service answers.",
)
@click.option("--reverse", is_flag=True, help="The last first.")
@click.option("-n", "--limit", metavar="N", type=click.IntRange(1), help="At most so many.  [default: all]")
@click.option(
    "--output", "file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Save it for `replay`."
)
@output_options
@engine_and_payloads_options
@click.pass_context
def history(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    workflow_id: str,
    run_id: str | None,
    of: str,
    reverse: bool,  # noqa: FBT001
    limit: int | None,
    file: Path | None,
    output: Output,
    access: Access,
) -> None:
    """Show the history of an execution, its payloads decoded, or save it to a file.

    Without RUN_ID it is the open execution with that id, or else the one that started last.
    """

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli import telling_history as told  # noqa: PLC0415  # --help does without
        from ostinato.cli.execution_arguments import find_execution  # noqa: PLC0415

        execution = find_execution(client, workflow_id, run_id)
        part = told.Part(is_reversed=reverse, limit=limit)
        if file is not None:
            told.save(client, execution, file)
        elif of == "raw":
            told.write_raw(client, execution, part, data)
        elif of == "folded":
            told.write_folded(client, execution, part, output, data)
        else:
            told.write_events(client, execution, part, output, data)

    context.exit(access.carry_out(work, only_looks=True))
