"""One `ostinato decider` or `ostinato worker`: from its order to the exit code."""

import dataclasses
import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ostinato.cli.complaints import complain
from ostinato.cli.orders import Order
from ostinato.engines import EngineKind, parse_engine
from ostinato.errors import UsageError
from ostinato.worker.children import Child
from ostinato.worker.logs import set_up_logging
from ostinato.worker.supervision import Ended, Supervisor

if TYPE_CHECKING:
    from ostinato.worker.health import HealthServer

logger = logging.getLogger(__name__)

STOPPED = 0
CUT_SHORT = 1
UNUSABLE = 2
LEFT = 130

GRACE = 30.0
GRACE_ON_AWS = 75.0
"""Seconds. Amazon's polls take a minute and cannot be interrupted, and what they bring has to be done."""

COMMAND = (sys.executable, "-m", "ostinato", "child-of-supervisor")

_CODES = {Ended.DRAINED: STOPPED, Ended.CUT_SHORT: CUT_SHORT, Ended.UNUSABLE: UNUSABLE, Ended.LEFT: LEFT}


@dataclass(frozen=True, kw_only=True)
class Supervision:
    """What was asked for. `grace` is None for what fits the engine; `port` is None for no `/health`."""

    order: Order
    processes: int
    grace: float | None
    reloads: bool
    host: str
    port: int | None
    create_domain: bool


def starter(order: Order) -> Callable[[int], Child]:
    """What starts a child with this order."""

    def start(_slot: int) -> Child:
        return Child(COMMAND, lambda status: msgspec.json.encode(msgspec.structs.replace(order, status=status)))

    return start


def supervise(supervision: Supervision) -> int:
    """Keep the processes running until a signal, and give the exit code."""
    try:
        return _supervise(supervision)
    except Exception as error:  # noqa: BLE001  # a traceback of ours helps nobody here
        complain(error)
        return UNUSABLE if isinstance(error, UsageError) else CUT_SHORT


def _supervise(supervision: Supervision) -> int:
    url = parse_engine(supervision.order.engine, where="--engine")
    if url.is_embedded:
        raise UsageError(
            where="--engine",
            found=f"{url} is embedded in the one process that opens it, and these are several",
            expected="http://HOST:PORT or aws:REGION",
            hint="`ostinato server --db FILE` serves a database file to many; `ostinato run` does all in one process",
        )
    is_aws = url.kind is EngineKind.AWS
    grace = supervision.grace if supervision.grace is not None else GRACE_ON_AWS if is_aws else GRACE
    order = msgspec.structs.replace(
        supervision.order, grace=grace, may_create_domain=supervision.create_domain or not is_aws
    )
    supervision = dataclasses.replace(supervision, order=order, grace=grace)
    with ExitStack() as stack:
        stack.callback(set_up_logging(is_json=order.is_json))
        supervisor = Supervisor(
            order.role.value,
            start=starter(order),
            count=supervision.processes,
            grace=grace,
            reloads=supervision.reloads,
        )
        stack.callback(supervisor.handle_signals())
        if supervision.port is not None:
            stack.callback(_health(supervision.host, supervision.port, supervisor).close)
        return _CODES[supervisor.run()]


def _health(host: str, port: int, supervisor: Supervisor) -> "HealthServer":
    from ostinato.worker.health import HealthServer  # noqa: PLC0415  # only if asked for

    try:
        server = HealthServer(host, port, supervisor.snapshot)
    except OSError as error:
        raise UsageError(where=f"--port {port}", found=f"it cannot be listened on: {error}") from None
    logger.info("http://%s:%d/health and /metrics tell how this goes", host, server.port)
    return server
