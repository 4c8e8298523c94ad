"""What travels beside the arguments of an input, or beside a failure: one more member of that text's object.

Workers and deciders of other origin pass it over, as they do with all members that they do not know.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from ostinato.model.limits import DATA_CHARACTERS


class SentAlong(msgspec.Struct, frozen=True, kw_only=True):
    """What SWF does not tell, and a worker or a decider has to know.

    Args:
        attempt: which attempt at the activity or the child this is, from 1.
        heartbeat_timeout: one of this attempt's own, in seconds.
        heartbeat: the details of the last heartbeat before this attempt, as text.
        traceparent: the trace of which this is a part, as the W3C writes it.
        tracestate: what belongs to that.
    """

    attempt: int = 1
    heartbeat_timeout: int | None = None
    heartbeat: str | None = None
    traceparent: str | None = None
    tracestate: str | None = None


class _Holder(msgspec.Struct, rename={"ostinato": "__ostinato"}):
    ostinato: SentAlong | None = None


_NAME = "__ostinato"
_PROPAGATE = "__propagate"
"""simpleflow's word for it, in a signal's input."""
_HOLDER = msgspec.json.Decoder(_Holder)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NOTHING = SentAlong()


def sent_along(text: str | None) -> SentAlong:
    """What was sent along in an input, or in a failure's details."""
    if text is None or f'"{_NAME}"' not in text:
        return _NOTHING
    try:
        return _HOLDER.decode(text).ostinato or _NOTHING
    except msgspec.DecodeError:
        return _NOTHING


def send_along(text: str, members: Mapping[str, str | int]) -> str:
    """The text with these members sent along, too; as it is if it is no object, or would become too long for SWF.

    Args:
        text: an input, or a failure's details.
        members: what to send along, by the names of `SentAlong`; what is there under these names is replaced.
    """
    if not members:
        return text
    try:
        whole = _OBJECT.decode(text)
        former = _OBJECT.decode(whole[_NAME]) if _NAME in whole else {}
    except msgspec.DecodeError:
        return text
    whole[_NAME] = msgspec.Raw(msgspec.json.encode({**former, **members}))
    longer = msgspec.json.encode(whole).decode()
    # What is too long already does not stand in history itself: a reference to it does.
    return text if len(text) <= DATA_CHARACTERS < len(longer) else longer


def mark_propagated(text: str) -> str:
    """The input of a signal, an envelope, as whoever receives it is to hand it on."""
    return f'{text[:-1]},"{_PROPAGATE}":true}}'


def is_propagated(text: str | None) -> bool:
    """Whether whoever receives the signal with that input is to hand it on."""
    if text is None or f'"{_PROPAGATE}"' not in text:
        return False
    try:
        value: Any = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and bool(cast("dict[str, Any]", value).get(_PROPAGATE))
