"""Ctrl-C and SIGTERM: the first asks for an orderly end, the second leaves at once."""

import os
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

EXIT_CODE = 130

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Counts the signals while it is entered.

    The handler runs between any two steps of the main thread, which may hold a lock: so it only counts, and leaves.

    Args:
        before_leaving: called before the process is left, to tidy the terminal.
    """

    def __init__(self, before_leaving: Callable[[], object]) -> None:
        self.count = 0
        self._before_leaving = before_leaving
        self._former: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._former[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self.count > 1:
            self._before_leaving()
            os._exit(EXIT_CODE)
