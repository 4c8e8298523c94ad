"""References: what is written is read, and what nobody wrote is refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.errors import PayloadDamagedError, PayloadLockedError
from ostinato.payloads.references import (
    REFERENCE_CHARACTERS,
    Inline,
    Stored,
    inline_length,
    is_reference,
    read_reference,
    write_inline,
    write_stored,
)

DIGEST = "0" * 64
CODECS = st.lists(st.from_regex(r"\A[a-z][a-z0-9-]{0,9}\Z"), max_size=3).map(tuple)


@given(CODECS, st.binary(max_size=200))
def test_what_is_inline_comes_back(codecs: tuple[str, ...], data: bytes) -> None:
    """With its codecs, in a text whose length is known before."""
    text = write_inline(codecs, data)

    assert is_reference(text)
    assert read_reference(text) == Inline(codecs, data)
    assert inline_length(codecs, len(data)) == len(text)


@given(CODECS, st.integers(0, 10**12))
def test_what_is_stored_is_found(codecs: tuple[str, ...], size: int) -> None:
    """Its store and its key, its size and its digest."""
    stored = Stored(codecs=codecs, location="s3://bucket/a/b/key-1", size=size, digest=DIGEST)
    text = write_stored(stored)

    assert len(text) < REFERENCE_CHARACTERS
    assert read_reference(text) == stored
    assert (stored.store, stored.key) == ("s3://bucket/a/b", "key-1")


def test_simpleflows_form() -> None:
    """What has no digest is written as simpleflow does."""
    stored = Stored(location="s3://bucket/prefix/key", characters=7)

    assert write_stored(stored) == "simpleflow+s3://bucket/prefix/key 7"
    assert read_reference("simpleflow+s3://bucket/prefix/key 7") == stored


@pytest.mark.parametrize(
    "text", ["", "{}", '"ostinato+payload:1 - e30="', "simpleflow+gs://x 1", " ostinato+payload:1"]
)
def test_payloads_are_no_references(text: str) -> None:
    """JSON, and what only looks somewhat like one."""
    assert not is_reference(text)


@pytest.mark.parametrize(
    "text",
    [
        "ostinato+payload:1",
        "ostinato+payload:1 -",
        "ostinato+payload:1 - not base64",
        "ostinato+payload:1 - e30",
        "ostinato+payload:1 - file:///x/key ten " + DIGEST,
        "ostinato+payload:1 - file:///x/key 10 " + DIGEST + " more",
        "simpleflow+s3://bucket/key",
        "simpleflow+s3://bucket/key ten",
        "simpleflow+s3://bucket/key 1 2",
        "simpleflow+s3://bucket/key ²",
        "simpleflow+s3://" + "x" * 40_000,
    ],
)
def test_what_nobody_can_have_written_is_damaged(text: str) -> None:
    """The error shows it, but not all of something long."""
    with pytest.raises(PayloadDamagedError, match="nobody can have written") as caught:
        read_reference(text)

    assert len(str(caught.value)) < 2 * REFERENCE_CHARACTERS


def test_what_a_later_version_wrote_is_locked() -> None:
    """It says what to do."""
    with pytest.raises(PayloadLockedError, match="Update Ostinato"):
        read_reference(f"ostinato+payload:2 - {base64.b64encode(b'x').decode()}")
