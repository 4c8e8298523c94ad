"""Signatures by Amazon's own library, checked; and everything that may be wrong with one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from ostinato.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    SwfFault,
    UnrecognizedClientException,
)
from ostinato.server.credentials import AccessKey
from ostinato.server.protocol import Head
from ostinato.server.signatures import SKEW_SECONDS, Signatures, SignedRequest
from tests.server.conftest import Serve, Served

SECRET_KEYS = {"AKID": "secret", "OTHER": "other/secret+"}
SECRET = "s"
TARGET = "SimpleWorkflowService.ListDomains"


class Signed:
    """A request that Amazon's library signed, and what may be changed of it afterwards."""

    def __init__(
        self,
        *,
        key: str = "AKID",
        secret: str = SECRET_KEYS["AKID"],
        region: str = "eu-west-1",
        service: str = "swf",
        **rest: Any,
    ) -> None:
        request = AWSRequest(
            method="POST",
            url="http://localhost:4570/" + rest.pop("query", ""),
            data=rest.pop("body", b'{"registrationStatus":"REGISTERED"}'),
            headers={"X-Amz-Target": TARGET, "Content-Type": "application/x-amz-json-1.0", **rest},
        )
        SigV4Auth(Credentials(key, secret), service, region).add_auth(request)
        self.headers: dict[str, str] = {"Host": "localhost:4570", **dict(request.headers)}
        self.body: bytes = request.data
        self.query = request.url.partition("?")[2].encode()
        self.method = "POST"
        self.now = datetime.now(UTC).timestamp()

    def edit(self, name: str, old: str, new: str) -> "Signed":
        """Put a text in place of another in a header."""
        assert old in self.headers[name]
        self.headers[name] = self.headers[name].replace(old, new)
        return self

    def check(self) -> str:
        """Have it checked."""
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        request = SignedRequest(self.method, b"/", self.query, Head(headers), self.body)
        return Signatures(SECRET_KEYS, lambda: self.now).check(request)


@given(
    body=st.binary(max_size=200),
    region=st.sampled_from(["eu-west-1", "us-east-1", "x"]),
    key=st.sampled_from(sorted(SECRET_KEYS)),
    extra=st.text(alphabet="ab  c", max_size=12),
)
def test_what_amazons_library_signs_is_right(body: bytes, region: str, key: str, extra: str) -> None:
    """Any body, any region, any key, and headers with runs of spaces."""
    signed = Signed(key=key, secret=SECRET_KEYS[key], region=region, body=body, **{"X-Amz-Extra": extra})

    assert signed.check() == key


def test_the_query_is_signed() -> None:
    """A query, sorted or not, is part of what is signed."""
    signed = Signed(query="?b=2&a=1")
    assert signed.check() == "AKID"

    signed.query = b"b=2&a=3"

    with pytest.raises(InvalidSignatureException):
        signed.check()


def test_a_signing_key_is_remembered() -> None:
    """The second request of a day is checked with the key made for the first, and no less strictly."""
    now = datetime.now(UTC).timestamp()
    signatures = Signatures(SECRET_KEYS, lambda: now)

    def check(signed: Signed) -> str:
        headers = [(name.lower().encode(), value.encode()) for name, value in signed.headers.items()]
        return signatures.check(SignedRequest("POST", b"/", b"", Head(headers), signed.body))

    assert check(Signed()) == check(Signed()) == "AKID"
    with pytest.raises(InvalidSignatureException):
        check(Signed(secret="wrong"))


def _header(name: str, value: str) -> "Any":
    def change(signed: Signed) -> None:
        signed.headers[name] = value

    return change


def _edit(name: str, old: str, new: str) -> "Any":
    return lambda signed: signed.edit(name, old, new)


def _without(name: str) -> "Any":
    return lambda signed: signed.headers.pop(name)


def _body(signed: Signed) -> None:
    signed.body += b" "


def _method(signed: Signed) -> None:
    signed.method = "PUT"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_without("Authorization"), MissingAuthenticationTokenException),
        (_header("Authorization", ""), MissingAuthenticationTokenException),
        (_header("Authorization", "Basic eDp5"), IncompleteSignatureException),
        (_header("Authorization", "AWS4-HMAC-SHA256"), IncompleteSignatureException),
        (_header("Authorization", "AWS4-HMAC-SHA256 =,=,=\xff"), IncompleteSignatureException),
        (_edit("Authorization", "Credential=", "Credit="), IncompleteSignatureException),
        (_edit("Authorization", "Signature=", "Sign="), IncompleteSignatureException),
        (_edit("Authorization", "/swf/aws4_request", ""), IncompleteSignatureException),
        (_edit("Authorization", "host;", ""), IncompleteSignatureException),
        (_edit("Authorization", ";x-amz-target", ""), IncompleteSignatureException),
        (_without("X-Amz-Date"), IncompleteSignatureException),
        (_header("X-Amz-Date", "yesterday"), IncompleteSignatureException),
        (_edit("Authorization", "AKID", "AKIE"), UnrecognizedClientException),
        (_edit("Authorization", "AKID", "OTHER"), InvalidSignatureException),
        (_edit("Authorization", "/swf/", "/sqs/"), InvalidSignatureException),
        (_edit("Authorization", "aws4_request", "aws5_request"), InvalidSignatureException),
        (_edit("Authorization", "/eu-west-1/", "/eu-west-2/"), InvalidSignatureException),
        (_edit("Authorization", "Signature=", "Signature=\xe9"), InvalidSignatureException),
        (_header("X-Amz-Date", "20200101T000000Z"), InvalidSignatureException),
        (_header("X-Amz-Target", "SimpleWorkflowService.RegisterDomain"), InvalidSignatureException),
        (_header("Host", "elsewhere"), InvalidSignatureException),
        (_body, InvalidSignatureException),
        (_method, InvalidSignatureException),
    ],
)
def test_what_was_changed_is_refused(change: Any, fault: type[SwfFault]) -> None:
    """Every part of a request that matters is covered, and told in Amazon's words when it is wrong."""
    signed = Signed()
    change(signed)

    with pytest.raises(fault):
        signed.check()


