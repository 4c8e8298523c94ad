"""What processes take: the time of a start, and memory. Standard library only."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path


def import_seconds(module: str, times: int) -> float:
    """Give the median seconds that `import module` takes in a new interpreter, after one that warms the caches."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", code]
    taken = [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        for _ in range(times + 1)
    ]
    return statistics.median(taken[1:])


def command_seconds(command: list[str], times: int) -> float:
    """Give the median seconds from start to exit of a command, after one run that warms the caches."""
    taken = []
    for _ in range(times + 1):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def beside_the_interpreter(command: str) -> str:
    """Give the path of a command installed in this interpreter's environment."""
    return str(Path(sys.executable).parent / command)


def resident_bytes() -> int:
    """Give the memory that this process holds now; where that is not told, the most that it ever held."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
