"""Pages of lists: how long they are, and the tokens that lead from one to the next."""

import msgspec

from ostinato.engine.tokens import Signer
from ostinato.model import operations as o
from ostinato.model.limits import PAGE_SIZE

PAGE_TOKEN_SECONDS = 24 * 3600.0
"""How long a page token is good (API reference, `nextPageToken`)."""

Paged = (
    o.GetWorkflowExecutionHistory
    | o.ListActivityTypes
    | o.ListClosedWorkflowExecutions
    | o.ListDomains
    | o.ListOpenWorkflowExecutions
    | o.ListWorkflowTypes
)
"""The operations that answer with pages, polls aside."""


def page_size(asked: int | None) -> int:
    """How many items a page has; none asked for, or 0, are as many as SWF gives."""
    return asked or PAGE_SIZE


class Pages:
    """The page tokens of lists: good for the list that they continue, and for a day.

    Args:
        signer: signs them.
    """

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def token(self, operation: Paged, position: bytes, now: float) -> str:
        """What leads to the page that begins at that position."""
        return self._signer.sign_page(position, scope=_scope(operation), expires=now + PAGE_TOKEN_SECONDS)

    def position(self, operation: Paged, now: float) -> bytes | None:
        """Where the page begins that the operation asks for; None for the first.

        Raises:
            ValidationException: its token is not for this list, or is too old.
        """
        token = operation.next_page_token
        return None if token is None else self._signer.read_page(token, scope=_scope(operation), now=now)


def _scope(operation: Paged) -> bytes:
    query = msgspec.structs.replace(operation, next_page_token=None, maximum_page_size=None)
    return type(operation).__name__.encode() + msgspec.json.encode(query)
