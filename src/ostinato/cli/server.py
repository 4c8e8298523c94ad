"""`ostinato server`: its options."""

import click

EXIT_CODES = """
\b
Exit codes:
  0  stopped by SIGTERM or Ctrl-C; everything that was answered is kept
  2  wrong usage, the address is taken, or the database cannot be used
"""


@click.command(epilog=EXIT_CODES)
@click.option("--db", metavar="FILE", default="ostinato.db", show_default=True, help="The database file.")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", metavar="PORT", type=click.IntRange(0, 65535), default=4570, show_default=True, help="0 takes a free one."
)
@click.pass_context
def server(context: click.Context, db: str, host: str, port: int) -> None:
    """Serve Amazon SWF's API over HTTP, for workers and clients in other processes, in any language."""
    from ostinato.cli.serve import Service, run_service  # noqa: PLC0415  # --help does without

    context.exit(run_service(Service(db=db, host=host, port=port)))
