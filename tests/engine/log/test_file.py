"""Files that are not ours, or broken, or out of reach, are refused with what to do, and not touched."""

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ostinato.engine.log import file
from ostinato.engine.log.records import Batch, EventRecord, ExecutionRecord
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.engine.log.statements import migrations
from ostinato.errors import DatabaseDamagedError, DatabaseForeignError, StoreError
from ostinato.model.events import MarkerRecorded
from ostinato.model.fields import EventId, RunId
from ostinato.model.structures import WorkflowType

NOBODY = 65534


def filled(path: Path, events: int = 2_000) -> None:
    """Make a database with one open execution."""
    log = SqliteLog(path)
    record = ExecutionRecord(
        key=1,
        domain="d",
        workflow_id="w",
        run_id=RunId("r"),
        workflow_type=WorkflowType(name="t", version="1"),
        start_timestamp=1.0,
    )
    history = [
        MarkerRecorded(
            event_id=EventId(number),
            event_timestamp=1.0,
            marker_name="m" * 100,
            decision_task_completed_event_id=EventId(4),
        )
        for number in range(1, events + 1)
    ]
    log.append(Batch(started=[record], events=[EventRecord(execution_key=1, event=event) for event in history]))
    log.close()


def refused(path: Path, error: type[StoreError], message: str) -> None:
    """Opening gives that error, naming the file; its directory is as it was."""
    before = {other: other.read_bytes() for other in path.parent.iterdir() if other.is_file()}
    with pytest.raises(error, match=message) as caught:
        SqliteLog(path)
    assert type(caught.value) is error
    assert str(path) in str(caught.value)
    assert caught.value.hint
    assert {other: other.read_bytes() for other in path.parent.iterdir() if other.is_file()} == before


def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    """A file without content, as `touch` or a full disk leaves it, holds nothing to lose."""
    path = tmp_path / "ostinato.db"
    path.touch()

    log = SqliteLog(path)

    assert log.epoch == 1
    log.close()


def test_a_name_may_hold_anything(tmp_path: Path) -> None:
    """Characters that mean something in a URI mean nothing in a file's name."""
    path = tmp_path / "a b?mode=ro#%41é.db"

    SqliteLog(path).close()

    assert path.exists()


@pytest.mark.parametrize("content", [b"x", b"hello\n" * 100, b"SQLite format 3\0 cut off"])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    """A text, say, is left alone."""
    path = tmp_path / "notes.txt"
    path.write_bytes(content)

    refused(path, DatabaseForeignError, "not a SQLite database, so it was left alone")


