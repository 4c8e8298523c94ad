"""Settings: where they come from, which counts more, and that all are in the table."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from ostinato.cli import main
from ostinato.cli.settings import SETTINGS, Setting
from tests.cli.conftest import Finished
from tests.cli.test_commands import commands

Typed = Callable[..., Finished]
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of its own, and none of the variables."""
    monkeypatch.chdir(tmp_path)
    for setting in SETTINGS:
        for variable in setting.variables:
            monkeypatch.delenv(variable, raising=False)
    return tmp_path


def told(typed: Typed, *words: str) -> dict[str, tuple[str, str]]:
    """The values and sources that `ostinato info` tells, by name."""
    document = json.loads(typed("info", "--format", "json", *words).out)
    return {each["name"]: (each["value"], each["source"]) for each in document["settings"]}


def test_every_environment_variable_of_every_option_is_in_the_table() -> None:
    """And on the page; a new one cannot be forgotten."""
    listed = {(setting.name, variable) for setting in SETTINGS for variable in setting.variables}
    page = (ROOT / "docs" / "reference" / "command-settings.md").read_text()
    count = 0
    for _, command in commands():
        for option in command.params:
            variables = [option.envvar] if isinstance(option.envvar, str) else option.envvar or []
            for variable in variables:
                names = [name.removeprefix("--") for name in option.opts]
                assert any((name, variable) in listed for name in names), f"{variable} of {option.opts}"
                assert f"`{variable}`" in page
                count += 1
    assert count > 10


@pytest.mark.parametrize("setting", [each for each in SETTINGS if each.name], ids=lambda setting: setting.name)
def test_every_setting_is_an_option_somewhere(setting: Setting) -> None:
    """With the variables that the table has."""
    options = [o for _, c in commands() for o in c.params if f"--{setting.name}" in o.opts]

    assert options
    for option in options:
        variables = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or [])
        assert not variables or tuple(variables) == setting.variables


