"""`ostinato register`: its options."""

from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, Access, engine_options
from ostinato.cli.output_options import ENVIRONMENT as OUTPUT_ENVIRONMENT
from ostinato.cli.output_options import Output, output_options

if TYPE_CHECKING:
    from ostinato.client.client import Client

EXIT_CODES = """
\b
Exit codes:
  0    all types are registered, with the defaults that code has
  1    a type is deprecated or has other defaults; with --dry-run also if one is missing
  2    wrong usage, no such target, refused by the service, or the engine cannot be used
  130  interrupted
  141  whoever reads stdout has gone
"""


@click.command(epilog=ENVIRONMENT + OUTPUT_ENVIRONMENT + EXIT_CODES)
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Register nothing; only tell what there is.")
@click.option("--create-domain", is_flag=True, help="Register the domain, too, if it is missing.")
@output_options
@engine_options
@click.pass_context
def register(
    context: click.Context,
    targets: tuple[str, ...],
    output: Output,
    access: Access,
    *,
    dry_run: bool,
    create_domain: bool,
) -> None:
    """Register the types of all workflows and activities that the TARGETs name, as far as they are missing.

    What is registered stays as it is: SWF never changes a type. Where code has other defaults, that is told; workers
    and deciders use those of the code.

    A TARGET is path/to/file.py, package.module, or one of these with :name.
    """

    def work(client: "Client", data: TextIO) -> int:
        from ostinato.cli.registering import Registering  # noqa: PLC0415  # --help does without

        return Registering(targets, output, is_dry=dry_run, creates_domain=create_domain).carry_out(client, data)

    context.exit(access.carry_out(work, makes_file=not dry_run))
