"""Completion, as shells ask for it."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, Shell, started


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
    assert completed(shell, "check", "--format", "j") == ["json", "jsonl"]


def test_ids_and_types_are_asked_for(shell: Shell) -> None:
    """Of the engine that is typed, or set; where there is none, nothing is said, and nothing is made."""
    assert completed(shell, "list", "--id", "o") == []
    shell("run", "flows.py:add", "--input", "1", "--id", "order-7", "--quiet")
    shell("run", "flows.py:add", "--input", "1", "--id", "bill-7", "--quiet")

    assert completed(shell, "list", "--id", "o") == ["order-7"]
    assert completed(shell, "show", "b") == ["bill-7"]
    assert completed(shell, "list", "--type", "flows.ad") == ["flows.add"]
    assert completed(shell, "list", "--id", "o", OSTINATO_ENGINE="http://127.0.0.1:9") == []
    (shell.directory / "pyproject.toml").write_text('[tool.ostinato]\nengine = "sqlite:none.db"\n')
    assert completed(shell, "list", "--id", "o") == []
    assert completed(shell, "list", "--id", "o", OSTINATO_ENGINE="sqlite:ostinato.db") == ["order-7"]
    assert completed(shell, "list", "--engine", "sqlite:none.db", "--id", "o") == []
    assert sorted(path.name for path in Path(shell.directory).iterdir() if path.suffix == ".db") == ["ostinato.db"]


def test_types_are_completed_with_their_versions(shell: Shell) -> None:
    """Those of the kind that is typed, with which the command may do what it does; `list --name` takes names alone."""
    shell("domain", "register")
    shell("register", "flows.py")
    shell("type", "deprecate", "activity", "flows.leap")

    assert completed(shell, "type", "show", "activity", "flows.incr") == ["flows.increment@default"]
    assert completed(shell, "type", "show", "workflow", "flows.incr") == []
    assert completed(shell, "type", "show", "activity", "flows.lea") == ["flows.leap@default"]
    assert completed(shell, "type", "deprecate", "activity", "flows.lea") == []
    assert completed(shell, "type", "undeprecate", "activity", "flows.") == ["flows.leap@default"]
    assert completed(shell, "type", "delete", "activity", "flows.") == ["flows.leap@default"]
    assert completed(shell, "type", "list", "--kind", "workflow", "--name", "flows.ad") == ["flows.add"]
    assert completed(shell, "type", "list", "--name", "flows.incr") == ["flows.increment"]
    assert completed(shell, "start", "flows.ad") == ["flows.add@default"]
    assert completed(shell, "start", "flows.p") == ["flows.p"], "it may be a file"


def test_what_an_execution_has_is_completed(shell: Shell) -> None:
    """Its runs, its tasks, its activities alone, and the signals it waits for; also in a file that `--db` names."""
    here = ("--db", "own.db")
    shell("run", "flows.py:family", "--id", "f", "--quiet", *here)
    with started(shell, "run", "flows.py:waiting", "--id", "w", *here) as process:
        assert process.stderr is not None
        while "wait for signal" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        shell.finish(process)
    shell("schedule", "create", "daily", "flows.py:add", "--every", "1d", "--input", "1", "--paused", *here)

    (run_id,) = completed(shell, "result", *here, "f", "")
    assert len(run_id) > 40
    (child,) = completed(shell, "show", *here, "f", "--task", "")
    assert child.startswith("workflow-flows.lucky-")
    assert completed(shell, "activity", "rerun", *here, "f", "--activity-id", "") == []
    assert completed(shell, "activity", "rerun", *here, "w", "--activity-id", "") == ["activity-flows.flaky-1"]
    assert set(completed(shell, "activity", "rerun", *here, "")) == {"daily", "w", "f", child}
    assert completed(shell, "signal", *here, "w", "") == ["approval"]
    assert completed(shell, "signal", *here, "nobody", "") == []
    assert completed(shell, "schedule", "pause", *here, "d") == ["daily"]
    assert completed(shell, "list", *here, "--domain", "d") == ["default"]
    assert completed(shell, "domain", "show", *here, "") == ["default"]
    assert completed(shell, "domain", "undeprecate", *here, "") == []
