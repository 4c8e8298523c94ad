"""One run of a program: its pipes, its time-out, and its end with all that it started."""

import asyncio
import atexit
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from ostinato.errors import ProgramFailed
from ostinato.worker import reaper
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
    """Run it to its end. If this process is gone before, it is killed with all that it started.

    Raises:
        ProgramFailed: its time-out passed.
        CancelledError: the activity that runs it was asked to stop.
    """
    mark = uuid.uuid4().hex
    _reaper().tell(mark, reaper.STARTING)
    try:
        return _run(run, mark)
    finally:
        _reaper().tell(mark, reaper.ENDED)


def _run(run: Run, mark: str) -> Finished:
    running = running_activity.get(None)
    deadline = None if run.timeout is None else time.monotonic() + run.timeout
    process = subprocess.Popen(  # noqa: S603  # it is what the author wrote, and no shell reads it
        run.command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**run.env, reaper.MARK: mark},
        cwd=run.cwd,
        # The process of an isolated activity is killed with its group: what it starts has to stay in that.
        start_new_session=running is None or not running.is_isolated,
        pass_fds=run.pass_fds,
    )
    data: bytes | None = run.stdin
    try:
        _reaper().tell(mark, process.pid)
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
            _end(process, mark, run.grace)


def _end(process: subprocess.Popen[bytes], mark: str, grace: float) -> None:
    """End it and all that it started: SIGTERM, and after a grace SIGKILL."""
    family = reaper.family(process.pid, mark)
    reaper.send(signal.SIGTERM, process.pid, family)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and (process.poll() is None or any(map(reaper.is_alive, family - {process.pid}))):
        time.sleep(min(_GLANCE, grace))
        family |= reaper.family(process.pid, mark)
    reaper.send(signal.SIGKILL, process.pid, family)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


class _Reaper:
    """Has the programs that run here killed if this process is gone, by a process that is told what runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)
        atexit.register(self._stop)

    def tell(self, mark: str, pid: int) -> None:
        """Tell what became of the run with that mark.

        Raises:
            OSError: there is no such process, and none can be started.
        """
        with self._lock:
            self._running[mark] = pid
            if pid == reaper.ENDED:
                del self._running[mark]
            if not self._write(f"{mark} {pid}\n"):
                self._start()

    def _write(self, text: str) -> bool:
        if self._process is None or self._process.stdin is None:
            return False
        try:
            os.write(self._process.stdin.fileno(), text.encode())
        except OSError:
            return False
        return True

    def _start(self) -> None:
        """Start it, anew if somebody has killed it."""
        self._stop()
        # In a session of its own: it has to be there after whatever killed this process.
        self._process = subprocess.Popen(  # noqa: S603  # it is ourselves
            [sys.executable, "-I", "-S", reaper.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._write("".join(f"{mark} {pid}\n" for mark, pid in self._running.items()))

    def _stop(self) -> None:
        """Let it end, which is soon if nothing runs."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            process.wait()

    def _forget(self) -> None:
        """This is a copy of the process, which must not seem to be that one still."""
        self._lock = threading.Lock()
        self._running = {}
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.returncode = 0
        self._process = None


@cache
def _reaper() -> _Reaper:
    return _Reaper()
