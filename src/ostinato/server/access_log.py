"""The access log: one line of JSON for each request, written by a thread so that a slow terminal stops nobody."""

from queue import SimpleQueue
from threading import Thread
from typing import TextIO

import msgspec


class Access(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request."""

    time: str
    request_id: str
    client: str
    operation: str
    status: int
    outcome: str
    milliseconds: float
    request_bytes: int
    response_bytes: int
    access_key_id: str | None = None
    domain: str | None = None


class AccessLog:
    """Writes what is asked for.

    Args:
        stream: where to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: SimpleQueue[Access | None] = SimpleQueue()
        self._thread = Thread(target=self._write, name="ostinato-access-log", daemon=True)
        self._thread.start()

    def note(self, access: Access) -> None:
        """Let the request be written."""
        self._lines.put(access)

    def close(self) -> None:
        """Write what is left, and end."""
        self._lines.put(None)
        self._thread.join()

    def _write(self) -> None:
        encode = msgspec.json.Encoder().encode
        while (access := self._lines.get()) is not None:
            self._stream.write(encode(access).decode() + "\n")
            if self._lines.empty():
                self._stream.flush()
