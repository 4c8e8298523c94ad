"""`ostinato start`: its options."""

from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, EXIT_CODES, Access, starting_options
from ostinato.cli.completing import complete_targets
from ostinato.cli.input_options import child_policy_option, input_options
from ostinato.cli.instants import read_seconds

if TYPE_CHECKING:
    from ostinato.client.client import Client


@click.command(epilog=ENVIRONMENT + EXIT_CODES)
@click.argument("target", shell_complete=complete_targets)
@input_options()
@click.option("--id", "workflow_id", metavar="ID", help="The workflow id.  [default: a new one]")
@click.option("--task-list", metavar="NAME", help="Where its decisions are made.")
@click.option("--priority", metavar="N", type=int, help="The priority of its decision tasks.")
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="A tag; may be repeated, up to five times.")
@click.option("--execution-timeout", metavar="TIME", type=read_seconds, help="How long it may last: 90, 15m, 2h or 3d.")
@click.option("--decision-timeout", metavar="TIME", type=read_seconds, help="How long a decision may take.")
@child_policy_option("What becomes of its children when it ends otherwise than by itself.")
@starting_options
@click.pass_context
def start(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    target: str,
    input_: str | None,
    workflow_id: str | None,
    task_list: str | None,
    priority: int | None,
    tags: tuple[str, ...],
    execution_timeout: float | None,
    decision_timeout: float | None,
    child_policy: str | None,
    access: Access,
) -> None:
    """Start an execution of the workflow that TARGET names, and print its workflow id and its run id.

    TARGET is path/to/file.py:name, package.module:name or package.module.name, whose type is registered if it is not;
    or the type itself, NAME@VERSION, if it is registered, without its code.

    What is not given is as the workflow's code says, or else as its type was registered.
    """

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.starting import Start, write_started  # noqa: PLC0415  # --help does without
        from ostinato.engines import EngineKind, parse_engine  # noqa: PLC0415

        given = Start(
            target=target,
            input=input_,
            workflow_id=workflow_id,
            task_list=task_list,
            priority=priority,
            tags=tags,
            execution_timeout=execution_timeout,
            decision_timeout=decision_timeout,
            child_policy=child_policy,
        )
        is_amazon = parse_engine(access.engine).kind is EngineKind.AWS
        write_started(client, given, data, may_create_domain=not is_amazon)

    context.exit(access.carry_out(work, makes_file=True))
