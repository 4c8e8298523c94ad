"""What tests of the client share: an engine in memory, a worker over it, and a client of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ostinato import Client
from ostinato.engine.engine import Engine, open_engine
from ostinato.replay.definitions import Definition
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker

DOMAIN = "test"

Serve = Callable[..., None]


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine in memory."""
    with open_engine(":memory:") as engine:
        yield engine


@pytest.fixture
def client(engine: Engine) -> Client:
    """A client of the engine, whose domain is there."""
    client = Client(engine.local(), domain=DOMAIN)
    client.register()
    return client


@pytest.fixture
def serve(engine: Engine) -> Iterator[Serve]:
    """Starts a worker for definitions, which ends with the test."""
    with ExitStack() as stack:
        workers: list[LocalWorker] = []

        def start(*definitions: Definition) -> None:
            worker = LocalWorker(engine.local(), domain=DOMAIN, catalog=catalog_of(definitions))
            workers.append(worker)
            stack.enter_context(worker)

        yield start
        for worker in workers:
            worker.stop()
        engine.close()
        assert all(worker.join(10) for worker in workers)
