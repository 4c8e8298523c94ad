"""`ostinato signal`, `ostinato cancel` and `ostinato terminate`: their options."""

from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, EXIT_CODES, Access, engine_and_payloads_options, engine_options
from ostinato.cli.completing import complete_ids, complete_run_ids, complete_signals
from ostinato.cli.execution_arguments import execution_arguments
from ostinato.cli.input_options import child_policy_option, input_options

if TYPE_CHECKING:
    from ostinato.client.client import Client

EPILOG = ENVIRONMENT + EXIT_CODES


@click.command(epilog=EPILOG)
@click.argument("workflow_id", shell_complete=complete_ids)
@click.argument("name", shell_complete=complete_signals)
@input_options("What it carries: a list of values, an object of named ones, anything else is the only one.")
@click.option("--run-id", metavar="ID", shell_complete=complete_run_ids, help="The run.  [default: the open one]")
@click.option(
    "--propagate", is_flag=True, help="Whoever receives it hands it on to its parent and its children, and they on."
)
@engine_and_payloads_options
@click.pass_context
def signal(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    workflow_id: str,
    name: str,
    input_: str | None,
    run_id: str | None,
    access: Access,
    *,
    propagate: bool,
) -> None:
    """Send the signal NAME to the open execution with that workflow id."""

    def work(client: "Client", _: TextIO) -> None:
        from ostinato.cli.requesting import send_signal  # noqa: PLC0415  # --help does without

        send_signal(client, workflow_id, run_id, name, input_, propagate=propagate)

    context.exit(access.carry_out(work))


@click.command(epilog=EPILOG)
@execution_arguments
@engine_options
@click.pass_context
def cancel(context: click.Context, workflow_id: str, run_id: str | None, access: Access) -> None:
    """Ask an open execution to cancel itself; what it does about it is its own decision."""

    def work(client: "Client", _: TextIO) -> None:
        from ostinato.cli.requesting import request_cancel  # noqa: PLC0415  # --help does without

        request_cancel(client, workflow_id, run_id)

    context.exit(access.carry_out(work))


@click.command(epilog=EPILOG)
@execution_arguments
@click.option("--reason", metavar="TEXT", help="Why, in at most 256 characters.")
@click.option("--details", metavar="TEXT", help="More of it, in at most 32,768 characters.")
@child_policy_option("What becomes of its open children.  [default: as the execution has it]")
@engine_and_payloads_options
@click.pass_context
def terminate(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    workflow_id: str,
    run_id: str | None,
    reason: str | None,
    details: str | None,
    child_policy: str | None,
    access: Access,
) -> None:
    """Close an open execution at once, without asking its code."""

    def work(client: "Client", _: TextIO) -> None:
        from ostinato.cli.requesting import terminate_execution  # noqa: PLC0415  # --help does without

        terminate_execution(client, workflow_id, run_id, reason=reason, details=details, child_policy=child_policy)

    context.exit(access.carry_out(work))
