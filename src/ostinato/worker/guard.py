"""Notices what workflow code does that no replay can repeat: clocks, chance, sleeps, files, sockets, threads...

What touches the world is seen by Python's audit events. Clocks and chance have none, so the calls of workflow code are
looked at while it runs: always where a find is an error, as in tests; else in the first decisions of each workflow, and
in some later ones, which is where to find what the first do not come to. Looking makes a decision slower by a fifth to
a third, so that the rest is let be.
Imports, what `run_once` runs, logging, tracebacks and the debugger are free to do what they do.
"""

import _thread
import datetime as dt
import gc
import logging
import os
import random
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from ostinato.errors import NotDurableError
from ostinato.replay.definitions import Workflow
from ostinato.replay.execution import Execution
from ostinato.replay.loop import running_loop
from ostinato.replay.strands import source_line

T = TypeVar("T")

logger = logging.getLogger(__name__)

LOOKED_AT = 3
"""So many decisions of each workflow are looked at for clocks and chance where a find is only a warning..."""

THEN_EACH = 16
"""... and after these each so manieth, ..."""

CALLS = 1_000
"""... but only so many calls of each: a decision may be a whole workflow."""


class GuardMode(Enum):
    """What is done about a find."""

    ERROR = "error"
    """The decision is dropped: for tests, and while a program is written."""
    WARNING = "warning"
    """It is logged, once for each line."""
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Find:
    """What was seen: what the code did, the author's line, and what to do in its place."""

    what: str
    source: str
    hint: str


_ACTIVITY = "Do it in an activity, or for something short in run_once()"
_SLEEP = "Use ostinato.sleep(seconds), or asyncio.sleep() in async def: both are durable"
_THREAD = "Submit activities; for concurrency in workflow code use spawn(), or asyncio's tasks"
_CLOCK = "Use ostinato.now(), or run_once(time.time) for the machine's own clock"
_CHANCE = "Use ostinato.random() or ostinato.uuid4(), or run_once() for real chance"

_AUDITED: Mapping[str, tuple[str, str]] = {
    "time.sleep": ("sleeps", _SLEEP),
    "open": ("opens a file", _ACTIVITY),
    "sqlite3.connect": ("opens a database", _ACTIVITY),
    "subprocess.Popen": ("starts a process", "Let an activity run it: ostinato.program is made for that"),
    "urllib.Request": ("uses the network", _ACTIVITY),
} | {
    event: (words, _ACTIVITY)
    for words, events in {
        "starts a process": ("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"),
        "uses the network": (
            "socket.__new__", "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo",
            "socket.gethostbyname", "http.client.connect", "smtplib.connect", "ftplib.connect",
        ),
        "looks into a directory": ("os.listdir", "os.scandir", "glob.glob"),
        "changes files": (
            "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
            "shutil.copyfile", "shutil.move", "shutil.rmtree",
        ),
        "changes the environment": ("os.putenv", "os.unsetenv"),
    }.items()
    for event in events
}  # fmt: skip

_DATETIME: Any = dt.datetime  # `utcnow` is deprecated, and called all the same
_HIDDEN: Any = vars(random)["_inst"]  # whose methods the module's functions are

_CALLED: Mapping[Any, tuple[str, str]] = {
    time.sleep: ("sleeps", _SLEEP),  # has an audit event only since Python 3.13
    **dict.fromkeys(
        (
            time.time, time.time_ns, time.monotonic, time.monotonic_ns, time.perf_counter, time.perf_counter_ns,
            time.process_time, _DATETIME.now, _DATETIME.utcnow, _DATETIME.today,
            dt.date.today,
        ),
        ("reads a clock", _CLOCK),
    ),
    _thread.start_new_thread: ("starts a thread", _THREAD),
    getattr(_thread, "start_joinable_thread", None): ("starts a thread", _THREAD),  # since Python 3.13
    **dict.fromkeys((os.urandom, _HIDDEN.random, _HIDDEN.getrandbits), ("uses chance", _CHANCE)),
}  # fmt: skip
"""Functions without an audit event, in C: what Python has above them ends up in one of them."""