def test_the_option_counts_most_then_the_variable_then_the_project_then_the_default(
    typed: Typed, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And `info` says which it was."""
    assert told(typed)["--domain"] == ("default", "default")
    (place / "pyproject.toml").write_text('[tool.ostinato]\ndomain = "project"\n')
    assert told(typed)["--domain"] == ("project", f"{place}/pyproject.toml [tool.ostinato]")
    monkeypatch.setenv("SWF_DOMAIN", "swf")
    assert told(typed)["--domain"] == ("swf", "SWF_DOMAIN")
    monkeypatch.setenv("OSTINATO_DOMAIN", "ours")
    assert told(typed)["--domain"] == ("ours", "OSTINATO_DOMAIN")
    assert told(typed, "--domain", "given")["--domain"] == ("given", "option")


def test_commands_use_what_the_project_says(typed: Typed, place: Path) -> None:
    """The nearest file above, keys for all commands, and tables for one; formats only where they fit."""
    (place / "pyproject.toml").write_text(
        '[tool.ostinato]\nformat = "csv"\nengine = "sqlite:other.db"\n'
        '[tool.ostinato.command.list]\nstatus = "open"\n[tool.ostinato.command.check]\nignore = ["OST2", "OST1"]\n'
    )
    (place / "flow.py").write_text("from ostinato import activity\n\n@activity\ndef a(): ...\n")
    below = place / "below"
    below.mkdir()

    assert "there is no file other.db" in typed("list").err
    assert typed("check", "flow.py").code == 0
    assert "[default: open]" in re.sub(r"\s+", " ", typed("list", "--help").out)
    assert "[default: csv]" in re.sub(r"\s+", " ", typed("check", "--help").out)
    (place / "pyproject.toml").write_text('[tool.ostinato]\nformat = "human"\n')
    assert "[default: human]" in re.sub(r"\s+", " ", typed("check", "--help").out)
    assert "[default: table on a terminal, else json]" in re.sub(r"\s+", " ", typed("list", "--help").out)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.ostinato]\ndomian = 'x'\n", "has no setting 'domian'"),
        ("[tool.ostinato.command.list]\nstate = 'open'\n", "'list' has no option --state"),
        ("[tool", "cannot be read"),
    ],
)
def test_what_is_no_setting_is_wrong_usage(typed: Typed, place: Path, text: str, message: str) -> None:
    """A key that is misspelt is not passed over."""
    (place / "pyproject.toml").write_text(text)

    ended = typed("list")

    assert ended.code == 2
    assert message in re.sub(r"\s+", " ", ended.err)


def test_secrets_are_masked(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of variables, and those within URLs."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    monkeypatch.setenv("OSTINATO_ENGINE", "http://me:very-secret@127.0.0.1:9")

    ended = typed("info", "--format", "json")

    assert "very-secret" not in ended.out
    assert ended.code == 1
    assert json.loads(ended.out)["engine"]["url"] == "http://****@127.0.0.1:9"


def test_the_engine_is_asked(typed: Typed, place: Path) -> None:
    """A file that is not there yet, one that is, and what is no engine."""
    assert "no such file yet" in json.loads(typed("info", "-o", "json").out)["engine"]["state"]
    assert not (place / "ostinato.db").exists()
    (place / "broken.db").write_text("this is no database")
    ended = typed("info", "-o", "json", "--engine", "sqlite:broken.db")
    assert ended.code == 1
    memory = typed("info", "--engine", "memory:", "-o", "json")
    assert json.loads(memory.out)["engine"]["state"] == "can be used; has no domain 'default'"
    assert typed("info", "-o", "json", "--engine", "pigeon").code == 1


def test_people_get_lines(typed: Typed) -> None:
    """As a table."""
    out = typed("info", "--format", "table").out

    assert re.search(r"^  --engine +sqlite:ostinato\.db +from default$", out, re.MULTILINE)
    assert re.search(r"^  python +\d", out, re.MULTILINE)


def test_the_command_reads_no_project_for_help(typed: Typed, place: Path) -> None:
    """What is wrong with the file does not keep from asking for help."""
    (place / "pyproject.toml").write_text("[tool")

    assert typed("--help").code == 0
    assert click.Context(main).default_map is None


@pytest.mark.parametrize(
    ("words", "variable", "project", "engine"),
    [
        ((), None, "", "sqlite:ostinato.db"),
        (("--db", "a.db"), None, "", "sqlite:a.db"),
        (("--db", ":memory:"), None, "", "memory:"),
        (("--db", "a.db"), "sqlite:b.db", 'engine = "sqlite:c.db"', "sqlite:a.db"),
        ((), "sqlite:b.db", '[tool.ostinato.command.info]\ndb = "d.db"', "sqlite:b.db"),
        (("--engine", "sqlite:a.db"), None, '[tool.ostinato.command.info]\ndb = "d.db"', "sqlite:a.db"),
        ((), None, 'engine = "sqlite:c.db"\n[tool.ostinato.command.info]\ndb = "d.db"', "sqlite:d.db"),
    ],
)
def test_a_file_is_short_for_an_engine(  # noqa: PLR0917
    typed: Typed,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    variable: str | None,
    project: str,
    engine: str,
) -> None:
    """Of the two that counts which is said more expressly."""
    if variable is not None:
        monkeypatch.setenv("OSTINATO_ENGINE", variable)
    (place / "pyproject.toml").write_text(f"[tool.ostinato]\n{project}\n")

    assert json.loads(typed("info", "-o", "json", *words).out)["engine"]["url"] == engine


def test_a_command_that_has_an_engine_has_a_file_too() -> None:
    """But for those whose processes are several, as no file is shared."""
    halves = [path for path, command in commands() if len(options(command) & {"--engine", "--db"}) == 1]

    assert halves == [("decider",), ("worker",)]


def options(command: click.Command) -> set[str]:
    """The names of its options."""
    return {name for option in command.params for name in option.opts}


def test_a_file_and_an_engine_are_wrong_usage(typed: Typed) -> None:
    """Nobody knows which was meant."""
    for command in (("list",), ("run", "x.py:y"), ("standalone", "x.py:y"), ("server",)):
        ended = typed(*command, "--db", "a.db", "--engine", "memory:")

        assert ended.code == 2
        assert "Give --db or --engine, not both" in ended.err


def test_a_server_serves_what_is_embedded(typed: Typed) -> None:
    """An engine that is set for its callers is not meant for itself; one that is typed is refused."""
    ended = typed("server", "--engine", "http://127.0.0.1:4570")

    assert ended.code == 2
    assert "expected sqlite:FILE or memory:" in ended.err
