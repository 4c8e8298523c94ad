"""`Swf` over HTTP: the client of `ostinato server`, and of whatever else speaks SWF's JSON protocol.

What happens when a connection breaks
-------------------------------------
A request whose connection could not be made, or was found closed before use, was not carried out: it is sent on a new
connection. When a connection breaks after the request was sent, nobody knows. It is then sent once more if twice does
no harm:

* what only reads (describe, list, count, history), tags, and heartbeats;
* polls: a task handed to the lost connection times out, or its server noticed; polling again takes no task twice;
* reports on a task (respond...): a task token is good for one report, so the second cannot be carried out besides the
  first. If the second is refused because the task is not open any more, the first was carried out, or the task had
  ended before: that is told as `ConnectionLostError`, not as a refusal.

Starts, signals, cancellation requests, terminations and registrations are not sent again: `ConnectionLostError.
may_be_done` says that they may have been carried out. More than one new try is up to who calls (workers have patience).
"""

import threading
import time
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import msgspec

from ostinato.clients.connections import BrokenExchangeError, Connection, Response
from ostinato.clients.signing import Signer
from ostinato.errors import ConnectionLostError, ForeignAnswerError, UnknownResourceFault, UsageError
from ostinato.model import operations as o
from ostinato.model.limits import POLL_SECONDS
from ostinato.model.operations import Operation
from ostinato.model.wire_operations import decode_answer, decode_fault, encode_operation
from ostinato.swf import Credentials

Answer = TypeVar("Answer")

TIMEOUT = POLL_SECONDS + 15.0
"""Seconds without an answer after which a call fails, unless given: a poll has its minute, and some time to travel."""

CONNECT_TIMEOUT = 10.0
REGION = "us-east-1"

_CONTENT_TYPE = "application/x-amz-json-1.0"
_TARGET = "SimpleWorkflowService."
_PORTS = {"http": 80, "https": 443}
_OK = 200
_FAULTY = range(400, 500)
_SHOWN_CHARACTERS = 200

_POLLS: frozenset[type[Operation[Any]]] = frozenset({o.PollForActivityTask, o.PollForDecisionTask})
_REPORTS: frozenset[type[Operation[Any]]] = frozenset(
    {
        o.RespondActivityTaskCanceled,
        o.RespondActivityTaskCompleted,
        o.RespondActivityTaskFailed,
        o.RespondDecisionTaskCompleted,
    }
)
_REPEATABLE: frozenset[type[Operation[Any]]] = frozenset(
    {
        *_POLLS,
        *_REPORTS,
        o.CountClosedWorkflowExecutions,
        o.CountOpenWorkflowExecutions,
        o.CountPendingActivityTasks,
        o.CountPendingDecisionTasks,
        o.DescribeActivityType,
        o.DescribeDomain,
        o.DescribeWorkflowExecution,
        o.DescribeWorkflowType,
        o.GetWorkflowExecutionHistory,
        o.ListActivityTypes,
        o.ListClosedWorkflowExecutions,
        o.ListDomains,
        o.ListOpenWorkflowExecutions,
        o.ListTagsForResource,
        o.ListWorkflowTypes,
        o.RecordActivityTaskHeartbeat,
        o.TagResource,
        o.UntagResource,
    }
)


