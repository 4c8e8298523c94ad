"""The faults that come before an operation is looked at, as Amazon's own client tells them; and what never comes."""

import datetime as dt
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import botocore.auth
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from ostinato.engine.engine import Engine
from ostinato.errors import SwfFault, ThrottlingException
from ostinato.model.wire_operations import encode_fault
from ostinato.server.credentials import AccessKey
from tests.contract.conftest import serving
from tests.contract.test_operations import refused

SECRET = "secret"
NEVER = {"OperationNotPermittedFault"}
"""Those of the service's model that ours never answers; `docs/explanation/differences-from-amazon.md` says why."""


@pytest.fixture(scope="module")
def url(engine: Engine) -> Iterator[str]:
    """A server that knows two keys."""
    keys = {
        "ALL": AccessKey(access_key_id="ALL", secret_access_key=SECRET),
        "LOOK": AccessKey(access_key_id="LOOK", secret_access_key=SECRET, read_only=True),
        "ONE": AccessKey(access_key_id="ONE", secret_access_key=SECRET, domains=("one",)),
    }
    with serving(engine, credentials=keys) as url:
        yield url


def client(url: str, key: str = "ALL", secret: str = SECRET, **settings: Any) -> Any:
    """Amazon's own client."""
    return boto3.client(
        "swf",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(**{"retries": {"max_attempts": 0}, **settings}),
    )


def refusal(swf: Any, domain: str = "one") -> str:
    """The code of the fault that a description of a domain is refused with."""
    return refused(swf, "describe_domain", name=domain)[0]


def test_a_request_has_to_be_signed(url: str) -> None:
    """MissingAuthenticationTokenException."""
    assert refusal(client(url, signature_version=UNSIGNED)) == "MissingAuthenticationTokenException"


def test_a_signature_has_all_its_parts(url: str) -> None:
    """IncompleteSignatureException."""
    swf = client(url)

    def shorten(request: Any, **_: Any) -> None:
        del request.headers["Authorization"]
        request.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=ALL/20260101/us-east-1/swf/aws4_request"

    swf.meta.events.register("before-send.swf", shorten)

    assert refusal(swf) == "IncompleteSignatureException"


def test_a_signature_fits_its_secret_and_its_request(url: str) -> None:
    """InvalidSignatureException."""
    swf = client(url)

    def change(request: Any, **_: Any) -> None:
        request.body = request.body.replace(b"one", b"two")

    swf.meta.events.register("before-send.swf", change)

    assert refusal(client(url, secret="other")) == "InvalidSignatureException"
    assert refusal(swf) == "InvalidSignatureException"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_is_of_now(url: str, monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """InvalidSignatureException, whichever way the client's clock is wrong."""
    now = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: now.replace(tzinfo=None))

    assert refusal(client(url)) == "InvalidSignatureException"


def test_a_key_is_known(url: str) -> None:
    """UnrecognizedClientException."""
    assert refusal(client(url, "NONE")) == "UnrecognizedClientException"


def test_a_key_may_do_what_it_says(url: str) -> None:
    """AccessDeniedException, which names who may not do what, and on what."""
    code, message = refused(
        client(url, "LOOK"), "register_domain", name="d", workflowExecutionRetentionPeriodInDays="1"
    )

    assert code == "AccessDeniedException"
    assert "LOOK is not authorized to perform: swf:RegisterDomain" in message
    assert refusal(client(url, "LOOK")) == "UnknownResourceFault"
    assert refusal(client(url, "ONE"), "two") == "AccessDeniedException"
    assert refusal(client(url, "ONE")) == "UnknownResourceFault"


@pytest.fixture
def throttling() -> Iterator[tuple[str, list[str]]]:
    """The URL of what answers each request with our own ThrottlingException, and the requests' operations."""
    asked: list[str] = []
    body = encode_fault(ThrottlingException("Rate exceeded"))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.headers["X-Amz-Target"])
            self.send_response(400)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name in the base class)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()
        thread.join()


def test_throttling_is_understood_and_tried_again(throttling: tuple[str, list[str]]) -> None:
    """Our server never throttles; the fault as we write it is one that boto3 knows to be worth another try."""
    url, asked = throttling
    swf = client(url, retries={"total_max_attempts": 2, "mode": "standard"})

    assert refused(swf, "describe_domain", name="d") == ("ThrottlingException", "Rate exceeded")
    assert asked == ["SimpleWorkflowService.DescribeDomain"] * 2


def test_the_services_faults_are_ours(url: str) -> None:
    """Every fault of the service's model is an error of ours, under the same name; each is seen here but for one."""
    model = client(url).meta.service_model
    faults = {shape.name for shape in model.error_shapes}

    assert faults - {kind.code for kind in SwfFault.__subclasses__()} == set()
    assert faults - NEVER == {
        "DefaultUndefinedFault",
        "DomainAlreadyExistsFault",
        "DomainDeprecatedFault",
        "LimitExceededFault",
        "TooManyTagsFault",
        "TypeAlreadyExistsFault",
        "TypeDeprecatedFault",
        "TypeNotDeprecatedFault",
        "UnknownResourceFault",
        "WorkflowExecutionAlreadyStartedFault",
    }
