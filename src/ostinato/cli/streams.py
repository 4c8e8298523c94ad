"""Keeps stdout for data: whatever else writes there while a workflow runs (print, a subprocess) goes to stderr."""

import contextlib
import os
import sys
from collections.abc import Generator, Iterable
from typing import Any, TextIO, cast


@contextlib.contextmanager
def data_stream() -> Generator[TextIO]:
    """The real stdout, while file descriptor 1 and `sys.stdout` are stderr."""
    _open_what_is_closed()
    printed = sys.stdout
    printed.flush()
    kept = os.dup(1)
    data = open(kept, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # it is a file descriptor, and closed below
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(cast("TextIO", _Heedless(sys.stderr))):
            yield data
    finally:
        for stream in (printed, sys.stderr):  # a debugger or a log may have kept the former
            try:
                stream.flush()
            except OSError:
                forget(stream)
        os.dup2(kept, 1)
        with contextlib.suppress(OSError):  # who wrote flushed it, and has told what came of that
            data.close()


def forget(stream: TextIO) -> None:
    """Let what is left in its buffer go nowhere, so that Python does not fail at it once more when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _open_what_is_closed() -> None:
    """Put the null device where a standard stream is closed: the next file opened, a database, would get its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115


class _Heedless:
    """A stream for what is said by the way: a workflow must not fail because nobody reads what its code prints."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write it, if that can be."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write them, if that can be."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush, if that can be."""
        with contextlib.suppress(OSError):
            self._stream.flush()
