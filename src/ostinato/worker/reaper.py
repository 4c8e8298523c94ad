"""Ends programs with all that they started. Run as a script, it does so when its worker is gone, however that went.

A worker starts that script beside its first program, and tells it what runs by lines on its stdin: `MARK PID`. It needs
nothing but Python's library.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

MARK = "OSTINATO_PROGRAM"
"""The variable that a program and all that it starts has in its environment: the mark of its run."""

STARTING = 0
ENDED = -1
"""In place of a process id: what the worker says before it starts a program, and when that has ended."""

_ROUNDS = 500
_PAUSE = 0.02


def family(pid: int, mark: str) -> set[int]:
    """A program and what it started, as far as the system tells. On Linux that is also what has left its group."""
    return {*([pid] if pid > 0 else []), *_descendants(pid), *_marked(mark)}


def send(number: int, pid: int, members: Iterable[int]) -> None:
    """Send a signal to a program's group, if it leads one, and to the members of its family that are alive."""
    with suppress(OSError):
        if pid > 0 and os.getpgid(pid) == pid:
            os.killpg(pid, number)
    for member in members:
        if member == pid or is_alive(member):
            with suppress(OSError):
                os.kill(member, number)


def is_alive(pid: int) -> bool:
    """Whether there is such a process, on Linux; False elsewhere."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def _descendants(ancestor: int) -> Iterator[int]:
    try:
        threads = list(Path(f"/proc/{ancestor}/task").iterdir())
    except OSError:
        return
    for thread in threads:
        with suppress(OSError):
            for child in (thread / "children").read_text(encoding="ascii").split():
                yield int(child)
                yield from _descendants(int(child))


def _marked(mark: str) -> Iterator[int]:
    """What has the mark: also what was left by its parents."""
    sought = f"{MARK}={mark}".encode()
    with suppress(OSError):
        for process in os.listdir("/proc"):  # noqa: PTH208  # a name costs less than a path, and there may be very many
            with suppress(OSError, ValueError):
                pid = int(process)
                if sought in Path(f"/proc/{pid}/environ").read_bytes():
                    yield pid


def main() -> None:
    """Listen until the worker is gone, and kill what it has left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    running: dict[str, int] = {}
    for line in sys.stdin:
        mark, pid = line.split()
        running[mark] = int(pid)
        if running[mark] == ENDED:
            del running[mark]
    for mark, pid in running.items():
        _kill(pid, mark)


def _kill(pid: int, mark: str) -> None:
    """Kill the family, again as long as there is something of it: it may be starting more."""
    for _ in range(_ROUNDS):
        members = family(pid, mark)
        send(signal.SIGKILL, pid, members)
        if not any(map(is_alive, members)):
            return
        time.sleep(_PAUSE)


if __name__ == "__main__":
    main()
