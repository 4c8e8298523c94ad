"""DBOS as it ships, on a SQLite system database of its own (rollback journal, synchronous=FULL), without its logs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dbos import DBOS


@contextmanager
def launched(directory: Path) -> Iterator[None]:
    """Launch DBOS on a database in this directory, and stop it at the end."""
    DBOS(
        config={
            "name": "benchmark",
            "system_database_url": f"sqlite:///{directory}/dbos.sqlite",
            "application_version": "1",
            "log_level": "ERROR",
        }
    )
    DBOS.launch()
    try:
        yield
    finally:
        DBOS.destroy()
