"""The signals that an execution received: each is seen once, in order, by whoever takes it."""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

import msgspec

from ostinato.errors import PayloadError
from ostinato.model import events as e
from ostinato.replay.futures import Future

if TYPE_CHECKING:
    from ostinato.replay.execution import Execution


class Waiter(NamedTuple):
    """Who waits for a signal, and for what type of value."""

    future: Future[Any]
    as_type: Any
    name: str
    since: float


class Inbox:
    """Signals, by name: those not yet taken, or those who wait for one."""

    def __init__(self, execution: "Execution") -> None:
        self._execution = execution
        self._untaken: dict[str, deque[str | None]] = {}
        self._waiting: dict[str, deque[Waiter]] = {}

    def receive(self, event: e.WorkflowExecutionSignaled) -> None:
        """Give the signal to the first who waits for it, or keep it."""
        waiting = self._waiting.get(event.signal_name)
        while waiting:
            waiter = waiting.popleft()
            if not waiter.future.done():
                self._give(waiter, event.input)
                return
        self._untaken.setdefault(event.signal_name, deque()).append(event.input)

    def take(self, name: str, as_type: Any) -> Future[Any]:
        """A future of the next signal of that name, also of one that came before, as a value of that type."""
        loop = self._execution.loop
        waiter = Waiter(Future(loop=loop, label=f"signal {name!r}"), as_type, name, loop.now)
        untaken = self._untaken.get(name)
        if untaken:
            self._give(waiter, untaken.popleft())
        else:
            waiting = self._waiting.setdefault(name, deque())
            while waiting and waiting[0].future.done():
                waiting.popleft()
            waiting.append(waiter)
        return waiter.future

    def _give(self, waiter: "Waiter", text: str | None) -> None:
        value = signal_value(text)
        converter = self._execution.converter
        try:
            typed = value if waiter.as_type is Any else converter.load(converter.dump(value), waiter.as_type)
        except PayloadError as error:
            waiter.future.set_exception(error)
        else:
            waiter.future.set_result(typed)

    def waits(self) -> Iterator[str]:
        """What is waited for, in words."""
        return (waiter.future.label for waiter in self.waiters())

    def waiters(self) -> "Iterator[Waiter]":
        """Who waits for a signal."""
        for waiting in self._waiting.values():
            yield from (waiter for waiter in waiting if not waiter.future.done())


def signal_value(text: str | None) -> Any:
    """What a signal's input says: its one argument, a list of several, a dict of named ones; else the JSON or text."""
    if text is None or text == "":
        return None
    try:
        value: Any = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text
    is_envelope = is_object(value) and ("args" in value or "kwargs" in value)
    return _carried(value) if is_envelope else value


def _carried(envelope: dict[str, Any]) -> Any:
    args: Any = envelope.get("args") or []
    kwargs: Any = envelope.get("kwargs") or {}
    if not _is_array(args) or not is_object(kwargs):
        return envelope
    if kwargs:
        return {**kwargs, "args": args} if args else kwargs
    return args[0] if len(args) == 1 else args or None


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether the value is a JSON object."""
    return isinstance(value, dict)


def _is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
