"""A child process of a supervisor: takes its order, serves, tells how it is, and drains when it is told to."""

import logging
import os
import signal
import sys
import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import msgspec

from ostinato.cli.complaints import complain
from ostinato.cli.orders import Order, Role
from ostinato.cli.reaching import reach
from ostinato.errors import UsageError
from ostinato.storage.sealed import for_replay, seal, travel_of
from ostinato.worker.children import DRAINING, SERVING, STARTING, Status
from ostinato.worker.counters import Counters
from ostinato.worker.lines import Lines
from ostinato.worker.logs import set_up_logging
from ostinato.worker.middleware import WATCH_GROUP, load_parts
from ostinato.worker.service import Service, prepare
from ostinato.worker.supervision import UNUSABLE
from ostinato.worker.targets import load_catalog, load_payloads, load_stand_ins
from ostinato.worker.titles import set_title

if TYPE_CHECKING:
    from types import FrameType

    from ostinato.payloads.policy import Payloads
    from ostinato.worker.catalog import Catalog

logger = logging.getLogger(__name__)

DRAINED = 0
HANDED_BACK = 1

_TELL_SECONDS = 0.5


def run_child() -> int:
    """Do what the line on stdin says, and give the exit code."""
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    set_up_logging(is_json=order.is_json, level=logging.INFO if order.is_verbose else logging.WARNING)
    try:
        return _Child(order).run()
    except UsageError as error:
        complain(error)
        return UNUSABLE


class _Child:
    """A child under way."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._ending = threading.Event()
        self._state = STARTING
        self._counters = Counters()
        self._service: Service | None = None
        os.set_inheritable(order.status, False)

    def run(self) -> int:
        """Serve until the end."""
        order = self._order
        self._take_signals()
        set_title(f"{order.role.value}: starting")
        if order.role is Role.SERVER:
            from ostinato.cli.child_server import ServerService  # noqa: PLC0415  # an extra, and heavy

            with ServerService(order.db, order.port, load_stand_ins(order.stand_ins)) as service:
                return self._serve(service)
        catalog = load_catalog(order.targets)
        payloads = load_payloads(order.payloads)
        travel = travel_of(payloads, catalog.definitions)
        with ExitStack() as stack:
            rest = stack.enter_context(reach(order.engine))
            polls = stack.enter_context(hanging := ExitStack()).enter_context(reach(order.engine))
            prepare(
                rest,
                domain=order.domain,
                definitions=catalog.definitions,
                may_create_domain=order.may_create_domain,
                stopping=self._ending,
                watch=self._counters.watch,
            )
            polls, rest = seal(polls, travel), seal(rest, travel)
            self._counters.tell(load_parts(order.middleware, WATCH_GROUP))
            if order.role is Role.DECIDER:
                polls, rest = for_replay(polls), for_replay(rest)
            lines = Lines(polls, rest, hanging.close)
            return self._serve(self._make(lines, catalog, payloads))

    def _serve(self, service: Service) -> int:
        self._service = service
        if not self._ending.is_set():
            service.start()
            self._tell(SERVING, _files())
        while not self._ending.wait(_TELL_SECONDS):
            self._tell(SERVING)
        return self._drain(service)

    def _make(self, lines: Lines, catalog: "Catalog", payloads: "Payloads") -> Service:
        make = _decider if self._order.role is Role.DECIDER else _worker
        return make(self._order, lines, catalog, payloads, self._counters)

    def _drain(self, service: Service) -> int:
        self._tell(DRAINING)
        has_ended = service.drain(self._order.grace)
        self._tell(DRAINING)
        return DRAINED if has_ended else HANDED_BACK

    def _take_signals(self) -> None:
        def end(_number: int, _frame: "FrameType | None") -> None:
            self._ending.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        # From here on stdin is the lifeline alone: what the program reads or starts gets nothing of it.
        lifeline = os.dup(0)
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123  # a descriptor is wanted
            os.dup2(nothing.fileno(), 0)
        threading.Thread(target=self._watch_over, args=(lifeline,), name="ostinato lifeline", daemon=True).start()

    def _watch_over(self, lifeline: int) -> None:
        """End when the supervisor is gone, however it went."""
        while os.read(lifeline, 1024):
            pass
        if not self._ending.is_set():
            logger.warning("The supervisor is gone: draining")
            self._ending.set()

    def _tell(self, state: str, files: tuple[str, ...] = ()) -> None:
        if state != self._state:
            set_title(f"{self._order.role.value}: {state}")
        self._state = state
        gauges = self._service.gauges() if self._service is not None else {}
        status = Status(state=state, counters=self._counters.snapshot(), gauges=gauges, files=files)
        with suppress(OSError):
            os.write(self._order.status, msgspec.json.encode(status) + b"\n")


def _decider(order: Order, lines: Lines, catalog: "Catalog", payloads: "Payloads", counters: Counters) -> Service:
    from ostinato.worker.decision_service import DecisionService, DecisionSettings  # noqa: PLC0415  # the other's alone
    from ostinato.worker.middleware import DECISION_GROUP, load_middleware  # noqa: PLC0415

    if not catalog.workflows:
        raise UsageError(found=f"there is no workflow in {' '.join(order.targets)}")
    settings = DecisionSettings(
        domain=order.domain,
        task_lists=order.task_lists,
        lane=order.lane,
        single=order.single,
        kept_replays=order.kept_replays,
        kept_bytes=order.kept_bytes,
        sticky_timeout=order.sticky_timeout,
        checked=order.checked,
        guard=order.guard,
    )
    middleware = load_middleware(order.middleware, DECISION_GROUP)
    return DecisionService(lines, settings, catalog, watch=counters.watch, payloads=payloads, middleware=middleware)


def _worker(order: Order, lines: Lines, catalog: "Catalog", payloads: "Payloads", counters: Counters) -> Service:
    from ostinato.worker.activity_service import ActivityService, ActivitySettings  # noqa: PLC0415
    from ostinato.worker.middleware import ACTIVITY_GROUP, load_middleware  # noqa: PLC0415
    from ostinato.worker.processes import Isolation  # noqa: PLC0415

    if not catalog.activities:
        raise UsageError(found=f"there is no activity in {' '.join(order.targets)}")
    settings = ActivitySettings(
        isolation=Isolation(
            targets=order.targets,
            domain=order.domain,
            payloads=order.payloads,
            memory=order.memory,
            tasks=order.tasks,
            patience=order.patience,
            middleware=order.middleware,
        ),
        task_lists=order.task_lists,
        lane=order.lane,
        single=order.single,
        concurrency=order.concurrency,
        rate=order.rate,
        task_list_rates=order.task_list_rates,
    )
    middleware = load_middleware(order.middleware, ACTIVITY_GROUP)
    return ActivityService(lines, settings, catalog, watch=counters.watch, payloads=payloads, middleware=middleware)


def _files() -> tuple[str, ...]:
    """The files of the program's own code: not what is installed."""
    files = (getattr(module, "__file__", None) for module in tuple(sys.modules.values()))
    return tuple(sorted(file for file in files if file and not file.startswith((sys.prefix, sys.base_prefix))))
