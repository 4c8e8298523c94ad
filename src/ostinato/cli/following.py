"""Follows an execution to its end, by its history; what the worker tells says when to look."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ostinato.cli.display import Display
from ostinato.cli.family import Family, Member
from ostinato.cli.progress import Misfortune, Progress, child_of
from ostinato.client.executions import Closed, closed_by, require_completed
from ostinato.client.histories import last_event, read_news
from ostinato.client.tasks import Attempt, Change, Task, TaskKind, TaskState
from ostinato.errors import ServiceError, SwfFault, UnknownResourceFault, WorkflowError
from ostinato.model.events import WorkflowExecutionContinuedAsNew
from ostinato.model.fields import EventId
from ostinato.model.limits import EVENTS_PER_EXECUTION
from ostinato.model.structures import WorkflowExecution
from ostinato.storage.sealed import for_following
from ostinato.swf import Swf
from ostinato.worker.notices import CallFailed, Complained, DecisionDropped, DecisionMade, Notice

INTERVAL = 0.1
"""Seconds between two looks while something happens."""

_GLANCE = 1.0
"""Seconds after which history is read though nothing was told: a time-out closes an execution without a decision."""

MANY_EVENTS = EVENTS_PER_EXECUTION * 4 // 5
"""Events after which it is told that there can only be so many."""

FAMILY = 8
"""Children whose histories are read for what runs in them; half as many of each one's own, and so on.

Of those that were opened and closed between two looks as many are read, those first that did not end well.
"""

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
        self._lenient = for_following(swf)
        self._domain = domain
        self._display = display
        self._is_interrupted = is_interrupted
        self._attention = threading.Event()
        self._ending: WasDropped | CannotGoOn | None = None
        self._has_news = True
        self._read_at = 0.0
        self._execution: WorkflowExecution | None = None
        self._told_waits: tuple[str, ...] | None = None
        self._progress = Progress()
        self._places = 0

    def watch(self, notice: Notice) -> None:
        """Take what a worker tells, on the worker's thread."""
        self._has_news = True
        match notice:
            case DecisionMade(execution=execution, is_close=is_close):
                if execution == self._execution:
                    self._told_waits = tuple(what for what in notice.waiting() if what.startswith(_SIGNAL))
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

    @property
    def _waits(self) -> tuple[str, ...]:
        """The signals that the execution waits for: as its decider tells, or else as its context does."""
        if self._told_waits is not None:
            return self._told_waits
        return tuple(f"{_SIGNAL}{name!r}" for name in self._progress.signals)

    def _end(self, ending: WasDropped | CannotGoOn) -> None:
        self._ending = self._ending or ending
        self._attention.set()

    def follow(self, execution: WorkflowExecution, *, is_resumed: bool) -> Ending:
        """Follow the execution, and those that continue it, until it closes or something else puts an end to it.

        Raises:
            StoreError: history cannot be read.
        """
        self._execution, self._progress = execution, Progress(execution)
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
            following = self._progress.following()
            if following is None:
                return HasClosed(self._execution, self._opened(closed), self._progress.last_failure)
            self._execution, self._progress, self._has_news = following.execution, following, True
            self._told_waits = None
            if following.execution is not None:
                run_id = following.execution.run_id
                self._display.note(f"{following.execution.workflow_id} continued as new, run {run_id}")
        return None

    def _opened(self, closed: Closed) -> Closed:
        """The event with what it holds; it was read as leniently as the rest."""
        if self._execution is None or self._lenient is self._swf:
            return closed
        last = closed_by(last_event(self._swf.call, self._domain, self._execution))
        return closed if last is None else last

    def _read(self, execution: WorkflowExecution, *, tell: bool) -> Closed | None:
        if not self._has_news and time.monotonic() - self._read_at < _GLANCE:
            self._display.show(self._progress, (), self._waits)
            return None
        self._has_news = False
        self._read_at = time.monotonic()
        told = self._read_news(execution, self._progress)
        if not tell:
            # What went before is no news.
            self._progress.parted.clear()
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
        self._execution, self._told_waits, self._progress, self._has_news = None, (), Progress(), True
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
        for event_id, change in tuple(progress.open.items()):
            run_id = change.task.run_id
            if run_id is not None and run_id not in members:
                progress.close(event_id)
                gone.append(WorkflowExecution(workflow_id=change.task.id, run_id=run_id))
        shown = {change.task.run_id for change in progress.open.values()}
        for run_id, member in eldest.items():
            if run_id not in shown:
                # They come from several histories: any number that is not taken will do.
                self._places += 1
                place = EventId(self._places)
                progress.open[place] = _as_child(member, place)
        self._display.show(progress, self._read_children(progress, FAMILY), ())
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
        for event in read_news(self._lenient.call, self._domain, execution, before):
            progress.read(event)
        if before < MANY_EVENTS <= progress.last_event_id:
            self._display.note(
                f"{execution.workflow_id} has {progress.last_event_id:,} events, and SWF ends it at "
                f"{EVENTS_PER_EXECUTION:,}: continue_as_new() begins afresh"
            )
        return progress.take_told()

    def _read_children(self, progress: Progress, room: int) -> list[Misfortune]:
        """Read what is new in children and theirs, as many as there is room for on a screen."""
        parted, progress.parted = progress.parted, []
        if not self._follows_children:
            return []
        told: list[Misfortune] = []
        for child in _first_of(parted, room):
            told += self._read_child(child, room)[1]
        for event_id, change in tuple(progress.open.items()):
            known = progress.children.get(event_id)
            below = child_of(change.task) if known is None and len(progress.children) < room else known
            if below is not None:
                last, news = self._read_child(below, room)
                progress.follow(event_id, last)
                told += news
        return told

    def _read_child(self, child: Progress, room: int) -> tuple[Progress, list[Misfortune]]:
        """Read what is new in a child, its children, and the runs that continue it; gives the last of these, too."""
        told: list[Misfortune] = []
        following: Progress | None = child
        while following is not None and following.execution is not None:
            child = following
            with suppress(UnknownResourceFault):  # closed, and kept no longer
                told += self._read_news(following.execution, child)
                told += self._read_children(child, room // 2)
            following = child.following()
        return child, told


def _first_of(parted: Sequence[Progress], room: int) -> Sequence[Progress]:
    """Those that were followed, and of the others so many: those first that did not end well."""
    followed = [child for child in parted if child.last_event is not None]
    others = [child for child in parted if child.last_event is None]
    others.sort(key=lambda child: child.has_ended_well)
    return [*followed, *others[:room]]


def _as_child(member: Member, place: EventId) -> Change:
    """What is shown of one of a family that has no parent left."""
    execution = member.execution
    task = Task(TaskKind.CHILD, execution.workflow_id, member.name, run_id=execution.run_id)
    task.attempts.append(Attempt(1, place, member.since, TaskState.STARTED, member.since))
    return Change(task, task.last)
