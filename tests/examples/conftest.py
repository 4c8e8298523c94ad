"""A stage for the examples: one engine of each kind, whose timers do not take their time."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ostinato import Client, Handle
from ostinato.clients.http import HttpSwf
from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import Engine, open_engine
from ostinato.server.serving import Server, Settings, listen
from ostinato.swf import Swf
from ostinato.worker.local import LocalWorker
from ostinato.worker.targets import Target, load_stand_ins, load_target

EXAMPLES = Path(__file__).parents[2] / "examples"
SECONDS = 20.0
"""Longer than anything here takes, unless it hangs."""


@dataclass
class Stage:
    """Runs examples on one engine. `engine` is the one that carries out all, also behind a server."""

    engine: Engine
    clock: ManualClock
    swf: Swf
    workers: ExitStack

    @property
    def client(self) -> Client:
        """A client of the engine."""
        return Client(self.swf)

    def serve(self, target: str, **options: Any) -> Target:
        """Serve an example, named as in `orders.py:fulfil`; `options` are the worker's."""
        found = load_target(f"{EXAMPLES}/{target}")
        worker = LocalWorker(self.swf, domain="default", catalog=found.catalog, **options)
        self.workers.callback(self._await_end, worker)
        self.workers.enter_context(worker)
        return found

    def start(self, target: str, *args: Any, **kwargs: Any) -> Handle[Any]:
        """Serve an example, and start an execution of it."""
        return self.client.start(self.serve(target).workflow, *args, **kwargs)

    def run(self, target: str, *args: Any, **kwargs: Any) -> Any:
        """The result of an execution of an example."""
        return self.start(target, *args, **kwargs).result(timeout=SECONDS)

    def _await_end(self, worker: LocalWorker) -> None:
        self.swf.close() if isinstance(self.swf, HttpSwf) else self.engine.close()
        assert worker.join(SECONDS)


@pytest.fixture(params=["memory", "sqlite", "http"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """An engine in memory, one in a file, and one behind a server, each with workers that know only its operations."""
    path = tmp_path / "examples.db" if request.param == "sqlite" else ":memory:"
    with ExitStack() as stack:
        stand_ins = load_stand_ins([f"{EXAMPLES}/thumbnails.py"])
        clock = ManualClock()
        engine = stack.enter_context(open_engine(path, clock=clock, lambda_functions=stand_ins))
        swf = _served(engine, stack) if request.param == "http" else engine.local()
        with ExitStack() as workers:
            yield Stage(engine, clock, swf, workers)


def _served(engine: Engine, stack: ExitStack) -> Swf:
    listening = listen("127.0.0.1", 0)
    host, port = listening.getsockname()
    server = Server(engine, Settings(poll_seconds=SECONDS))
    thread = Thread(target=server.serve, args=(listening,))
    thread.start()
    stack.callback(thread.join)
    stack.callback(server.stop)
    client = HttpSwf(f"http://{host}:{port}")
    stack.callback(client.close)
    return client
