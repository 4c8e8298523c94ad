"""What an activity worker and the process of an isolated activity say to each other, over a pair of sockets."""

import socket
import struct
import threading
from typing import Generic, TypeVar

import msgspec

from ostinato.model.results import ActivityTask

T = TypeVar("T")

_LENGTH = struct.Struct("!I")


class Run(msgspec.Struct, frozen=True, tag=True):
    """To the process: run this task."""

    task: ActivityTask


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """To the process: the activity should stop."""


class Beaten(msgspec.Struct, frozen=True, tag=True):
    """To the process: a heartbeat was sent. `failure` tells why not."""

    cancel_requested: bool = False
    failure: str | None = None


class Ready(msgspec.Struct, frozen=True, tag=True):
    """From the process: it has imported all, and may be given tasks."""


class Beat(msgspec.Struct, frozen=True, tag=True):
    """From the process: the activity's code calls `heartbeat`, with these details as text."""

    details: str | None = None


class Completed(msgspec.Struct, frozen=True, tag=True):
    """From the process: the activity gave this result."""

    result: str | None = None


class Failed(msgspec.Struct, frozen=True, tag=True):
    """From the process: the activity failed."""

    reason: str | None = None
    details: str | None = None


class Canceled(msgspec.Struct, frozen=True, tag=True):
    """From the process: the activity stopped, as it was asked to."""


class Left(msgspec.Struct, frozen=True, tag=True):
    """From the process: the activity has left its task open, for somebody else to complete."""


ToProcess = Run | Cancel | Beaten
FromProcess = Ready | Beat | Completed | Failed | Canceled | Left


class Frames(Generic[T]):
    """Reads values of one kind from a socket, and writes others to it. Safe to write to from several threads.

    Args:
        connection: the socket.
        kind: what is read: a union of tagged structs.
    """

    def __init__(self, connection: socket.socket, kind: type[T]) -> None:
        self._socket = connection
        self._decoder = msgspec.msgpack.Decoder(kind)
        self._encoder = msgspec.msgpack.Encoder()
        self._lock = threading.Lock()
        self._received = bytearray()

    def send(self, value: msgspec.Struct) -> None:
        """Write a value.

        Raises:
            OSError: nobody is there.
        """
        data = self._encoder.encode(value)
        with self._lock:
            self._socket.sendall(_LENGTH.pack(len(data)) + data)

    def receive(self, timeout: float | None = None) -> T | None:
        """Read the next value, waiting for it; None if none was complete after the time-out, in seconds.

        Raises:
            EOFError: the other side is gone.
        """
        while True:
            value = self._next()
            if value is not None:
                return value
            self._socket.settimeout(timeout)
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                return None
            except OSError:
                data = b""
            if not data:
                raise EOFError
            self._received += data

    def _next(self) -> T | None:
        if len(self._received) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._received)
        end = _LENGTH.size + length
        if len(self._received) < end:
            return None
        value = self._decoder.decode(self._received[_LENGTH.size : end])
        del self._received[:end]
        return value

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()
