"""The command line: the only place that puts the parts together, and the only reader of environment variables.

A command's module holds its options; what it does is imported when it is run, so that `--help` is quick.
"""

import click

from ostinato.cli.run import run
from ostinato.cli.server import server


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ostinato", message="%(prog)s %(version)s")
def main() -> None:
    """Durable workflows in plain Python."""


main.add_command(run)
main.add_command(server)
