"""The settings that several commands share: one table of options, environment variables, keys and defaults.

An option on the command line counts most, then its environment variable, then its key in `pyproject.toml`, then its
default. Keys stand in `[tool.ostinato]`; options of one command alone in `[tool.ostinato.command.NAME]`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import click


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting.

    Args:
        name: the option without its dashes, which is the key in `[tool.ostinato]`, too; empty for a variable alone.
        variables: the environment variables, the one that counts most first.
        default: what it is otherwise, in words.
        about: what it is for.
        is_secret: whether it must not be shown.
    """

    name: str
    variables: tuple[str, ...]
    default: str
    about: str
    is_secret: bool = False


SETTINGS = (
    Setting("engine", ("OSTINATO_ENGINE",), "sqlite:ostinato.db", "the engine's URL"),
    Setting("domain", ("OSTINATO_DOMAIN", "SWF_DOMAIN"), "default", "the domain"),
    Setting("format", ("OSTINATO_FORMAT",), "table on a terminal, else json", "how data is written"),
    Setting("payloads", ("OSTINATO_PAYLOADS",), "JSON, in history", "how values travel: a Payloads, or a store's URL"),
    Setting(
        "", ("SIMPLEFLOW_JUMBO_FIELDS_BUCKET",), "not set", "if --payloads is not given, the bucket of simpleflow's"
    ),
    Setting("guard", ("OSTINATO_GUARD",), "warning", "what is done where workflow code does what no replay can repeat"),
    Setting("concurrency", (), "10", "how many activities a process runs at once"),
    Setting("log-format", (), "human", "how deciders and workers log"),
    Setting("debug", ("OSTINATO_DEBUG",), "no", "whether errors are shown with their traceback"),
    Setting(
        "", ("OSTINATO_ACCESS_KEY_ID",), "not set", "a key, if the server at an http: engine wants one", is_secret=True
    ),
    Setting("", ("OSTINATO_SECRET_ACCESS_KEY",), "not set", "its secret", is_secret=True),
    Setting("", ("NO_COLOR",), "not set", "if it is set, nothing is colored"),
    Setting("", ("AWS_REGION",), "not set", "for aws: (boto3's) the region, if the URL names none"),
    Setting("", ("AWS_DEFAULT_REGION",), "not set", "for aws: (boto3's) the region, if nothing else names one"),
    Setting("", ("AWS_PROFILE",), "not set", "for aws: (boto3's) the profile of credentials and region"),
    Setting("", ("AWS_ENDPOINT_URL_SWF",), "not set", "for aws: (boto3's) where SWF is, if not at Amazon"),
    Setting("", ("AWS_ACCESS_KEY_ID",), "not set", "for aws: (boto3's) the access key", is_secret=True),
    Setting("", ("AWS_SECRET_ACCESS_KEY",), "not set", "for aws: (boto3's) its secret", is_secret=True),
    Setting("", ("AWS_SESSION_TOKEN",), "not set", "for aws: (boto3's) the session's token", is_secret=True),
)
"""All settings, in the order in which they are told."""

_NAMES = {setting.name for setting in SETTINGS if setting.name}
_COMMANDS = "command"
_META = "ostinato.cli.settings"


@dataclass(frozen=True)
class Project:
    """What `pyproject.toml` says.

    Args:
        path: the file; None if there is none, or it has no `[tool.ostinato]`.
        shared: the keys of `[tool.ostinato]`.
        commands: the tables of commands, by name.
    """

    path: Path | None = None
    shared: Mapping[str, Any] = field(default_factory=dict[str, Any])
    commands: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def defaults(self, command: click.Command, path: tuple[str, ...]) -> dict[str, Any]:
        """What the command's options are if they are not given, by the names of their parameters.

        Args:
            command: the command.
            path: its name, after those of its groups.

        Raises:
            click.UsageError: the command's table has a key that is no option of it.
        """
        table = self._table(path)
        if isinstance(command, click.Group):
            return {}
        options = {
            name.removeprefix("--"): option
            for option in command.params
            if isinstance(option, click.Option)
            for name in option.opts
            if name.startswith("--")
        }
        for key in table:
            if key not in options:
                raise click.UsageError(f"{self.path}: {' '.join(path)!r} has no option --{key}.")
        shared = {key: value for key, value in self.shared.items() if key in options and _fits(options[key], value)}
        return {options[key].name: value for key, value in {**shared, **table}.items()}

    def _table(self, path: tuple[str, ...]) -> Mapping[str, Any]:
        table: Any = self.commands
        for name in path:
            table = cast("dict[str, Any]", table).get(name, {}) if isinstance(table, dict) else {}
        return cast("dict[str, Any]", table) if isinstance(table, dict) else {}


def project_of(context: click.Context) -> Project:
    """The project of the current directory, read once for a command line.

    Raises:
        click.UsageError: its file cannot be used.
    """
    meta = context.find_root().meta
    if _META not in meta:
        meta[_META] = read_project(Path.cwd())
    project: Project = meta[_META]
    return project


def read_project(directory: Path) -> Project:
    """What the nearest `pyproject.toml` says, in the directory or above it.

    Raises:
        click.UsageError: it is not TOML, or has a key that is no setting.
    """
    path = next((place / "pyproject.toml" for place in (directory, *directory.parents) if _has_project(place)), None)
    if path is None:
        return Project()
    import tomllib  # noqa: PLC0415  # those without a project do without

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{path} cannot be read: {error}") from None
    table = document.get("tool", {}).get("ostinato")
    if table is None:
        return Project()
    shared = {key: value for key, value in table.items() if key != _COMMANDS}
    for key in shared:
        if key not in _NAMES:
            known = ", ".join(sorted(_NAMES))
            raise click.UsageError(
                f"{path}: [tool.ostinato] has no setting {key!r}. There are {known}, and tables command.NAME."
            )
    return Project(path, shared, table.get(_COMMANDS, {}))


def _has_project(directory: Path) -> bool:
    return (directory / "pyproject.toml").is_file()


def _fits(option: click.Option, value: object) -> bool:
    """Whether what is meant for all commands can be meant for this one: formats differ."""
    return not isinstance(option.type, click.Choice) or value in option.type.choices
