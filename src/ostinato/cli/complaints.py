"""What the command says when something is wrong: the message, and of tracebacks only the author's lines."""

import contextlib
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from ostinato.cli.printable import lines_of
from ostinato.errors import InternalError, OstinatoError, UsageError

_PACKAGE = str(Path(__file__).parent.parent)


def say(text: str) -> None:
    """Write a message to stderr, if somebody reads that."""
    with contextlib.suppress(OSError):
        click.echo(lines_of(text), err=True)


def complain(error: BaseException) -> None:
    """Say what is wrong, with the author's part of the traceback if the author's code raised it."""
    cause = error.__cause__
    if isinstance(error, UsageError) and cause is not None:
        lines = author_traceback(cause)
        # Of an exception of ours only the author's lines that led to it are news.
        if not isinstance(cause, OstinatoError) or lines[0].startswith("Traceback"):
            for line in lines:
                say(line)
    match error:
        case UsageError():
            say(f"ostinato: {error}")
        case InternalError():
            say(f"ostinato: {error}. This is a fault of Ostinato's: please report it")
        case _:
            say(f"ostinato: {type(error).__name__}: {error}. This is a fault of Ostinato's: please report it")


def author_traceback(error: BaseException) -> list[str]:
    """The traceback without the lines of Ostinato and of the import machinery; just the exception, if none is left."""
    shown = traceback.TracebackException(type(error), error, error.__traceback__)
    for part in _chain(shown):
        kept = [frame for frame in part.stack if not _is_machinery(frame.filename)]
        part.stack = traceback.StackSummary.from_list(kept)
    lines = shown.format() if shown.stack else shown.format_exception_only()
    return "".join(lines).rstrip().splitlines()


def author_lines(lines: Sequence[str]) -> list[str]:
    """The lines of a traceback that history kept, without those of Ostinato."""
    kept: list[str] = []
    is_ours = False
    for line in lines:
        if line.startswith('  File "'):
            is_ours = _is_machinery(line.removeprefix('  File "'))
        elif not line.startswith("    "):
            is_ours = False
            if kept and kept[-1].startswith("Traceback (") and line:
                kept.pop()
        if not is_ours:
            kept.append(line)
    return kept


def _chain(shown: traceback.TracebackException) -> list[traceback.TracebackException]:
    parts: list[traceback.TracebackException] = []
    waiting: list[traceback.TracebackException | None] = [shown]
    while waiting:
        part = waiting.pop()
        if part is not None and part not in parts:
            parts.append(part)
            waiting += [part.__cause__, part.__context__, *(part.exceptions or ())]
    return parts


def _is_machinery(filename: str) -> bool:
    return filename.startswith((_PACKAGE, "<frozen importlib")) or "/importlib/" in filename
