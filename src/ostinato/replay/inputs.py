"""Futures as arguments: finding them, waiting for them, and putting their results in their place."""

import asyncio
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ostinato.replay.futures import Future

_PLAIN = frozenset((str, int, float, bool, bytes, type(None)))


def futures_in(value: Any) -> Iterator[asyncio.Future[Any]]:  # noqa: C901  (one branch for each kind of container)
    """The futures (and asyncio's tasks) in lists, tuples, sets, dicts, dataclasses and structs, however deep."""
    kind: type[Any] = value.__class__
    if kind in _PLAIN:
        return
    if issubclass(kind, asyncio.Future):
        yield value
    elif issubclass(kind, Mapping):
        for item in value.values():
            yield from futures_in(item)
    elif issubclass(kind, (list, tuple, set, frozenset)):
        for item in value:
            yield from futures_in(item)
    elif issubclass(kind, msgspec.Struct):
        for name in kind.__struct_fields__:
            yield from futures_in(getattr(value, name))
    elif dataclasses.is_dataclass(kind):
        for field in dataclasses.fields(kind):
            yield from futures_in(getattr(value, field.name))


def with_results(value: Any) -> Any:
    """A copy of the value with each future's result in its place; what holds none is given back as it is."""
    kind: type[Any] = value.__class__
    if issubclass(kind, asyncio.Future):
        return value.result()
    if kind in _PLAIN or next(futures_in(value), None) is None:
        return value
    if issubclass(kind, Mapping):
        return {name: with_results(item) for name, item in value.items()}
    if issubclass(kind, (list, set, frozenset)):
        return value.__class__(with_results(item) for item in value)
    if issubclass(kind, tuple):
        items = [with_results(item) for item in value]
        return value.__class__(*items) if hasattr(value, "_fields") else tuple(items)
    if issubclass(kind, msgspec.Struct):
        changed = {name: with_results(getattr(value, name)) for name in kind.__struct_fields__}
        return msgspec.structs.replace(value, **changed)
    fields = [field.name for field in dataclasses.fields(value) if field.init]
    return dataclasses.replace(value, **{name: with_results(getattr(value, name)) for name in fields})


def _are_plain(args: Sequence[object]) -> bool:
    for value in args:  # noqa: SIM110  (any() would make a generator, for each submit)
        if value.__class__ not in _PLAIN:
            return False
    return True


def when_ready(
    args: Sequence[object],
    kwargs: Mapping[str, object],
    dependent: Future[Any],
    begin: Callable[[Sequence[object], Mapping[str, object]], None],
) -> None:
    """Begin now if no argument is a future, else when all of them are done.

    A failed input fails the dependent with the same exception, and a canceled one cancels it; either at once.
    """
    inputs = dict.fromkeys(futures_in((args, kwargs))) if kwargs or not _are_plain(args) else None
    if not inputs:
        begin(args, kwargs)
        return
    missing = len(inputs)

    def arrived(future: Any) -> None:
        nonlocal missing
        missing -= 1
        if dependent.done():
            return
        if future.cancelled():
            dependent.cancel()
        elif (error := future.exception()) is not None:
            dependent.set_exception(error)
        elif missing == 0:
            _begin_late(args, kwargs, dependent, begin)

    for future in inputs:
        if future.done():
            arrived(future)
        else:
            future.add_done_callback(arrived)


def _begin_late(
    args: Sequence[object],
    kwargs: Mapping[str, object],
    dependent: Future[Any],
    begin: Callable[[Sequence[object], Mapping[str, object]], None],
) -> None:
    try:
        begin(with_results(tuple(args)), with_results(dict(kwargs)))
    except Exception as error:  # noqa: BLE001  (the author sees it where the dependent is waited for)
        dependent.set_exception(error)
