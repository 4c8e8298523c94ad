"""One `ostinato run`: from the target to the exit code."""

import os
import shlex
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO, assert_never

from ostinato.cli.complaints import complain, say
from ostinato.cli.display import Display, open_display
from ostinato.cli.family import Family, Member, Remains, find_remains
from ostinato.cli.following import (
    CannotGoOn,
    Ending,
    FamilyHasClosed,
    Follower,
    HasClosed,
    WasDropped,
    WasInterrupted,
)
from ostinato.cli.inputs import read_input
from ostinato.cli.interrupts import EXIT_CODE as INTERRUPTED
from ostinato.cli.interrupts import Interrupts
from ostinato.cli.messages import messages_to
from ostinato.cli.names import check_name
from ostinato.cli.outcome import tell_dropped, tell_outcome
from ostinato.cli.reaching import reach
from ostinato.cli.stand_ins_option import check_stand_ins
from ostinato.cli.streams import data_stream
from ostinato.client.executions import start_as
from ostinato.client.histories import read_history
from ostinato.client.middleware import Starting, around_start
from ostinato.client.registration import register_domain
from ostinato.engines import EngineKind, parse_engine
from ostinato.errors import UsageError, WorkflowExecutionAlreadyStartedFault
from ostinato.model.limits import EVENTS_PER_EXECUTION
from ostinato.model.structures import WorkflowExecution
from ostinato.replay.definitions import Workflow
from ostinato.storage.sealed import seal, travel_of
from ostinato.swf import Swf
from ostinato.worker.guard import Guard, GuardMode
from ostinato.worker.lane import lane_for
from ostinato.worker.local import LocalWorker
from ostinato.worker.middleware import (
    ACTIVITY_GROUP,
    DECISION_GROUP,
    START_GROUP,
    WATCH_GROUP,
    check_parts,
    load_parts,
)
from ostinato.worker.notices import all_of
from ostinato.worker.one_thread import OneThread, PatientLane
from ostinato.worker.targets import Target, load_payloads, load_target
from ostinato.worker.watchdog import Watchdog

if TYPE_CHECKING:
    from ostinato.worker.processes import Isolation

COMPLETED = 0
FAILED = 1
UNUSABLE = 2

GRACE_SECONDS = 30.0
"""How long activities may go on after the end, or after an interruption."""

_JOIN_SECONDS = 2.0

