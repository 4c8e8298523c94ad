"""`ostinato result`: its options."""

from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, Access, engine_and_payloads_options
from ostinato.cli.execution_arguments import execution_arguments
from ostinato.cli.instants import read_seconds

if TYPE_CHECKING:
    from ostinato.client.client import Client

EXIT_CODES = """
\b
Exit codes:
  0    the workflow completed; its result is on stdout, as JSON
  1    it failed, timed out, was canceled or terminated
  2    wrong usage, no such execution, or the engine cannot be used
  124  it is still open after --timeout
  130  interrupted; the workflow goes on
"""


@click.command(epilog=ENVIRONMENT + EXIT_CODES)
@execution_arguments
@click.option(
    "--timeout", metavar="TIME", type=read_seconds, help="How long to wait: 90, 15m, 2h; 0 only looks.  [default: ever]"
)
@engine_and_payloads_options
@click.pass_context
def result(context: click.Context, workflow_id: str, run_id: str | None, timeout: float | None, access: Access) -> None:
    """Wait for the end of an execution, and print its result as JSON.

    Without RUN_ID it is the open execution with that id, or else the one that started last. One that continues as new
    is followed.
    """

    def work(client: "Client", data: TextIO) -> int:
        from ostinato.cli.execution_arguments import find_execution  # noqa: PLC0415  # --help does without
        from ostinato.cli.resulting import tell_result  # noqa: PLC0415

        return tell_result(client, find_execution(client, workflow_id, run_id), data, timeout)

    context.exit(access.carry_out(work))
