"""A child process of a supervisor: how it is started, what it tells, how it is ended.

It is told what to do in one line on its stdin, which stays open: its end means that the supervisor is gone. It tells
how it is in lines of JSON on a pipe of its own.
"""

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress

import msgspec

STARTING = "starting"
SERVING = "serving"
DRAINING = "draining"


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What a child tells of itself: its state, what it counted, what it has, and (once) the files it was made of."""

    state: str = STARTING
    counters: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    gauges: dict[str, float] = msgspec.field(default_factory=dict[str, float])
    files: tuple[str, ...] = ()


_decode = msgspec.json.Decoder(Status).decode


class Child:
    """A child process.

    Args:
        command: what to start.
        order: gives the line that tells it what to do, from the descriptor of the pipe on which it shall tell.
    """

    def __init__(self, command: tuple[str, ...], order: Callable[[int], bytes]) -> None:
        self._reads, writes = os.pipe()
        os.set_blocking(self._reads, False)
        try:
            # A session of its own: Ctrl-C in a terminal is for the supervisor to pass on.
            self._popen = subprocess.Popen(  # noqa: S603  # it is ourselves
                command, stdin=subprocess.PIPE, pass_fds=[writes], start_new_session=True
            )
            self._lifeline = self._popen.stdin
            if self._lifeline is not None:
                with suppress(BrokenPipeError):
                    self._lifeline.write(order(writes) + b"\n")
                    self._lifeline.flush()
        finally:
            os.close(writes)
        self.status = Status()
        self.files: tuple[str, ...] = ()
        self.has_served = False
        self._rest = b""

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    def listen(self) -> None:
        """Read what it told since the last time."""
        with suppress(BlockingIOError):
            while data := os.read(self._reads, 65536):
                *lines, self._rest = (self._rest + data).split(b"\n")
                for line in lines:
                    self._take(line)

    def _take(self, line: bytes) -> None:
        with suppress(msgspec.DecodeError):
            self.status = _decode(line)
            self.files = self.status.files or self.files
            self.has_served = self.has_served or self.status.state == SERVING

    def exit_code(self) -> int | None:
        """How it ended, as `Popen.returncode`; None while it runs."""
        return self._popen.poll()

    def send(self, number: int) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError):
            self._popen.send_signal(number)

    def kill(self) -> None:
        """Kill it, and wait until it is gone."""
        self.send(signal.SIGKILL)
        self._popen.wait()

    def forget(self) -> None:
        """Give back what this process holds of it, after its end."""
        self.listen()
        os.close(self._reads)
        if self._lifeline is not None:
            with suppress(OSError):
                self._lifeline.close()
