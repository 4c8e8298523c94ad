"""Opens the payloads of histories and answers."""

import logging
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TypeVar, get_args

import msgspec

from ostinato.errors import PayloadUnavailableError
from ostinato.model.events import (
    ActivityTaskFailed,
    ActivityTaskScheduled,
    ChildWorkflowExecutionFailed,
    DecisionTaskCompleted,
    HistoryEvent,
    LambdaFunctionFailed,
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

Kinds = AbstractSet[type[HistoryEvent]]

NONE: Kinds = frozenset()

RECORDS: Kinds = frozenset(
    (
        ActivityTaskScheduled,
        DecisionTaskCompleted,
        SignalExternalWorkflowExecutionInitiated,
        StartChildWorkflowExecutionInitiated,
        TimerStarted,
    )
)
"""Events that record what was asked of others: no replay reads their payloads."""

UNTOLD: Kinds = frozenset(get_args(HistoryEvent)) - {
    ActivityTaskFailed,
    ChildWorkflowExecutionFailed,
    DecisionTaskCompleted,
    LambdaFunctionFailed,
}
"""Events whose payloads nobody is told of who follows an execution: but for failures, and where it waits."""


class Opening:
    """Opens what a sealer sealed.

    Args:
        sealer: the sealer.
        is_lenient: leave what cannot be had as it stands, and say so in the log.
    """

    def __init__(self, sealer: Sealer, *, is_lenient: bool = False) -> None:
        self._sealer = sealer
        self._is_lenient = is_lenient

    def events(self, events: Sequence[HistoryEvent], *, but: Kinds) -> tuple[HistoryEvent, ...]:
        """The events, opened.

        Args:
            events: the events.
            but: those that stay as they are.

        Raises:
            PayloadUnavailableError: a payload cannot be had.
        """
        if any(type(event) is ActivityTaskFailed and is_unread(event.reason) for event in events):
            self._sealer.forget_puts()
        sealed = [place for place, event in enumerate(events) if type(event) not in but and self._is_sealed(event)]
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
            if type(event) not in RECORDS:
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
