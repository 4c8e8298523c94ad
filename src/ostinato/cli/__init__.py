"""The command line: the only place that puts the parts together, and the only reader of environment variables.

A command's module holds its options; what it does is imported when it is run, so that `--help` is quick.
"""

import click

from ostinato.cli.decider import decider
from ostinato.cli.run import run
from ostinato.cli.server import server
from ostinato.cli.standalone import standalone
from ostinato.cli.worker import worker


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ostinato", message="%(prog)s %(version)s")
def main() -> None:
    """Durable workflows in plain Python."""


@main.command("child-of-supervisor", hidden=True)
@click.pass_context
def child(context: click.Context) -> None:
    """Do what a supervisor says, on stdin."""
    from ostinato.cli.child import run_child  # noqa: PLC0415  # no other command needs it

    context.exit(run_child())


main.add_command(decider)
main.add_command(run)
main.add_command(server)
main.add_command(standalone)
main.add_command(worker)
