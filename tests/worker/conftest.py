"""What tests of the worker share: an engine in memory, and a worker over it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from ostinato.engine.engine import Engine, open_engine
from ostinato.replay.definitions import Definition
from ostinato.swf import Swf
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker

DOMAIN = "test"

Serve = Callable[..., LocalWorker]


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine in memory."""
    with open_engine(":memory:") as engine:
        yield engine


@pytest.fixture
def serve(engine: Engine) -> Iterator[Serve]:
    """Starts a worker for definitions, which ends with the test."""
    with ExitStack() as stack:
        workers: list[LocalWorker] = []

        def start(*definitions: Definition, swf: Swf | None = None, **options: Any) -> LocalWorker:
            worker = LocalWorker(swf or engine.local(), domain=DOMAIN, catalog=catalog_of(definitions), **options)
            workers.append(worker)
            return stack.enter_context(worker)

        yield start
        for worker in workers:
            worker.stop()
        engine.close()
        assert all(worker.join(10) for worker in workers)
