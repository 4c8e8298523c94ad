"""`ostinato info`: its options."""

import click

from ostinato.cli.access import ENVIRONMENT, Access, engine_options
from ostinato.cli.output_options import ENVIRONMENT as OUTPUT_ENVIRONMENT
from ostinato.cli.output_options import Output, object_options

EXIT_CODES = """
\b
Exit codes:
  0  the engine can be used, or would be made
  1  it cannot
  2  wrong usage
"""


@click.command(epilog=ENVIRONMENT + OUTPUT_ENVIRONMENT + EXIT_CODES)
@object_options
@engine_options
@click.pass_context
def info(context: click.Context, output: Output, access: Access) -> None:
    """Show versions, settings with where each came from, and whether the engine can be reached."""
    from ostinato.cli.boundary import bounded  # noqa: PLC0415  # --help does without
    from ostinato.cli.informing import Informing  # noqa: PLC0415

    informing = Informing(context, access, output)
    context.exit(bounded(informing.write, debug=access.debug))
