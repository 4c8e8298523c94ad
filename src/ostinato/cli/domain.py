"""`ostinato domain`: its commands and their options."""

from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, EXIT_CODES, Access, engine_options
from ostinato.cli.completing import complete_domains
from ostinato.cli.output_options import ENVIRONMENT as OUTPUT_ENVIRONMENT
from ostinato.cli.output_options import Output, object_options, output_options

if TYPE_CHECKING:
    from ostinato.client.client import Client

_EPILOG = ENVIRONMENT + EXIT_CODES
_DATA_EPILOG = ENVIRONMENT + OUTPUT_ENVIRONMENT + EXIT_CODES
_NAME = click.argument("name", required=False, shell_complete=complete_domains)


@click.group()
def domain() -> None:
    """List, register, show and deprecate domains.

    Where a NAME may be left out, it is that of --domain.
    """


@domain.command("list", epilog=_DATA_EPILOG)
@click.option("--deprecated", is_flag=True, help="Those that are deprecated, in place of those that are not.")
@output_options
@engine_options
@click.pass_context
def list_(context: click.Context, output: Output, access: Access, *, deprecated: bool) -> None:
    """List domains."""

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.registry import write_domains  # noqa: PLC0415  # --help does without

        write_domains(client, output, data, is_deprecated=deprecated)

    context.exit(access.carry_out(work))


@domain.command(epilog=_EPILOG)
@_NAME
@click.option(
    "--retention",
    metavar="DAYS",
    type=click.IntRange(0, 90),
    default=90,
    show_default=True,
    help="How long it keeps closed executions.",
)
@click.option("--description", metavar="TEXT", help="What it is for.")
@engine_options
@click.pass_context
def register(context: click.Context, name: str | None, retention: int, description: str | None, access: Access) -> None:
    """Register a domain; one that is there already is an error."""

    def work(client: "Client", _data: TextIO) -> None:
        from ostinato.cli.registry import register_domain  # noqa: PLC0415  # --help does without

        register_domain(client, name or access.domain, retention, description)

    context.exit(access.carry_out(work, makes_file=True))


@domain.command(epilog=_DATA_EPILOG)
@_NAME
@object_options
@engine_options
@click.pass_context
def show(context: click.Context, name: str | None, output: Output, access: Access) -> None:
    """Show a domain: its status, and how long it keeps closed executions."""

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.registry import write_domain  # noqa: PLC0415  # --help does without

        write_domain(client, name or access.domain, output, data)

    context.exit(access.carry_out(work))


def _changing(verb: str, text: str) -> None:
    """Add a command that does one thing to one domain."""

    @domain.command(verb, help=text, epilog=_EPILOG)
    @_NAME
    @engine_options
    @click.pass_context
    def change(context: click.Context, name: str | None, access: Access) -> None:
        def work(client: "Client", _data: TextIO) -> None:
            from ostinato.cli.registry import change_domain  # noqa: PLC0415  # --help does without

            change_domain(client, name or access.domain, verb)

        context.exit(access.carry_out(work))


_changing("deprecate", "Let nothing new be started in a domain; what runs goes on.")
_changing("undeprecate", "Let executions be started again in a domain that was deprecated.")
