"""`ostinato show`, `tasks`, `profile`, `tree` and `watch`: their options."""

from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, EXIT_CODES, Access, engine_and_payloads_options
from ostinato.cli.completing import complete_tasks
from ostinato.cli.execution_arguments import execution_arguments
from ostinato.cli.instants import read_seconds
from ostinato.cli.output_options import ENVIRONMENT as OUTPUT_ENVIRONMENT
from ostinato.cli.output_options import Output, object_options, output_options
from ostinato.cli.result import EXIT_CODES as RESULT_EXIT_CODES

if TYPE_CHECKING:
    from ostinato.client.client import Client

EPILOG = ENVIRONMENT + OUTPUT_ENVIRONMENT + EXIT_CODES

KINDS = ("activity", "timer", "child", "lambda", "signal", "cancel request")
STATES = ("scheduled", "started", "retry", "completed", "failed", "timed_out", "canceled", "terminated", "refused")


@click.command(epilog=EPILOG)
@execution_arguments
@click.option(
    "--task",
    "task_id",
    metavar="ID",
    shell_complete=complete_tasks,
    help="Show this activity, timer, child or function, by its id.",
)
@object_options
@engine_and_payloads_options
@click.pass_context
def show(  # noqa: PLR0917  # click calls it, by name
    context: click.Context, workflow_id: str, run_id: str | None, task_id: str | None, output: Output, access: Access
) -> None:
    """Show where an execution is: what runs, since when, what it waits for, what went wrong last.

    Without RUN_ID it is the open execution with that id, or else the one that started last.
    """

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.describing import write_execution, write_task  # noqa: PLC0415  # --help does without
        from ostinato.cli.execution_arguments import find_execution  # noqa: PLC0415

        execution = find_execution(client, workflow_id, run_id)
        if task_id is None:
            write_execution(client, execution, output, data)
        else:
            write_task(client, execution, task_id, output, data)

    context.exit(access.carry_out(work, only_looks=True))


@click.command(epilog=EPILOG)
@execution_arguments
@click.option("--kind", type=click.Choice(KINDS), multiple=True, help="Tasks of this kind; may be repeated.")
@click.option(
    "--state", type=click.Choice(STATES, case_sensitive=False), multiple=True, help="In this state; may be repeated."
)
@click.option("-n", "--limit", metavar="N", type=click.IntRange(1), help="At most so many.  [default: all]")
@output_options
@engine_and_payloads_options
@click.pass_context
def tasks(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    workflow_id: str,
    run_id: str | None,
    kind: tuple[str, ...],
    state: tuple[str, ...],
    limit: int | None,
    output: Output,
    access: Access,
) -> None:
    """List an execution's tasks, open or not: those that changed last first, unless --sort says otherwise.

    Without RUN_ID it is the open execution with that id, or else the one that started last.
    """

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.execution_arguments import find_execution  # noqa: PLC0415  # --help does without
        from ostinato.cli.task_lists import Wanted, write_tasks  # noqa: PLC0415

        wanted = Wanted(kinds=kind, states=tuple(each.upper() for each in state), limit=limit)
        write_tasks(client, find_execution(client, workflow_id, run_id), wanted, output, data)

    context.exit(access.carry_out(work, only_looks=True))


@click.command(epilog=EPILOG)
@execution_arguments
@click.option(
    "--by", type=click.Choice(["task", "type"]), default="task", show_default=True, help="A row for each of these."
)
@click.option("-n", "--limit", metavar="N", type=click.IntRange(1), help="At most so many.  [default: all]")
@output_options
@engine_and_payloads_options
@click.pass_context
def profile(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    workflow_id: str,
    run_id: str | None,
    by: str,
    limit: int | None,
    output: Output,
    access: Access,
) -> None:
    """Show where an execution's time went: how long its activities, children and functions waited and ran.

    The table draws when each waited (thin) and ran (thick), from the execution's start to its end; --by type gives the
    percentiles of each activity type.
    """

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.execution_arguments import find_execution  # noqa: PLC0415  # --help does without
        from ostinato.cli.profiling import write_profile, write_profile_by_type  # noqa: PLC0415

        execution = find_execution(client, workflow_id, run_id)
        write = write_profile_by_type if by == "type" else write_profile
        write(client, execution, output, data, limit)

    context.exit(access.carry_out(work, only_looks=True))


@click.command(epilog=EPILOG)
@execution_arguments
@click.option("--up", is_flag=True, help="Begin with the eldest ancestor.")
@output_options
@engine_and_payloads_options
@click.pass_context
def tree(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    workflow_id: str,
    run_id: str | None,
    up: bool,  # noqa: FBT001
    output: Output,
    access: Access,
) -> None:
    """Show the family of an execution: its children and theirs, open or closed, and the runs that continue them."""

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.execution_arguments import find_execution  # noqa: PLC0415  # --help does without
        from ostinato.cli.family_tree import write_tree  # noqa: PLC0415

        write_tree(client, find_execution(client, workflow_id, run_id), output, data, from_eldest=up)

    context.exit(access.carry_out(work, only_looks=True))


@click.command(epilog=ENVIRONMENT + RESULT_EXIT_CODES)
@execution_arguments
@click.option("--timeout", metavar="TIME", type=read_seconds, help="How long to watch: 90, 15m, 2h.  [default: ever]")
@engine_and_payloads_options
@click.pass_context
def watch(context: click.Context, workflow_id: str, run_id: str | None, timeout: float | None, access: Access) -> None:
    """Watch an execution live, to its end; then print its result, as `result` does.

    On a terminal what is open is redrawn; elsewhere stderr gets a line for what did not end well, and now and then one
    for the rest.
    """

    def work(client: "Client", data: TextIO) -> int:
        from ostinato.cli.execution_arguments import find_execution  # noqa: PLC0415  # --help does without
        from ostinato.cli.watching import watch_execution  # noqa: PLC0415

        return watch_execution(client, find_execution(client, workflow_id, run_id), data, timeout)

    context.exit(access.carry_out(work))
