"""The signals that an execution received: each is seen once, in order, by whoever takes it."""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

import msgspec

from ostinato.errors import PayloadError
from ostinato.model.structures import WorkflowExecution
from ostinato.replay.futures import Future

if TYPE_CHECKING:
    from ostinato.replay.execution import Execution


class Signal(msgspec.Struct, frozen=True, omit_defaults=True):
    """A signal that an execution received.

    Args:
        name: its name.
        input: what it carries.
        sender: the execution that sent it, if one did.
        is_new: whether it has still to be handed on, if its sender asked for that.
    """

    name: str
    input: str | None = None
    sender: WorkflowExecution | None = None
    is_new: bool = False


class _Kept(NamedTuple):
    """A signal that nobody has taken; its number tells which came first."""

    number: int
    signal: Signal


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
        self._untaken: dict[str, deque[_Kept]] = {}
        self._count = 0
        self._waiting: dict[str, deque[Waiter]] = {}

    def receive(self, signal: Signal) -> None:
        """Give the signal to the first who waits for it, or keep it."""
        waiting = self._waiting.get(signal.name)
        while waiting:
            waiter = waiting.popleft()
            if not waiter.future.done():
                self._give(waiter, signal.input)
                return
        self.keep(signal)

    def keep(self, signal: Signal) -> None:
        """Keep the signal, whoever waits for it."""
        self._count += 1
        self._untaken.setdefault(signal.name, deque()).append(_Kept(self._count, signal))

    def take(self, name: str, as_type: Any) -> Future[Any]:
        """A future of the next signal of that name, also of one that came before, as a value of that type."""
        loop = self._execution.loop
        waiter = Waiter(Future(loop=loop, label=f"signal {name!r}"), as_type, name, loop.now)
        untaken = self._untaken.get(name)
        if untaken:
            self._give(waiter, untaken.popleft().signal.input)
        else:
            waiting = self._waiting.setdefault(name, deque())
            while waiting and waiting[0].future.done():
                waiting.popleft()
            waiting.append(waiter)
        return waiter.future

    def take_all(self, name: str, as_type: Any) -> list[Any]:
        """What came under that name and nobody has taken, in order.

        Raises:
            PayloadError: the first is not of the type; it is taken. What comes before another such one is given.
        """
        untaken = self._untaken.get(name)
        values: list[Any] = []
        while untaken:
            try:
                value = self._read(untaken[0].signal.input, as_type)
            except PayloadError:
                if values:
                    break
                untaken.popleft()
                raise
            untaken.popleft()
            values.append(value)
        return values

    def untaken(self) -> tuple[Signal, ...]:
        """What nobody has taken, of all names, in the order in which it came."""
        return tuple(kept.signal for kept in sorted(kept for queue in self._untaken.values() for kept in queue))

    def _give(self, waiter: "Waiter", text: str | None) -> None:
        try:
            value = self._read(text, waiter.as_type)
        except PayloadError as error:
            waiter.future.set_exception(error)
        else:
            waiter.future.set_result(value)

    def _read(self, text: str | None, as_type: Any) -> Any:
        value = signal_value(text)
        converter = self._execution.converter
        return value if as_type is Any else converter.load(converter.dump(value), as_type)

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
