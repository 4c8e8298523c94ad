"""Programs and processes of their own in `ostinato run`: where they run, and that nothing of them is left."""

import signal
from pathlib import Path

import pytest

from ostinato.worker.reaper import is_alive
from tests.cli.conftest import Shell, started, wait_until

PROGRAM = """
import os
import time

from ostinato import activity, program, sleep, submit, workflow

# One process in the program's group, one in a session of its own, and one whose parent has ended besides.
LOOP = "echo $$ > NAME.new; mv NAME.new NAME; while :; do sleep 0.05; done"
BELOW, ORPHAN = LOOP.replace("NAME", "below"), LOOP.replace("NAME", "orphan")
SCRIPT = f"setsid sh -c '{BELOW}' & (setsid sh -c '{ORPHAN}' &) ; {LOOP.replace('NAME', 'leader')}"


@activity(heartbeat_timeout=1)
@program("sh", "-c", SCRIPT, grace=1)
def in_thread() -> None: ...


@activity(heartbeat_timeout=1, isolation="process")
@program("sh", "-c", SCRIPT, grace=1)
def in_process() -> None: ...


@activity(isolation="process")
@program("sh", "-c", "cat; echo $PPID", stdin="text")
def tell_parent(text: str) -> str: ...


@activity(isolation="process")
def tell_process() -> int:
    return os.getpid()


@activity
def tell_worker() -> int:
    return os.getpid()


WAYS = {"thread": in_thread, "process": in_process}


@workflow
def where() -> list[str]:
    return [str(submit(each).result()) for each in (tell_worker, tell_process)] + [submit(tell_parent, "of ").result()]


@workflow
def stuck(way: str) -> None:
    submit(WAYS[way]).result()


@workflow
def timed_out(way: str) -> str:
    return type(submit(WAYS[way].options(start_to_close_timeout=2)).exception()).__name__


@workflow
def canceled(way: str) -> str:
    future = submit(WAYS[way])
    sleep(2)
    return str(future.cancel())
"""

NAMES = ("leader", "below", "orphan")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in a directory with the program `programs.py`."""
    (tmp_path / "programs.py").write_text(PROGRAM)
    return Shell(tmp_path)


def lives(shell: Shell, name: str) -> bool:
    return is_alive(int((shell.directory / name).read_text()))


def await_all(shell: Shell) -> None:
    wait_until(lambda: all((shell.directory / name).exists() for name in NAMES))


def assert_all_end(shell: Shell) -> None:
    wait_until(lambda: not any(lives(shell, name) for name in NAMES))


def test_isolated_activities_have_processes_of_their_own(shell: Shell) -> None:
    """With `ostinato run` too; a program is started by that of its activity. With --serial there is only one."""
    worker, process, parent = eval(shell("run", "programs.py:where", "--engine", "memory:").out)  # noqa: S307
    serial = eval(shell("run", "programs.py:where", "--engine", "memory:", "--serial").out)  # noqa: S307

    assert process != worker
    assert parent == f"of {process}"
    assert serial[2] == f"of {serial[0]}"
    assert serial[0] == serial[1]


@pytest.mark.parametrize("way", ["thread", "process"])
def test_kill_9_leaves_no_program(shell: Shell, way: str) -> None:
    """The program dies with its worker, and so does all that it started, wherever that went."""
    with started(shell, "run", "programs.py:stuck", "--input", f'"{way}"', "--engine", "memory:") as run:
        await_all(shell)
        assert all(lives(shell, name) for name in NAMES)
        run.send_signal(signal.SIGKILL)

    assert_all_end(shell)


@pytest.mark.parametrize("way", ["thread", "process"])
@pytest.mark.parametrize(("workflow", "result"), [("timed_out", "ActivityTimedOut"), ("canceled", "True")])
def test_a_program_ends_with_its_task(shell: Shell, way: str, workflow: str, result: str) -> None:
    """When it has timed out or is canceled, the program is ended with all that it started."""
    ended = shell("run", f"programs.py:{workflow}", "--input", f'"{way}"', "--engine", "memory:", "--quiet")

    assert ended.out == f'"{result}"\n', ended.err
    assert_all_end(shell)
