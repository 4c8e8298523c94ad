"""Our HTTP protocol: uvicorn's, kept within limits.

uvicorn parses, answers and keeps connections. It has no bound on how long a client may take to send its request nor on how
long its headers may be; those are added here, and a way to ask the system whether the client hung up.
"""

import select
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ostinato.server.connections import HUNG_UP

_GONE = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)


class Protocol(HttpToolsProtocol):
    """One client's connection."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["extensions"] = {HUNG_UP: self._has_hung_up}

    def _has_hung_up(self) -> bool:
        if self.transport.is_closing():
            return True
        descriptor: Any = self.transport.get_extra_info("socket")
        poll = select.poll()
        poll.register(descriptor.fileno(), _GONE)
        return bool(poll.poll(0))
