"""Completes ids, names and types, for which it asks the engine: quickly, and without a word if that fails."""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from click.shell_completion import CompletionItem

    from ostinato.client.client import Client
    from ostinato.client.tasks import Task, Tasks

PATIENCE = 3.0
"""Seconds after which nothing is completed."""

MOST = 100


def complete_ids(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Workflow ids that begin so, those of the executions that started last first."""
    return _asked(context, lambda client: (info.execution.workflow_id for info in client.list()), incomplete)


def complete_run_ids(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Run ids of the workflow id that is typed, the last first."""
    workflow_id = _typed(context).get("workflow_id")
    return _asked(
        context,
        lambda client: (info.execution.run_id for info in client.list(workflow_id=workflow_id)),
        incomplete,
    )


def complete_tasks(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Ids of tasks of the execution that is typed."""
    return _asked(context, lambda client: (task.id for task in _tasks(client, context)), incomplete)


def complete_activities(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Ids of activities of the execution that is typed."""

    def is_activity(task: "Task") -> bool:
        return task.kind.value == "activity"

    return _asked(context, lambda client: (t.id for t in _tasks(client, context) if is_activity(t)), incomplete)


def complete_signals(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of the signals that the execution waits for."""
    from ostinato.client.contexts import signals_awaited  # noqa: PLC0415  # only completion of signals needs it

    return _asked(context, lambda client: signals_awaited(_tasks(client, context).context), incomplete)


def complete_schedules(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Ids of schedules."""

    def ids(client: "Client") -> Iterator[str]:
        from ostinato.schedules.schedules import Schedules  # noqa: PLC0415  # only completion of schedules needs it

        return (info.execution.workflow_id for info in Schedules(client).list())

    return _asked(context, ids, incomplete)


def complete_domains(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of domains."""

    def names(client: "Client") -> Iterator[str]:
        from ostinato.cli.registry import domains, statuses  # noqa: PLC0415  # only completion of domains needs it

        return (info.name for status in statuses(context.info_name) for info in domains(client, status))

    return _asked(context, names, incomplete)


def complete_workflow_types(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of workflow types; after an @, with versions."""
    return _asked(context, lambda client: _types(client, "workflow", None, incomplete), incomplete)


def complete_types(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Types of the kind that is typed, or of both, with which the command may do what it does, with their versions."""
    kind = _typed(context).get("kind")
    return _asked(context, lambda client: _types(client, kind, context.info_name, f"{incomplete}@"), incomplete)


def complete_type_names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of types of the kind that is typed, or of both."""
    kind = _typed(context).get("kind")
    return _asked(context, lambda client: _types(client, kind, context.info_name, ""), incomplete)


def complete_targets(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> "list[str] | list[CompletionItem]":
    """Workflow types with their versions, and files."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415  # --help does without

    found = _asked(context, lambda client: _types(client, "workflow", None, f"{incomplete}@"), incomplete)
    return found or [CompletionItem(incomplete, type="file")]


def _types(client: "Client", kind: str | None, command: str | None, incomplete: str) -> Iterator[str]:
    """The names of types, and their versions if one is begun."""
    from ostinato.cli.registry import statuses, type_of, types  # noqa: PLC0415  # only completion of types needs it

    for each in ("workflow", "activity") if kind is None else (kind,):
        for status in statuses(command):
            for info in types(client, each, None, status):
                found = type_of(info)
                yield f"{found.name}@{found.version}" if "@" in incomplete else found.name


def _tasks(client: "Client", context: click.Context) -> "Tasks":
    from ostinato.cli.execution_arguments import find_execution  # noqa: PLC0415  # only completion of tasks needs it
    from ostinato.cli.reading import read_tasks  # noqa: PLC0415

    typed = _typed(context)
    return read_tasks(client, find_execution(client, typed["workflow_id"], typed.get("run_id")))


def _asked(context: click.Context, ask: "Callable[[Client], Iterable[str]]", incomplete: str) -> list[str]:
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


def _typed(context: click.Context) -> dict[str, Any]:
    """What is typed so far, by the names of parameters.

    Click gives up at an option whose value is to be completed, and knows then of no argument that stands before it.
    """
    from click.shell_completion import split_arg_string  # noqa: PLC0415  # --help does without

    words = split_arg_string(os.environ.get("COMP_WORDS", ""))[: int(os.environ.get("COMP_CWORD", "0"))]
    words = words[len(context.command_path.split(" ")) :]
    if words and words[-1].startswith("-"):
        del words[-1]
    given: dict[str, Any] = {}
    with suppress(click.UsageError):
        given, _, _ = context.command.make_parser(context).parse_args(words)
    known = {
        name: value
        for name, value in context.params.items()
        if context.get_parameter_source(name) in {ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT}
    }
    return {name: value for name, value in {**given, **known}.items() if isinstance(value, str)}


def _setting(context: click.Context, name: str) -> str:
    """The option as it is typed so far, or what counts in its place."""
    from ostinato.cli.access import engine_in_file  # noqa: PLC0415
    from ostinato.cli.settings import SETTINGS, project_of  # noqa: PLC0415

    typed = _typed(context)
    if name == "engine" and "db" in typed:
        return engine_in_file(typed["db"])
    if name in typed:
        return str(typed[name])
    setting = next(each for each in SETTINGS if each.name == name)
    with suppress(click.UsageError):
        return str(project_of(context).shared.get(name, setting.default))
    return setting.default
