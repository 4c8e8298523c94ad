"""One `ostinato standalone`: from the target to the exit code, with all that it takes in child processes."""

import shlex
import socket
import threading
import time
import uuid
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TextIO, assert_never

from ostinato.cli.complaints import complain, say
from ostinato.cli.display import Display, open_display
from ostinato.cli.following import CannotGoOn, Follower, HasClosed, WasDropped, WasInterrupted
from ostinato.cli.inputs import read_input
from ostinato.cli.interrupts import EXIT_CODE as INTERRUPTED
from ostinato.cli.interrupts import Interrupts
from ostinato.cli.messages import messages_to
from ostinato.cli.orders import Order, Role
from ostinato.cli.outcome import tell_outcome
from ostinato.cli.reaching import reach
from ostinato.cli.stand_ins_option import check_stand_ins
from ostinato.cli.streams import data_stream
from ostinato.cli.supervise import starter
from ostinato.client.executions import find_open, start_as
from ostinato.client.middleware import Starting, around_start
from ostinato.client.registration import register_types
from ostinato.engines import EngineKind, EngineUrl, parse_engine
from ostinato.errors import UsageError, WorkflowExecutionAlreadyStartedFault
from ostinato.model.operations import DescribeWorkflowExecution
from ostinato.storage.sealed import seal, travel_of
from ostinato.worker.lane import Lane, lane_for
from ostinato.worker.middleware import (
    ACTIVITY_GROUP,
    DECISION_GROUP,
    START_GROUP,
    WATCH_GROUP,
    check_parts,
    load_parts,
    names_with_part,
)
from ostinato.worker.notices import ignore
from ostinato.worker.service import prepare
from ostinato.worker.supervision import Supervisor
from ostinato.worker.targets import load_payloads, load_target

if TYPE_CHECKING:
    from ostinato.model.structures import WorkflowExecution
    from ostinato.swf import Swf

FAILED = 1
UNUSABLE = 2

GRACE = 10.0
"""Seconds that activities may go on after the end, or after an interruption."""

SINGLE = "standalone"
"""The name of the one task list that all is on; with the lane's suffix it is nobody else's."""

_SERVER_SECONDS = 30.0
_GLANCE = 0.1


@dataclass(frozen=True, kw_only=True)
class Alone:
    """What was asked for."""

    target: str
    input: str | None
    workflow_id: str | None
    engine: str
    domain: str
    create_domain: bool
    deciders: int
    workers: int
    concurrency: int
    guard: str
    payloads: str
    stand_ins: tuple[str, ...]
    middleware: tuple[str, ...]
    is_quiet: bool


def run_alone(alone: Alone) -> int:
    """Run it, tell what happens, and give the exit code."""
    with data_stream() as data:
        try:
            return _Alone(alone, data).run()
        except KeyboardInterrupt:
            return INTERRUPTED
        except Exception as error:  # noqa: BLE001  # a traceback of ours helps nobody here
            complain(error)
            return UNUSABLE if isinstance(error, UsageError) else FAILED


