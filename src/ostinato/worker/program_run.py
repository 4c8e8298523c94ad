"""One run of a program: its pipes, its time-out, and its end with all that it started."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ostinato.errors import ProgramFailed
from ostinato.worker.context import running_activity

_GLANCE = 0.1
"""Seconds after which a program that runs is looked after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What to run. `timeout` is in seconds, as is `grace`, from SIGTERM to SIGKILL."""

    command: Sequence[str]
    stdin: bytes
    env: Mapping[str, str]
    cwd: str | os.PathLike[str] | None
    timeout: float | None
    grace: float
    pass_fds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """How it ended by itself."""

    command: Sequence[str]
    exit_code: int
    stdout: bytes
    stderr: bytes


def run_program(run: Run) -> Finished:
    """Run it to its end.

    Raises:
        ProgramFailed: its time-out passed.
        CancelledError: the activity that runs it was asked to stop.
    """
    running = running_activity.get(None)
    # The process of an isolated activity is killed with its group: what it starts has to stay in that.
    own_group = running is None or not running.is_isolated
    deadline = None if run.timeout is None else time.monotonic() + run.timeout
    process = subprocess.Popen(  # noqa: S603  # it is what the author wrote, and no shell reads it
        run.command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=run.env,
        cwd=run.cwd,
        start_new_session=own_group,
        pass_fds=run.pass_fds,
    )
    data: bytes | None = run.stdin
    try:
        while True:
            try:
                stdout, stderr = process.communicate(data, timeout=_GLANCE)
            except subprocess.TimeoutExpired:
                data = None
            else:
                return Finished(run.command, process.returncode, stdout, stderr)
            if running is not None and running.cancel_requested:
                raise asyncio.CancelledError
            if deadline is not None and time.monotonic() > deadline:
                raise ProgramFailed(
                    f"{run.command[0]} was killed: it ran longer than {run.timeout:g} s", exit_code=None
                )
    finally:
        if process.returncode is None:
            _end(process, run.grace, own_group=own_group)


def _end(process: subprocess.Popen[bytes], grace: float, *, own_group: bool) -> None:
    """End it and all that it started: SIGTERM, and after a grace SIGKILL."""
    family = {process.pid, *_descendants(process.pid)}
    _signal(family, signal.SIGTERM, process.pid if own_group else None)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and (process.poll() is None or any(map(_is_alive, family - {process.pid}))):
        time.sleep(min(_GLANCE, grace))
        family |= set(_descendants(process.pid))
    _signal(family, signal.SIGKILL, process.pid if own_group else None)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _signal(family: set[int], number: int, group: int | None) -> None:
    if group is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
    for pid in family:
        if group is None or _is_alive(pid):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def _descendants(ancestor: int) -> Iterator[int]:
    """What it started, and what that started, as far as Linux tells: also what left the group."""
    try:
        threads = list(Path(f"/proc/{ancestor}/task").iterdir())
    except OSError:
        return
    for thread in threads:
        with suppress(OSError):
            for child in (thread / "children").read_text(encoding="ascii").split():
                yield int(child)
                yield from _descendants(int(child))
