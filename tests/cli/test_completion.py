"""Completion, as shells ask for it."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, Shell


def completed(shell: Shell, *words: str, **environment: str) -> list[str]:
    """What bash is told for a line that ends with the last word."""
    line = " ".join(("ostinato", *words))
    asked = {"_OSTINATO_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words))}
    ended = subprocess.run(
        [COMMAND],
        cwd=shell.directory,
        env={**shell.environment, **asked, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not ended.stderr
    return [each.partition(",")[2] for each in ended.stdout.splitlines() if each]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_script_names_the_command(shell: Shell, name: str) -> None:
    """As click makes it."""
    ended = shell("completion", name)

    assert ended.code == 0
    assert "_OSTINATO_COMPLETE" in ended.out


def test_commands_options_and_choices_are_completed(shell: Shell) -> None:
    """Without an engine; what is hidden is not told."""
    assert "standalone" in completed(shell, "sta")
    assert "child-of-supervisor" not in completed(shell, "")
    assert completed(shell, "check", "--for") == ["--format"]
    assert completed(shell, "check", "--format", "j") == ["json"]


def test_ids_and_types_are_asked_for(shell: Shell) -> None:
    """Of the engine that is typed, or set; where there is none, nothing is said, and nothing is made."""
    assert completed(shell, "list", "--id", "o") == []
    shell("run", "flows.py:add", "--input", "1", "--id", "order-7", "--quiet")
    shell("run", "flows.py:add", "--input", "1", "--id", "bill-7", "--quiet")

    assert completed(shell, "list", "--id", "o") == ["order-7"]
    assert completed(shell, "show", "b") == ["bill-7"]
    assert completed(shell, "list", "--type", "flows.ad") == ["flows.add"]
    assert completed(shell, "list", "--id", "o", OSTINATO_ENGINE="http://127.0.0.1:9") == []
    assert completed(shell, "list", "--engine", "sqlite:none.db", "--id", "o") == []
    assert sorted(path.name for path in Path(shell.directory).iterdir() if path.suffix == ".db") == ["ostinato.db"]
