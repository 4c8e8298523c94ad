"""Opens the payloads of histories and answers."""

import logging
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from ostinato.errors import PayloadUnavailableError
from ostinato.model.events import (
    ActivityTaskFailed,
    ActivityTaskScheduled,
    DecisionTaskCompleted,
    HistoryEvent,
    SignalExternalWorkflowExecutionInitiated,
    StartChildWorkflowExecutionInitiated,
    TimerStarted,
)
from ostinato.payloads.failures import full_reason, is_unread
from ostinato.payloads.members import readable_members
from ostinato.payloads.references import is_reference
from ostinato.storage.sealing import Sealer

logger = logging.getLogger(__name__)

Sealable = TypeVar("Sealable", bound=msgspec.Struct)

_RECORDS = frozenset(
    (
        ActivityTaskScheduled,
        DecisionTaskCompleted,
        SignalExternalWorkflowExecutionInitiated,
        StartChildWorkflowExecutionInitiated,
        TimerStarted,
    )
)
"""Events that record what was asked of others: no replay reads their payloads."""


class Opening:
    """Opens what a sealer sealed.

    Args:
        sealer: the sealer.
        is_lenient: leave what cannot be had as it stands, and say so in the log.
    """

    def __init__(self, sealer: Sealer, *, is_lenient: bool = False) -> None:
        self._sealer = sealer
        self._is_lenient = is_lenient

    def events(self, events: Sequence[HistoryEvent], *, opens_records: bool) -> tuple[HistoryEvent, ...]:
        """The events, opened.

        Args:
            events: the events.
            opens_records: whether they are opened altogether, or only what a replay reads of them.

        Raises:
            PayloadUnavailableError: a payload cannot be had.
        """
        if any(type(event) is ActivityTaskFailed and is_unread(event.reason) for event in events):
            self._sealer.forget_puts()
        sealed = [
            place
            for place, event in enumerate(events)
            if (opens_records or type(event) not in _RECORDS) and self._is_sealed(event)
        ]
        if not sealed:
            return tuple(events)
        opened = list(events)
        for place, event in zip(
            sealed, self._sealer.each(self._opened_event, [events[p] for p in sealed]), strict=True
        ):
            opened[place] = event
        return tuple(opened)

    def _opened_event(self, event: HistoryEvent) -> HistoryEvent:
        """The event, opened; what was only written for somebody else stays sealed if it cannot be had."""
        try:
            return self.opened(event)
        except PayloadUnavailableError:
            if type(event) not in _RECORDS:
                raise
            return event

    def _text(self, text: str) -> str:
        try:
            return self._sealer.open(text)
        except PayloadUnavailableError as error:
            if not self._is_lenient:
                raise
            logger.warning("%s", error)
            return text

    def _is_sealed(self, value: msgspec.Struct) -> bool:
        return any(
            (text := getattr(value, name)) is not None and is_reference(text) for name in readable_members(type(value))
        )

    def opened(self, value: Sealable) -> Sealable:
        """The value with its payloads opened.

        Raises:
            PayloadUnavailableError: one of them cannot be had.
        """
        changes = {
            name: self._text(text)
            for name in readable_members(type(value))
            if (text := getattr(value, name)) is not None and is_reference(text)
        }
        if "details" in changes and (reason := getattr(value, "reason", None)):
            changes.setdefault("reason", full_reason(reason, changes["details"]))
        return msgspec.structs.replace(value, **changes) if changes else value
