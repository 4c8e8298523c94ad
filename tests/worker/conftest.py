"""What tests of the worker share: an engine in memory, and a worker over it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from ostinato import Client
from ostinato.engine.engine import Engine, open_engine
from ostinato.replay.definitions import Definition, Workflow
from ostinato.swf import Swf
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker

DOMAIN = "test"


class Served(LocalWorker):
    """A worker, and a client of the same service."""

    def execute(self, workflow: Workflow[..., Any], workflow_id: str, *args: Any) -> Any:
        """Start an execution on the worker's own lane, and give its result."""
        task_list = self._lane.name(workflow.task_list)
        options = workflow.options(workflow_id=workflow_id, task_list=task_list)
        return Client(self._swf, domain=DOMAIN).run(options, *args)


Serve = Callable[..., Served]


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

        def start(*definitions: Definition, swf: Swf | None = None, **options: Any) -> Served:
            worker = Served(swf or engine.local(), domain=DOMAIN, catalog=catalog_of(definitions), **options)
            workers.append(worker)
            return stack.enter_context(worker)

        yield start
        for worker in workers:
            worker.stop()
        engine.close()
        assert all(worker.join(10) for worker in workers)
