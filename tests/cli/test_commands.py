"""What holds for all commands."""

from collections.abc import Iterator

import click
import pytest

from ostinato.cli import COMMANDS, main
from ostinato.cli.lazy import LazyGroup, Place


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands with their names, those of groups too, but what is hidden."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if command.hidden:
            continue
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


PLACES = [(name, place) for section in COMMANDS.values() for name, place in section.items()]


@pytest.mark.parametrize(("name", "place"), PLACES, ids=[name for name, _ in PLACES])
def test_the_list_of_commands_is_true(name: str, place: Place) -> None:
    """A command is where the list has it, under that name, and its line is a sentence that fits."""
    command = main.get_command(click.Context(main), name)

    assert command is not None
    assert command.name == name
    assert place.summary.endswith(".")
    assert len(place.summary) + 20 < 100


def test_no_command_is_imported_for_the_list() -> None:
    """`ostinato --help` of a group costs what the group itself costs."""
    group = LazyGroup("all", sections={"One": {"absent": Place("no.such.module:command", "Is not there.")}})

    assert "absent  Is not there." in group.get_help(click.Context(group))
    with pytest.raises(ModuleNotFoundError):
        group.get_command(click.Context(group), "absent")


def test_a_command_that_there_is_not_is_none() -> None:
    """As click wants it."""
    assert main.get_command(click.Context(main), "nothing") is None


@pytest.mark.parametrize(
    ("path", "command"), list(commands()), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_says_what_it_is(path: tuple[str, ...], command: click.Command) -> None:
    """Each command has a text, and each of its options too."""
    assert command.help, path
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
