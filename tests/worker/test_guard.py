"""What the guard sees of workflow code, and what it lets be."""

import datetime as dt
import gc
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ostinato import activity, run_once, submit, workflow
from ostinato.errors import NotDurableError
from ostinato.testing.rehearsal import Rehearsal
from ostinato.worker.guard import CALLS, LOOKED_AT, THEN_EACH, Guard, GuardMode

if TYPE_CHECKING:
    from ostinato.worker.guard import Find


def read_a_file() -> str:
    return Path(__file__).read_text()


def sleep_and_read() -> None:
    time.sleep(0)
    read_a_file()


def run_a_program() -> None:
    subprocess.run(["true"], check=True)


def ask_the_network() -> None:
    socket.create_connection(("127.0.0.1", 9), timeout=0.1)


def make_a_directory() -> None:
    tempfile.mkdtemp()


def doing(what: Callable[[], Any]) -> Any:
    @workflow
    def program() -> str:
        what()
        return "done"

    return program


@pytest.mark.parametrize(
    ("what", "said", "hint"),
    [
        (time.time, r"reads a clock \(time.time\)", "ostinato.now()"),
        (time.monotonic, r"reads a clock \(time.monotonic\)", "ostinato.now()"),
        (lambda: dt.datetime.now(tz=dt.UTC), r"reads a clock \(datetime.now\)", "ostinato.now()"),
        (dt.date.today, r"reads a clock \(date.today\)", "ostinato.now()"),
        (lambda: time.sleep(0), "sleeps", "ostinato.sleep"),
        (lambda: random.randint(1, 6), r"uses chance \(random.Random.randint\)", "ostinato.random()"),
        (lambda: random.choice("ab"), r"uses chance \(random.Random.choice\)", "ostinato.random()"),
        (random.random, r"uses chance \(.*random\)", "ostinato.random()"),
        (uuid.uuid4, r"uses chance \(uuid.uuid4\)", "ostinato.uuid4()"),
        (lambda: os.urandom(4), r"uses chance \(posix.urandom\)", "run_once()"),
        (read_a_file, r"opens a file \('.*test_guard.py'\)", "activity"),
        (run_a_program, r"starts a process \('true'\)", "ostinato.program"),
        (ask_the_network, "uses the network", "activity"),
        (lambda: list(Path().iterdir()), "looks into a directory", "activity"),
        (lambda: threading.Thread(target=int).start(), "starts a thread", "spawn()"),
        (make_a_directory, "uses chance|changes files", "run_once()"),
    ],
)
def test_what_no_replay_can_repeat_is_an_error_in_tests(what: Callable[[], Any], said: str, hint: str) -> None:
    """The error names what was done, the author's line, and what to do in its place."""
    with pytest.raises(NotDurableError, match=said) as raised:
        Rehearsal(doing(what))

    assert hint in str(raised.value)
    assert "test_guard.py" in raised.value.where


def test_it_is_seen_in_async_def_too() -> None:
    """Coroutines are workflow code as well."""

    @workflow
    async def program() -> float:
        return time.time()

    with pytest.raises(NotDurableError, match="reads a clock"):
        Rehearsal(program)


def test_code_that_swallows_the_error_gets_no_decision_either() -> None:
    """`except Exception` does not hide it."""

    @workflow
    def program() -> float:
        try:
            return time.time()
        except Exception:  # noqa: BLE001
            return 0.0

    with pytest.raises(NotDurableError, match="reads a clock"):
        Rehearsal(program)


def test_what_is_free_is_let_be() -> None:
    """Imports, run_once, logging, seeded chance and given times decide nothing, or are recorded."""
    import logging  # noqa: PLC0415

    def free() -> None:
        import this_module_is_not_there  # type: ignore[import-not-found]  # noqa: F401, PLC0415

    @workflow
    def program() -> list[Any]:
        logging.getLogger("free").error("said %s", "aloud")
        with pytest.raises(ModuleNotFoundError):
            free()
        return [run_once(time.time) > 0, run_once(read_a_file) != "", random.Random(7).randint(1, 1), time.gmtime(0)[0]]

    assert Rehearsal(program, is_compared=False).result == [True, True, 1, 1970]


