"""`ostinato server`: its options."""

import click
from click.core import ParameterSource

from ostinato.cli.access import engine_option_for
from ostinato.cli.stand_ins_option import stand_ins_option

ENVIRONMENT = """
\b
Environment:
  OSTINATO_ENGINE  what --engine is if not given, if that is in a file or memory
"""

EXIT_CODES = """
\b
Exit codes:
  0  stopped by SIGTERM or Ctrl-C; everything that was answered is kept
  1  stopped in haste, by a second signal; everything that was answered is kept all the same
  2  wrong usage, the address is taken, or the database cannot be used
"""


@click.command(epilog=ENVIRONMENT + EXIT_CODES)
@engine_option_for("sqlite:FILE, or memory:, which keeps nothing.")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", metavar="PORT", type=click.IntRange(0, 65535), default=4570, show_default=True, help="0 takes a free one."
)
@click.option(
    "--credentials",
    metavar="FILE",
    help="TOML or JSON with the access keys of those who may call; if not given, whoever reaches the address.",
)
@click.option("--insecure", is_flag=True, help="Listen on an address that others reach, without --credentials.")
@stand_ins_option
@click.option("--access-log", is_flag=True, help="Write a line of JSON to stderr for each request.")
@click.pass_context
def server(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    engine: str,
    host: str,
    port: int,
    credentials: str | None,
    insecure: bool,  # noqa: FBT001  # click calls it
    stand_ins: tuple[str, ...],
    access_log: bool,  # noqa: FBT001
) -> None:
    """Serve Amazon SWF's API over HTTP, for workers and clients in other processes, in any language.

    All is kept in one SQLite file, and durable before it is answered.
    """
    from ostinato.cli.serve import Service, run_service  # noqa: PLC0415  # --help does without

    service = Service(
        engine=engine,
        is_engine_typed=context.get_parameter_source("engine") is ParameterSource.COMMANDLINE,
        host=host,
        port=port,
        credentials=credentials,
        is_insecure=insecure,
        stand_ins=stand_ins,
        has_access_log=access_log,
    )
    context.exit(run_service(service))
