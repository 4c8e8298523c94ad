"""`--payloads` of the commands that write payloads or show them, as programs of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from ostinato import Deflate, FileStore, Payloads, activity, submit, wait_signal, workflow

mine = Payloads(store=FileStore("kept"), codecs=[Deflate()], threshold=100)

stored = Payloads(store=FileStore("stored"), threshold=100)

@activity
def twice(text: str) -> str:
    return text + text

@workflow
def plain(text: str) -> str:
    return submit(twice, text).result()

@workflow
def program(text: str) -> str:
    return submit(twice, text).result() + wait_signal("more", as_type=str).result()
"""

SECRET = "wxyz"


def ostinato(directory: Path, *arguments: str, payloads: str | None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    if payloads is not None:
        environment["OSTINATO_PAYLOADS"] = payloads
    return subprocess.run(
        [sys.executable, "-m", "ostinato", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a program and an execution of it, whose every step was another command."""
    directory = tmp_path_factory.mktemp("payloads")
    (directory / "program.py").write_text(PROGRAM)
    # On the task list that `run` serves.
    for arguments in (
        ("start", "program.py:program", "--id", "w", "--input", f'"{SECRET * 50}"'),
        ("signal", "w", "more", "--input", f'"{SECRET}!"'),
        ("run", "program.py:program", "--id", "w", "-q"),
    ):
        done = ostinato(directory, *arguments, payloads="program.py:mine")
        assert done.returncode == 0, done.stderr
    return directory


def test_what_is_sealed_is_shown(place: Path) -> None:
    """Result, history, tasks and the execution, each as it was before it was sealed."""
    result = ostinato(place, "result", "w", payloads="program.py:mine")
    assert result.stdout == f'"{SECRET * 100}{SECRET}!"\n'
    for command in (("history", "w", "-o", "jsonl"), ("show", "w", "-o", "json"), ("tasks", "w", "-o", "json")):
        shown = ostinato(place, *command, payloads="program.py:mine")
        assert (shown.returncode, SECRET * 100 in shown.stdout) == (0, True), (command, shown.stderr, shown.stdout)
        assert "ostinato+payload" not in shown.stdout, command


def test_without_payloads_nothing_is_shown(place: Path) -> None:
    """A result that cannot be read is an error that says what to give; the rest is shown as it stands."""
    result = ostinato(place, "result", "w", payloads=None)
    assert (result.returncode, result.stdout) == (2, "")
    assert "--payloads" in result.stderr

    history = ostinato(place, "history", "w", "-o", "jsonl", payloads=None)
    assert history.returncode == 0
    assert SECRET not in history.stdout
    assert "ostinato+payload:1 deflate " in history.stdout


def test_sealed_histories_are_replayed(place: Path) -> None:
    """And repaired, and one of their activities run again."""
    replay = ostinato(place, "replay", "program.py", "--everything", payloads="program.py:mine")
    assert replay.returncode == 0, replay.stderr

    saved = ostinato(place, "history", "w", "--output", "w.json", payloads=None)
    assert saved.returncode == 0, saved.stderr
    replay = ostinato(place, "replay", "w.json", "program.py", payloads="program.py:mine")
    assert replay.returncode == 0, replay.stderr

    rerun = ostinato(place, "rerun", "w", "--dry-run", payloads="program.py:mine")
    assert rerun.returncode == 0, rerun.stderr

    history = ostinato(place, "history", "w", "-o", "jsonl", payloads="program.py:mine").stdout
    scheduled = next(line for line in map(json.loads, history.splitlines()) if line["type"] == "ActivityTaskScheduled")
    which = ("w", "--scheduled-id", str(scheduled["event_id"]))
    activity = ostinato(place, "activity", "rerun", *which, payloads="program.py:mine")
    assert activity.stdout == f'"{SECRET * 100}"\n', activity.stderr


def test_a_history_is_shown_though_something_is_lost(place: Path) -> None:
    """What is lost is shown as it stands, and told; the rest is there. A result that is lost is an error."""
    for arguments in (
        ("start", "program.py:plain", "--id", "v", "--input", f'"{SECRET * 50}"'),
        ("run", "program.py:plain", "--id", "v", "-q"),
    ):
        done = ostinato(place, *arguments, payloads="program.py:stored")
        assert done.returncode == 0, done.stderr
    for kept in (place / "stored").glob("*/*"):
        kept.write_bytes(b"damaged")

    result = ostinato(place, "result", "v", payloads="program.py:stored")
    assert (result.returncode, result.stdout) == (2, "")
    assert "has 7 bytes" in result.stderr
    for command in (("history", "v", "-o", "jsonl"), ("show", "v", "-o", "json"), ("tasks", "v", "-o", "json")):
        shown = ostinato(place, *command, payloads="program.py:stored")
        assert shown.returncode == 0, (command, shown.stderr)
        assert "has 7 bytes" in shown.stderr
        assert "ostinato+payload:1 - file://" in shown.stdout
