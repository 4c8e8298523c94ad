"""The text that stands in SWF for a payload that was encoded, or put into a store.

One line of words with a space between them, easily told from JSON and read in any language:

- `ostinato+payload:1 CODECS BASE64`: the payload itself, in Base64, after the codecs;
- `ostinato+payload:1 CODECS LOCATION BYTES SHA256`: where the payload lies, how many bytes there are, and their digest.

CODECS are the names of what the payload's UTF-8 went through, the first first, with commas between; `-` is none.
A LOCATION is the name of a store, `/`, and a key without slashes. simpleflow's `simpleflow+s3://BUCKET/PREFIX/KEY
CHARACTERS` is one more form, without codecs and without a digest.
"""

import base64
import binascii
from collections.abc import Sequence

import msgspec

from ostinato.errors import PayloadDamagedError, PayloadLockedError

_MARK = "ostinato+payload:"
_HEAD = f"{_MARK}1"
_SIMPLEFLOW = "simpleflow+"
_SIMPLEFLOW_MARK = "simpleflow+s3://"
_NONE = "-"
_SIMPLEFLOW_WORDS = 2

REFERENCE_CHARACTERS = 400
"""A reference is hardly longer: a head, codecs, a location, a size and a digest."""


class Inline(msgspec.Struct, frozen=True):
    """A payload that went through codecs, the first first."""

    codecs: tuple[str, ...]
    data: bytes


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """Where a payload lies. What the form does not say is None."""

    codecs: tuple[str, ...] = ()
    location: str
    size: int | None = None
    """Bytes, as they lie there."""
    digest: str | None = None
    """SHA-256 of these bytes, in hexadecimal."""
    characters: int | None = None
    """Characters of the payload's text."""

    @property
    def store(self) -> str:
        """The name of its store."""
        return self.location.rpartition("/")[0]

    @property
    def key(self) -> str:
        """Its key there."""
        return self.location.rpartition("/")[2]


def is_reference(text: str) -> bool:
    """Whether the text stands for a payload, rather than being one."""
    return text.startswith((_MARK, _SIMPLEFLOW_MARK))


def write_inline(codecs: Sequence[str], data: bytes) -> str:
    """The text of a payload after its codecs."""
    return f"{_HEAD} {','.join(codecs) or _NONE} {base64.b64encode(data).decode()}"


def inline_length(codecs: Sequence[str], size: int) -> int:
    """The length of the text of so many bytes after their codecs."""
    return len(write_inline(codecs, b"")) + (size + 2) // 3 * 4


def write_stored(stored: Stored) -> str:
    """The text of a reference, in simpleflow's form if it has no digest."""
    if stored.digest is None:
        return f"{_SIMPLEFLOW}{stored.location} {stored.characters}"
    return f"{_HEAD} {','.join(stored.codecs) or _NONE} {stored.location} {stored.size} {stored.digest}"


def read_reference(text: str) -> Inline | Stored:
    """What a text says for which `is_reference` holds.

    Raises:
        PayloadDamagedError: it is not what this module writes.
        PayloadLockedError: a later version wrote it.
    """
    words = text.split(" ")
    if text.startswith(_SIMPLEFLOW_MARK):
        if len(words) != _SIMPLEFLOW_WORDS or not _is_number(words[1]):
            raise _damaged(text)
        return Stored(location=words[0].removeprefix(_SIMPLEFLOW), characters=int(words[1]))
    if words[0] != _HEAD:
        raise PayloadLockedError(
            found=f"a payload written as {words[0]!r}", expected=_HEAD, hint="Update Ostinato where it is read"
        )
    codecs = () if words[1:2] == [_NONE] else tuple(words[1].split(",")) if len(words) > 1 else ()
    match len(words):
        case 3:
            try:
                return Inline(codecs, base64.b64decode(words[2], validate=True))
            except binascii.Error:
                raise _damaged(text) from None
        case 5 if _is_number(words[3]):
            return Stored(codecs=codecs, location=words[2], size=int(words[3]), digest=words[4])
        case _:
            raise _damaged(text)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit()


def _damaged(text: str) -> PayloadDamagedError:
    shown = text if len(text) <= REFERENCE_CHARACTERS else f"{text[:REFERENCE_CHARACTERS]}..."
    return PayloadDamagedError(found=f"a reference that nobody can have written: {shown!r}")
