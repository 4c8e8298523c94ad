"""Follows an execution to its end, by its history; what the worker tells says when to look."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ostinato.cli.display import Display
from ostinato.cli.family import Family, Member
from ostinato.cli.progress import Misfortune, OpenChild, Progress
from ostinato.client.executions import Closed, closed_by, require_completed
from ostinato.client.histories import last_event, read_news
from ostinato.errors import ServiceError, SwfFault, WorkflowError
from ostinato.model.events import WorkflowExecutionContinuedAsNew
from ostinato.model.fields import EventId
from ostinato.model.limits import EVENTS_PER_EXECUTION
from ostinato.model.structures import WorkflowExecution
from ostinato.swf import Swf
from ostinato.worker.notices import CallFailed, Complained, DecisionDropped, DecisionMade, Notice

INTERVAL = 0.1
"""Seconds between two looks while something happens."""

_GLANCE = 1.0
"""Seconds after which history is read though nothing was told: a time-out closes an execution without a decision."""

MANY_EVENTS = EVENTS_PER_EXECUTION * 4 // 5
"""Events after which it is told that there can only be so many."""

FAMILY = 8
"""Children whose histories are read for what runs in them; half as many of each one's own, and so on."""

_SIGNAL = "signal "
"""What a replay says of a signal that it waits for begins so; all else that it waits for shows in history."""


@dataclass(frozen=True)
class HasClosed:
    """The execution closed."""

    execution: WorkflowExecution
    closed: Closed
    last_failure: Misfortune | None


@dataclass(frozen=True)
class WasDropped:
    """A decision could not be made: the execution, or one of its family, is stuck until that is mended."""

    notice: DecisionDropped


@dataclass(frozen=True)
class CannotGoOn:
    """The engine does not work any more."""

    error: Exception


@dataclass(frozen=True)
class WasInterrupted:
    """Somebody wants the run to stop."""


Ending = HasClosed | WasDropped | CannotGoOn | WasInterrupted


@dataclass(frozen=True)
class FamilyHasClosed:
    """Nothing of the family is open any more."""


FamilyEnding = FamilyHasClosed | WasDropped | CannotGoOn | WasInterrupted


