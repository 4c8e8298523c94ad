"""The directive `command`: what `ostinato NAME --help` says, made of the command itself."""

import inspect

import click
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from ostinato.cli import main


def command_lines(name: str, group: click.Group = main, above: click.Context | None = None) -> list[str]:
    """A command's section in MyST; after that of a group those of its commands.

    Raises:
        LookupError: there is no such command.
    """
    above = above or click.Context(main, info_name="ostinato")
    command = group.get_command(above, name)
    if command is None:
        raise LookupError(f"there is no command {name!r}")
    context = click.Context(command, info_name=name, parent=above)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    options = [
        record for parameter in command.params if (record := parameter.get_help_record(context)) and parameter.name
    ]
    rows = [f"| `{spelled.replace('|', chr(92) + '|')}` | {_in_cell(text)} |" for spelled, text in options]
    epilog = inspect.cleandoc((command.epilog or "").replace("\b", "")).splitlines()
    return [
        f"## `{context.command_path}`",
        "",
        "```text",
        usage,
        "```",
        "",
        *inspect.cleandoc(command.help or "").splitlines(),
        "",
        *(["| option | meaning |", "| --- | --- |", *rows, ""] if rows else []),
        *(["```text", *epilog, "```", ""] if epilog else []),
        *(line for inner in inner_names(command, context) for line in command_lines(inner, command, context)),
    ]


def inner_names(command: click.Command, context: click.Context) -> list[str]:
    """The names of a group's commands."""
    return command.list_commands(context) if isinstance(command, click.Group) else []


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("[default:", "\\[default:")


class Command(SphinxDirective):
    """A section for each command that is named."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The sections."""
        lines = [line for name in self.arguments[0].split() for line in command_lines(name)]
        parent = nodes.section()
        self.state.nested_parse(
            StringList(lines, source="ostinato.cli"), self.content_offset, parent, match_titles=True
        )
        return list(parent.children)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("command", Command)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
