"""`Worker`: workflows and activities served within one's own program."""

import logging
import threading
from collections.abc import Sequence
from types import ModuleType, TracebackType
from typing import Literal, Self

from ostinato.client.client import Client
from ostinato.errors import UsageError
from ostinato.replay.definitions import Definition
from ostinato.worker.catalog import catalog_of, definitions_of
from ostinato.worker.guard import Guard, GuardMode
from ostinato.worker.local import CONCURRENCY, LocalWorker
from ostinato.worker.middleware import ActivityMiddleware, DecisionMiddleware
from ostinato.worker.watchdog import Watchdog

logger = logging.getLogger(__name__)


class Worker:
    """Serves workflows and activities in threads of this program: a web server, a script, a notebook.

    As a context manager it serves from its beginning to its end. What was open before goes on, as with any worker::

        with Client("sqlite:orders.db") as client, Worker(client, fulfil, charge):
            client.run(fulfil, "order-7")

    Args:
        client: where tasks come from, in which domain, and how values travel.
        definitions: the workflows and activities, and modules: of these all that their code can name.
        concurrency: how many activities may run at once.
        grace: for so many seconds its end waits for activities that run.
        activity_middleware: what is put around each attempt at an activity, the first outermost.
        decision_middleware: what is put around the making of each decision, the first outermost.
        guard: what is done where workflow code does what no replay can repeat: it is logged ("warning"), no decision is
            made of it ("error"), or nothing.

    Raises:
        UsageError: there is nothing to serve; two functions claim the same type; or an activity has
            `isolation="process"`, which `ostinato run` and `ostinato worker` have.
    """

    def __init__(
        self,
        client: Client,
        *definitions: Definition | ModuleType,
        concurrency: int = CONCURRENCY,
        grace: float = 30.0,
        activity_middleware: Sequence[ActivityMiddleware] = (),
        decision_middleware: Sequence[DecisionMiddleware] = (),
        guard: Literal["warning", "error", "off"] = "warning",
    ) -> None:
        catalog = catalog_of(definitions_of(definitions))
        if not catalog.definitions:
            raise UsageError(where="Worker", found="nothing to serve", hint="Name workflows, activities or modules")
        if concurrency < 1:
            raise UsageError(where="Worker", found=f"concurrency={concurrency}", expected="1 or more")
        self._grace = grace
        self._worker = LocalWorker(
            client.swf,
            domain=client.domain,
            catalog=catalog,
            payloads=client.payloads,
            concurrency=concurrency,
            activity_middleware=activity_middleware,
            decision_middleware=decision_middleware,
            guard=Guard(GuardMode(guard)),
            watchdog=Watchdog(),
        )

    def start(self) -> None:
        """Register the domain and the types, and begin to serve.

        Raises:
            SwfFault: SWF refuses a registration.
            UsageError: it served already. Make another one.
        """
        if self._worker.has_begun:
            raise UsageError(where="Worker", found="it has served already", hint="Make another one")
        self._worker.start()

    def stop(self) -> None:
        """Begin nothing new, and wait for what runs, as long as `grace` says.

        What still runs then goes on while the program does, and is done again by another worker if it does not get to
        its end. A poll that is out may bring one more task within a minute: it is done, too, unless the client is
        closed, which ends the poll. Twice is harmless.
        """
        if not self._worker.drain(self._grace):
            logger.warning("%d activities run on after %g s", self._worker.running_activities, self._grace)
        threading.Thread(target=self._worker.end, name="ostinato end", daemon=True).start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
