"""The arguments that name one execution, and finding it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

import click

from ostinato.cli.completing import complete_ids, complete_run_ids

if TYPE_CHECKING:
    from ostinato.client.client import Client
    from ostinato.model.fields import RunId
    from ostinato.model.structures import WorkflowExecution

Command = TypeVar("Command", bound=Callable[..., Any])


def execution_arguments(command: Command) -> Command:
    """Give the command the arguments WORKFLOW_ID and RUN_ID; the latter may be left out."""
    with_run = click.argument("run_id", metavar="[RUN_ID]", required=False, shell_complete=complete_run_ids)(command)
    return click.argument("workflow_id", shell_complete=complete_ids)(with_run)


def find_execution(client: "Client", workflow_id: str, run_id: str | None) -> "WorkflowExecution":
    """The execution that was named.

    Args:
        client: where it is.
        workflow_id: its workflow id.
        run_id: its run id, perhaps as addresses of the web have it; if it is None, the open one, or else the one that
            started last.

    Raises:
        UsageError: there is none.
    """
    from ostinato.errors import UsageError  # noqa: PLC0415  # --help does without
    from ostinato.model.structures import WorkflowExecution  # noqa: PLC0415

    decoded = decoded_run_id(run_id)
    if decoded is not None:
        return WorkflowExecution(workflow_id=workflow_id, run_id=decoded)
    found = client.find(workflow_id)
    if found is None:
        raise UsageError(
            where=workflow_id,
            found=f"there is no execution with that id in domain {client.domain}",
            hint="`ostinato list` has all",
        )
    return found.execution


def decoded_run_id(run_id: str | None) -> "RunId | None":
    """The run id that was typed; as run ids hold no %, one that does is as addresses of the web are."""
    from ostinato.model.fields import RunId  # noqa: PLC0415  # --help does without

    return None if run_id is None else RunId(unquote(run_id))
