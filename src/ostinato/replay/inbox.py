"""The signals that an execution received: each is seen once, in order, by whoever takes it."""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from ostinato.model import events as e
from ostinato.replay.futures import Future

if TYPE_CHECKING:
    from ostinato.replay.execution import Execution


class Inbox:
    """Signals, by name: those not yet taken, or those who wait for one."""

    def __init__(self, execution: "Execution") -> None:
        self._execution = execution
        self._untaken: dict[str, deque[Any]] = {}
        self._waiting: dict[str, deque[Future[Any]]] = {}

    def receive(self, event: e.WorkflowExecutionSignaled) -> None:
        """Give the signal to the first who waits for it, or keep it."""
        value = signal_value(event.input)
        waiting = self._waiting.get(event.signal_name)
        while waiting:
            future = waiting.popleft()
            if not future.done():
                future.set_result(value)
                return
        self._untaken.setdefault(event.signal_name, deque()).append(value)

    def take(self, name: str) -> Future[Any]:
        """A future of the next signal of that name, also of one that came before."""
        future: Future[Any] = Future(loop=self._execution.loop, label=f"signal {name!r}")
        untaken = self._untaken.get(name)
        if untaken:
            future.set_result(untaken.popleft())
        else:
            waiting = self._waiting.setdefault(name, deque())
            while waiting and waiting[0].done():
                waiting.popleft()  # type: ignore[unused-awaitable]
            waiting.append(future)
        return future

    def waits(self) -> Iterator[str]:
        """What is waited for, in words."""
        for waiting in self._waiting.values():
            yield from (future.label for future in waiting if not future.done())


def signal_value(text: str | None) -> Any:
    """What a signal's input says: its one argument; a list of several; a dict of named ones; else the JSON or the text."""
    if text is None or text == "":
        return None
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(value, dict) or not ("args" in value or "kwargs" in value):
        return value
    args, kwargs = value.get("args") or [], value.get("kwargs") or {}
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        return value
    if kwargs:
        return {**kwargs, "args": args} if args else kwargs
    return args[0] if len(args) == 1 else args or None
