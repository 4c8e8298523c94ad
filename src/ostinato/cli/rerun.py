"""`ostinato rerun`: its options."""

from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, EXIT_CODES, Access, starting_options
from ostinato.cli.execution_arguments import execution_arguments

if TYPE_CHECKING:
    from ostinato.client.client import Client


@click.command(epilog=ENVIRONMENT + EXIT_CODES)
@execution_arguments
@click.option("--from-event", metavar="N", type=click.IntRange(2), help="Reuse only what ended before event N.")
@click.option("--force", metavar="REGEX", help="Do again what has an id in which this is found.")
@click.option("--new-id", metavar="ID", help="The workflow id of the new execution.  [default: the same]")
@click.option("--signals/--no-signals", default=True, show_default=True, help="Send the signals it received again.")
@click.option("--dry-run", is_flag=True, help="Start nothing; show what would be reused.")
@starting_options
@click.pass_context
def rerun(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    workflow_id: str,
    run_id: str | None,
    from_event: int | None,
    force: str | None,
    new_id: str | None,
    signals: bool,  # noqa: FBT001  # click calls it
    dry_run: bool,  # noqa: FBT001
    access: Access,
) -> None:
    """Start the closed execution WORKFLOW_ID again, without doing again what ended well in it.

    Its last run is taken, unless RUN_ID is given. Activities, children and Lambda functions are reused where the
    workflow asks for the same with the same input. The new run is decided wherever the former one was; what `ostinato
    run` began, `ostinato run TARGET --id WORKFLOW_ID` goes on with.
    """

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.execution_arguments import find_execution  # noqa: PLC0415  # --help does without
        from ostinato.cli.rerunning import show_plan  # noqa: PLC0415

        former = find_execution(client, workflow_id, run_id)
        if dry_run:
            show_plan(client, former, data, from_event=from_event, force=force)
            return
        started = client.rerun(
            former.workflow_id,
            former.run_id,
            from_event=from_event,
            force=force,
            new_id=new_id,
            resends_signals=signals,
        )
        print(started.workflow_id, started.run_id, file=data)

    context.exit(access.carry_out(work))
