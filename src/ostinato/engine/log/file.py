"""The database file: made whole or not at all, known by its header, refused untouched if it is not ours.

A file is made beside its place and then moved there, so that a file in place always has our mark and a complete schema.
"""

import os
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import msgspec

from ostinato.engine.log.faults import damaged, not_opened, not_read, not_written
from ostinato.engine.log.statements import migrations, queries, schema, writing
from ostinato.errors import DatabaseDamagedError, DatabaseForeignError, StoreError

MEMORY = ":memory:"
APPLICATION_ID = 0x4F535449
"""The mark of our files, in SQLite's header: "OSTI" in ASCII."""

SECRET_BYTES = 32
CHECKED_BYTES = 8_000_000
"""Up to this size a file is checked wholly when it is opened, in about ten milliseconds.

Checking takes time in proportion, and a start must not; of a larger file the header, the size and all that the start
reads are checked, and the rest when it is read.
"""

_HEADER_BYTES = 100
_MAGIC = b"SQLite format 3\0"
_LOCK_SECONDS = 10.0
_WAL_BYTES = 64_000_000
_OLDEST_SQLITE = (3, 37, 0)


class Header(msgspec.Struct, frozen=True):
    """What the first 100 bytes of a SQLite file say (SQLite's documentation, "Database File Format")."""

    page_size: int
    pages: int
    is_page_count_valid: bool
    application_id: int
    version: int

    @classmethod
    def read(cls, data: bytes) -> "Header | None":
        """The header of a file that begins so; None if that is no SQLite file."""
        if len(data) < _HEADER_BYTES or not data.startswith(_MAGIC):
            return None
        (page_size,) = struct.unpack_from(">H", data, 16)
        changes, pages = struct.unpack_from(">II", data, 24)
        (version,) = struct.unpack_from(">I", data, 60)
        (application_id,) = struct.unpack_from(">I", data, 68)
        (valid_for,) = struct.unpack_from(">I", data, 92)
        return cls(
            page_size=65_536 if page_size == 1 else page_size,
            pages=pages,
            is_page_count_valid=changes == valid_for,
            application_id=application_id,
            version=version,
        )


def in_memory() -> sqlite3.Connection:
    """A connection to a new database that goes when the connection does."""
    _require_sqlite(MEMORY)
    connection = _connected(MEMORY)
    _initialize(connection)
    _make_writing(connection)
    return connection


def opened(path: Path) -> sqlite3.Connection:
    """A connection to the database in this file, which is made if it is missing or empty. The caller owns the file.

    Raises:
        DatabaseForeignError: the file is not ours, or of a newer version. It was not touched.
        DatabaseDamagedError: it is broken. It was not touched.
        StoreError: the system does not let us use it.
    """
    _require_sqlite(str(path))
    try:
        if not path.exists() or _size_of_regular(path) == 0:
            _create(path)
        _check_header(path)
        _check_content(path)
        connection = _connected(f"{path.as_uri()}?mode=rw")
    except OSError as error:
        raise not_opened(error, str(path)) from None
    except sqlite3.Error as error:
        raise not_read(error, str(path)) from None
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
        _migrate(connection)
        _make_writing(connection)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error):
            raise not_written(error, str(path)) from None
        raise
    return connection


def reading(path: Path) -> sqlite3.Connection:
    """A second connection to the file, which cannot write."""
    connection = _connected(f"{path.as_uri()}?mode=rw")
    connection.execute("PRAGMA query_only = ON")
    return connection


def _connected(database: str) -> sqlite3.Connection:
    return sqlite3.connect(database, uri=True, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False)


def _require_sqlite(where: str) -> None:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreError(
            found=f"this Python has SQLite {sqlite3.sqlite_version}",
            expected=f"{'.'.join(map(str, _OLDEST_SQLITE))} or newer",
            where=where,
            hint="Use a newer Python or SQLite",
        )


def _size_of_regular(path: Path) -> int:
    if path.is_dir():
        raise StoreError(found="this is a directory", expected="a file", where=str(path), hint="Name a file in it")
    if not path.is_file():
        raise _foreign("this is not a regular file", path)
    return path.stat().st_size


def _create(path: Path) -> None:
    if _has_wal(path):
        # SQLite would take this for the new file's, and mix the two.
        raise DatabaseDamagedError(
            found="the database file is gone, but the -wal file beside it holds what was written to it last",
            where=str(path),
            hint="Put the database file back, or remove the -wal file to begin anew",
        )
    new = path.with_name(f"{path.name}-new")
    new.unlink(missing_ok=True)
    connection = _connected(new.as_uri())
    try:
        _initialize(connection)
        connection.execute("PRAGMA journal_mode = WAL")
    except BaseException as error:
        new.unlink(missing_ok=True)
        if isinstance(error, sqlite3.Error):
            raise not_written(error, str(path)) from None
        raise
    finally:
        connection.close()
    new.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _initialize(connection: sqlite3.Connection) -> None:
    connection.executescript(f"BEGIN; {schema()}")
    connection.execute(queries()["create"], {"secret": os.urandom(SECRET_BYTES)})
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(migrations())}")
    connection.execute("COMMIT")


def _make_writing(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.executescript(writing())


def _check_header(path: Path) -> None:
    size = _size_of_regular(path)
    with path.open("rb") as file:
        header = Header.read(file.read(_HEADER_BYTES))
    if header is None:
        raise _foreign("this is not a SQLite database", path)
    if header.application_id != APPLICATION_ID:
        raise _foreign("this SQLite database is another program's", path)
    if header.version > len(migrations()):
        raise _newer(header.version, path)
    if not os.access(path, os.W_OK, effective_ids=True):
        raise PermissionError(13, "Permission denied")
    # A pending WAL may hold the pages that the file lacks.
    if header.is_page_count_valid and not _has_wal(path) and size < header.page_size * header.pages:
        expected = header.page_size * header.pages
        raise damaged(f"the file was cut off, it has {size:,} of {expected:,} bytes", str(path))


def _has_wal(path: Path) -> bool:
    wal = path.with_name(f"{path.name}-wal")
    return wal.exists() and wal.stat().st_size > 0


def _check_content(path: Path) -> None:
    # By a connection that cannot write, for even to close another would move what its WAL holds into the file.
    with closing(_connected(f"{path.as_uri()}?mode=ro")) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(migrations()):
            raise _newer(version, path)
        if path.stat().st_size <= CHECKED_BYTES:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if answer != "ok":
                raise damaged(" ".join(str(answer).split()), str(path))


def _migrate(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, script in enumerate(migrations()[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT")


def _foreign(found: str, path: Path) -> DatabaseForeignError:
    return DatabaseForeignError(
        found=f"{found}, so it was left alone",
        expected="a database of Ostinato's, or a file that does not exist yet",
        where=str(path),
        hint="Name another file",
    )


def _newer(version: int, path: Path) -> DatabaseForeignError:
    return DatabaseForeignError(
        found=f"a newer Ostinato wrote this database (its schema has version {version}), so it was left alone",
        expected=f"version {len(migrations())} at most",
        where=str(path),
        hint="Upgrade Ostinato, or name another file",
    )