class _Alone:
    """One under way."""

    def __init__(self, alone: Alone, data: TextIO) -> None:
        self._alone = alone
        self._data = data
        self._payloads = load_payloads(alone.payloads)
        self._url = parse_engine(alone.engine, where="--engine")
        check_stand_ins(alone.stand_ins, alone.engine, is_embedded=self._url.is_embedded)
        self._target = load_target(alone.target, alone.stand_ins)
        check_parts(alone.middleware)
        self._travels = self._target.workflow.payloads or self._payloads
        name = self._target.workflow.name.rpartition(".")[2]
        self._workflow_id = alone.workflow_id or f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"
        self._lane = Lane(lane_for(self._workflow_id).suffix, SINGLE)
        may_resume = alone.workflow_id is not None and self._url.is_kept
        self._text = None if alone.input is None and may_resume else self._read_input()
        self._supervisors: list[Supervisor] = []

    def _read_input(self) -> str:
        return read_input(self._alone.input, self._target.workflow, self._travels)

    def run(self) -> int:
        """Run to the end and give the exit code. No process is left."""
        display = open_display(self._workflow_id, is_quiet=self._alone.is_quiet)
        with ExitStack() as stack:
            stack.callback(display.close)
            stack.enter_context(messages_to(display.note))
            interrupts = stack.enter_context(Interrupts(before_leaving=display.close))
            url = stack.enter_context(self._served())
            swf = stack.enter_context(reach(url))
            swf = seal(swf, travel_of(self._payloads, self._target.catalog.definitions))
            self._prepare(swf)
            execution, is_resumed = self._begin(swf, display)
            stack.enter_context(self._supervised(Role.DECIDER, self._alone.deciders, url))
            if self._target.catalog.activities:
                stack.enter_context(self._supervised(Role.WORKER, self._alone.workers, url))
            follower = Follower(
                swf,
                self._alone.domain,
                display,
                lambda: interrupts.count > 0 or self._is_stuck(),
                follows_children=not self._alone.is_quiet,
            )
            ending = follower.follow(execution, is_resumed=is_resumed)
            display.close()
            return self._end(ending, is_interrupted=interrupts.count > 0)

    # Its processes.

    @contextmanager
    def _served(self) -> Generator[EngineUrl]:
        """The engine, as several processes can reach it: what is embedded is served by one of them."""
        if not self._url.is_embedded:
            yield self._url
            return
        port = _free_port()
        url = parse_engine(f"http://127.0.0.1:{port}")
        order = Order(
            role=Role.SERVER,
            engine=str(url),
            domain=self._alone.domain,
            targets=(),
            grace=GRACE,
            is_verbose=False,
            db=self._url.place or ":memory:",
            port=port,
            # Those in the workflow's module, too; one that has none need not be imported there.
            stand_ins=(*self._alone.stand_ins, *([self._alone.target] if self._target.has_stand_ins else [])),
        )
        with self._running(order, 1) as server:
            deadline = time.monotonic() + _SERVER_SECONDS
            while not server.snapshot().serving:
                if server.has_failed or time.monotonic() > deadline:
                    raise UsageError(where=f"--engine {self._url}", found="it cannot be served")
                time.sleep(_GLANCE)
            yield url

    @contextmanager
    def _supervised(self, role: Role, count: int, url: EngineUrl) -> Generator[None]:
        order = Order(
            role=role,
            engine=str(url),
            domain=self._alone.domain,
            targets=(self._alone.target,),
            grace=GRACE,
            is_verbose=False,
            lane=self._lane.suffix,
            single=self._lane.single,
            payloads=self._alone.payloads,
            middleware=names_with_part(
                self._alone.middleware, DECISION_GROUP if role is Role.DECIDER else ACTIVITY_GROUP, WATCH_GROUP
            ),
            concurrency=self._alone.concurrency,
            guard=self._alone.guard,
        )
        with self._running(order, count) as supervisor:
            self._supervisors.append(supervisor)
            yield

    @contextmanager
    def _running(self, order: Order, count: int) -> Generator[Supervisor]:
        supervisor = Supervisor(order.role.value, start=starter(order), count=count, grace=GRACE)
        thread = threading.Thread(target=supervisor.run, name=f"ostinato {order.role.value}s")
        thread.start()
        try:
            yield supervisor
        finally:
            supervisor.stop()
            thread.join()

    def _is_stuck(self) -> bool:
        """Whether a decision could not be made, or a process cannot be started: their own messages say why."""
        return any(s.has_failed or s.snapshot().counters.get("decisions_dropped") for s in self._supervisors)

    # The execution.

    def _prepare(self, swf: "Swf") -> None:
        catalog = self._target.catalog
        prepare(
            swf,
            domain=self._alone.domain,
            definitions=(),
            may_create_domain=self._alone.create_domain or self._url.kind is not EngineKind.AWS,
            stopping=threading.Event(),
            watch=ignore,
        )
        register_types(swf, self._alone.domain, catalog.definitions)

    def _begin(self, swf: "Swf", display: Display) -> "tuple[WorkflowExecution, bool]":
        found = find_open(swf, self._alone.domain, self._workflow_id) if self._alone.workflow_id else None
        if found is not None:
            self._check(swf, found.execution)
            display.note(f"{self._workflow_id} is open and goes on")
            return found.execution, True
        workflow = self._target.workflow
        text, task_list = self._text or self._read_input(), self._lane.name(workflow.task_list)
        try:
            execution = around_start(
                load_parts(self._alone.middleware, START_GROUP),
                Starting(workflow=workflow, workflow_id=self._workflow_id, input=text),
                partial(start_as, swf, self._alone.domain, task_list),
            )
        except WorkflowExecutionAlreadyStartedFault:
            raise UsageError(
                where=f"--id {self._workflow_id}", found="an execution with that id was started just now"
            ) from None
        display.note(f"{self._workflow_id} started, run {execution.run_id}")
        return execution, False

    def _check(self, swf: "Swf", execution: "WorkflowExecution") -> None:
        described = swf.call(DescribeWorkflowExecution(domain=self._alone.domain, execution=execution))
        there, here = described.execution_info.workflow_type, self._target.workflow.workflow_type
        place = described.execution_configuration.task_list.name
        if there != here or place != self._lane.name(""):
            raise UsageError(
                where=f"--id {self._workflow_id}",
                found=f"the open execution is of {there.name} {there.version}, on the task list {place}",
                expected=f"{here.name} {here.version}, on {self._lane.name('')}",
                hint="Go on with the command that began it, or take another id",
            )

    # The end.

    def _end(self, ending: HasClosed | WasDropped | CannotGoOn | WasInterrupted, *, is_interrupted: bool) -> int:
        match ending:
            case HasClosed():
                return tell_outcome(ending, self._data, self._travels)
            case CannotGoOn(error=error):
                complain(error)
                return UNUSABLE if isinstance(error, UsageError) else FAILED
            case WasDropped() | WasInterrupted():
                if is_interrupted:
                    say("Interrupted: nothing new is begun. Once more leaves at once.")
                else:
                    say("ostinato: a process of it said above why it cannot go on")
                self._say_what_is_left()
                return INTERRUPTED if is_interrupted else FAILED
            case _:
                assert_never(ending)

    def _say_what_is_left(self) -> None:
        if not self._url.is_kept:
            say(f"{self._workflow_id} was in memory, and is gone with these processes")
            return
        words = ["ostinato", "standalone", self._alone.target, "--id", self._workflow_id]
        words += ["--engine", self._alone.engine, "--domain", self._alone.domain]
        words += ["--payloads", self._alone.payloads] if self._alone.payloads else []
        for stand_ins in self._alone.stand_ins:
            words += ["--stand-ins", stand_ins]
        for middleware in self._alone.middleware:
            words += ["--middleware", middleware]
        say(f"{self._workflow_id} stays open; go on with: {shlex.join(words)}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
