"""The directive `command`: what `ostinato NAME --help` says, made of the command itself."""

import inspect

import click
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from ostinato.cli import main


def command_lines(name: str) -> list[str]:
    """A command's section in MyST.

    Raises:
        LookupError: there is no such command.
    """
    command = main.get_command(click.Context(main), name)
    if command is None:
        raise LookupError(f"there is no command {name!r}")
    context = click.Context(command, info_name=name, parent=click.Context(main, info_name="ostinato"))
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    options = [
        record for parameter in command.params if (record := parameter.get_help_record(context)) and parameter.name
    ]
    rows = [f"| `{spelled.replace('|', chr(92) + '|')}` | {_in_cell(text)} |" for spelled, text in options]
    epilog = inspect.cleandoc((command.epilog or "").replace("\b", "")).splitlines()
    return [
        f"## `ostinato {name}`",
        "",
        "```text",
        usage,
        "```",
        "",
        *inspect.cleandoc(command.help or "").splitlines(),
        "",
        *(["| option | meaning |", "| --- | --- |", *rows, ""] if rows else []),
        *(["```text", *epilog, "```", ""] if epilog else []),
    ]


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
