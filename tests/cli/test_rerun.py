"""`ostinato rerun` and `ostinato activity rerun`, as programs of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import asyncio
from pathlib import Path

from ostinato import activity, activity_info, complete_later, heartbeat, signals, submit, wait_signal, workflow

def note(what):
    with Path("ledger").open("a") as ledger:
        ledger.write(what + "\\\\n")

@activity
def double(x: int) -> int:
    note(f"double {x}")
    return 2 * x

@activity
async def check(x: int) -> str:
    heartbeat("here")
    if not Path("is-mended").exists():
        raise ValueError(f"{x} is not mended")
    return f"{activity_info().activity_id}: {x}"

@activity
class Halve:
    def __init__(self, x: int) -> None:
        self.x = x

    def execute(self) -> int:
        return self.x // 2

@activity
def ask(x: int) -> None:
    complete_later()

@workflow
def program(x: int) -> str:
    submit(ask, x)
    return submit(check, submit(double, submit(Halve, x + x))).result()
"""


def ostinato(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ostinato", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a program and the database of an execution of it that failed."""
    directory = tmp_path_factory.mktemp("rerun")
    (directory / "program.py").write_text(PROGRAM.replace("\\\\n", "\\n"))
    run = ostinato(directory, "run", "program.py:program", "--id", "w", "--input", "4", "-q")
    assert (run.returncode, run.stdout) == (1, "")
    return directory


def test_what_would_be_reused_is_shown(place: Path) -> None:
    """A line for each thing, and nothing is started."""
    plan = ostinato(place, "rerun", "w", "--dry-run")
    forced = ostinato(place, "rerun", "w", "--dry-run", "--force", ".")
    counted = ostinato(place, "count")

    assert [line.split("\t")[1:] for line in plan.stdout.splitlines()] == [
        ["reuse", "activity-program.Halve-1"],
        ["reuse", "activity-program.double-1"],
    ]
    assert (forced.returncode, forced.stdout) == (0, "")
    assert "1" in counted.stdout


def test_an_activity_runs_again_here(place: Path) -> None:
    """With its recorded input or another; its exception is told with the author's lines."""
    again = ostinato(place, "activity", "rerun", "w", "--activity-id", "activity-program.double-1")
    other = ostinato(place, "activity", "rerun", "w", "--activity-id", "activity-program.double-1", "--input", "21")
    failed = ostinato(
        place, "activity", "rerun", "w", "--activity-id", "activity-program.check-1",
        "--target", "program.py",
    )  # fmt: skip

    halved, misfit, later = (
        ostinato(place, "activity", "rerun", "w", "--activity-id", f"activity-program.{name}-1", *more)
        for name, *more in (("Halve", "--input", "42"), ("Halve", "--input", "[1, 2]"), ("ask",))
    )
    assert (halved.returncode, halved.stdout) == (0, "21\n")
    assert (misfit.returncode, "It takes program.Halve(x: int)" in misfit.stderr) == (2, True), misfit.stderr
    assert (later.returncode, later.stdout) == (0, "")
    assert "left its task open" in later.stderr
    assert (again.returncode, again.stdout) == (0, "8\n")
    assert (other.returncode, other.stdout) == (0, "42\n")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "ValueError: 8 is not mended" in failed.stderr
    assert "/worker/" not in failed.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--activity-id", "none"], "w has no activity 'none'"),
        (["--scheduled-id", "1"], "w has no activity at event 1"),
        ([], "Give --activity-id or --scheduled-id"),
        (["--activity-id", "activity-program.double-1", "--input", '"four"'], "--input"),
        (["--activity-id", "activity-program.double-1", "--target", "json"], "nothing|no workflow and no activity"),
    ],
)
def test_what_cannot_be_run_again_is_told(place: Path, arguments: list[str], said: str) -> None:
    """With exit code 2."""
    result = ostinato(place, "activity", "rerun", "w", *arguments)

    assert result.returncode == 2
    assert any(part in result.stderr for part in said.split("|"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["w", "--from-event", "99"], "event 99; expected an event of the run: 2 to"),
        (["w", "--force", "("], "the regular expression '('"),
        (["nobody"], "nobody"),
    ],
)
def test_what_cannot_be_started_again_is_told(place: Path, arguments: list[str], said: str) -> None:
    """With exit code 2, and nothing is started."""
    result = ostinato(place, "rerun", *arguments)

    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_failed_execution_goes_on_after_the_fix(place: Path) -> None:
    """What it had done is not done again; `run --id` goes on with what `rerun` started."""
    started = ostinato(place, "rerun", "w")
    twice = ostinato(place, "rerun", "w")
    (place / "is-mended").touch()
    before = (place / "ledger").read_text()
    run = ostinato(place, "run", "program.py:program", "--id", "w", "-q")

    assert started.stdout.startswith("w ")
    assert twice.returncode == 2
    assert (run.returncode, run.stdout) == (0, '"activity-program.check-1: 8"\n'), run.stderr
    assert (place / "ledger").read_text() == before
