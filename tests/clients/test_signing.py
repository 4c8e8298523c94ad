"""Signatures are those that Amazon's own library makes."""

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Theirs
from hypothesis import given
from hypothesis import strategies as st

from ostinato.clients.signing import Signer
from ostinato.swf import Credentials

NOW = 1_795_420_000.0


def theirs(credentials: Credentials, body: bytes, now: float) -> str:
    """The Authorization header that botocore makes."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    request = AWSRequest(
        "POST",
        "http://localhost:4570/swf",
        data=body,
        headers={"Content-Type": "json", "X-Amz-Target": "SimpleWorkflowService.X", "X-Amz-Date": stamp},
    )
    request.context["timestamp"] = stamp
    if credentials.session_token:
        request.headers["X-Amz-Security-Token"] = credentials.session_token
    auth = botocore.auth.SigV4Auth(Theirs(credentials.access_key_id, credentials.secret_access_key), "swf", "eu-west-1")
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    names = auth.signed_headers(auth.headers_to_sign(request))
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={names}, Signature={signature}"


@pytest.mark.parametrize("token", [None, "token"])
@given(body=st.binary(), days=st.integers(0, 1000))
def test_signatures_are_amazons(token: str | None, body: bytes, days: int) -> None:
    """Over bodies and days, with and without a session."""
    credentials = Credentials(access_key_id="AKID", secret_access_key="se/cr+et", session_token=token)
    signer = Signer(credentials, region="eu-west-1", host="localhost:4570", path="/swf")

    for now in (NOW, NOW + days * 86_400.0):
        ours = signer.headers(target="SimpleWorkflowService.X", content_type="json", body=body, now=now)

        assert ours["Authorization"] == theirs(credentials, body, now)
        assert ours.get("X-Amz-Security-Token") == token