class Follower:
    """Reads history as it grows, and shows it.

    Args:
        swf: the service.
        domain: the domain.
        display: where progress is shown.
        is_interrupted: whether to stop following.
        follows_children: whether to read the histories of children, too.
        is_alone: whether no other process can reach the execution.
    """

    def __init__(
        self,
        swf: Swf,
        domain: str,
        display: Display,
        is_interrupted: Callable[[], bool],
        *,
        follows_children: bool = True,
        is_alone: bool = False,
    ) -> None:
        self._is_alone = is_alone
        self._idle_since: float | None = None
        self._follows_children = follows_children
        self._swf = swf
        self._domain = domain
        self._display = display
        self._is_interrupted = is_interrupted
        self._attention = threading.Event()
        self._ending: WasDropped | CannotGoOn | None = None
        self._has_news = True
        self._read_at = 0.0
        self._execution: WorkflowExecution | None = None
        self._waits: tuple[str, ...] = ()
        self._progress = Progress()
        self._places = 0

    def watch(self, notice: Notice) -> None:
        """Take what a worker tells, on the worker's thread."""
        self._has_news = True
        match notice:
            case DecisionMade(execution=execution, is_close=is_close):
                if execution == self._execution:
                    self._waits = tuple(what for what in notice.waiting() if what.startswith(_SIGNAL))
                if is_close and (execution == self._execution or self._execution is None):
                    self._attention.set()
            case DecisionDropped():
                self._end(WasDropped(notice))
            case Complained(execution=execution, complaint=complaint):
                self._display.note(f"{execution.workflow_id}: {complaint}")
            case CallFailed(error=error) if not isinstance(error, OSError | ServiceError | SwfFault):
                self._end(CannotGoOn(error))
            case _:
                pass

    def _end(self, ending: WasDropped | CannotGoOn) -> None:
        self._ending = self._ending or ending
        self._attention.set()

    def follow(self, execution: WorkflowExecution, *, is_resumed: bool) -> Ending:
        """Follow the execution, and those that continue it, until it closes or something else puts an end to it.

        Raises:
            StoreError: history cannot be read.
        """
        self._execution = execution
        while True:
            if self._is_interrupted():
                return WasInterrupted()
            if self._ending is not None:
                return self._stuck(self._ending)
            has_closed = self.look(tell=not is_resumed)
            is_resumed = False
            if has_closed is not None:
                return has_closed
            self._tell_of_idleness()
            self._attention.wait(INTERVAL)
            self._attention.clear()

    def _tell_of_idleness(self) -> None:
        """Tell, once, that the execution waits for a signal that nobody is left to send."""
        if not self._is_alone or not self._waits or self._progress.open:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = time.monotonic()
        elif time.monotonic() - self._idle_since >= _GLANCE:
            self._idle_since = math.inf
            self._display.note(
                f"Nothing is left to do but to wait for {', '.join(self._waits)}, and no other process can send it, as "
                "this one has the database: `ostinato server` lets several use one"
            )

    def look(self, *, tell: bool = True) -> HasClosed | None:
        """Read what is new, and show it; gives how the execution closed, if it did."""
        while self._execution is not None:
            closed = self._read(self._execution, tell=tell)
            if closed is None:
                return None
            if not isinstance(closed, WorkflowExecutionContinuedAsNew):
                return HasClosed(self._execution, closed, self._progress.last_failure)
            self._execution = WorkflowExecution(
                workflow_id=self._execution.workflow_id, run_id=closed.new_execution_run_id
            )
            self._progress, self._has_news = Progress(), True
            self._display.note(f"{self._execution.workflow_id} continued as new, run {self._execution.run_id}")
        return None

    def _read(self, execution: WorkflowExecution, *, tell: bool) -> Closed | None:
        if not self._has_news and time.monotonic() - self._read_at < _GLANCE:
            self._display.show(self._progress, (), self._waits)
            return None
        self._has_news = False
        self._read_at = time.monotonic()
        told = self._read_news(execution, self._progress)
        if self._follows_children:
            told += self._read_children(self._progress, FAMILY)
        self._display.show(self._progress, told if tell else (), self._waits)
        last = self._progress.last_event
        return closed_by(last) if last is not None else None

    def _stuck(self, ending: WasDropped | CannotGoOn) -> WasDropped | CannotGoOn:
        if isinstance(ending, WasDropped):
            self.look_for_the_last_time()
        return ending

    def look_for_the_last_time(self) -> HasClosed | None:
        """Read what is new, and show also what did not end well and is not answered yet."""
        has_closed = self.look()
        self._display.show(self._progress, self._progress.take_rest(), self._waits)
        return has_closed

    def follow_family(self, family: Family, members: Sequence[Member]) -> FamilyEnding:
        """Follow a family, whose ancestor has closed, until none of it is open.

        Args:
            family: the family.
            members: those of it that are open.

        Raises:
            StoreError: history cannot be read.
        """
        self._execution, self._waits, self._progress, self._has_news = None, (), Progress(), True
        self._show_family(members)
        while True:
            if self._is_interrupted():
                return WasInterrupted()
            if self._ending is not None:
                return self._ending
            if not self._has_news and time.monotonic() - self._read_at < _GLANCE:
                self._display.show(self._progress, (), ())
            else:
                self._has_news = False
                self._read_at = time.monotonic()
                members = family.open_members()
                self._show_family(members)
                if not members:
                    return FamilyHasClosed()
            self._attention.wait(INTERVAL)
            self._attention.clear()

    def _show_family(self, open_members: Sequence[Member]) -> None:
        """Show those that are open as children of what has closed."""
        members = {member.execution.run_id: member for member in open_members}
        eldest = {run_id: member for run_id, member in members.items() if member.parent.run_id not in members}
        progress = self._progress
        gone: list[WorkflowExecution] = []
        for event_id, child in tuple(progress.open.items()):
            if isinstance(child, OpenChild) and child.run_id is not None and child.run_id not in members:
                progress.close(event_id)
                gone.append(WorkflowExecution(workflow_id=child.workflow_id, run_id=child.run_id))
        shown = {child.run_id for child in progress.open.values() if isinstance(child, OpenChild)}
        for run_id, member in eldest.items():
            if run_id not in shown:
                # They come from several histories: any number that is not taken will do.
                self._places += 1
                place = EventId(self._places)
                progress.open[place] = OpenChild(member.execution.workflow_id, member.name, member.since, run_id)
        told = self._read_children(progress, FAMILY) if self._follows_children else []
        self._display.show(progress, told, ())
        for execution in gone:
            self._tell_end(execution)

    def _tell_end(self, execution: WorkflowExecution) -> None:
        """Tell how an execution of the family ended, if not well; nobody else will learn of it."""
        closed = closed_by(last_event(self._swf.call, self._domain, execution))
        if closed is None or isinstance(closed, WorkflowExecutionContinuedAsNew):
            return
        try:
            require_completed(execution, closed)
        except WorkflowError as error:
            self._display.note(str(error))

    def _read_news(self, execution: WorkflowExecution, progress: Progress) -> list[Misfortune]:
        """Read what is new in one history; gives what did not end well and was answered."""
        before = progress.last_event_id
        for event in read_news(self._swf.call, self._domain, execution, before):
            progress.read(event)
        if before < MANY_EVENTS <= progress.last_event_id:
            self._display.note(
                f"{execution.workflow_id} has {progress.last_event_id:,} events, and SWF ends it at "
                f"{EVENTS_PER_EXECUTION:,}: continue_as_new() begins afresh"
            )
        return progress.take_told()

    def _read_children(self, progress: Progress, room: int) -> list[Misfortune]:
        """Read what is new in children and theirs, as many as there is room for on a screen."""
        told = self._read_parted(progress, room)
        for event_id, child in tuple(progress.open.items()):
            if not isinstance(child, OpenChild) or child.run_id is None:
                continue
            if len(progress.children) >= room and event_id not in progress.children:
                break
            below = progress.children.setdefault(event_id, Progress())
            execution = WorkflowExecution(workflow_id=child.workflow_id, run_id=child.run_id)
            told += self._read_news(execution, below)
            told += self._read_children(below, room // 2)
        return told

    def _read_parted(self, progress: Progress, room: int) -> list[Misfortune]:
        """Read the last of the children that were followed and have closed."""
        told: list[Misfortune] = []
        for parted in progress.parted:
            told += self._read_news(parted.execution, parted.progress)
            told += self._read_children(parted.progress, room // 2)
        progress.parted.clear()
        return told
