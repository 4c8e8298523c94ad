"""A transaction that cannot be written is undone and told, with what to do; the log goes on."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ostinato.engine.log.faults import not_opened, not_read, not_written
from ostinato.engine.log.records import Batch, DomainRecord
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.errors import DatabaseDamagedError, DatabaseWriteError, StoreError
from ostinato.model.enums import RegistrationStatus

BIG = "x" * 1024


def domains(count: int, start: int = 0) -> Batch:
    """A batch of so many kilobytes."""
    return Batch(
        domains=[
            DomainRecord(
                name=f"d{start + number:04}", status=RegistrationStatus.REGISTERED, retention="7", description=BIG
            )
            for number in range(count)
        ]
    )


def test_a_full_disk_loses_nothing_and_is_survived(tmp_path: Path) -> None:
    """On a full disk an append says so and changes nothing; with room again, the next one is kept."""
    path = tmp_path / "ostinato.db"
    log = SqliteLog(path)
    log.append(domains(1))
    writer = log._writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages + 2}")

    with pytest.raises(DatabaseWriteError, match=r"the disk is full; nothing was written\. Make room") as caught:
        log.append(domains(100))

    assert str(path) in str(caught.value)
    assert len(log.domains()) == 1
    writer.execute("PRAGMA max_page_count = 100000")
    log.append(domains(100))
    assert len(log.domains()) == 100
    log.close()


def test_a_database_that_became_read_only(tmp_path: Path) -> None:
    """Nothing is changed, and the message says what to look at."""
    log = SqliteLog(tmp_path / "ostinato.db")
    log._writer.execute("PRAGMA query_only = ON")

    with pytest.raises(DatabaseWriteError, match=r"became read-only; nothing was written\. Check the"):
        log.append(domains(1))

    assert log.domains() == []
    log.close()


FAIL = """
import resource, signal, sys
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.errors import DatabaseWriteError
sys.path.insert(0, sys.argv[2])
from test_faults import domains
log = SqliteLog(sys.argv[1])
log.append(domains(3))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
try:
    log.append(domains(1000))
except DatabaseWriteError as error:
    print(error)
print(len(log.domains()))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.append(domains(1000))
print(len(log.domains()))
log.close()
"""


def test_a_disk_that_fails_in_the_middle(tmp_path: Path) -> None:
    """When the system refuses a write half-way through a transaction, all of it is undone, and the next one is kept."""
    path = tmp_path / "ostinato.db"

    said = subprocess.run(
        [sys.executable, "-c", FAIL, str(path), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert said[0].startswith(f"{path}: the disk failed (SQLITE_IOERR_WRITE); nothing was written. Check the disk")
    assert said[1:] == ["3", "1000"]
    log = SqliteLog(path)
    assert len(log.domains()) == 1000
    log.close()


BEGIN = """
import resource, signal, sys
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.errors import DatabaseWriteError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
try:
    SqliteLog(sys.argv[1])
except DatabaseWriteError as error:
    print(error)
"""


def test_a_file_that_cannot_be_made(tmp_path: Path) -> None:
    """When there is no room for a new database, that is said, and nothing is left behind."""
    path = tmp_path / "ostinato.db"

    said = subprocess.run([sys.executable, "-c", BEGIN, str(path)], capture_output=True, text=True, check=True).stdout

    assert said.startswith(f"{path}: the disk failed")
    assert [left.name for left in tmp_path.iterdir() if not left.name.endswith("-journal")] == []


def failed(code: int, text: str = "what SQLite says") -> sqlite3.Error:
    """An error of SQLite's with that code."""
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    error.sqlite_errorname = "SQLITE_X"
    return error


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (sqlite3.SQLITE_FULL, DatabaseWriteError, "disk is full"),
        (sqlite3.SQLITE_READONLY_DBMOVED, DatabaseWriteError, "read-only"),
        (sqlite3.SQLITE_IOERR_FSYNC, DatabaseWriteError, "disk failed"),
        (sqlite3.SQLITE_CANTOPEN, DatabaseWriteError, "disk failed"),
        (sqlite3.SQLITE_BUSY, DatabaseWriteError, "another program holds a lock"),
        (sqlite3.SQLITE_TOOBIG, DatabaseWriteError, "too much at once"),
        (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, DatabaseWriteError, "Please report it"),
        (sqlite3.SQLITE_CORRUPT_INDEX, DatabaseDamagedError, "damaged"),
        (sqlite3.SQLITE_NOTADB, DatabaseDamagedError, "damaged"),
    ],
)
def test_each_failure_to_write_is_told_apart(code: int, kind: type[StoreError], message: str) -> None:
    """Each kind of failure has its own words, and names the file."""
    error = not_written(failed(code), "x.db")

    assert type(error) is kind
    assert str(error).startswith("x.db: ")
    assert message in str(error)


def test_failures_to_read_are_told_apart() -> None:
    """Damage is told from a disk that cannot be read."""
    assert type(not_read(failed(sqlite3.SQLITE_CORRUPT), "x.db")) is DatabaseDamagedError
    assert type(not_read(failed(sqlite3.SQLITE_IOERR_READ), "x.db")) is StoreError


@pytest.mark.parametrize(
    ("number", "message"), [(2, "directory"), (13, "permission"), (30, "permission"), (28, "room"), (40, "opened")]
)
def test_each_failure_to_open_is_told_apart(number: int, message: str) -> None:
    """The system's refusals are told in words, with what to do."""
    error = not_opened(OSError(number, "what the system says"), "x.db")

    assert message in str(error)
    assert error.hint
