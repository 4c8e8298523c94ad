"""Serving: from an engine and an address to a process that answers, until it is told to stop."""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn

from ostinato.engine.engine import Engine
from ostinato.errors import UsageError
from ostinato.model.limits import POLL_SECONDS
from ostinato.server.access_log import AccessLog
from ostinato.server.application import Application
from ostinato.server.credentials import Credentials
from ostinato.server.guard import Guard, KeyGuard, OpenGuard
from ostinato.server.http import IDLE_SECONDS, Protocol
from ostinato.server.metrics import Metrics
from ostinato.server.pages import pages
from ostinato.server.signatures import Signatures

BACKLOG = 2048

CONNECTIONS = 20_000
"""More than so many are told to come again later."""

GRACE_SECONDS = 20
"""Requests that run may take so long after the server was told to stop."""

_TICKS_PER_SECOND = 10


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to serve.

    Args:
        credentials: who may call; everybody who reaches the server, if None.
        access_log: is told of each request.
        poll_seconds: how long a poll waits for a task.
    """

    credentials: Credentials | None = None
    access_log: AccessLog | None = None
    poll_seconds: float = POLL_SECONDS


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one.

    Raises:
        UsageError: the address cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _not_listening(host, port, error) from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise _not_listening(host, port, error) from None
    return listening


def _not_listening(host: str, port: int, error: OSError) -> UsageError:
    return UsageError(
        where=f"{host}:{port}", found=f"cannot listen there: {error.strerror}", hint="Choose another --host or --port"
    )


def is_loopback(listening: socket.socket) -> bool:
    """Whether only this machine reaches the socket."""
    return ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


def url_of(listening: socket.socket) -> str:
    """The URL at which the socket is reached from this machine."""
    host, port = listening.getsockname()[:2]
    if ipaddress.ip_address(host.partition("%")[0]).is_unspecified:
        host = "127.0.0.1" if listening.family is socket.AF_INET else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server:
    """A server over an engine.

    Args:
        engine: what carries operations out. It is not closed.
        settings: how to serve.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        metrics = Metrics()
        self._application = Application(
            engine,
            guard=_guard(engine, settings.credentials),
            pages=pages(engine, metrics),
            metrics=metrics,
            poll_seconds=settings.poll_seconds,
            access_log=settings.access_log,
        )
        config = uvicorn.Config(
            self._application,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=int(IDLE_SECONDS),
            timeout_graceful_shutdown=GRACE_SECONDS,
            limit_concurrency=CONNECTIONS,
            backlog=BACKLOG,
        )
        self._uvicorn = _Uvicorn(config, self._application.stop)

    def serve(self, listening: socket.socket) -> None:
        """Answer requests until told to stop; then answer what runs, and return."""
        try:
            with asyncio.Runner(loop_factory=self._uvicorn.config.get_loop_factory()) as runner:
                runner.run(self._uvicorn.serve_until_stopped(listening))
        finally:
            self._application.close()

    def stop(self) -> None:
        """Let `serve` return, from any thread or signal handler."""
        self._uvicorn.should_exit = True


def _guard(engine: Engine, credentials: Credentials | None) -> Guard:
    if credentials is None:
        return OpenGuard()
    secret_keys = {key.access_key_id: key.secret_access_key for key in credentials.values()}
    return KeyGuard(credentials, Signatures(secret_keys, time.time), engine.domain_of)


class _Uvicorn(uvicorn.Server):
    """uvicorn's server, without its signals, with an eye on slow clients and a word to the polls before it ends."""

    def __init__(self, config: uvicorn.Config, before_ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._before_ending = before_ending

    async def serve_until_stopped(self, listening: socket.socket) -> None:
        await self._serve([listening])

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_PER_SECOND == 0:
            now = time.monotonic()
            connections: list[object] = list(self.server_state.connections)
            for connection in connections:
                if isinstance(connection, Protocol):
                    connection.enforce_patience(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._before_ending()
        await super().shutdown(sockets)
