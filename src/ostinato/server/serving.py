"""Serving: from an engine and an address to a process that answers, until it is told to stop."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn

from ostinato.engine.engine import Engine
from ostinato.errors import UsageError
from ostinato.model.limits import POLL_SECONDS
from ostinato.server.application import Application
from ostinato.server.http import Protocol
from ostinato.server.pages import pages
from ostinato.server.threads import Threads

BACKLOG = 2048


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to serve.

    Args:
        host: the address to listen on.
        port: the port; 0 takes a free one.
        poll_seconds: how long a poll waits for a task.
    """

    host: str = "127.0.0.1"
    port: int = 4570
    poll_seconds: float = POLL_SECONDS


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        UsageError: the address cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        raise UsageError(
            where=f"{host}:{port}", found=f"cannot listen there: {error.strerror}", hint="Choose another --host or --port"
        ) from None
    return listening


def url_of(listening: socket.socket) -> str:
    """The URL at which the socket is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if listening.family is socket.AF_INET6 else f"http://{host}:{port}"


class Server:
    """A server over an engine.

    Args:
        engine: what carries operations out. It is not closed.
        settings: how to serve.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._threads = Threads()
        self.application = Application(engine, pages(), self._threads, settings.poll_seconds)
        config = uvicorn.Config(
            self.application,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=75,
            backlog=BACKLOG,
        )
        self._uvicorn = _Uvicorn(config, self.application.polls.stop)

    def serve(self, listening: socket.socket) -> None:
        """Answer requests until told to stop; then answer what runs, and return."""
        try:
            asyncio.run(self._uvicorn.serve_until_stopped(listening))
        finally:
            self._threads.close()

    def stop(self) -> None:
        """Let `serve` return, from any thread or signal handler."""
        self._uvicorn.should_exit = True


class _Uvicorn(uvicorn.Server):
    """uvicorn's server, without its signals, and with a word to the polls before it waits for all to end."""

    def __init__(self, config: uvicorn.Config, before_waiting: Callable[[], None]) -> None:
        super().__init__(config)
        self._before_waiting = before_waiting

    async def serve_until_stopped(self, listening: socket.socket) -> None:
        await self._serve([listening])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._before_waiting()
        await super().shutdown(sockets)
