"""Programs as activities: what they are given, what they give, and how they end."""

import asyncio
import contextvars
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from ostinato import Download, ProgramOutput, program, python
from ostinato.errors import ProgramFailed, UsageError
from ostinato.payloads.policy import PLAIN
from ostinato.worker.context import RunningActivity, running_activity
from ostinato.worker.downloads import fetch


@program("printf", "%s|")
def show(*args: object, **options: Any) -> str:
    raise AssertionError("it is not run")


def test_arguments_and_stdout() -> None:
    """Options come first; no shell reads what is given; the last newline of text is taken away."""
    assert show("$HOME", ["a b", 2], None, n=1, max_depth=2, dry_run=True, quiet=False, tag=["x", "y"]) == (
        "-n|1|--max-depth=2|--dry-run|--tag=x|--tag=y|$HOME|a b|2|"
    )


def test_stdin_environment_and_directory(tmp_path: Path) -> None:
    """A parameter goes to stdin; the environment is added to; the program runs in the directory."""

    @program("sh", "-c", "cat; echo $TEA; pwd", stdin="data", env={"TEA": "green"}, cwd=tmp_path)
    def run(data: bytes = b"default ") -> bytes: ...  # type: ignore[empty-body]

    assert run(b"given ") == f"given green\n{tmp_path}\n".encode()
    assert run() == f"default green\n{tmp_path}\n".encode()


def test_exit_codes() -> None:
    """An exit code is an error, unless the result has a place for it."""

    @program("sh", "-c", "echo out; echo why >&2; exit 3")
    def fails() -> None: ...

    @program("sh", "-c", "echo out; echo why >&2; exit 3")
    def tells() -> ProgramOutput: ...  # type: ignore[empty-body]

    with pytest.raises(ProgramFailed, match="exit code 3: why") as raised:
        fails()

    assert raised.value.exit_code == 3
    assert tells() == ProgramOutput(3, "out\n", "why\n")


def test_what_is_wrong_is_told() -> None:
    """No such program, and no such parameter for stdin."""

    @program("no-such-program-anywhere")
    def run() -> None: ...

    with pytest.raises(UsageError, match="there is no such program"):
        run()
    with pytest.raises(UsageError, match="no parameter 'text'"):
        program("cat", stdin="text")(lambda: None)


def family(tmp_path: Path, trap: str) -> tuple[str, Callable[[], bool]]:
    """A script that starts another process in a session of its own, and whether that lives."""
    pid = tmp_path / "pid"
    script = (
        f"{trap} setsid sh -c '{trap} echo $$ > {pid}.new; mv {pid}.new {pid}; while :; do sleep 0.05; done' & wait"
    )

    def lives() -> bool:
        stat = Path(f"/proc/{pid.read_text().strip()}/stat")
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"

    return script, lives


def assert_ends(lives: Callable[[], bool]) -> None:
    """It was killed, which takes the kernel a moment."""
    deadline = time.monotonic() + 20
    while lives() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not lives()


@pytest.mark.parametrize("trap", ["", 'trap "" TERM;'])
def test_a_time_out_ends_all_that_it_started(tmp_path: Path, trap: str) -> None:
    """Also what has left its group, and what does not heed SIGTERM."""
    script, lives = family(tmp_path, trap)

    @program("sh", "-c", script, timeout=2, grace=0.3)
    def run() -> None: ...

    with pytest.raises(ProgramFailed, match="longer than 2 s"):
        run()

    assert_ends(lives)


def test_a_cancellation_ends_it(tmp_path: Path) -> None:
    """The activity is canceled, as soon as a heartbeat has told of the request."""
    script, lives = family(tmp_path, "")
    running = RunningActivity(cast("Any", None), swf=cast("Any", None), payloads=PLAIN)
    context = contextvars.copy_context()
    context.run(running_activity.set, running)

    @program("sh", "-c", script)
    def run() -> None: ...

    def cancel() -> None:
        while not (tmp_path / "pid").exists():
            time.sleep(0.01)
        running.request_cancel()

    threading.Thread(target=cancel).start()
    with pytest.raises(asyncio.CancelledError):
        context.run(run)

    assert_ends(lives)


@python()
def elsewhere(x: int, *, path: Path) -> list[str]:
    return [str(os.getpid() != x), type(path).__name__]


@python()
def fails_elsewhere(x: int) -> int:
    if x:
        raise ValueError(f"not {x}")
    os._exit(4)


def test_a_function_in_another_python(tmp_path: Path) -> None:
    """It is another process; values are converted by the annotations."""
    assert elsewhere(os.getpid(), path=tmp_path) == ["True", "PosixPath"]


def test_a_function_that_fails_in_another_python() -> None:
    """Its exception is told, and so is an end without a result."""
    with pytest.raises(ProgramFailed, match="ValueError: not 2"):
        fails_elsewhere(2)
    with pytest.raises(ProgramFailed, match="exit code 4 and gave no result"):
        fails_elsewhere(0)


def test_a_function_of_another_module(tmp_path: Path) -> None:
    """Its module need not be importable here."""
    (tmp_path / "faraway.py").write_text("def double(x):\n    return 2 * x\n")

    @python(function="faraway:double", env={"PYTHONPATH": str(tmp_path)})
    def double(x: int) -> int: ...  # type: ignore[empty-body]

    assert double(21) == 42


def test_files_are_fetched_once_and_checked(tmp_path: Path) -> None:
    """A file is fetched, made executable, and found; another content than the expected is refused."""
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\necho tool $1\n")
    cache = tmp_path / "cache"
    file = Download(tool.as_uri(), name="better", directory=cache)

    @program("better", files=[file])
    def run(x: str) -> str: ...  # type: ignore[empty-body]

    assert run("1") == "tool 1"
    tool.unlink()
    assert run("2") == "tool 2"
    tool.write_text("other")
    with pytest.raises(UsageError, match="SHA-256"):
        fetch(Download(tool.as_uri(), sha256="0" * 64, directory=cache))
    with pytest.raises(UsageError, match="scheme 'ftp'"):
        fetch(Download("ftp://h/x", directory=cache))
    with pytest.raises(UsageError, match="the name of a file"):
        fetch(Download("file:///", directory=cache))
