"""`ostinato standalone`: its options."""

import click

from ostinato.cli.access import ENVIRONMENT, domain_option, running_engine_option
from ostinato.cli.guarding import guard_option
from ostinato.cli.input_options import input_options
from ostinato.cli.middleware_option import middleware_option
from ostinato.cli.payloads_option import payloads_option
from ostinato.cli.run import EXIT_CODES
from ostinato.cli.stand_ins_option import stand_ins_option


@click.command(epilog=ENVIRONMENT + EXIT_CODES)
@click.argument("target")
@input_options()
@click.option("--id", "workflow_id", metavar="ID", help="The workflow id. If an execution with it is open, it goes on.")
@running_engine_option
@domain_option
@click.option("--create-domain", is_flag=True, help="Register the domain on Amazon, too, if it is missing.")
@click.option(
    "--deciders",
    metavar="N",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    help="Processes for decisions.",
)
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    help="Processes for activities.",
)
@click.option(
    "--concurrency",
    metavar="M",
    type=click.IntRange(1, 10_000),
    default=10,
    show_default=True,
    help="Activities that a process runs at once.",
)
@guard_option
@payloads_option
@stand_ins_option
@middleware_option
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.pass_context
def standalone(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    target: str,
    input_: str | None,
    workflow_id: str | None,
    engine: str,
    domain: str,
    create_domain: bool,  # noqa: FBT001  # click calls it
    deciders: int,
    workers: int,
    concurrency: int,
    guard: str,
    payloads: str,
    stand_ins: tuple[str, ...],
    middleware: tuple[str, ...],
    quiet: bool,  # noqa: FBT001
) -> None:
    """Run the workflow that TARGET names, to its end, with deciders and activity workers in child processes of its own.

    TARGET is path/to/file.py:name, package.module:name or package.module.name.

    They serve a task list that nobody else does. A process that dies is replaced; none is left at the end.
    """
    from ostinato.cli.alone import Alone, run_alone  # noqa: PLC0415  # --help does without

    alone = Alone(
        target=target,
        input=input_,
        workflow_id=workflow_id,
        engine=engine,
        domain=domain,
        create_domain=create_domain,
        deciders=deciders,
        workers=workers,
        concurrency=concurrency,
        guard=guard,
        payloads=payloads,
        stand_ins=stand_ins,
        middleware=middleware,
        is_quiet=quiet,
    )
    context.exit(run_alone(alone))
