"""`ostinato run`: its options."""

import click

from ostinato.cli.access import ENVIRONMENT, domain_option, running_engine_option
from ostinato.cli.guarding import guard_option
from ostinato.cli.input_options import input_options
from ostinato.cli.middleware_option import middleware_option
from ostinato.cli.payloads_option import payloads_option
from ostinato.cli.stand_ins_option import stand_ins_option

EXIT_CODES = """
\b
Exit codes:
  0    the workflow completed; its result is on stdout, as JSON
  1    it failed, timed out, was canceled or terminated, or could not be decided
  2    wrong usage, bad input, or the database cannot be used
  130  interrupted; the same command with --id goes on
"""


@click.command(epilog=ENVIRONMENT + EXIT_CODES)
@click.argument("target")
@input_options()
@click.option("--id", "workflow_id", metavar="ID", help="The workflow id. If an execution with it is open, it goes on.")
@running_engine_option
@click.option(
    "--concurrency",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="How many activities may run at once.",
)
@click.option(
    "--event-limit",
    metavar="N",
    type=click.IntRange(1000, 10_000_000),
    help="With an embedded engine: end an execution at so many events, rather than at SWF's 25,000.",
)
@domain_option
@guard_option
@click.option("--serial", is_flag=True, help="All in one thread, one thing at a time, without time-outs: for pdb.")
@payloads_option
@stand_ins_option
@middleware_option
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.pass_context
def run(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    target: str,
    input_: str | None,
    workflow_id: str | None,
    engine: str,
    concurrency: int,
    event_limit: int | None,
    domain: str,
    guard: str,
    serial: bool,  # noqa: FBT001  # click calls it
    payloads: str,
    stand_ins: tuple[str, ...],
    middleware: tuple[str, ...],
    quiet: bool,  # noqa: FBT001  # click calls it
) -> None:
    """Run the workflow that TARGET names, to its end, with its deciders and activities in this process.

    TARGET is path/to/file.py:name, package.module:name or package.module.name.

    Whatever happens to the process, the same command with the same --id goes on where it was: activities that have
    finished do not run again.
    """
    from ostinato.cli.session import Session, run_session  # noqa: PLC0415  # --help does without

    session = Session(
        target=target,
        input=input_,
        workflow_id=workflow_id,
        engine=engine,
        concurrency=concurrency,
        event_limit=event_limit,
        domain=domain,
        guard=guard,
        is_serial=serial,
        payloads=payloads,
        stand_ins=stand_ins,
        middleware=middleware,
        is_quiet=quiet,
    )
    context.exit(run_session(session))
