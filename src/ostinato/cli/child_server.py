"""The server of one `ostinato standalone`, in a child process: a database file, for the processes beside it alone."""

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from ostinato.engine.engine import open_engine
from ostinato.server.serving import Server, Settings, listen
from ostinato.worker.stand_ins import StandIn

HOST = "127.0.0.1"


class ServerService:
    """Serves a database on a port of this machine, from `start` to `drain`; to be entered as a context.

    Args:
        db: the file, or `:memory:`.
        port: the port.
        stand_ins: what is called in place of Lambda functions, by their names.

    Raises:
        UsageError: the port or the database cannot be used.
    """

    def __init__(self, db: str, port: int, stand_ins: Mapping[str, StandIn]) -> None:
        self._listening = listen(HOST, port)
        self._engine = open_engine(db, lambda_functions=stand_ins)
        self._server = Server(self._engine, Settings())
        self._thread = threading.Thread(target=self._server.serve, args=(self._listening,), name="ostinato server")

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def drain(self, grace: float) -> bool:
        """Answer what was asked, and serve no more."""
        if self._thread.ident is not None:
            self._server.stop()
            self._thread.join(grace)
        return not self._thread.is_alive()

    def gauges(self) -> dict[str, float]:
        """Nothing: a server has metrics of its own."""
        return {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.close()
        self._listening.close()
