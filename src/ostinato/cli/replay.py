"""`ostinato replay`: its options."""

from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, Access, engine_and_payloads_options
from ostinato.cli.output_options import ENVIRONMENT as OUTPUT_ENVIRONMENT
from ostinato.cli.output_options import Output, output_options
from ostinato.cli.search_options import search_options

if TYPE_CHECKING:
    from ostinato.client.client import Client
    from ostinato.client.search import Search

EXIT_CODES = """
\b
Exit codes:
  0    the code agrees with all histories
  1    it does not agree with one; stderr says where
  2    wrong usage, no such file or target, or the engine cannot be used
  130  interrupted
  141  whoever reads stdout has gone
"""


@click.command(epilog=ENVIRONMENT + OUTPUT_ENVIRONMENT + EXIT_CODES)
@click.argument("histories", metavar="[HISTORY]...", nargs=-1)
@click.argument("target")
@click.option(
    "--execution",
    metavar="WORKFLOW_ID RUN_ID",
    nargs=2,
    help="Whose history it is, of a file that does not say: the ids of children are made of that.",
)
@click.option("--everything", is_flag=True, help="Replay all executions of the domain.")
@search_options
@output_options
@engine_and_payloads_options
@click.pass_context
def replay(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    histories: tuple[str, ...],
    target: str,
    execution: tuple[str, str] | None,
    everything: bool,  # noqa: FBT001  # click calls it
    search: "Search",
    output: Output,
    access: Access,
) -> None:
    """Say whether the workflows that TARGET names still agree with histories, and where they do not.

    A HISTORY is a file that `aws swf get-workflow-execution-history`, boto3 or `ostinato history --output` wrote, or a
    directory of such files. Without one, the executions that fit the filters are replayed.

    Nothing is started, and no activity runs. TARGET is path/to/file.py, package.module, or one of these with :name.
    """
    from ostinato.cli.replaying import Replaying  # noqa: PLC0415  # --help does without

    replaying = Replaying(target=target, histories=histories, execution=execution or None, output=output)
    if histories:
        from ostinato.cli.boundary import bounded  # noqa: PLC0415

        if everything or replaying.is_filtered(search):
            raise click.UsageError("Give histories in files, or filters of executions, not both.")
        context.exit(bounded(lambda data: replaying.replay_files(data, access.payloads), debug=access.debug))
    if not everything and not replaying.is_filtered(search):
        raise click.UsageError(
            "Give histories in files, or say which executions: --status open, --since 3d, --id ..., or --everything."
        )

    def work(client: "Client", data: TextIO) -> int:
        return replaying.replay_executions(client, search, data)

    context.exit(access.carry_out(work))
