"""`Swf` by way of boto3: what is made of its answers, errors and settings."""

import json
import socket
from typing import Any

import pytest

from ostinato.clients.aws import AwsSwf
from ostinato.errors import (
    ConnectionLostError,
    ForeignAnswerError,
    SwfFault,
    ThrottlingException,
    UnknownResourceFault,
    UsageError,
)
from ostinato.model import operations as o
from ostinato.model.structures import ExecutionTimeFilter, TaskList
from tests.clients.conftest import Serve, answer

COUNT = o.CountPendingActivityTasks(domain="d", task_list=TaskList(name="t"))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials, and nothing of the machine's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setattr("ostinato.clients.aws.ATTEMPTS", 1)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


def fault(name: str, status: str = "400 Bad Request") -> bytes:
    return answer(json.dumps({"__type": f"x#{name}", "message": "m"}).encode(), status)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (fault("UnknownResourceFault"), UnknownResourceFault),
        (fault("ThrottlingException"), ThrottlingException),
        (fault("NewFault"), SwfFault),
        (fault("InternalFailure", "500 Oh"), ForeignAnswerError),
        (answer(b'{"count":"many"}'), ForeignAnswerError),
    ],
)
def test_errors_are_ours(serve: Serve, said: bytes, kind: type[Exception]) -> None:
    """Each of boto3's as the one that other engines raise."""
    url, _ = serve([said])
    client = AwsSwf("eu-west-1", endpoint_url=url)

    with pytest.raises(kind):
        client.call(COUNT)
    client.close()


def test_a_lost_connection_is_told(serve: Serve) -> None:
    """With whether it may have been carried out."""
    url, _ = serve([None])
    with socket.create_server(("127.0.0.1", 0)) as free:
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"

    for where, may_be_done in ((url, True), (nowhere, False)):
        client = AwsSwf("eu-west-1", endpoint_url=where)
        with pytest.raises(ConnectionLostError) as lost:
            client.call(COUNT)
        assert lost.value.may_be_done is may_be_done
        client.close()


def test_what_is_not_configured_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A region, a profile, credentials."""
    with pytest.raises(UsageError, match="aws:REGION"):
        AwsSwf()
    with pytest.raises(UsageError, match="profile"):
        AwsSwf("eu-west-1", profile="nobody")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client = AwsSwf("eu-west-1")
    with pytest.raises(UsageError, match="credentials"):
        client.call(COUNT)
    client.close()


def test_times_lose_nothing(serve: Serve) -> None:
    """Some versions of boto3 cut off parts of seconds: the latest is rounded up."""
    url, script = serve([answer(b'{"count":1}')])
    client = AwsSwf("eu-west-1", endpoint_url=url)
    period = ExecutionTimeFilter(oldest_date=1.7, latest_date=2.2)

    client.call(o.CountOpenWorkflowExecutions(domain="d", start_time_filter=period))

    sent: Any = json.loads(script.requests[0].partition(b"\r\n\r\n")[2])
    assert sent["startTimeFilter"]["oldestDate"] <= 1.7
    assert sent["startTimeFilter"]["latestDate"] == 3
    client.close()
