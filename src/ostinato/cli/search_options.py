"""The options that say which executions are meant."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from ostinato.cli.completing import complete_ids, complete_workflow_types
from ostinato.cli.instants import read_instant

if TYPE_CHECKING:
    from ostinato.client.search import Search

Command = TypeVar("Command", bound=Callable[..., Any])

CLOSE_STATUSES = ("completed", "failed", "canceled", "terminated", "continued_as_new", "timed_out")

_OPTIONS = (
    click.option(
        "--status",
        type=click.Choice(["open", "closed", "all", *CLOSE_STATUSES], case_sensitive=False),
        default="all",
        show_default=True,
        help="Open ones, closed ones, or those that closed in this way.",
    ),
    click.option(
        "--type",
        "type_",
        metavar="NAME[@VERSION]",
        shell_complete=complete_workflow_types,
        help="Those of this workflow type.",
    ),
    click.option("--id", "workflow_id", metavar="ID", shell_complete=complete_ids, help="Those with this workflow id."),
    click.option("--tag", metavar="TAG", help="Those with this tag."),
    click.option(
        "--started-after",
        "--since",
        metavar="TIME",
        type=read_instant,
        help="Started then or later: 2h, 3d, or ISO 8601.",
    ),
    click.option("--started-before", metavar="TIME", type=read_instant, help="Started then or before."),
    click.option("--closed-after", metavar="TIME", type=read_instant, help="Closed then or later."),
    click.option("--closed-before", metavar="TIME", type=read_instant, help="Closed then or before."),
)


def search_options(command: Command) -> Command:
    """Give the command the options of a search, and a `search` made of them."""

    @functools.wraps(command)
    def with_search(*args: Any, status: str, type_: str | None, **kwargs: Any) -> Any:
        names = ("workflow_id", "tag", "started_after", "started_before", "closed_after", "closed_before")
        filters = {name: kwargs.pop(name) for name in names}
        return command(*args, search=_search(status, type_, filters), **kwargs)

    wrapped: Any = with_search
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return cast("Command", wrapped)


def _search(status: str, type_: str | None, filters: dict[str, Any]) -> "Search":
    from ostinato.client.search import Search  # noqa: PLC0415  # --help does without
    from ostinato.model.enums import CloseStatus, ExecutionStatus  # noqa: PLC0415

    name, _, version = (type_ or "").partition("@")
    return Search(
        status={"open": ExecutionStatus.OPEN, "closed": ExecutionStatus.CLOSED}.get(status),
        close_status=CloseStatus(status.upper()) if status in CLOSE_STATUSES else None,
        workflow=name or None,
        version=version or None,
        **filters,
    )
