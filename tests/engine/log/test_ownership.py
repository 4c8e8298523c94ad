"""One process owns a database file, however the one before it ended."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ostinato.engine.log.ownership import Ownership
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.errors import DatabaseInUseError

HOLD = """
import sys
from pathlib import Path
from ostinato.engine.log.ownership import Ownership
ownership = Ownership(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def holder(path: Path) -> "subprocess.Popen[str]":
    """A process that owns the database until its stdin is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_another_process_is_told_who_owns_the_file(tmp_path: Path) -> None:
    """While a process owns a file, another is refused at once, and told the file and that process."""
    path = tmp_path / "ostinato.db"
    with holder(path) as process:
        with pytest.raises(DatabaseInUseError) as caught:
            SqliteLog(path)
        assert f"{path}: the database is in use by process {process.pid}" in str(caught.value)
        process.communicate()

    SqliteLog(path).close()


def test_kill_9_gives_the_file_free(tmp_path: Path) -> None:
    """The system takes the lock from a killed process; the next need do nothing about it."""
    path = tmp_path / "ostinato.db"
    with holder(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()

        SqliteLog(path).close()


def test_the_same_process_is_refused_too(tmp_path: Path) -> None:
    """Two logs on one file in one process are refused, also by another name of the file; the first goes on."""
    path, link = tmp_path / "ostinato.db", tmp_path / "link.db"
    log = SqliteLog(path)
    link.symlink_to(path)

    for name in (path, link, tmp_path / "." / "ostinato.db"):
        with pytest.raises(DatabaseInUseError, match="in use by this process"):
            SqliteLog(name)
    assert log.domains() == []
    log.close()
    SqliteLog(link).close()


def test_nothing_is_left_beside_a_file_that_was_closed(tmp_path: Path) -> None:
    """After `close` there is the database file and nothing else."""
    SqliteLog(tmp_path / "ostinato.db").close()

    assert [file.name for file in tmp_path.iterdir()] == ["ostinato.db"]


def test_a_forked_child_does_not_keep_the_file(tmp_path: Path) -> None:
    """A child that was forked while the file was owned does not own it, and closing in the child frees nothing."""
    ownership = Ownership(tmp_path / "ostinato.db")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        ownership.release()
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    os.close(read)

    with pytest.raises(DatabaseInUseError):
        Ownership(tmp_path / "ostinato.db")
    ownership.release()
    Ownership(tmp_path / "ostinato.db").release()
    os.close(write)
    os.waitpid(child, 0)


CONTEND = """
import os, sys
from pathlib import Path
from ostinato.engine.log.ownership import Ownership
from ostinato.errors import DatabaseInUseError
database, marker = Path(sys.argv[1]), sys.argv[2]
held = 0
while held < 100:
    try:
        ownership = Ownership(database)
    except DatabaseInUseError:
        continue
    os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    os.unlink(marker)
    ownership.release()
    held += 1
"""


def test_two_never_own_at_once(tmp_path: Path) -> None:
    """Processes that take and release a file as fast as they can never hold it together."""
    command = [sys.executable, "-c", CONTEND, str(tmp_path / "ostinato.db"), str(tmp_path / "marker")]
    processes = [subprocess.Popen(command) for _ in range(3)]

    assert [process.wait() for process in processes] == [0, 0, 0]