def test_what_the_garbage_collector_runs_is_nobodys() -> None:
    """It may run within any line."""

    class Cycle:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            time.time()

    def look(_phase: str, _info: object) -> None:
        time.time()

    def make_garbage() -> None:
        Cycle()
        gc.collect()

    gc.callbacks.append(look)
    try:
        assert Rehearsal(doing(make_garbage)).result == "done"
    finally:
        gc.callbacks.remove(look)


def test_warnings_are_told_once_for_each_line() -> None:
    """In production the workflow goes on, and its author is told where."""
    finds: list[Find] = []
    guard = Guard(GuardMode.WARNING, finds.append)
    program = doing(sleep_and_read)

    for _ in range(3):
        assert guard.run(program, lambda: Rehearsal(program, guard=GuardMode.OFF).result) == "done"

    assert [find.what.split(" (")[0] for find in finds] == ["sleeps", "opens a file"]
    assert "test_guard.py" in finds[0].source


def test_a_line_that_does_the_same_twice_is_told_once(tmp_path: Path) -> None:
    """As one that copies a file, which opens two."""
    finds: list[Find] = []
    guard = Guard(GuardMode.WARNING, finds.append)
    (tmp_path / "a").touch()
    program = doing(lambda: shutil.copyfile(tmp_path / "a", tmp_path / "b"))

    guard.run(program, lambda: Rehearsal(program, guard=GuardMode.OFF).result)

    assert [find.what.split(" (")[0] for find in finds] == ["changes files"]


def test_warnings_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Unless somebody else is told."""
    program = doing(lambda: time.sleep(0))

    Guard().run(program, lambda: Rehearsal(program, guard=GuardMode.OFF).result)

    assert "Workflow code sleeps (time.sleep), which no replay can repeat" in caplog.text


def test_clocks_are_looked_for_in_the_first_decisions_and_in_some_later_ones() -> None:
    """Where a find is only a warning, looking at each call costs too much to do it always."""
    finds: list[Find] = []
    guard = Guard(GuardMode.WARNING, finds.append)
    plain, program = doing(lambda: None), doing(time.time)
    for _ in range(LOOKED_AT):
        guard.run(plain, lambda: Rehearsal(plain, guard=GuardMode.OFF).result)

    for _ in range(LOOKED_AT, THEN_EACH):
        guard.run(plain, lambda: Rehearsal(program, guard=GuardMode.OFF).result)

    assert not finds
    guard.run(plain, lambda: Rehearsal(program, guard=GuardMode.OFF).result)
    assert [find.what for find in finds] == ["reads a clock (time.time)"]


def test_a_long_decision_is_looked_at_for_a_while() -> None:
    """It may be a whole workflow, which would be slow from its beginning to its end; an error is one wherever it is."""
    finds: list[Find] = []

    def late() -> None:
        for _ in range(CALLS):
            len("")
        time.time()

    program = doing(late)

    assert Guard(GuardMode.WARNING, finds.append).run(program, lambda: Rehearsal(program, guard=GuardMode.OFF).result)
    assert sys.getprofile() is None
    assert not finds
    with pytest.raises(NotDurableError, match="reads a clock"):
        Rehearsal(program)


def test_off_is_off() -> None:
    """Nothing is looked at."""
    assert Rehearsal(doing(time.time), guard=GuardMode.OFF).result == "done"


def test_activities_may_do_all_of_it() -> None:
    """Only workflow code is watched."""

    @activity
    def clock() -> float:
        return time.time()

    @workflow
    def program() -> float:
        return submit(clock).result()

    rehearsal = Rehearsal(program)
    rehearsal.complete(f"activity-{clock.name}-1", clock())

    assert rehearsal.result > 0