_PACKAGE = str(Path(__file__).parent.parent) + os.sep
_RECORDING = os.path.join(_PACKAGE, "replay", "recording.py")  # noqa: PTH118  # a prefix of strings
_LIBRARIES = tuple(
    {sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")} | {"<frozen "}
)
_FREE = frozenset(
    ("importlib", "logging", "linecache", "tokenize", "traceback", "warnings", "pdb", "bdb", "cmd", "code", "inspect")
)
"""The modules, with what they hold, that may do what they do: none of it decides anything."""


class Guard:
    """Watches workflow code while it runs. Safe to use from several threads.

    Args:
        mode: what is done about a find.
        tell: is told each one in place of the log, if it is only a warning.
    """

    def __init__(self, mode: GuardMode = GuardMode.WARNING, tell: Callable[[Find], object] | None = None) -> None:
        self._mode = mode
        self._tell = tell or _log
        self._told: set[tuple[str, str]] = set()
        """Which lines were told what to do: one may be seen to do several things, or the same in two ways."""
        self._looked: dict[str, int] = {}
        self._packages: set[str] = set()
        """The packages of the workflows: their code is the author's wherever it is installed."""

    def run(self, workflow: Workflow[..., Any], feed: Callable[[], T]) -> T:
        """What `feed` gives, while what the workflow's code does is watched.

        Raises:
            NotDurableError: the code did what no replay can repeat, and that is an error.
        """
        if self._mode is GuardMode.OFF:
            return feed()
        _install()
        former, _watching.guard = _watching.guard, self
        self._packages.add(workflow.function.__module__.partition(".")[0])
        try:
            if not self._is_to_be_looked_at(workflow):
                return feed()
            return self._look_at_calls(feed)
        finally:
            _watching.guard = former

    def _is_to_be_looked_at(self, workflow: Workflow[..., Any]) -> bool:
        if self._mode is GuardMode.ERROR:
            return True
        looked = self._looked.get(workflow.name, 0)
        self._looked[workflow.name] = looked + 1
        return looked < LOOKED_AT or looked % THEN_EACH == 0

    def _look_at_calls(self, feed: Callable[[], T]) -> T:
        if sys.getprofile() is not None:
            return feed()  # a profiler is at work, and comes first
        sys.setprofile(_look if self._mode is GuardMode.ERROR else _glance(CALLS))
        try:
            return feed()
        finally:
            sys.setprofile(None)

    def found(self, what: str, hint: str, frame: FrameType) -> None:
        """Something was seen; `frame` is the innermost of what did it.

        Raises:
            NotDurableError: it was workflow code, and that is an error.
        """
        source = _author_of(frame, self._packages)
        if source is None:
            return
        if self._mode is GuardMode.ERROR:
            error = NotDurableError(where=source, found=f"workflow code {what}", hint=hint)
            loop = running_loop()
            if loop is not None and isinstance(loop.owner, Execution):
                loop.owner.fail(error)  # also where the code swallows it
            raise error
        if (source, hint) not in self._told:
            self._told.add((source, hint))
            self._tell(Find(what, source, hint))


class _Watching(threading.local):
    """The guard of what runs in this thread; None if nothing is watched."""

    guard: Guard | None = None


_watching = _Watching()
_installing = threading.Lock()
_installed: list[bool] = []
"""Whether the hook is there: Python has no way to take it away."""


def _install() -> None:
    if _installed:
        return
    with _installing:
        if not _installed:
            sys.addaudithook(_on_audit)
            _installed.append(True)


def _on_audit(event: str, arguments: tuple[Any, ...]) -> None:
    known = _AUDITED.get(event)
    if known is None or _watching.guard is None or running_loop() is None:
        return
    if event == "open" and isinstance(arguments[0], int):
        return  # a descriptor, which somebody opened
    what, hint = known
    argument = f" ({_brief(arguments[0])})" if arguments and event in {"open", "subprocess.Popen", "os.system"} else ""
    _report(what + argument, hint, sys._getframe(1))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _glance(calls: int) -> Callable[[FrameType, str, Any], None]:
    """What looks at so many calls, and then no more."""
    left = calls

    def look(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal left
        if event != "c_call":
            return
        left -= 1
        if left < 0:
            sys.setprofile(None)
        else:
            _look(frame, event, argument)

    return look


def _look(frame: FrameType, event: str, argument: Any) -> None:
    if event != "c_call":
        return
    known = _CALLED.get(argument)
    if known is not None and running_loop() is not None:
        what, hint = known
        _report(f"{what} ({_callee(frame, argument)})", hint, frame)


def _report(what: str, hint: str, frame: FrameType) -> None:
    guard = _watching.guard
    if guard is None:
        return
    _watching.guard = None  # what is done to tell it is not the workflow's
    try:
        guard.found(what, hint, frame)
    finally:
        _watching.guard = guard


def _callee(frame: FrameType, called: Any) -> str:
    """What the author called: the outermost function of a library, or the one in C."""
    name = f"{getattr(called, '__module__', None) or ''}.{called.__qualname__}".lstrip(".")
    for outer in _outwards(frame):
        if not outer.f_code.co_filename.startswith(_LIBRARIES):
            break
        name = f"{outer.f_globals.get('__name__')}.{outer.f_code.co_qualname}"
    return name


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _author_of(innermost: FrameType, packages: AbstractSet[str]) -> str | None:
    """The author's line that is to blame; None if it is nobody's, or free to do that."""
    source = None
    collecting = {getattr(callback, "__code__", None) for callback in gc.callbacks}
    for frame in _outwards(innermost):
        file = frame.f_code.co_filename
        if frame.f_code in collecting or frame.f_code.co_name == "__del__":
            return None  # Python runs these anywhere
        if file.startswith(_PACKAGE):
            if file == _RECORDING or source is None:
                return None  # run_once(), or something of ours
            if frame.f_code.co_name == "run_until_stuck":
                return source
            continue
        top = str(frame.f_globals.get("__name__")).partition(".")[0]
        if file.startswith(_LIBRARIES) and top not in packages:
            if top in _FREE:
                return None
        elif source is None:
            source = source_line(frame.f_code, frame.f_lineno)
    return source


def _brief(argument: object) -> str:
    text = repr(argument)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004


def _log(find: Find) -> None:
    logger.warning("Workflow code %s, which no replay can repeat: %s. %s", find.what, find.source, find.hint)
