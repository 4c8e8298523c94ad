"""Puts the library's own log messages among those of the command."""

import contextlib
import logging
from collections.abc import Callable, Generator

_TOLD_OTHERWISE = ("ostinato.worker.decider", "ostinato.worker.calls")
"""What these log, the command tells in its own way."""


class _Messages(logging.Handler):
    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Tell the record, without traceback."""
        if record.name not in _TOLD_OTHERWISE:
            self._tell(record.getMessage())


@contextlib.contextmanager
def messages_to(tell: Callable[[str], None]) -> Generator[None]:
    """Tell warnings and errors of Ostinato's loggers, while the context lasts."""
    logger = logging.getLogger("ostinato")
    handler = _Messages(tell)
    former = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = former
