"""Completes ids and types of executions, for which it asks the engine: quickly, and without a word if that fails."""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from ostinato.client.client import Client

PATIENCE = 3.0
"""Seconds after which nothing is completed."""

MOST = 100


def complete_ids(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Workflow ids that begin so, those of the executions that started last first."""
    return _asked(context, lambda client: (info.execution.workflow_id for info in client.list()), incomplete)


def complete_types(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Workflow types that begin so."""
    return _asked(context, _types, incomplete)


def _types(client: "Client") -> Iterator[str]:
    from ostinato.model.enums import RegistrationStatus  # noqa: PLC0415  # only completion of types needs it
    from ostinato.model.operations import ListWorkflowTypes  # noqa: PLC0415

    listing = ListWorkflowTypes(domain=client.domain, registration_status=RegistrationStatus.REGISTERED)
    return (info.workflow_type.name for info in client.swf.call(listing).type_infos)


def _asked(context: click.Context, ask: "Callable[[Client], Iterator[str]]", incomplete: str) -> list[str]:
    import threading  # noqa: PLC0415  # --help does without

    from ostinato.cli.access import Access  # noqa: PLC0415
    from ostinato.cli.opening import open_client  # noqa: PLC0415

    found: dict[str, None] = {}

    access = Access(engine=_setting(context, "engine"), domain=_setting(context, "domain"))

    def work() -> None:
        with suppress(Exception), open_client(access) as client:
            for each in ask(client):
                if each.startswith(incomplete):
                    found[each] = None
                if len(found) >= MOST:
                    return

    thread = threading.Thread(target=work, name="ostinato completion", daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return list(found) if not thread.is_alive() else []


def _setting(context: click.Context, name: str) -> str:
    """The option as it is typed so far, or what counts in its place."""
    from ostinato.cli.settings import SETTINGS, project_of  # noqa: PLC0415

    if context.params.get(name):
        return str(context.params[name])
    setting = next(each for each in SETTINGS if each.name == name)
    for variable in setting.variables:
        if os.environ.get(variable):
            return os.environ[variable]
    with suppress(click.UsageError):
        return str(project_of(context).shared.get(name, setting.default))
    return setting.default
