"""What a run hands on to the one that continues it: the signals that nobody has taken, and a late request to cancel.

SWF refuses to close an execution to which something new has happened, so that its decider may look at it; but by then
the code has left. What came meanwhile travels beside the arguments, in the input's object.
"""

import msgspec

from ostinato.errors import PayloadError
from ostinato.replay.inbox import Signal


class Carried(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is handed on.

    Args:
        signals: what nobody has taken, in the order in which it came.
        is_cancel_requested: whether somebody asked the execution to cancel itself when its code had left.
    """

    signals: tuple[Signal, ...] = ()
    is_cancel_requested: bool = False


class _Along(msgspec.Struct):
    carried: Carried = Carried()


class _Envelope(msgspec.Struct, rename={"ostinato": "__ostinato"}):
    ostinato: _Along | None = None


NOTHING = Carried()
_NAME = "__ostinato"
_ENVELOPE = msgspec.json.Decoder(_Envelope)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def carried_in(text: str | None) -> Carried:
    """What the run before handed on in the input."""
    if text is None or f'"{_NAME}"' not in text:
        return NOTHING
    try:
        along = _ENVELOPE.decode(text).ostinato
    except msgspec.DecodeError:
        return NOTHING
    return along.carried if along is not None else NOTHING


def carry(text: str, carried: Carried) -> str:
    """The input of the next run, with what is handed on to it.

    Raises:
        PayloadError: the converter writes inputs that are no objects of JSON, which have no place for it.
    """
    if carried == NOTHING:
        return text
    try:
        members = _OBJECT.decode(text)
    except msgspec.DecodeError:
        raise PayloadError(
            found=f"an input of continue_as_new() that has no place for {_described(carried)}",
            expected="an object of JSON",
            hint="Take all signals before, or use a converter that writes objects",
        ) from None
    members[_NAME] = msgspec.Raw(msgspec.json.encode({"carried": carried}))
    return msgspec.json.encode(members).decode()


def _described(carried: Carried) -> str:
    count = len(carried.signals)
    return f"{count} signals that nobody has taken" if count else "a request to cancel"
