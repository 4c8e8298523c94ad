"""Reads histories, page after page."""

from collections.abc import Iterator
from typing import Protocol, TypeVar

from ostinato.model.events import HistoryEvent
from ostinato.model.operations import GetWorkflowExecutionHistory, Operation
from ostinato.model.structures import WorkflowExecution

Answer = TypeVar("Answer")


class Call(Protocol):
    """Carries out operations of SWF's."""

    def __call__(self, operation: Operation[Answer], /) -> Answer:
        """Its answer."""
        ...


def read_history(call: Call, domain: str, execution: WorkflowExecution) -> Iterator[HistoryEvent]:
    """The execution's events, the first first.

    Raises:
        UnknownResourceFault: there is no such execution.
    """
    token = None
    while True:
        page = call(GetWorkflowExecutionHistory(domain=domain, execution=execution, next_page_token=token))
        yield from page.events
        token = page.next_page_token
        if token is None:
            return


def read_news(call: Call, domain: str, execution: WorkflowExecution, after: int) -> list[HistoryEvent]:
    """The execution's events with ids above `after`, the first first; reads as little beyond them as it can.

    Raises:
        UnknownResourceFault: there is no such execution.
    """
    if not after:
        return list(read_history(call, domain, execution))
    news: list[HistoryEvent] = []
    token = None
    while True:
        page = call(
            GetWorkflowExecutionHistory(
                domain=domain, execution=execution, next_page_token=token, maximum_page_size=100, reverse_order=True
            )
        )
        news += [event for event in page.events if event.event_id > after]
        token = page.next_page_token
        if token is None or page.events[-1].event_id <= after + 1:
            news.reverse()
            return news


def last_event(call: Call, domain: str, execution: WorkflowExecution) -> HistoryEvent:
    """The execution's last event so far.

    Raises:
        UnknownResourceFault: there is no such execution.
    """
    page = call(
        GetWorkflowExecutionHistory(domain=domain, execution=execution, maximum_page_size=1, reverse_order=True)
    )
    return page.events[0]
