"""What tests of the command share: a directory with a program, and the command as a user types it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from ostinato.cli import main

COMMAND = str(Path(sys.executable).with_name("ostinato"))

PROGRAM = """
import asyncio
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from ostinato import Retry, activity, continue_as_new, marker, workflow
from ostinato import on_signal, signal, sleep, spawn, submit, wait_signal
from ostinato.model.enums import ChildPolicy
from ostinato.worker.context import activity_info


def log(text: str) -> None:
    with open("log.txt", "a") as file:
        file.write(text + "\\n")


def await_file(name: str) -> None:
    while not Path(name).exists():
        time.sleep(0.01)


@activity
def increment(x: int) -> int:
    log(f"increment {x}")
    return x + 1


@activity
def hold(name: str) -> str:
    log(f"begin {name}")
    await_file(name)
    log(f"done {name}")
    return name


@activity(retry=Retry(max_attempts=3, interval=1))
def flaky() -> int:
    if activity_info().attempt < 2:
        raise ConnectionError("nobody there")
    return activity_info().attempt


@activity
def leap() -> None:
    raise ValueError("too high")


@activity
def chatter() -> None:
    print("from an activity")
    subprocess.run(["echo", "from a subprocess"], check=False)


@activity
def hide() -> object:
    return object()


@workflow
def add(x: int, times: int = 1) -> int:
    for _ in range(times):
        x = submit(increment, x).result()
    return x


@dataclass(frozen=True)
class Point:
    x: int
    y: int


@workflow
def mirror(point: Point) -> Point:
    return Point(point.y, point.x)


@workflow
class Greeting:
    def run(self, name: str, *, polite: bool = False) -> str:
        return f"Dear {name}" if polite else f"Hi {name}"


@workflow
def held() -> str:
    submit(increment, 1).result()
    name = submit(hold, "gate").result()
    submit(increment, 2).result()
    return name


@workflow
def failing() -> None:
    submit(leap).result()


@workflow
def hidden() -> None:
    submit(hide).result()


@workflow
def lucky() -> int:
    return submit(flaky).result()


@workflow
def family() -> int:
    return submit(lucky).result()


@workflow
def talkative() -> str:
    print("from the workflow")
    submit(chatter).result()
    return "quiet"


@workflow
def countdown(n: int) -> str:
    if n:
        continue_as_new(n - 1)
    return "zero"


@workflow
def fickle() -> int:
    if Path("changed").exists():
        sleep(60)
    x = submit(increment, 1).result()
    submit(hold, "gate").result()
    return x


@workflow(execution_start_to_close_timeout=1)
def slow() -> None:
    sleep(600)


@workflow
def waiting() -> str:
    submit(flaky).result()
    return wait_signal("approval").result()


@workflow
async def threaded() -> None:
    await asyncio.to_thread(print)


@workflow(child_policy=ChildPolicy.ABANDON)
def leaving() -> int:
    submit(held)
    return submit(increment, 10).result()


@workflow(child_policy=ChildPolicy.ABANDON)
def middle() -> None:
    submit(held)


@workflow
def grandparent() -> str:
    submit(middle).result()
    return "old"


@workflow
def tidy() -> None:
    try:
        sleep(600)
    finally:
        submit(hold, "gate").result()


@workflow(child_policy=ChildPolicy.REQUEST_CANCEL)
def asking() -> str:
    submit(tidy)
    sleep(1)
    return "asked"


@workflow
def misled() -> None:
    submit(increment, 1).result()
    return submit(increment, 2)


@workflow
def stray() -> int:
    return submit(increment(1))


@workflow(child_policy=ChildPolicy.ABANDON)
def careless() -> str:
    submit(stray)
    sleep(1)
    return "gone"


@workflow
def hiding() -> str:
    return submit(hold.options(task_list="elsewhere"), "gate").result()


def forgotten() -> None:
    raise ValueError("nobody looks")


@workflow
class Counter:
    def __init__(self) -> None:
        self.count = 0

    @on_signal("add")
    def add(self, x: int) -> None:
        self.count += x

    def run(self) -> int:
        signal("add", "many").result()
        signal("add", 2).result()
        spawn(forgotten)
        submit(hold, "gate").result()
        return self.count


@workflow
def verbose(length: int) -> str:
    return "x" * length


@activity
def plus_one(x: int) -> int:
    return x + 1


@workflow
def fanned_out(count: int) -> int:
    return sum(future.result() for future in [submit(plus_one, n) for n in range(count)])


@workflow
async def chained(times: int) -> None:
    for number in range(times):
        marker("m", number)


def plain() -> None: ...
"""


@dataclass(frozen=True)
class Finished:
    """What a command that has ended left."""

    code: int
    out: str
    err: str


class Shell:
    """Runs the command in a directory, as a user does."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OSTINATO", "COV_"))}
        self.environment = kept

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start `ostinato WORDS`."""
        return subprocess.Popen(
            [COMMAND, *words],
            cwd=self.directory,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, process: subprocess.Popen[str], timeout: float = 60) -> Finished:
        """Wait for its end."""
        out, err = process.communicate(timeout=timeout)
        return Finished(process.returncode, out, err)

    def through_shell(self, command: str) -> Finished:
        """Run a command line, of which the first word is `ostinato`."""
        words = ["sh", "-c", f"exec {COMMAND} {command.removeprefix('ostinato ')}"]
        ended = subprocess.run(
            words, cwd=self.directory, env=self.environment, capture_output=True, text=True, check=False
        )
        return Finished(ended.returncode, ended.stdout, ended.stderr)

    def __call__(self, *words: str, **environment: str) -> Finished:
        """Run `ostinato WORDS` to its end."""
        return self.finish(self.start(*words, **environment))

    def log(self) -> list[str]:
        """What activities wrote."""
        path = self.directory / "log.txt"
        return path.read_text().splitlines() if path.exists() else []

    def await_log(self, line: str) -> None:
        """Wait until an activity has written the line."""
        wait_until(lambda: line in self.log())

    def open_gate(self) -> None:
        """Let the activity `hold` end."""
        (self.directory / "gate").touch()


def await_line(stream: IO[str] | None, text: str) -> str:
    """Read until a line has the text, and give it; fails if the stream ends before."""
    assert stream is not None
    seen: list[str] = []
    for line in iter(stream.readline, ""):
        if text in line:
            return line
        seen.append(line)
    raise AssertionError(f"{text!r} was not said: {seen}")


def wait_until(is_so: Callable[[], bool], timeout: float = 30) -> None:
    """Look until it is so; another process makes it so, and cannot be waited for otherwise."""
    deadline = time.monotonic() + timeout
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in a directory with the program `flows.py`."""
    (tmp_path / "flows.py").write_text(PROGRAM)
    return Shell(tmp_path)


@pytest.fixture
def typed(capfd: pytest.CaptureFixture[str]) -> Callable[..., Finished]:
    """Runs the command in this process, in the current directory: `typed("list", "--id", "a")`."""

    def run(*words: str) -> Finished:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(words, prog_name="ostinato")
        out, err = capfd.readouterr()
        return Finished(int(ended.value.code or 0), out, err)

    return run


@contextmanager
def started(shell: Shell, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command that runs, and is killed in the end if it still does."""
    process = shell.start(*words)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        with process:
            pass


@pytest.fixture
def url(shell: Shell) -> Iterator[str]:
    """A server's."""
    with started(shell, "server", "--port", "0", "--db", ":memory:") as server:
        assert server.stderr is not None
        said = "".join(server.stderr.readline() for _ in range(3))
        yield re.findall(r"OSTINATO_ENGINE=(\S+)", said)[0]
