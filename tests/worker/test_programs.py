"""Programs as activities: what they are given, what they give, and how they end."""

import asyncio
import contextvars
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from ostinato import Download, ProgramOutput, program, python
from ostinato.errors import ProgramFailed, UsageError
from ostinato.payloads.policy import PLAIN
from ostinato.worker.context import RunningActivity, running_activity
from ostinato.worker.downloads import fetch
from ostinato.worker.reaper import is_alive


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


def family(tmp_path: Path, trap: str, *, has_parent: bool = True) -> tuple[str, Callable[[], bool]]:
    """A script that starts another process in a session of its own, and whether that lives."""
    pid = tmp_path / "pid"
    below = f"setsid sh -c '{trap} echo $$ > {pid}.new; mv {pid}.new {pid}; while :; do sleep 0.05; done' &"
    script = f"{trap} {below} wait" if has_parent else f"{trap} ({below}); while :; do sleep 0.05; done"

    return script, lambda: is_alive(int(pid.read_text()))


def assert_ends(lives: Callable[[], bool]) -> None:
    """It was killed, which takes the kernel a moment."""
    deadline = time.monotonic() + 20
    while lives() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not lives()


@pytest.mark.parametrize("has_parent", [True, False])
@pytest.mark.parametrize("trap", ["", 'trap "" TERM;'])
def test_a_time_out_ends_all_that_it_started(tmp_path: Path, trap: str, *, has_parent: bool) -> None:
    """Also what has left its group, what has lost its parent, and what does not heed SIGTERM."""
    script, lives = family(tmp_path, trap, has_parent=has_parent)

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


SCRIPT = """
import multiprocessing, os, sys, threading, time
from ostinato import program

@program("sh", "-c", sys.argv[1])
def run() -> None: ...

@program("true")
def quick() -> None: ...

def forked(conn):
    quick()
    conn.send("ran")
    time.sleep(60)

quick()
if sys.argv[2] == "forks":
    here, there = multiprocessing.get_context("fork").Pipe()
    child = multiprocessing.get_context("fork").Process(target=forked, args=(there,))
    child.start()
    assert here.recv() == "ran"
    print(child.pid, flush=True)
else:
    print(0, flush=True)
run()
"""


@pytest.mark.parametrize("way", ["alone", "forks"])
def test_it_does_not_outlive_its_worker(tmp_path: Path, way: str) -> None:
    """After kill -9 too, and also if a copy of the worker goes on, made by fork, which may run programs itself."""
    script, lives = family(tmp_path, "", has_parent=False)
    worker = subprocess.Popen([sys.executable, "-c", SCRIPT, script, way], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    copy = int(worker.stdout.readline())
    while not (tmp_path / "pid").exists():
        time.sleep(0.01)
    worker.kill()
    worker.stdout.close()
    worker.wait()

    assert_ends(lives)
    if copy:
        os.kill(copy, signal.SIGKILL)


def test_who_watches_is_watched() -> None:
    """If somebody kills the process that ends what is left, there is another one for the next program."""

    @program("sh", "-c", "cat /proc/$PPID/task/*/children")
    def children() -> str: ...  # type: ignore[empty-body]

    def watchers() -> set[int]:
        return {pid for pid in map(int, children().split()) if b"reaper.py" in _read(f"/proc/{pid}/cmdline")}

    (first,) = watchers()
    os.kill(first, signal.SIGKILL)
    assert_ends(lambda: is_alive(first))
    (second,) = watchers()

    assert first != second


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


class Files(BaseHTTPRequestHandler):
    """Has one file, and another one that breaks off."""

    def do_GET(self) -> None:
        if self.path not in {"/tool", "/broken"}:
            self.send_error(404)
            return
        body = b"#!/bin/sh\necho from the web $1\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) + (self.path == "/broken")))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[str]:
    """The URL of a server with files."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_files_come_from_the_web(tmp_path: Path, web: str) -> None:
    """What is not there is told with its URL, and so is what breaks off, of which nothing is kept."""

    @program("tool", files=[Download(f"{web}/tool", directory=tmp_path)])
    def run(x: str) -> str: ...  # type: ignore[empty-body]

    assert run("1") == "from the web 1"
    with pytest.raises(FileNotFoundError, match=f"there is no file {web}/nothing: .*404"):
        fetch(Download(f"{web}/nothing", directory=tmp_path))
    for _ in range(2):
        with pytest.raises(OSError, match=f"{web}/broken is not fetched: 31 bytes came of 32"):
            fetch(Download(f"{web}/broken", directory=tmp_path))
    with pytest.raises(OSError, match=r"http://127.0.0.1:9/x is not fetched: .*refused"):
        fetch(Download("http://127.0.0.1:9/x", directory=tmp_path))
    with pytest.raises(FileNotFoundError, match="there is no file file:///no/such/file"):
        fetch(Download("file:///no/such/file", directory=tmp_path))


def test_files_come_from_s3(tmp_path: Path, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reached as any tool of Amazon's would; what is not there is told with its URL."""
    settings = {
        "AWS_ENDPOINT_URL_S3": s3_endpoint,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="tools")
    client.put_object(Bucket="tools", Key="bin/tool", Body=b"#!/bin/sh\necho from S3 $1\n")
    client.close()

    @program("tool", files=[Download("s3://tools/bin/tool", directory=tmp_path)])
    def run(x: str) -> str: ...  # type: ignore[empty-body]

    assert run("1") == "from S3 1"
    with pytest.raises(FileNotFoundError, match=r"there is no file s3://tools/nothing: .*404"):
        fetch(Download("s3://tools/nothing", directory=tmp_path))
    with pytest.raises(FileNotFoundError, match="there is no file s3://no-such-bucket/x: "):
        fetch(Download("s3://no-such-bucket/x", directory=tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(OSError, match=r"s3://tools/other is not fetched: .*127.0.0.1:9"):
        fetch(Download("s3://tools/other", directory=tmp_path))


def test_what_s3_needs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without boto3 the error says how to get it."""
    monkeypatch.setitem(sys.modules, "boto3", None)

    with pytest.raises(UsageError, match=r"'boto3' is not installed.*pip install 'ostinato\[aws\]'"):
        fetch(Download("s3://tools/tool", directory=tmp_path))


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
