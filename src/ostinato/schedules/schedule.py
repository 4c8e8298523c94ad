"""`ostinato.schedule`, the workflow behind each schedule: it starts others at their times, as its children.

It is served by the deciders of the task list on which what it starts is decided; every decider knows it. What it has to
remember it carries along when it continues as new.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import msgspec

from ostinato.model.enums import ChildPolicy
from ostinato.replay.calls import continue_as_new, info, now, random, request_cancel, set_context
from ostinato.replay.definitions import Workflow, workflow
from ostinato.replay.execution import bounded_id
from ostinato.replay.futures import Future, wait
from ostinato.replay.recording import run_once
from ostinato.replay.signal_handlers import on_signal
from ostinato.replay.submitting import submit
from ostinato.schedules.times import Times

NAME = "ostinato.schedule"
KEEPER = "ostinato.schedule.keeper"
VERSION = "1"
TAG = "ostinato.schedule"

PAUSE_SIGNAL = "ostinato.schedule.pause"
RESUME_SIGNAL = "ostinato.schedule.resume"
TRIGGER_SIGNAL = "ostinato.schedule.trigger"
BACKFILL_SIGNAL = "ostinato.schedule.backfill"
DELETE_SIGNAL = "ostinato.schedule.delete"

_LONGEST_WAIT = 30 * 86_400.0
_AT_ONCE = 1_000
"""So many times are looked at in one go, and so many starts are kept waiting at most."""

_EVENTS = 2_000
"""Events after which it continues as new, when nothing is running that it has to know of."""

_LONGEST_RUN = 90 * 86_400.0
"""And seconds: SWF ends an execution after a year."""


class Overlap(Enum):
    """What happens at a time when what was started before is still running."""

    SKIP = "skip"
    """Nothing: that time is left out."""
    BUFFER_ONE = "buffer_one"
    """One start is kept until the running one has ended; further ones are left out."""
    BUFFER_ALL = "buffer_all"
    """All are kept, and started one after the other."""
    CANCEL_OTHER = "cancel_other"
    """The running one is asked to cancel; the new one is started when it has ended."""
    TERMINATE_OTHER = "terminate_other"
    """The running one is terminated, and the new one started then. As the overlap of an order alone it is
    `CANCEL_OTHER`: only a schedule that has this policy starts things so that it can terminate them."""
    ALLOW_ALL = "allow_all"
    """It is started beside the others."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a schedule starts, when, and what it does when things go otherwise.

    Args:
        times: when.
        workflow_name: the type of what is started.
        version: its version.
        task_list: where it is decided.
        args: its arguments.
        kwargs: its arguments by name.
        execution_timeout: how long each may last, in seconds.
        tag_list: its tags.
        overlap: what happens while the one before is running.
        jitter: seconds by which each start is late at most, by chance.
        catch_up: seconds after which a start that could not be made in time is left out.
    """

    times: Times
    workflow_name: str
    version: str
    task_list: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    execution_timeout: float | None = None
    tag_list: tuple[str, ...] = ()
    overlap: Overlap = Overlap.SKIP
    jitter: float = 0.0
    catch_up: float = 86_400.0


class Memory(msgspec.Struct, kw_only=True):
    """What a schedule carries along.

    `after` is the last time that was dealt with; `buffer` are times whose starts wait.
    """

    after: float
    is_paused: bool = False
    note: str = ""
    buffer: list[float] = msgspec.field(default_factory=list[float])
    started: int = 0
    skipped: int = 0
    last: str = ""


def next_times(times: Times, after: float, until: float) -> list[float]:
    """The times up to `until`, and the first one after it."""
    found = times.between(after, until, _AT_ONCE)
    return [*found, *times.between(found[-1] if found else max(after, until), float("inf"), 1)]


def _anything(*_args: Any, **_kwargs: Any) -> Any:
    """Stands for the code of what is started, which is elsewhere."""


def _started(plan: Plan, workflow_id: str) -> Workflow[..., Any]:
    """What the plan starts, under that id."""
    return Workflow(
        _anything,
        name=plan.workflow_name,
        version=plan.version,
        task_list=plan.task_list,
        execution_start_to_close_timeout=plan.execution_timeout,
        tag_list=plan.tag_list,
        workflow_id=workflow_id,
    )


def keeper_id(workflow_id: str) -> str:
    """The workflow id of the keeper of what is started under that id."""
    return bounded_id(f"{workflow_id}-keeper")


@workflow(name=KEEPER, version=VERSION, child_policy=ChildPolicy.TERMINATE)
def keep(plan: Plan, workflow_id: str) -> None:
    """Start one thing and end with it. Whoever asks this one to cancel has that one terminated, by its child policy.

    For no workflow can terminate another one, but by ending itself.
    """
    future = submit(_started(plan, workflow_id), *plan.args, **plan.kwargs)
    future.add_done_callback(_look_away)
    with suppress(asyncio.CancelledError):
        wait([future])
    if not future.running():
        future.cancel()


@workflow(
    name=NAME,
    version=VERSION,
    child_policy=ChildPolicy.ABANDON,
)
class Schedule:
    """One schedule."""

    def __init__(self) -> None:
        self._plan: Plan
        self._memory: Memory
        self._running: dict[str, Future[Any]] = {}
        self._news = asyncio.Event()
        self._is_deleted = False

    async def run(self, plan: Plan, memory: Memory) -> dict[str, int]:
        """Start things at their times, until it is deleted."""
        self._plan, self._memory = plan, memory
        upcoming: float | None = None
        lateness = 0.0
        while not self._is_deleted:
            moment = now().timestamp()
            if upcoming is None or moment >= upcoming + lateness:
                upcoming = self._take_due(moment - lateness)
                lateness = random() * plan.jitter if plan.jitter else 0.0
            self._running = {id_: future for id_, future in self._running.items() if not future.done()}
            if self._is_old() and (not self._running or plan.overlap is Overlap.ALLOW_ALL):
                continue_as_new(plan, memory)
            if memory.buffer and not self._running:
                self._begin(memory.buffer.pop(0))
            self._publish(upcoming)
            self._news.clear()
            await self._sleep_until(upcoming + lateness)
        return {"started": memory.started, "skipped": memory.skipped}

    @staticmethod
    def _is_old() -> bool:
        here = info()
        return here.history_length > _EVENTS or now().timestamp() - here.start_timestamp > _LONGEST_RUN

    async def _sleep_until(self, moment: float) -> None:
        """Until that time, or until something happens; while something runs, times may wait for its end."""
        is_patient = self._running and self._plan.overlap in (Overlap.SKIP, Overlap.BUFFER_ONE, Overlap.BUFFER_ALL)
        is_idle = is_patient or self._memory.is_paused
        # It wakes now and then all the same: it has to continue as new before SWF ends it.
        longest = _LONGEST_WAIT if is_idle else min(moment - now().timestamp(), _LONGEST_WAIT)
        try:
            async with asyncio.timeout(longest):
                await self._news.wait()
        except TimeoutError:
            pass

    def _take_due(self, moment: float) -> float:
        """Deal with all times that have come; the next one."""
        memory, plan = self._memory, self._plan
        first = max(memory.after, moment - plan.catch_up)
        *due, upcoming = run_once(next_times, plan.times, first, moment)
        for time in due:
            memory.after = time
            if memory.is_paused:
                memory.skipped += 1
            else:
                self._start(time, plan.overlap)
        memory.after = max(memory.after, first)
        return upcoming

    def _start(self, time: float, overlap: Overlap) -> None:
        memory = self._memory
        if overlap is Overlap.ALLOW_ALL or not (self._running or memory.buffer):
            self._begin(time)
        elif overlap is Overlap.SKIP or len(memory.buffer) >= (1 if overlap is Overlap.BUFFER_ONE else _AT_ONCE):
            memory.skipped += 1
        elif overlap in (Overlap.CANCEL_OTHER, Overlap.TERMINATE_OTHER):
            memory.skipped += len(memory.buffer)
            memory.buffer = [time]
            has_keeper = overlap is self._plan.overlap is Overlap.TERMINATE_OTHER
            for id_ in self._running:
                request_cancel(keeper_id(id_) if has_keeper else id_).add_done_callback(_look_away)
        else:
            memory.buffer.append(time)

    def _begin(self, time: float) -> None:
        plan, memory = self._plan, self._memory
        stamp = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H.%M.%SZ")
        memory.started += 1
        memory.last = id_ = f"{info().workflow_id}-{stamp}"
        same = 1
        while memory.last in self._running:  # two orders within a second
            same += 1
            memory.last = f"{id_}-{same}"
        if plan.overlap is Overlap.TERMINATE_OTHER:
            keeper = keep.options(workflow_id=keeper_id(memory.last), task_list=plan.task_list)
            future: Future[Any] = submit(keeper, plan, memory.last)
        else:
            future = submit(_started(plan, memory.last), *plan.args, **plan.kwargs)
        self._running[memory.last] = future
        future.add_done_callback(self._on_end)

    def _on_end(self, future: Future[Any]) -> None:
        _look_away(future)
        if self._plan.overlap is not Overlap.ALLOW_ALL:
            # What came due meanwhile was overlapped by it.
            self._news.set()

    def _publish(self, upcoming: float) -> None:
        plan, memory = self._plan, self._memory
        set_context(
            {
                "schedule": {"cron": plan.times.cron, "every": plan.times.every, "timezone": plan.times.timezone},
                "starts": f"{plan.workflow_name} {plan.version}",
                "overlap": plan.overlap.value,
                "is_paused": memory.is_paused,
                "note": memory.note,
                "next": None if memory.is_paused else upcoming,
                "running": list(self._running)[:20],
                "buffered": len(memory.buffer),
                "started": memory.started,
                "skipped": memory.skipped,
                "last": memory.last,
            }
        )

    # Orders.

    @on_signal(PAUSE_SIGNAL)
    def pause(self, note: str = "") -> None:
        """Start nothing until it is resumed."""
        self._memory.is_paused, self._memory.note = True, note
        self._news.set()

    @on_signal(RESUME_SIGNAL)
    def resume(self, note: str = "") -> None:
        """Go on; what came due meanwhile is left out."""
        self._memory.is_paused, self._memory.note = False, note
        self._memory.after = now().timestamp()
        self._news.set()

    @on_signal(TRIGGER_SIGNAL)
    def trigger(self, overlap: Overlap | None = None) -> None:
        """Start one now."""
        self._start(now().timestamp(), overlap or self._plan.overlap)
        self._news.set()

    @on_signal(BACKFILL_SIGNAL)
    def backfill(self, start: float, end: float, overlap: Overlap = Overlap.BUFFER_ALL) -> None:
        """Start what would have been started between two moments."""
        for time in run_once(Times.between, self._plan.times, start, end, _AT_ONCE):
            self._start(time, overlap)
        self._news.set()

    @on_signal(DELETE_SIGNAL)
    def delete(self) -> None:
        """End; what is running goes on."""
        self._is_deleted = True
        self._news.set()


def _look_away(future: Future[Any]) -> None:
    """How it ended is its own matter."""
    if not future.cancelled():
        future.exception()
