"""`ostinato run --serial` under real debuggers."""

import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest

PROGRAM = """
import asyncio, threading
from datetime import timedelta

from ostinato import Retry, activity, submit, workflow

def in_main_thread():
    assert threading.current_thread() is threading.main_thread()

@activity(start_to_close_timeout=1, retry=Retry(max_attempts=3, interval=0))
def double(x: int) -> int:
    in_main_thread()
    if x < 0:
        raise ValueError(x)
    y = 2 * x
    return y

@activity
async def half(x: int) -> int:
    in_main_thread()
    await asyncio.sleep(0)
    return x // 2

@workflow
def child(x: int) -> int:
    in_main_thread()
    return submit(half, x).result()

@workflow
def program(x: int) -> int:
    y = submit(double, x).result()
    z = submit(child, y).result()
    return z + 1
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("serial")
    (directory / "plain.py").write_text(PROGRAM)
    stops = PROGRAM.replace("    y = 2 * x", "    breakpoint()\n    y = 2 * x")
    (directory / "stops.py").write_text(stops.replace("    z = submit", "    breakpoint()\n    z = submit"))
    return directory


def debug(place: Path, typed: str, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONBREAKPOINT"}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=place, input=typed, capture_output=True, text=True, timeout=40, check=False, env=environment,
    )  # fmt: skip


def test_breakpoints_in_activities_and_workflow_code(place: Path) -> None:
    """Both stop in their lines, where names have their values, and go on step by step."""
    # Twice: from Python 3.13 on it stops at breakpoint() itself, and not at the line behind.
    typed = "p 'activity', x\nn\nn\np 'next', y\nc\np 'workflow', y\nn\nn\np 'after', z\nc\n"

    done = debug(place, typed, "ostinato", "run", "--serial", "stops.py:program", "--input", "4", "--engine", "memory:")

    assert (done.returncode, done.stdout) == (0, "5\n"), done.stderr
    for seen in ("('activity', 4)", "('next', 8)", "('workflow', 8)", "('after', 4)"):
        assert seen in done.stderr


@pytest.mark.skipif(
    sys.version_info[:3] == (3, 13, 0),
    reason="3.13.0's pdb hands no options to what it runs (cpython#125115)",
)
def test_python_m_pdb(place: Path) -> None:
    """Breakpoints that are set before anything is imported are met; so do debuggers of editors."""
    line = PROGRAM.splitlines().index("    z = submit(child, y).result()") + 1
    typed = f"b plain.py:{line}\nc\np 'seen', y\nc\nq\n"
    command = ("pdb", "-m", "ostinato", "run", "--serial", "plain.py:program", "--input", "4", "--engine", "memory:")

    done = debug(place, typed, *command)

    assert "('seen', 8)" in done.stderr, done.stdout + done.stderr
    assert "Exit status: 0" in done.stdout


@pytest.mark.parametrize("typed", ["q\n", "c\nq\n"])
def test_who_leaves_the_debugger_fails_nothing(place: Path, typed: str) -> None:
    """In an activity or in workflow code: the execution stays open, and goes on without the debugger."""
    workflow_id = f"left-{len(typed)}"
    command = ("ostinato", "run", "--serial", "stops.py:program", "--input", "4", "--id", workflow_id)

    left = debug(place, typed, *command)
    done = debug(place, "c\nc\n", *command)

    assert (left.returncode, left.stdout) == (130, ""), left.stderr
    assert f"{workflow_id} stays open" in left.stderr
    assert (done.returncode, done.stdout) == (0, "5\n"), done.stderr


def test_retries_and_failures_are_the_same(place: Path) -> None:
    """An activity that raises is tried again, then the workflow fails, with exit code 1."""
    done = debug(place, "", "ostinato", "run", "--serial", "plain.py:program", "--input", "-4", "--engine", "memory:")

    assert (done.returncode, done.stdout) == (1, "")
    assert "ValueError: -4 after 3 attempts" in done.stderr


def test_a_terminal(place: Path) -> None:
    """The debugger talks over a terminal; no live view gets into its way."""
    ours, its = pty.openpty()
    said = bytearray()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONBREAKPOINT"}
    command = [sys.executable, "-m", "ostinato", "run", "--serial", "stops.py:program", "--input", "4"]
    process = subprocess.Popen(
        [*command, "--engine", "memory:"], cwd=place, stdin=its, stdout=its, stderr=its, env=environment
    )
    os.close(its)

    def read() -> None:
        prompts = 0
        while True:
            try:
                got = os.read(ours, 4096)
            except OSError:  # the other end is closed
                return
            if not got:
                return
            said.extend(got)
            while said.count(b"(Pdb) ") > prompts:
                prompts += 1
                os.write(ours, b"c\n")

    reader = threading.Thread(target=read)
    reader.start()
    code = process.wait(120)
    reader.join(60)
    os.close(ours)

    assert code == 0, said.decode()
    assert said.decode().rstrip().endswith("5")
