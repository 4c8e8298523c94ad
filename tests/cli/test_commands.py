"""What holds for all commands."""

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

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


def test_an_interruption_is_quiet_before_a_command_has_begun(capsys: pytest.CaptureFixture[str]) -> None:
    """While it is being imported, as later."""
    group = LazyGroup("all", sections={"One": {"absent": Place(f"{__name__}:absent", "Is interrupted.")}})

    with pytest.raises(SystemExit) as ended:
        group.main(["absent"])

    assert ended.value.code == 130
    assert capsys.readouterr() == ("", "")


@click.command()
def absent() -> None:
    """What is interrupted while it imports what it needs."""
    raise KeyboardInterrupt


HELPS = Path(__file__).parent / "helps"


def test_the_help_of_every_command_is_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What users read is looked at before it changes: `WRITE_HELPS=1 pytest tests/cli/test_commands.py` writes it."""
    is_writing = "WRITE_HELPS" in os.environ
    for variable in [name for name in os.environ if name.startswith(("OSTINATO", "SWF_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    told = {"ostinato": help_of()} | {"-".join(("ostinato", *path)): help_of(*path) for path, _ in commands()}
    if is_writing:
        for file in HELPS.glob("*.txt"):
            file.unlink()
        for name, text in told.items():
            (HELPS / f"{name}.txt").write_text(text)

    assert told == {file.stem: file.read_text() for file in HELPS.glob("*.txt")}


@pytest.mark.parametrize("name", [name for name, _ in PLACES])
def test_every_command_is_in_the_reference(name: str) -> None:
    """Made of the command itself, or on a page that is held against it."""
    pages = [page.read_text() for page in (Path(__file__).parents[2] / "docs" / "reference").glob("*.md")]
    made = {word for page in pages for line in page.splitlines() if "{command}" in line for word in line.split()[1:]}

    assert name in made or any(page.startswith(f"# `ostinato {name}`") for page in pages)


def help_of(*path: str) -> str:
    """What `ostinato PATH --help` writes on a terminal of 100 columns."""
    ended = CliRunner().invoke(main, [*path, "--help"], prog_name="ostinato", terminal_width=100)
    assert ended.exit_code == 0
    return ended.stdout
