"""The machine: facts without which the figures mean nothing, among them what one durable commit costs here."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

COMMITS = 300


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run took place."""

    system: str
    processor: str
    cores: int
    python: str
    sqlite: str
    file_system: str
    commit_seconds: float
    load_before: float

    @classmethod
    def here(cls, directory: Path) -> Machine:
        """Look round, and measure the median fsynced SQLite commit in this directory."""
        directory.mkdir(parents=True, exist_ok=True)
        return cls(
            system=f"{platform.system()} {platform.release()}",
            processor=_processor(),
            cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0,
            python=platform.python_version(),
            sqlite=sqlite3.sqlite_version,
            file_system=_file_system(directory),
            commit_seconds=_commit_seconds(directory),
            load_before=os.getloadavg()[0],
        )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _file_system(directory: Path) -> str:
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    path = directory.resolve()
    holding = [(len(point), kind) for point, kind in mounts if path.is_relative_to(point)]
    return max(holding)[1] if holding else "unknown"


def _commit_seconds(directory: Path) -> float:
    with tempfile.TemporaryDirectory(dir=directory) as place:
        connection = sqlite3.connect(Path(place) / "floor.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, body BLOB)")
        taken = []
        for _ in range(COMMITS):
            started = time.perf_counter()
            connection.execute("INSERT INTO event (body) VALUES (?)", (b"x" * 200,))
            taken.append(time.perf_counter() - started)
        connection.close()
    return statistics.median(taken)
