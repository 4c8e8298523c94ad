"""Groups of commands that are imported when they are used: `--help` of all costs no more than that of one."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click


class Place(NamedTuple):
    """Where a command is, as `package.module:name`, and the line that the list of commands has of it."""

    home: str
    summary: str


INTERRUPTED = 130

Sections = Mapping[str, Mapping[str, Place]]
"""The places of commands by name, under the titles that the list of commands shows."""


class LazyGroup(click.Group):
    """A group whose commands are imported by name.

    Args:
        name: its own.
        sections: where they are. Commands that are added otherwise are found, too, but not listed.
        settings: click's.
    """

    def __init__(self, name: str | None = None, *, sections: Sections, **settings: Any) -> None:
        super().__init__(name, **settings)
        self.sections = sections
        self._places = {name: place for section in sections.values() for name, place in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in alphabetical order."""
        return sorted({*self._places, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now; None if there is none."""
        place = self._places.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.home.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant, with the defaults that the project has for it."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and name is not None and not command.hidden and not ctx.resilient_parsing:
            from ostinato.cli.settings import project_of  # noqa: PLC0415  # --help of all does without

            path = (*ctx.command_path.split(" ")[1:], name)
            ctx.default_map = {name: project_of(ctx).defaults(command, path)}
        return name, command, rest

    def invoke(self, ctx: click.Context) -> Any:
        """Do what was typed; an interruption before it has begun is quiet, too."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        """Write the list of commands, section by section, without importing one."""
        width = max(map(len, self._places))
        for title, section in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), place.summary) for name, place in section.items()])
