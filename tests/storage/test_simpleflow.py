"""simpleflow's own form of what is too long for SWF, on a real S3 server, read and written by another client of S3."""

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from ostinato import Client, ObjectStore, Payloads, activity, submit, workflow
from ostinato.errors import PayloadDamagedError, PayloadMissingError
from ostinato.model.operations import StartWorkflowExecution
from ostinato.payloads.policy import ReferenceForm

from .conftest import DOMAIN, Place

LONG = "é" * 40_000


@activity
def doubled(text: str) -> str:
    return text * 2


@workflow
def jumbo(text: str) -> str:
    return submit(doubled, text).result()


@pytest.fixture
def s3(s3_endpoint: str) -> Iterator[Any]:
    """Amazon's own client of the server."""
    client = boto3.client(
        "s3", endpoint_url=s3_endpoint, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    yield client
    client.close()


@pytest.fixture
def payloads(bucket: str, s3_options: dict[str, Any]) -> Payloads:
    """As simpleflow has it, in a bucket of the test's own."""
    store = ObjectStore(f"s3://{bucket}/some/prefix", **s3_options)
    return Payloads(store=store, reference_form=ReferenceForm.SIMPLEFLOW)


def put(s3: Any, bucket: str, text: str) -> str:
    """Put the text there as simpleflow does, and give its reference."""
    key = f"some/prefix/{uuid.uuid4()}"
    s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
    return f"simpleflow+s3://{bucket}/{key} {len(text)}"


def start(client: Client, reference: str) -> None:
    client.swf.call(
        StartWorkflowExecution(
            domain=DOMAIN, workflow_id="w", workflow_type=jumbo.workflow_type, input=reference, child_policy=None
        )
    )


def test_what_simpleflow_put_there_is_read(place: Place, payloads: Payloads, bucket: str, s3: Any) -> None:
    """An input of simpleflow's is read, and what is written, simpleflow reads: its form, UTF-8, counted characters."""
    reference = put(s3, bucket, f'{{"args":["{LONG}"],"kwargs":{{}}}}')

    with place.serving(jumbo, doubled, payloads=payloads) as client:
        start(client, reference)
        assert client.handle("w", workflow=jumbo).result(timeout=60) == LONG * 2

    texts = place.texts("w")
    written = [text for text in texts if text.startswith("simpleflow+s3://") and text != reference]
    assert texts[0] == reference
    # The activity's input and result, and the workflow's result.
    assert len(written) == 3
    for text in written:
        location, characters = text.removeprefix(f"simpleflow+s3://{bucket}/").split(" ")
        assert len(s3.get_object(Bucket=bucket, Key=location)["Body"].read().decode()) == int(characters)


def test_what_is_not_what_it_was_is_told(place: Place, payloads: Payloads, bucket: str, s3: Any) -> None:
    """There is no digest, but another length is noticed, and so is what is gone."""
    reference = put(s3, bucket, '"some"')
    with place.serving(jumbo, payloads=payloads) as client:
        sealer = client.swf.travel.sealer  # type: ignore[attr-defined]
        with pytest.raises(PayloadDamagedError, match="6 characters"):
            sealer.open(reference.rpartition(" ")[0] + " 7")
        with pytest.raises(PayloadMissingError):
            sealer.open(f"simpleflow+s3://{bucket}/some/prefix/{uuid.uuid4()} 7")
        assert sealer.open(reference) == '"some"'
