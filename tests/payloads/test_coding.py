"""Texts that go through codecs."""

import re

import pytest

from ostinato.errors import PayloadDamagedError, PayloadLockedError, PayloadStoreError, PayloadUnavailableError
from ostinato.payloads.coding import decoded, encoded
from tests.codecs import Flip


class Halves:
    """What it makes is twice as long; the second half is given up."""

    name = "halves"

    def encode(self, data: bytes, /) -> bytes:
        return data * 2

    def decode(self, data: bytes, /) -> bytes:
        if len(data) % 2:
            raise ValueError("an odd length")
        return data[: len(data) // 2]


class Keyless:
    """Asks for its key elsewhere, where nobody answers."""

    name = "keyless"

    def encode(self, data: bytes, /) -> bytes:
        return data

    def decode(self, data: bytes, /) -> bytes:
        raise PayloadStoreError(where="the key's keeper", found="no answer")


CODECS = {codec.name: codec for codec in (Flip(), Halves(), Keyless())}


@pytest.mark.parametrize("names", [[], ["flip"], ["halves", "flip"], ["flip", "halves", "halves"]])
def test_a_text_comes_back_through_its_codecs(names: list[str]) -> None:
    text = "über 10 €"

    data = encoded(text, [CODECS[name] for name in names])

    assert decoded(data, names, CODECS) == text


@pytest.mark.parametrize(
    ("data", "names", "kind", "message"),
    [
        (b"x", ["none"], PayloadLockedError, "codec 'none'; expected one of flip, halves, keyless"),
        (b"x", ["flip"], PayloadDamagedError, "a payload that is no text"),
        (b"odd", ["halves"], PayloadDamagedError, "the codec 'halves' does not decode: an odd length"),
        (b"x", ["keyless"], PayloadStoreError, "the key's keeper: no answer"),
    ],
)
def test_what_does_not_come_back_says_why(
    data: bytes, names: list[str], kind: type[PayloadUnavailableError], message: str
) -> None:
    """An error of a codec's own that says so already is not another one's cause."""
    with pytest.raises(kind, match=re.escape(message)) as caught:
        decoded(data, names, CODECS, "a.b")

    assert names == ["keyless"] or str(caught.value).startswith("a.b: ")


def test_without_codecs_none_is_expected() -> None:
    with pytest.raises(PayloadLockedError, match="expected none"):
        decoded(b"x", ["flip"], {})
