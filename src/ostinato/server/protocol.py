"""AWS JSON 1.0 as SWF speaks it: how a request names its operation, and how answers and faults look.

Pure: it knows nothing of sockets, and nothing of what the operations do. The bodies are the business of
`ostinato.model.wire_operations`. What Amazon's service was recorded to send is told in the tests.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from ostinato.errors import SwfFault, UnknownOperationException
from ostinato.model.wire_operations import fault_type

AMAZON_JSON = b"application/x-amz-json-1.0"
PLAIN_JSON = b"application/json"

OK = 200
BAD_REQUEST = 400
TOO_LARGE = 413
INTERNAL = 500
UNAVAILABLE = 503

_INTERNAL_FAILURE = "com.amazon.coral.service#InternalFailure"
_UNAVAILABLE = "com.amazon.coral.availability#ServiceUnavailableException"
_TOO_LARGE = "com.amazon.coral.service#RequestEntityTooLargeException"

Header = tuple[bytes, bytes]


class Reply(NamedTuple):
    """A response, but for what names the request."""

    status: int
    body: bytes
    outcome: str
    """"ok", or the name of the fault."""


class Head:
    """The headers of a request, by their lower-case names.

    Args:
        headers: in the order in which they came. Of several with one name the last counts, but for signatures.
    """

    __slots__ = ("_values", "all")

    def __init__(self, headers: Iterable[Header]) -> None:
        self.all = tuple(headers)
        self._values = dict(self.all)

    def value(self, name: bytes) -> bytes | None:
        """The value of a header, or None."""
        return self._values.get(name)

    def content_type(self) -> bytes:
        """What the answer is called: the client's own flavour of JSON."""
        given = self._values.get(b"content-type", b"")
        return PLAIN_JSON if given[: len(PLAIN_JSON)].lower() == PLAIN_JSON else AMAZON_JSON

    def operation_name(self) -> str:
        """The operation that `X-Amz-Target` names: what stands after the last dot, whatever is before it.

        Raises:
            UnknownOperationException: it names none.
        """
        target = self._values.get(b"x-amz-target", b"")
        prefix, dot, name = target.rpartition(b".")
        if not (prefix and dot and name.isalpha()):
            raise UnknownOperationException
        return name.decode("ascii")


def answered(body: bytes) -> Reply:
    """The reply to an operation that was carried out; void operations have an empty body."""
    return Reply(OK, body, "ok")


def refused(fault: SwfFault) -> Reply:
    """The reply to an operation that was refused."""
    return Reply(BAD_REQUEST, _fault_body(fault_type(fault), fault.message), fault.code)


def failed() -> Reply:
    """The reply when something is wrong with us: it tells nothing of what."""
    return Reply(INTERNAL, _fault_body(_INTERNAL_FAILURE, ""), "InternalFailure")


def unavailable() -> Reply:
    """The reply of a server that is about to end; clients try again."""
    return Reply(UNAVAILABLE, _fault_body(_UNAVAILABLE, "The server is stopping"), "ServiceUnavailableException")


def too_large(limit: int) -> Reply:
    """The reply to a request that is larger than we read."""
    body = _fault_body(_TOO_LARGE, f"The request has more than {limit} bytes")
    return Reply(TOO_LARGE, body, "RequestEntityTooLargeException")


def headers_of(reply: Reply, content_type: bytes, request_id: str) -> list[Header]:
    """The headers of a response, named as Amazon names them."""
    headers = [
        (b"x-amzn-RequestId", request_id.encode()),
        (b"Content-Type", content_type),
        (b"Content-Length", b"%d" % len(reply.body)),
    ]
    if reply.status != OK:
        headers.append((b"x-amzn-query-error", reply.outcome.encode()))
    return headers


def _fault_body(type_name: str, message: str) -> bytes:
    return msgspec.json.encode({"__type": type_name, "message": message} if message else {"__type": type_name})
