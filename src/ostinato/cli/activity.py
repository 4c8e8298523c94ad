"""`ostinato activity rerun`: its options."""

from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, Access, engine_and_payloads_options

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
@click.option("--workflow-id", metavar="ID", required=True, help="The execution's workflow id.")
@click.option("--run-id", metavar="ID", help="Its run id.  [default: that of the last run]")
@click.option("--activity-id", metavar="ID", help="The activity's id; of several attempts the last one is taken.")
@click.option("--scheduled-id", metavar="N", type=click.IntRange(1), help="The event that scheduled it.")
@click.option("--input", "input_", metavar="JSON", help="Other arguments: as for `ostinato run`.")
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

    Nothing is told to the execution. It runs in the main thread, so that a debugger can be used.
    """
    if (activity_id is None) == (scheduled_id is None):
        raise click.UsageError("Give --activity-id or --scheduled-id.")

    def work(client: "Client", data: TextIO) -> int:
        from ostinato.cli.rerunning import execution_of  # noqa: PLC0415
        from ostinato.cli.rerunning_activity import Wanted, rerun_activity  # noqa: PLC0415  # --help does without

        execution = execution_of(client.handle(workflow_id, run_id))
        wanted = Wanted(activity_id=activity_id, scheduled_id=scheduled_id, input=input_, target=target)
        return rerun_activity(client, execution, wanted, data)

    context.exit(access.carry_out(work))
