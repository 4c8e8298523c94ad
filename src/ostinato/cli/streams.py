"""Keeps stdout for data: whatever else writes there while a workflow runs (print, a subprocess) goes to stderr."""

import contextlib
import os
import sys
from collections.abc import Generator
from typing import TextIO


@contextlib.contextmanager
def data_stream() -> Generator[TextIO]:
    """The real stdout, while file descriptor 1 and `sys.stdout` are stderr."""
    sys.stdout.flush()
    kept = os.dup(1)
    with open(kept, "w", encoding="utf-8", closefd=True) as data:  # noqa: PTH123  # it is a file descriptor
        os.dup2(2, 1)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield data
            data.flush()
        finally:
            sys.stderr.flush()
            os.dup2(kept, 1)
