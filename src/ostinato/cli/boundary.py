"""The one error boundary of commands: an error is a line that says what to do, and an exit code."""

import traceback
from collections.abc import Callable
from typing import TextIO

import click

from ostinato.cli.complaints import complain, say
from ostinato.cli.interrupts import EXIT_CODE as INTERRUPTED
from ostinato.cli.streams import data_stream, forget
from ostinato.errors import OstinatoError, UsageError

DONE = 0
FAILED = 1
UNUSABLE = 2
READER_HAS_GONE = 141
"""What a shell says of a program that SIGPIPE ended."""


def bounded(work: Callable[[TextIO], int | None], *, debug: bool = False) -> int:
    """Do the work and give its exit code; None is 0. Whatever it raises is told, and has a code.

    Args:
        work: gets the stream for data: stdout, which nothing else can write to meanwhile.
        debug: show the traceback of an error.
    """
    with data_stream() as data:
        try:
            code = work(data)
            data.flush()
        except KeyboardInterrupt:
            return INTERRUPTED
        except BrokenPipeError:
            forget(data)
            return READER_HAS_GONE
        except Exception as error:  # noqa: BLE001  # a traceback of ours helps nobody here
            if debug:
                say("".join(traceback.format_exception(error)).rstrip())
            return _told(error)
        return code or DONE


def _told(error: Exception) -> int:
    match error:
        case click.ClickException():
            say(f"ostinato: {error.format_message()}")
            return error.exit_code
        case OSError():
            named = f"{error.filename}: " if error.filename else ""
            say(f"ostinato: {named}{error.strerror or error}")
            return UNUSABLE
        case UsageError():
            complain(error)
            return UNUSABLE
        case OstinatoError():
            say(f"ostinato: {error}")
            return FAILED
        case _:
            complain(error)
            return FAILED
