"""What execution contexts tell of where executions wait: those that Ostinato writes, and simpleflow's."""

from collections.abc import Sequence

import msgspec


class _Wait(msgspec.Struct):
    kind: str = ""
    name: str = ""


class _Context(msgspec.Struct):
    waiting_for: list[_Wait] | None = None
    waiting_signals: list[str] | None = None


def signals_awaited(context: str | None) -> Sequence[str]:
    """The names of the signals that an execution waits for, as far as its context tells."""
    known = _known(context)
    if known is None:
        return ()
    return [*(wait.name for wait in known.waiting_for or () if wait.kind == "signal"), *(known.waiting_signals or ())]


def is_of_replay(context: str | None) -> bool:
    """Whether a replay of Ostinato's wrote there where it waits, rather than the workflow's code something."""
    known = _known(context)
    return known is not None and known.waiting_for is not None


def _known(context: str | None) -> _Context | None:
    try:
        return msgspec.json.decode(context or "", type=_Context)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