@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
def test_a_database_of_another_program(tmp_path: Path, journal_mode: str) -> None:
    """A SQLite file without our mark is left alone, even by SQLite's own housekeeping."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal_mode}")
        connection.execute("CREATE TABLE t (x)")
        connection.commit()

        refused(path, DatabaseForeignError, "another program's")


def test_a_newer_schema(tmp_path: Path) -> None:
    """A file that a newer version wrote is left alone; the message names both versions."""
    path = tmp_path / "ostinato.db"
    filled(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")

    refused(path, DatabaseForeignError, "schema has version 99.*Upgrade Ostinato")


def test_a_newer_schema_that_is_in_the_wal_only(tmp_path: Path) -> None:
    """Also when the newer version was killed before its mark reached the file itself."""
    path = tmp_path / "ostinato.db"
    filled(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
        wal = path.with_name("ostinato.db-wal")
        kept = path.read_bytes(), wal.read_bytes()
    path.write_bytes(kept[0])
    wal.write_bytes(kept[1])

    with pytest.raises(DatabaseForeignError, match="version 99"):
        SqliteLog(path)
    assert (path.read_bytes(), wal.read_bytes()) == kept


def test_a_file_that_was_cut_off(tmp_path: Path) -> None:
    """A file shorter than its own header says is damaged, whatever its size."""
    path = tmp_path / "ostinato.db"
    filled(path)
    with path.open("r+b") as content:
        content.truncate(path.stat().st_size // 2)

    refused(path, DatabaseDamagedError, "cut off.*restore a copy")


def test_a_small_file_with_a_broken_page(tmp_path: Path) -> None:
    """Pages of noise are found when a file that is quickly checked is opened."""
    path = tmp_path / "ostinato.db"
    filled(path)
    size = path.stat().st_size
    with path.open("r+b") as content:
        content.seek(size // 2 // 4096 * 4096)
        content.write(random.Random(1).randbytes(8192))
    before = path.read_bytes()

    with pytest.raises(DatabaseDamagedError, match=r"damaged.*restore a copy"):
        SqliteLog(path)
    assert path.read_bytes() == before


def test_a_large_file_with_a_broken_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file too large to be checked at once, the damage is told when it is read."""
    path = tmp_path / "ostinato.db"
    filled(path)
    size = path.stat().st_size
    with path.open("r+b") as content:
        for place in range(size // 4 // 4096 * 4096, size, 4096):
            content.seek(place)
            content.write(b"\xff" * 64)
    monkeypatch.setattr(file, "CHECKED_BYTES", 0)

    with pytest.raises(DatabaseDamagedError, match="damaged"), closing(SqliteLog(path)) as log:
        list(log.open_executions())


def test_a_row_that_is_no_event(tmp_path: Path) -> None:
    """Text that is no event is damage too, not an error of the decoder."""
    path = tmp_path / "ostinato.db"
    filled(path, events=3)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE events SET event = '{}' WHERE event_id = 2")
        connection.commit()
    log = SqliteLog(path)

    with pytest.raises(DatabaseDamagedError, match="cannot be understood"):
        log.events(1)
    log.close()


def test_a_wal_without_its_file(tmp_path: Path) -> None:
    """SQLite would mix a WAL that was left behind into a new file of the name; nothing is made, and nothing lost."""
    path = tmp_path / "ostinato.db"
    path.with_name("ostinato.db-wal").write_bytes(b"what was written last")

    refused(path, DatabaseDamagedError, "is gone.*Put the database file back")
    path.touch()
    refused(path, DatabaseDamagedError, "is gone")


def test_a_half_made_file_is_no_file(tmp_path: Path) -> None:
    """What a killed process left of a file in the making is begun anew."""
    path = tmp_path / "ostinato.db"
    path.with_name("ostinato.db-new").write_bytes(b"SQLite format 3\0 and no more")

    SqliteLog(path).close()

    assert [found.name for found in tmp_path.iterdir()] == ["ostinato.db"]


def test_a_directory(tmp_path: Path) -> None:
    """A directory is told to be one."""
    path = tmp_path / "folder"
    path.mkdir()

    refused(path, StoreError, "this is a directory; expected a file")


def test_something_else_than_a_file(tmp_path: Path) -> None:
    """A pipe is refused, and not waited for."""
    path = tmp_path / "pipe"
    os.mkfifo(path)

    refused(path, DatabaseForeignError, "not a regular file")


def test_a_directory_that_does_not_exist(tmp_path: Path) -> None:
    """A missing directory is not made, for its name may be a slip."""
    path = tmp_path / "missing" / "ostinato.db"

    with pytest.raises(StoreError, match=r"directory does not exist\. Create that first") as caught:
        SqliteLog(path)
    assert str(path) in str(caught.value)
    assert not path.parent.exists()


def test_no_permission() -> None:
    """A place where nobody may write is told as such."""
    with pytest.raises(StoreError, match=r"/proc/ostinato\.db: cannot use this database"):
        SqliteLog("/proc/ostinato.db")


@pytest.fixture
def ordinary_place() -> Iterator[Path]:
    """A directory of an ordinary user's, who is us meanwhile: permissions do not hold for root."""
    with TemporaryDirectory() as name:
        place = Path(name)
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(place, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield place
        finally:
            if is_root:
                os.seteuid(0)


def test_a_file_that_may_not_be_written(ordinary_place: Path) -> None:
    """A read-only file is refused, and so is a file in a read-only directory."""
    path = ordinary_place / "ostinato.db"
    filled(path)
    path.chmod(0o444)
    refused(path, StoreError, "no permission")
    path.chmod(0o644)
    ordinary_place.chmod(0o555)
    try:
        refused(path, StoreError, "no permission")
    finally:
        ordinary_place.chmod(0o755)


def test_no_path_at_all() -> None:
    """A text that can be no path is told as such."""
    with pytest.raises(StoreError, match="no path to a file"):
        SqliteLog("a\0b")


def test_older_schema_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of an older version gets the migrations that it lacks, and keeps what it holds."""
    path = tmp_path / "ostinato.db"
    filled(path, events=3)
    newer = (*migrations(), "CREATE TABLE more (x TEXT) STRICT;", "ALTER TABLE more ADD COLUMN y TEXT;")
    monkeypatch.setattr(file, "migrations", lambda: newer)

    log = SqliteLog(path)

    assert len(log.events(1)) == 3
    log.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(newer),)
        assert [row[1] for row in connection.execute("PRAGMA table_info(more)")] == ["x", "y"]


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration is kept wholly or not at all, and the next try begins where this one did."""
    path = tmp_path / "ostinato.db"
    filled(path, events=3)
    known = migrations()
    monkeypatch.setattr(file, "migrations", lambda: (*known, "CREATE TABLE more (x); CREATE TABLE more (x);"))
    with pytest.raises(StoreError, match="already exists"):
        SqliteLog(path)
    monkeypatch.setattr(file, "migrations", lambda: known)

    log = SqliteLog(path)

    assert len(log.events(1)) == 3
    log.close()
