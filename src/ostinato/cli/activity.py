"""`ostinato activity rerun`: its options."""

from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, Access, engine_and_payloads_options
from ostinato.cli.completing import complete_activities
from ostinato.cli.execution_arguments import execution_arguments
from ostinato.cli.input_options import input_options

if TYPE_CHECKING:
    from ostinato.client.client import Client

EXIT_CODES = """
\b
Exit codes:
  0    the activity returned; its result is on stdout, as JSON
  1    it raised an exception
  2    wrong usage, no such activity, or the engine cannot be used
  130  interrupted
"""


@click.group()
def activity() -> None:
    """Work with the activities of executions."""


@activity.command(epilog=ENVIRONMENT + EXIT_CODES)
@execution_arguments
@click.option(
    "--activity-id",
    metavar="ID",
    shell_complete=complete_activities,
    help="The activity's id; of several attempts the last one is taken.",
)
@click.option("--scheduled-id", metavar="N", type=click.IntRange(1), help="The event that scheduled it.")
@input_options("Other arguments: a list by place, an object by name, anything else is the only one.")
@click.option("--target", metavar="TARGET", help="Where it is defined.  [default: the module in its type's name]")
@engine_and_payloads_options
@click.pass_context
def rerun(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    workflow_id: str,
    run_id: str | None,
    activity_id: str | None,
    scheduled_id: int | None,
    input_: str | None,
    target: str | None,
    access: Access,
) -> None:
    """Run one activity of an execution once more: here, in this process, with the input that history has.

    Without RUN_ID it is the open execution with that id, or else the one that started last.

    Nothing is told to the execution. It runs in the main thread, so that a debugger can be used.
    """
    if (activity_id is None) == (scheduled_id is None):
        raise click.UsageError("Give --activity-id or --scheduled-id.")

    def work(client: "Client", data: TextIO) -> int:
        from ostinato.cli.execution_arguments import find_execution  # noqa: PLC0415
        from ostinato.cli.rerunning_activity import Wanted, rerun_activity  # noqa: PLC0415  # --help does without

        execution = find_execution(client, workflow_id, run_id)
        wanted = Wanted(activity_id=activity_id, scheduled_id=scheduled_id, input=input_, target=target)
        return rerun_activity(client, execution, wanted, data)

    context.exit(access.carry_out(work))
