"""`ostinato demo`: its options."""

import click

EXIT_CODES = """
\b
Exit codes:
  0    all went as the demo says
  1    it did not; stderr says what
  130  interrupted
"""


@click.command(epilog=EXIT_CODES)
@click.option(
    "--directory", metavar="PATH", help="Where to keep what the demo makes.  [default: nowhere; it is taken away]"
)
@click.pass_context
def demo(context: click.Context, directory: str | None) -> None:
    """Watch a workflow being killed half-way, and end well all the same.

    A program is run on an engine in a file, killed by SIGKILL, looked at, and run again. What is shown is what you
    could type. It takes about fifteen seconds, and needs no terminal.
    """
    from ostinato.cli.touring import run_demo  # noqa: PLC0415  # --help does without

    context.exit(run_demo(directory))
