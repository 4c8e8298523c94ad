"""Plain functions as threads of workflow code: a greenlet within a task, that parks where the function waits.

The function is never unwound in order to wait, so its `try`, `with` and `except` mean what they say.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from types import CodeType, FrameType
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

from ostinato.errors import NotDurableError

T = TypeVar("T")

_ENTRANCES = ("run_until_stuck", "put_away", "feed")
"""Where the replay begins to act; who called it is not the author."""

FAREWELLS = 100
"""How often a function that swallows its end is asked again before it is left alone."""


class PutAway(BaseException):
    """Raised where a function is parked when its replay is not needed any more. Not an error, and not to be caught."""


class Strand(greenlet):  # type: ignore[misc]  # greenlet has no types
    """One plain function of workflow code, with a stack of its own."""

    refusals = 0
    """How often it asked for something when its time was over."""

    is_abandoned = False
    """Whether it would not end: nothing is run of it any more."""


_abandoned: list[Strand] = []
"""Kept for ever, since Python would ask a strand that is let go to end once more, and wait for that."""


def refuse_to_stay() -> None:
    """Leave a plain function where it is, if it goes on asking for things although its end was said to it."""
    strand = getcurrent()
    if not isinstance(strand, Strand) or strand.parent is None:
        return
    strand.refusals += 1
    if strand.refusals > FAREWELLS:
        strand.is_abandoned = True
        _abandoned.append(strand)
        while True:
            strand.parent.switch(None)


async def run_plain(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run the function; whatever it parks on is awaited here in its place.

    Raises:
        BaseException: what the function raises.
    """
    strand = Strand(function)
    strand.gr_context = contextvars.copy_context()
    given: Any = strand.switch(*args, **kwargs)
    while not strand.dead and not strand.is_abandoned:
        try:
            value = await given
        except GeneratorExit:
            _say_farewell(strand)
            raise
        except BaseException as error:  # noqa: BLE001  (what is awaited may raise anything, and it is the function's to see)
            given = strand.throw(error)
        else:
            given = strand.switch(value)
    result: T = given  # pragma: no cover  (it runs, but coverage's tracer is late where greenlets switch)
    return result  # pragma: no cover  (the same)


def _say_farewell(strand: Strand) -> None:
    for _ in range(FAREWELLS):
        if strand.dead or strand.is_abandoned:
            return
        try:
            given = strand.throw(PutAway())
            if hasattr(given, "close"):
                given.close()
        except BaseException:  # noqa: BLE001, S110  (what the author's clean-up raises concerns nobody now)
            pass


def park(awaitable: Awaitable[T], what: str) -> T:
    """Wait for it, within a plain function.

    Raises:
        NotDurableError: the caller is no plain function of workflow code: in `async def`, things are awaited.
    """
    strand = getcurrent()
    if not isinstance(strand, Strand):
        close = getattr(awaitable, "close", None)
        if close is not None:
            close()
        raise NotDurableError(
            found=f"{what} would block an `async def` workflow",
            hint="Await it: `await future`, `await asyncio.sleep(...)`, `await asyncio.wait(...)`",
        )
    parent: Any = strand.parent
    value: T = parent.switch(awaitable)
    return value


def is_plain() -> bool:
    """Whether the caller is within a plain function of workflow code, which may park."""
    return isinstance(getcurrent(), Strand)


_RUN_PLAIN = run_plain.__code__
_NOT_AUTHORS = (__file__.removesuffix("strands.py"), asyncio.__file__.removesuffix("__init__.py"))
"""This package, and asyncio."""


def author_frame(frame: FrameType | None) -> tuple[FrameType, CodeType] | None:
    """The innermost frame of the author's, from this one outwards, and its code; None if it is the replay that acts."""
    while frame is not None:
        code = frame.f_code  # read once: each read of a frame's code is told to audit hooks
        if not code.co_filename.startswith(_NOT_AUTHORS):
            return frame, code
        if code is _RUN_PLAIN:
            strand = frame.f_locals.get("strand")
            frame = None if strand is None else strand.gr_frame
        elif code.co_name in _ENTRANCES:
            return None
        else:
            frame = frame.f_back
    return None


def source_line(code: CodeType, line: int) -> str:
    """A line of the author's, as tracebacks write it."""
    return f'File "{code.co_filename}", line {line}, in {code.co_qualname}'


def position(awaited: Any) -> FrameType | None:
    """Where the author's code that a suspended coroutine runs stands: its innermost frame that is not of ours."""
    found: FrameType | None = None
    while (frame := getattr(awaited, "cr_frame", None)) is not None:
        if frame.f_code is _RUN_PLAIN:
            strand = frame.f_locals.get("strand")
            within = author_frame(strand.gr_frame) if strand is not None else None
            found = within[0] if within is not None else found
        elif not frame.f_code.co_filename.startswith(_NOT_AUTHORS):
            found = frame
        awaited = awaited.cr_await
    return found
