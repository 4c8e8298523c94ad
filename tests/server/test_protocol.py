"""How requests name their operation, and how answers and faults look; what Amazon's service was recorded to send."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.server.conftest import request

if TYPE_CHECKING:
    from tests.server.conftest import Served


@pytest.mark.parametrize(
    "target",
    [
        "SimpleWorkflowService.DescribeDomain",
        "com.amazonaws.swf.service.model.SimpleWorkflowService.DescribeDomain",
        "Whatever.DescribeDomain",
    ],
)
def test_any_prefix_names_the_operation(served: "Served", target: str) -> None:
    """What stands after the last dot is the operation."""
    answer = served.call("", {"name": "d"}, X_Amz_Target=target)

    assert answer.value["domainInfo"]["name"] == "d"


@pytest.mark.parametrize(
    ("sent", "got"),
    [
        ("application/x-amz-json-1.0", "application/x-amz-json-1.0"),
        ("application/json; charset=UTF-8", "application/json"),
        ("text/plain", "application/x-amz-json-1.0"),
    ],
)
@pytest.mark.parametrize("name", ["d", "unknown"])
def test_the_answer_has_the_clients_flavor(served: "Served", sent: str, got: str, name: str) -> None:
    """Answers and faults are called what the request was, as recorded of boto2 and of later clients."""
    answer = served.call("DescribeDomain", {"name": name}, Content_Type=sent, Content_Encoding="amz-1.0")

    assert answer.headers["content-type"] == got
    assert answer.status == (200 if name == "d" else 400)


def test_each_answer_has_an_id(served: "Served") -> None:
    """`x-amzn-RequestId` is a UUID, another one each time; there is a date, and no word of our server's software."""
    first, second = (served.call("DescribeDomain", {"name": "d"}).headers for _ in range(2))

    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first["x-amzn-requestid"])
    assert first["x-amzn-requestid"] != second["x-amzn-requestid"]
    assert "date" in first
    assert "server" not in first


def test_void_operations_have_an_empty_body(served: "Served") -> None:
    """200, no body, its length told (recorded)."""
    served.start()

    answer = served.call("TerminateWorkflowExecution", {"domain": "d", "workflowId": "x"})

    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")


def test_faults_are_told_as_recorded(served: "Served") -> None:
    """400, a type with its namespace, and the service's words."""
    answer = served.call("DescribeDomain", {"name": "unknown"})

    assert answer.status == 400
    assert answer.value == {
        "__type": "com.amazonaws.swf.base.model#UnknownResourceFault",
        "message": "Unknown domain: unknown",
    }
    assert answer.headers["x-amzn-query-error"] == "UnknownResourceFault"


@pytest.mark.parametrize(
    "target", ["", "DescribeDomain", ".DescribeDomain", "x.", "x.Describe Domain", "x.Nothing", "x.é"]
)
def test_a_target_that_names_nothing(served: "Served", target: str) -> None:
    """There is no such operation."""
    answer = served.call("", {"name": "d"}, X_Amz_Target=target)

    assert (answer.status, answer.fault) == (400, "UnknownOperationException")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "SerializationException"),
        (b"{", "SerializationException"),
        (b"[]", "SerializationException"),
        (b"null", "SerializationException"),
        (b'{"name":3}', "SerializationException"),
        (b'{"name":"\xff"}', "SerializationException"),
        (b'{"name":' + b"[" * 100_000, "SerializationException"),
        (b'{"name":"d","other":' + b'{"a":' * 100_000, "SerializationException"),
        (b"{}", "ValidationException"),
        (b'{"name":null}', "ValidationException"),
        (b'{"name":""}', "ValidationException"),
        (b'{"name":"\\ud800"}', "SerializationException"),
    ],
)
def test_a_body_that_says_nothing(served: "Served", body: bytes, fault: str) -> None:
    """What is not JSON, of the wrong type, out of bounds or nested too deeply is refused, and the server goes on."""
    with served.wire() as wire:
        answer = wire.call("DescribeDomain", body)

        assert (answer.status, answer.fault) == (400, fault)
        assert wire.call("DescribeDomain", {"name": "d"}).status == 200


def test_a_body_may_be_large_and_not_larger(served: "Served") -> None:
    """More than the service's megabyte of decisions is read, to be refused in its words; more than 4 MB is not."""
    some = served.call("DescribeDomain", {"name": "d", "ignored": "x" * 3_900_000})
    with served.wire() as wire:
        much = wire.call("DescribeDomain", {"name": "d", "ignored": "x" * 4_100_000})
        after = wire.call("DescribeDomain", {"name": "d"})

    assert some.status == 200
    assert (much.status, much.fault) == (413, "RequestEntityTooLargeException")
    assert after.status == 200


def test_chunks_and_http_1_0(served: "Served") -> None:
    """A body may come in chunks; a client may be old, and its connection is closed."""
    head = b"Host: x\r\nX-Amz-Target: x.DescribeDomain\r\n"
    with served.wire() as wire:
        wire.send(b"POST / HTTP/1.1\r\n" + head + b"Transfer-Encoding: chunked\r\n\r\n")
        wire.send(b'8\r\n{"name":\r\n')
        wire.send(b'4\r\n"d"}\r\n0\r\n\r\n')
        assert wire.answer().status == 200
    with served.wire() as wire:
        wire.send(b"POST / HTTP/1.0\r\n" + head + b'Content-Length: 12\r\n\r\n{"name":"d"}')
        assert wire.answer().status == 200
        assert wire.rest() == b""


def test_pipelined_requests_are_answered_in_order(served: "Served") -> None:
    """Several requests in one piece, several answers."""
    with served.wire() as wire:
        wire.send(request("DescribeDomain", {"name": "d"}) + request("DescribeDomain", {"name": "e"}))

        assert [wire.answer().status for _ in range(2)] == [200, 400]


def test_several_regions_share_a_server(served: "Served") -> None:
    """An open server does not look at signatures, nor at their region."""
    scope = "Credential=x/20260101/{}/swf/aws4_request, SignedHeaders=host, Signature=0"

    answers = [
        served.call("DescribeDomain", {"name": "d"}, Authorization=f"AWS4-HMAC-SHA256 {scope.format(region)}")
        for region in ("eu-west-1", "us-east-1")
    ]

    assert [answer.status for answer in answers] == [200, 200]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://evil.example:4570", 400),
        ("null", 400),
        ("http://[", 400),
        ("http://localhost:4570", 200),
        ("http://127.0.0.1:4570", 200),
        ("http://[::1]:4570", 200),
    ],
)
def test_web_pages_of_others_may_not_call(served: "Served", origin: str, status: int) -> None:
    """A page that a browser shows cannot use a server on its user's machine, whatever name leads there."""
    assert served.call("DescribeDomain", {"name": "d"}, Origin=origin).status == status