def test_another_secret_is_refused() -> None:
    """Who does not know the secret key cannot sign."""
    with pytest.raises(InvalidSignatureException, match="does not match the signature you provided"):
        Signed(secret="guess").check()


@pytest.mark.parametrize("late", [-SKEW_SECONDS - 2, SKEW_SECONDS + 2])
def test_a_signature_counts_for_minutes(late: float) -> None:
    """Five minutes from its time, either way, it counts no more; nor does one taken down count later."""
    signed = Signed()
    signed.now += late * 0.99
    assert signed.check() == "AKID"
    signed.now += late * 0.02

    with pytest.raises(InvalidSignatureException, match="5 minutes"):
        signed.check()


@given(st.text())
def test_no_authorization_breaks_it(text: str) -> None:
    """Whatever stands in the header, it is refused."""
    signed = Signed()
    signed.headers["Authorization"] = text.encode().decode("latin-1")

    with pytest.raises(SwfFault):
        signed.check()


# Over HTTP, with real boto3.


def keys(**more: AccessKey) -> dict[str, AccessKey]:
    """A key that may everything, and others."""
    return {"ALL": AccessKey(access_key_id="ALL", secret_access_key=SECRET), **more}


def client(served: Served, key: str, secret: str = SECRET) -> Any:
    """Amazon's client."""
    return boto3.client(
        "swf",
        region_name="eu-west-1",
        endpoint_url=served.url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 0}, connect_timeout=20, read_timeout=20),
    )


def code(call: Any) -> str:
    """The code of the error that the call raises."""
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def test_boto3_signs_and_is_let_in(serve: Serve, tmp_path: Path) -> None:
    """With credentials only who signs with a known key is let in."""
    served = serve(tmp_path / "ostinato.db", credentials=keys())
    register = {"name": "d", "workflowExecutionRetentionPeriodInDays": "1"}

    client(served, "ALL").register_domain(**register)

    assert client(served, "ALL").describe_domain(name="d")["domainInfo"]["status"] == "REGISTERED"
    assert code(lambda: client(served, "ALL", "x").describe_domain(name="d")) == "InvalidSignatureException"
    assert code(lambda: client(served, "NONE").describe_domain(name="d")) == "UnrecognizedClientException"
    assert served.call("DescribeDomain", {"name": "d"}).fault == "MissingAuthenticationTokenException"
    assert served.call("Nothing").fault == "MissingAuthenticationTokenException"


def test_scopes_hold(serve: Serve) -> None:
    """A key of one domain touches no other, by name, by tag or by token; one that only reads changes nothing."""
    served = serve(
        credentials=keys(
            ONE=AccessKey(access_key_id="ONE", secret_access_key=SECRET, domains=("one",)),
            LOOK=AccessKey(access_key_id="LOOK", secret_access_key=SECRET, read_only=True),
        )
    )
    every, one, look = client(served, "ALL"), client(served, "ONE"), client(served, "LOOK")
    for swf, domain in ((one, "one"), (every, "two")):
        swf.register_domain(name=domain, workflowExecutionRetentionPeriodInDays="1")
        swf.register_workflow_type(
            domain=domain,
            name="w",
            version="1",
            defaultTaskList={"name": "deciders"},
            defaultChildPolicy="TERMINATE",
            defaultTaskStartToCloseTimeout="60",
            defaultExecutionStartToCloseTimeout="60",
        )
        swf.start_workflow_execution(domain=domain, workflowId="x", workflowType={"name": "w", "version": "1"})
    mine = one.poll_for_decision_task(domain="one", taskList={"name": "deciders"})
    other = every.poll_for_decision_task(domain="two", taskList={"name": "deciders"})

    denied = "AccessDeniedException"
    assert code(lambda: one.poll_for_decision_task(domain="two", taskList={"name": "deciders"})) == denied
    assert code(lambda: one.respond_decision_task_completed(taskToken=other["taskToken"])) == denied
    assert code(lambda: one.respond_decision_task_completed(taskToken="nonsense")) == denied
    assert code(lambda: one.list_domains(registrationStatus="REGISTERED")) == denied
    assert code(lambda: one.list_tags_for_resource(resourceArn="arn:aws:swf:x:1:/domain/two")) == denied
    assert code(lambda: look.respond_decision_task_completed(taskToken=mine["taskToken"])) == denied
    assert code(lambda: look.poll_for_decision_task(domain="one", taskList={"name": "deciders"})) == denied
    assert look.describe_domain(name="two")["domainInfo"]["name"] == "two"
    one.respond_decision_task_completed(taskToken=mine["taskToken"])
    every.respond_decision_task_completed(taskToken=other["taskToken"])
