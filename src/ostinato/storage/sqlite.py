"""`SqliteStore`: payloads as rows of a SQLite file."""

import sqlite3
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from ostinato.storage.garbage import Entry

_SCHEMA = """
CREATE TABLE IF NOT EXISTS ostinato_payloads (key TEXT PRIMARY KEY, data BLOB NOT NULL, changed REAL NOT NULL)
"""
_BUSY_SECONDS = 30.0
_KEPT_OPEN = 16


class SqliteStore:
    """Payloads as rows of a SQLite file, of at most a gigabyte each, for the processes of one machine.

    Args:
        file: the file; it is made if it is not there. It must not be the engine's.
    """

    def __init__(self, file: str | Path) -> None:
        path = Path(file).absolute()
        self.name = f"sqlite://{quote(path.as_posix())}"
        self._path = path
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []

    def put(self, key: str, data: bytes, /) -> None:
        """Keep the bytes; they are on the disk when this returns.

        Raises:
            sqlite3.Error: they could not be written.
        """
        with self._connection() as connection:
            connection.execute("INSERT OR REPLACE INTO ostinato_payloads VALUES (?, ?, ?)", (key, data, time.time()))

    def get(self, key: str, /) -> bytes:
        """The bytes.

        Raises:
            KeyError: there are none under this key.
            sqlite3.Error: they could not be read.
        """
        with self._connection() as connection:
            row = connection.execute("SELECT data FROM ostinato_payloads WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        data: bytes = row[0]
        return data

    def entries(self) -> Iterator[Entry]:
        """All that it keeps."""
        with self._connection() as connection:
            rows = connection.execute("SELECT key, length(data), changed FROM ostinato_payloads").fetchall()
        for key, size, changed in rows:
            yield Entry(key=key, size=size, changed=changed)

    def delete(self, key: str, /) -> None:
        """Keep it no more. A key that is not there is none to delete."""
        with self._connection() as connection:
            connection.execute("DELETE FROM ostinato_payloads WHERE key = ?", (key,))

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        """A connection that nobody else uses meanwhile; one that failed is not used again."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = self._open()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        with self._lock:
            if len(self._idle) < _KEPT_OPEN:
                self._idle.append(connection)
                return
        connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(_SCHEMA)
        return connection

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