class HttpSwf:
    """SWF behind a URL. Safe to call from several threads; it keeps as many connections as calls were made at once.

    Args:
        url: `http://host:port` or `https://host:port`, with a path if the server has one.
        credentials: with them requests are signed.
        region: the region that signatures are for.
        timeout: seconds without an answer after which a call fails; polls take a minute.

    Raises:
        UsageError: the URL is none.
    """

    def __init__(
        self, url: str, *, credentials: Credentials | None = None, region: str = REGION, timeout: float = TIMEOUT
    ) -> None:
        self.url = url
        place = _place_of(url)
        self._place = place
        self._timeout = timeout
        self._signer = (
            None if credentials is None else Signer(credentials, region=region, host=place.header, path=place.path)
        )
        self._tls: Any = None
        if place.is_secret:
            import ssl  # noqa: PLC0415  # takes its time, and few need it

            self._tls = ssl.create_default_context()
        self._head = (
            f"POST {place.path} HTTP/1.1\r\nHost: {place.header}\r\nContent-Type: {_CONTENT_TYPE}\r\n"
            f"X-Amz-Target: {_TARGET}"
        )
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._is_closed = False

    def call(self, operation: Operation[Answer], /) -> Answer:
        """Carry out the operation and give its answer, once what it changed is durable.

        Raises:
            SwfFault: SWF refuses the operation; nothing was changed.
            ConnectionLostError: no answer came; the module's docstring says what was tried.
            ForeignAnswerError: the server failed, or is none of SWF's.
        """
        request = self._request(operation)
        try:
            response = self._exchange(request)
        except _LostError as lost:
            if not self._is_closed and lost.may_repeat and type(operation) in _REPEATABLE:
                return self._call_again(operation, request)
            return self._give_up(operation, lost)
        return self._read(operation, response)

    def close(self) -> None:
        """Give all connections back. Polls in flight answer None at once, other calls fail. Twice is harmless."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
            busy = tuple(self._busy)
        for connection in idle:
            connection.close()
        for connection in busy:
            connection.interrupt()

    def _request(self, operation: Operation[Any]) -> bytes:
        name = type(operation).__name__
        body = encode_operation(operation)
        head = f"{self._head}{name}\r\nContent-Length: {len(body)}\r\n"
        if self._signer is not None:
            headers = self._signer.headers(
                target=f"{_TARGET}{name}", content_type=_CONTENT_TYPE, body=body, now=time.time()
            )
            head += "".join(f"{key}: {value}\r\n" for key, value in headers.items())
        return b"%b\r\n%b" % (head.encode(), body)

    def _call_again(self, operation: Operation[Answer], request: bytes) -> Answer:
        try:
            return self._read(operation, self._exchange(request))
        except _LostError as lost:
            return self._give_up(operation, lost)
        except UnknownResourceFault as fault:
            if type(operation) not in _REPORTS:
                raise
            found = f"the connection broke, and the second try found the task not open any more ({fault.message})"
            raise ConnectionLostError(where=self.url, found=found, may_be_done=True) from None

    def _exchange(self, request: bytes) -> Response:
        """Send the request and give the response, whatever that says.

        Raises:
            _LostError: there is none.
        """
        connection = self._take()
        try:
            return connection.exchange(request)
        except TimeoutError as error:
            found = f"no answer within {self._timeout:g} s"
            raise _LostError(found, may_be_done=True, may_repeat=False) from error
        except (OSError, BrokenExchangeError) as error:
            raise _LostError(f"no answer: {error}", may_be_done=True, may_repeat=True) from error
        finally:
            self._give_back(connection)

    def _take(self) -> Connection:
        while True:
            with self._lock:
                if self._is_closed:
                    raise _LostError("this client is closed", may_be_done=False, may_repeat=False)
                connection = self._idle.pop() if self._idle else None
                if connection is None:
                    break
                self._busy.add(connection)
            if not connection.has_ended():
                return connection
            connection.is_reusable = False
            self._give_back(connection)
        return self._adopt(self._connect())

    def _adopt(self, connection: Connection) -> Connection:
        with self._lock:
            self._busy.add(connection)
            is_closed = self._is_closed
        if is_closed:
            connection.interrupt()
        return connection

    def _connect(self) -> Connection:
        place = self._place
        timeout = min(CONNECT_TIMEOUT, self._timeout)
        try:
            return Connection(place.host, place.port, timeout=self._timeout, connect_timeout=timeout, tls=self._tls)
        except OSError as error:
            raise _LostError(f"cannot be reached: {error}", may_be_done=False, may_repeat=False) from error

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            self._busy.discard(connection)
            if connection.is_reusable and not self._is_closed:
                self._idle.append(connection)
                return
        connection.close()

    def _read(self, operation: Operation[Answer], response: Response) -> Answer:
        try:
            if response.status == _OK:
                return decode_answer(operation, response.body)
            fault = decode_fault(response.body)
        except msgspec.DecodeError as error:
            shown = response.body[:_SHOWN_CHARACTERS].decode(errors="replace")
            raise ForeignAnswerError(
                where=self.url, found=f"HTTP {response.status}, {shown!r} ({error})", status=response.status
            ) from None
        if response.status in _FAULTY:
            raise fault
        raise ForeignAnswerError(where=self.url, found=f"HTTP {response.status}, {fault}", status=response.status)

    def _give_up(self, operation: Operation[Answer], lost: "_LostError") -> Answer:
        """A poll's answer if there is no task, if it was this client's end that ended it."""
        if self._is_closed and type(operation) in _POLLS:
            return cast("Answer", None)
        raise ConnectionLostError(where=self.url, found=lost.found, may_be_done=lost.may_be_done) from None


class _LostError(Exception):
    """No response came."""

    def __init__(self, found: str, *, may_be_done: bool, may_repeat: bool) -> None:
        self.found = found
        self.may_be_done = may_be_done
        self.may_repeat = may_repeat
        super().__init__(found)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where requests go; `header` is the Host header."""

    is_secret: bool
    host: str
    port: int
    header: str
    path: str


def _place_of(url: str) -> _Place:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if (
        parts.scheme not in _PORTS
        or not parts.hostname
        or port == -1
        or parts.query
        or parts.fragment
        or parts.username
    ):
        raise UsageError(found=repr(url), expected="http://HOST:PORT or https://HOST:PORT")
    usual = _PORTS[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    header = host if port in {None, usual} else f"{host}:{port}"
    return _Place(parts.scheme == "https", parts.hostname, port or usual, header, parts.path or "/")