_SHOWN = 5
"""Open executions that are named; the rest is counted."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """What was asked for."""

    target: str
    input: str | None
    workflow_id: str | None
    engine: str
    concurrency: int
    event_limit: int | None
    domain: str
    guard: str = "warning"
    is_serial: bool = False
    payloads: str = ""
    stand_ins: tuple[str, ...] = ()
    middleware: tuple[str, ...] = ()
    is_quiet: bool


def run_session(session: Session) -> int:
    """Run it, tell what happens, and give the exit code."""
    with data_stream() as data:
        try:
            return _Run(session, data).run()
        except KeyboardInterrupt:
            return INTERRUPTED
        except Exception as error:  # noqa: BLE001  # a traceback of ours helps nobody here
            complain(error)
            return UNUSABLE if isinstance(error, UsageError) else FAILED


class _Run:
    """A session under way."""

    def __init__(self, session: Session, data: TextIO) -> None:
        self._session = session
        self._data = data
        self._payloads = load_payloads(session.payloads)
        self._url = parse_engine(session.engine, where="--engine")
        if session.event_limit is not None and not self._url.is_embedded:
            raise UsageError(where="--event-limit", found=f"the engine {session.engine}", expected="sqlite: or memory:")
        check_stand_ins(session.stand_ins, session.engine, is_embedded=self._url.is_embedded)
        self._target = load_target(session.target, session.stand_ins)
        check_parts(session.middleware)
        self._travels = self._target.workflow.payloads or self._payloads
        check_name(session.workflow_id, where="--id")
        check_name(session.domain, where="--domain")
        self._workflow_id = session.workflow_id or _new_id(self._target)
        may_resume = session.workflow_id is not None and self._url.is_kept
        # Without an input there is none to check if it turns out that an open execution goes on.
        self._text = None if session.input is None and may_resume else self._read_input()

    def _read_input(self) -> str:
        return read_input(self._session.input, self._target.workflow, self._travels)

    def run(self) -> int:
        """Run to the end and give the exit code."""
        display = open_display(self._workflow_id, is_quiet=self._session.is_quiet or self._session.is_serial)
        with ExitStack() as stack:
            stack.callback(display.close)
            stack.enter_context(messages_to(display.note))
            interrupts = stack.enter_context(Interrupts(before_leaving=lambda: self._leave(display)))
            worker_joins = stack.enter_context(ExitStack())
            swf = stack.enter_context(
                reach(
                    self._url,
                    event_limit=self._session.event_limit or EVENTS_PER_EXECUTION,
                    stand_ins=self._target.stand_ins,
                )
            )
            swf = seal(swf, travel_of(self._payloads, self._target.catalog.definitions))
            register_domain(swf, self._session.domain)
            remains = self._find_remains(swf)
            lane = remains.lane if remains is not None else lane_for(self._workflow_id)
            one_thread = OneThread() if self._session.is_serial else None
            follower = Follower(
                swf,
                self._session.domain,
                display,
                lambda: interrupts.count > 0 or (one_thread is not None and one_thread.has_left),
                follows_children=not self._session.is_quiet,
                is_alone=self._url.is_embedded,
            )
            worker = LocalWorker(
                swf,
                domain=self._session.domain,
                catalog=self._target.catalog,
                payloads=self._payloads,
                concurrency=1 if one_thread else self._session.concurrency,
                lane=PatientLane(lane.suffix, lane.single) if one_thread else lane,
                one_thread=one_thread,
                guard=Guard(GuardMode(self._session.guard)),
                watchdog=Watchdog(),
                isolation=self._isolation(),
                activity_middleware=load_parts(self._session.middleware, ACTIVITY_GROUP),
                decision_middleware=load_parts(self._session.middleware, DECISION_GROUP),
                watch=all_of([follower.watch, *load_parts(self._session.middleware, WATCH_GROUP)]),
                takes_late_tasks=not self._url.is_embedded,
            )
            worker_joins.callback(worker.join, _JOIN_SECONDS)
            stack.callback(worker.stop)
            execution = self._begin(swf, remains, worker, display)
            ending = _followed(follower, execution, one_thread, is_resumed=remains is not None)
            family = Family(swf, self._session.domain, self._workflow_id, lane)
            return self._end(ending, family, worker, follower, display)

    def _isolation(self) -> "Isolation | None":
        if all(activity.isolation == "thread" for activity in self._target.catalog.activities.values()):
            return None
        from ostinato.worker.processes import Isolation  # noqa: PLC0415  # not on all systems

        session = self._session
        return Isolation(
            targets=(session.target,),
            domain=session.domain,
            payloads=session.payloads,
            middleware=session.middleware,
        )

    # The beginning.

    def _find_remains(self, swf: Swf) -> Remains | None:
        """What is to go on."""
        if self._session.workflow_id is None or not self._url.is_kept:
            return None
        remains = find_remains(swf, self._session.domain, self._workflow_id)
        if remains is not None and remains.info.workflow_type != self._target.workflow.workflow_type:
            there = remains.info.workflow_type
            raise UsageError(
                where=f"--id {self._workflow_id}",
                found=f"the {'open' if remains.is_open else 'last'} execution is of {there.name} {there.version}"
                f"{'' if remains.is_open else ', and children of it are open'}",
                expected=f"{self._target.workflow.name} {self._target.workflow.version}",
                hint="Take another id, or run the workflow that it is of",
            )
        return remains

    def _begin(self, swf: Swf, remains: Remains | None, worker: LocalWorker, display: Display) -> WorkflowExecution:
        if remains is not None:
            return self._resume(swf, remains, worker, display)
        text = self._text or self._read_input()
        worker.start()
        task_list = lane_for(self._workflow_id).name(self._target.workflow.task_list)
        try:
            execution = around_start(
                load_parts(self._session.middleware, START_GROUP),
                Starting(workflow=self._workflow(), workflow_id=self._workflow_id, input=text),
                partial(start_as, swf, self._session.domain, task_list),
            )
        except WorkflowExecutionAlreadyStartedFault:
            raise UsageError(
                where=f"--id {self._workflow_id}", found="an execution with that id was started just now"
            ) from None
        display.note(f"{self._workflow_id} started, run {execution.run_id}")
        return execution

    def _workflow(self) -> Workflow[..., Any]:
        workflow = self._target.workflow
        return workflow.options(task_start_to_close_timeout=None) if self._session.is_serial else workflow

    def _resume(self, swf: Swf, remains: Remains, worker: LocalWorker, display: Display) -> WorkflowExecution:
        unread = "; --input is not read, as it has one" if self._session.input is not None else ""
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(remains.info.start_timestamp))
        if remains.is_open:
            display.note(f"{self._workflow_id} is open since {since} and goes on{unread}")
        else:
            display.note(
                f"{self._workflow_id} of {since} has closed, but not all that descends from it: that goes on, "
                f"and a new run may start after it{unread}"
            )
        worker.start()
        if remains.is_open:
            self._take_over(swf, worker, remains.info.execution, remains.task_list)
        for member in remains.members:
            self._take_over(swf, worker, member.execution, member.task_list)
        return remains.info.execution

    def _take_over(self, swf: Swf, worker: LocalWorker, execution: WorkflowExecution, task_list: str) -> None:
        worker.take_over(task_list, read_history(swf.call, self._session.domain, execution))

    # The end.

    def _end(self, ending: Ending, family: Family, worker: LocalWorker, follower: Follower, display: Display) -> int:
        if not isinstance(ending, HasClosed):
            display.close()
            return self._stopped(ending, None, family, worker, follower)
        with display.aside():
            code = tell_outcome(ending, self._data, self._travels)
        members = family.open_members()
        if members:
            # Nobody else would run them: their tasks are in this run's lane.
            display.note(f"{self._workflow_id} has closed, and what it began goes on: {_listed(members)}")
        rest = follower.follow_family(family, members) if members else FamilyHasClosed()
        display.close()
        if not isinstance(rest, FamilyHasClosed):
            return self._stopped(rest, code, family, worker, follower)
        self._drain(worker)
        return code

    def _stopped(
        self,
        why: WasDropped | CannotGoOn | WasInterrupted,
        code: int | None,
        family: Family,
        worker: LocalWorker,
        follower: Follower,
    ) -> int:
        """Leave things open; `code` is the execution's own exit code, if it has closed."""
        match why:
            case WasDropped(notice=notice):
                tell_dropped(notice)
                self._drain(worker)
                self._say_what_is_left("stays open; once that is mended, go on with")
                return FAILED
            case CannotGoOn(error=error):
                complain(error)
                self._say_what_is_left("is as it was, and what was finished is kept; go on with")
                return UNUSABLE if isinstance(error, UsageError) else FAILED
            case WasInterrupted():
                return self._interrupted(code, family, worker, follower)
            case _:
                assert_never(why)

    def _interrupted(self, code: int | None, family: Family, worker: LocalWorker, follower: Follower) -> int:
        say("Interrupted: nothing new is begun. Once more leaves at once.")
        self._drain(worker)
        if code is None:
            has_closed = follower.look_for_the_last_time()
            if has_closed is None:
                self._say_what_is_left("stays open; go on with")
                return INTERRUPTED
            code = tell_outcome(has_closed, self._data, self._travels)
        members = family.open_members()
        if not members:
            return code
        self._say_what_is_left(f"has closed, but this stays open: {_listed(members)}; go on with")
        return INTERRUPTED

    def _say_what_is_left(self, what: str) -> None:
        if not self._url.is_kept:
            say(f"{self._workflow_id} was in memory, and is gone with this process")
        else:
            say(f"{self._workflow_id} {what}: {self._command()}")

    def _leave(self, display: Display) -> None:
        """Say how to go on, from within a signal's handler: the streams may be in use, so only the file is."""
        display.close()
        with suppress(OSError):
            os.write(2, f"Left at once; go on with: {self._command()}\n".encode())

    def _drain(self, worker: LocalWorker) -> None:
        """Let activities finish, for a while."""
        if worker.drain(timeout=0):
            return
        say(f"Waiting up to {GRACE_SECONDS:.0f} s for {_activities(worker.running_activities)} to finish")
        if not worker.drain(timeout=GRACE_SECONDS):
            left = _activities(worker.running_activities)
            say(f"{left} did not finish, and will run again if the workflow still wants it")

    def _command(self) -> str:
        """What to type in order to go on."""
        session = self._session
        words = ["ostinato", "run", session.target, "--id", self._workflow_id]
        if session.engine != "sqlite:ostinato.db":
            is_file = self._url.kind is EngineKind.SQLITE
            words += ["--db", self._url.place] if is_file else ["--engine", session.engine]
        if session.domain != "default":
            words += ["--domain", session.domain]
        if session.payloads:
            words += ["--payloads", session.payloads]
        for stand_ins in session.stand_ins:
            words += ["--stand-ins", stand_ins]
        for middleware in session.middleware:
            words += ["--middleware", middleware]
        return shlex.join(words)


def _followed(
    follower: Follower, execution: WorkflowExecution, one_thread: OneThread | None, *, is_resumed: bool
) -> Ending:
    """How it ended. What is to be done in one thread is done in this one meanwhile."""
    if one_thread is None:
        return follower.follow(execution, is_resumed=is_resumed)
    with ThreadPoolExecutor(1, thread_name_prefix="ostinato follows") as beside:
        ending = beside.submit(follower.follow, execution, is_resumed=is_resumed)
        one_thread.serve(until=ending.done)
    return ending.result()


def _new_id(target: Target) -> str:
    name = target.workflow.name.rpartition(".")[2]
    return f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"


def _listed(members: Sequence[Member]) -> str:
    """The first few of their ids."""
    shown = ", ".join(member.execution.workflow_id for member in members[:_SHOWN])
    return shown if len(members) <= _SHOWN else f"{shown} and {len(members) - _SHOWN} more"


def _activities(count: int) -> str:
    return f"{count} {'activity' if count == 1 else 'activities'}"
