"""The shapes of SWF's wire: an event's and a decision's attributes nested under a key named after its type.

Within Ostinato events and decisions are flat; here, and only here, the two forms meet.
"""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

import msgspec

from ostinato.model.decisions import Decision, DecisionAttributes
from ostinato.model.events import Event, HistoryEvent

_EVENT_ATTRIBUTES = "EventAttributes"
_DECISION_ATTRIBUTES = "DecisionAttributes"

# Choosing the class first is thirty times as quick as converting to the union.
_EVENTS: Mapping[str, type[HistoryEvent]] = {kind.__name__: kind for kind in get_args(HistoryEvent)}
_DECISIONS: Mapping[str, type[DecisionAttributes]] = {kind.__name__: kind for kind in get_args(DecisionAttributes)}


def attributes_key(type_name: str, suffix: str) -> str:
    """The member that holds the attributes of an event or decision of that type."""
    return type_name[0].lower() + type_name[1:] + suffix


def event_to_wire(event: Event) -> dict[str, Any]:
    """The event as a JSON object in the service's shape."""
    flat: dict[str, Any] = msgspec.to_builtins(event)
    event_type = flat.pop("eventType")
    head = {
        "eventId": flat.pop("eventId"),
        "eventTimestamp": flat.pop("eventTimestamp"),
        "eventType": event_type,
    }
    return {**head, attributes_key(event_type, _EVENT_ATTRIBUTES): flat}


def event_from_wire(value: Mapping[str, Any]) -> HistoryEvent:
    """The event that a JSON object in the service's shape says.

    Members that this version does not know are passed over, as SWF adds some now and then.

    Raises:
        msgspec.ValidationError: it is not an event.
    """
    event_type = value.get("eventType")
    kind = _EVENTS.get(str(event_type))
    if kind is None:
        raise msgspec.ValidationError(f"Invalid value {event_type!r} - at `$.eventType`")
    flat: dict[str, Any] = {
        **(value.get(attributes_key(kind.__name__, _EVENT_ATTRIBUTES)) or {}),
        "eventId": value.get("eventId"),
        "eventTimestamp": value.get("eventTimestamp"),
        "eventType": event_type,
    }
    return msgspec.convert(flat, kind)


def events_from_wire(values: Iterable[Mapping[str, Any]]) -> tuple[HistoryEvent, ...]:
    """The events of a history, or of a page of it, in the order given."""
    return tuple(map(event_from_wire, values))


def encode_event(event: Event) -> bytes:
    """The event in the service's shape, as JSON text; quicker than by way of `event_to_wire`."""
    text = msgspec.json.encode(event)
    event_type = type(event).__name__
    start = len(event_type) + len('{"eventType":"",')
    end = text.find(b",", text.index(b',"eventTimestamp":') + 1)
    head, attributes = (text[start:-1], b"") if end < 0 else (text[start:end], text[end + 1 : -1])
    key = attributes_key(event_type, _EVENT_ATTRIBUTES)
    return b'{%b,"eventType":"%b","%b":{%b}}' % (head, event_type.encode(), key.encode(), attributes)


def decision_to_wire(decision: Decision) -> dict[str, Any]:
    """The decision as a JSON object in the service's shape."""
    flat: dict[str, Any] = msgspec.to_builtins(decision)
    decision_type = flat.pop("decisionType")
    return {"decisionType": decision_type, attributes_key(decision_type, _DECISION_ATTRIBUTES): flat}


def decision_from_wire(value: Mapping[str, Any]) -> DecisionAttributes:
    """The decision that a JSON object in the service's shape says.

    Raises:
        msgspec.ValidationError: it is not a decision.
    """
    decision_type = value.get("decisionType")
    kind = _DECISIONS.get(str(decision_type))
    if kind is None:
        raise msgspec.ValidationError(f"Invalid value {decision_type!r} - at `$.decisionType`")
    attributes: Mapping[str, Any] = value.get(attributes_key(kind.__name__, _DECISION_ATTRIBUTES)) or {}
    return msgspec.convert({**attributes, "decisionType": decision_type}, kind)
