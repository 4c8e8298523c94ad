"""`ostinato type`: its commands and their options."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from ostinato.cli.access import ENVIRONMENT, EXIT_CODES, Access, engine_options
from ostinato.cli.completing import complete_type_names, complete_types
from ostinato.cli.output_options import ENVIRONMENT as OUTPUT_ENVIRONMENT
from ostinato.cli.output_options import Output, object_options, output_options

if TYPE_CHECKING:
    from ostinato.client.client import Client

Command = TypeVar("Command", bound=Callable[..., Any])

KINDS = click.Choice(["workflow", "activity"])

_EPILOG = ENVIRONMENT + EXIT_CODES
_DATA_EPILOG = ENVIRONMENT + OUTPUT_ENVIRONMENT + EXIT_CODES
_SECONDS = "SECONDS"
_DEFAULTS = {
    "--task-list": ("NAME", "Where its tasks are put."),
    "--task-priority": ("N", "The higher is served first."),
    "--start-to-close": (_SECONDS, "How long one task of it may take; NONE is no limit."),
    "--execution-timeout": (_SECONDS, "Of workflows: how long an execution may last."),
    "--child-policy": ("POLICY", "Of workflows: TERMINATE, REQUEST_CANCEL or ABANDON."),
    "--lambda-role": ("ARN", "Of workflows: the role for Lambda functions."),
    "--heartbeat": (_SECONDS, "Of activities: how long a worker may be silent; NONE is no limit."),
    "--schedule-to-start": (_SECONDS, "Of activities: how long a task may wait; NONE is no limit."),
    "--schedule-to-close": (_SECONDS, "Of activities: both together; NONE is no limit."),
}


def _one_type(command: Command) -> Command:
    """Add the arguments that say which type."""
    named = click.argument("name", metavar="NAME[@VERSION]", shell_complete=complete_types)(command)
    return click.argument("kind", type=KINDS)(named)


def _default_options(command: Command) -> Command:
    for name, (metavar, text) in reversed(_DEFAULTS.items()):
        command = click.option(name, metavar=metavar, help=text)(command)
    return command


@click.group("type")
def type_() -> None:
    """List, register, show, deprecate and delete types of workflows and activities.

    A type is named `workflow NAME@VERSION` or `activity NAME@VERSION`; the version is "default" if it is left out.
    `ostinato register` registers those of your code.
    """


@type_.command("list", epilog=_DATA_EPILOG)
@click.option("--kind", type=KINDS, help="Those of workflows, or of activities.  [default: both]")
@click.option("--name", metavar="NAME", shell_complete=complete_type_names, help="Those of this name, in all versions.")
@click.option("--deprecated", is_flag=True, help="Those that are deprecated, in place of those that are not.")
@output_options
@engine_options
@click.pass_context
def list_(
    context: click.Context, kind: str | None, name: str | None, output: Output, access: Access, *, deprecated: bool
) -> None:
    """List types."""

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.registry import write_types  # noqa: PLC0415  # --help does without

        write_types(client, output, data, kind=kind, name=name, is_deprecated=deprecated)

    context.exit(access.carry_out(work))


@type_.command(epilog=_EPILOG)
@_one_type
@click.option("--description", metavar="TEXT", help="What it is for.")
@_default_options
@engine_options
@click.pass_context
def register(context: click.Context, /, kind: str, name: str, access: Access, **defaults: str | None) -> None:
    """Register a type with these defaults; one that is there already is an error."""

    def work(client: "Client", _data: TextIO) -> None:
        from ostinato.cli.registry import TypeName, register_type  # noqa: PLC0415  # --help does without

        register_type(client, TypeName.read(kind, name), defaults)

    context.exit(access.carry_out(work))


@type_.command(epilog=_DATA_EPILOG)
@_one_type
@object_options
@engine_options
@click.pass_context
def show(context: click.Context, kind: str, name: str, output: Output, access: Access) -> None:
    """Show a type: its status and its defaults."""

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.registry import TypeName, write_type  # noqa: PLC0415  # --help does without

        write_type(client, TypeName.read(kind, name), output, data)

    context.exit(access.carry_out(work))


def _changing(verb: str, text: str) -> None:
    """Add a command that does one thing to one type."""

    @type_.command(verb, help=text, epilog=_EPILOG)
    @_one_type
    @engine_options
    @click.pass_context
    def change(context: click.Context, kind: str, name: str, access: Access) -> None:
        def work(client: "Client", _data: TextIO) -> None:
            from ostinato.cli.registry import TypeName  # noqa: PLC0415  # --help does without

            client.swf.call(TypeName.read(kind, name).operation(verb, client.domain))

        context.exit(access.carry_out(work))


_changing("deprecate", "Let nothing new of a type be started; what runs goes on.")
_changing("undeprecate", "Let executions and tasks of a deprecated type be started again.")
_changing("delete", "Delete a type, which has to be deprecated.")
