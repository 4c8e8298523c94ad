"""Sends texts through codecs, and brings them back."""

from collections.abc import Mapping, Sequence

from ostinato.errors import PayloadDamagedError, PayloadLockedError, PayloadUnavailableError
from ostinato.payloads.policy import Codec


def encoded(text: str, codecs: Sequence[Codec]) -> bytes:
    """The text's UTF-8 after the codecs, the first first."""
    data = text.encode()
    for codec in codecs:
        data = codec.encode(data)
    return data


def decoded(data: bytes, names: Sequence[str], codecs: Mapping[str, Codec], where: str = "") -> str:
    """The text that `encoded` was given.

    Args:
        data: what it made of it.
        names: the names of the codecs that it was sent through, the first first.
        codecs: those that are known, by their names.
        where: where the data was, for errors.

    Raises:
        PayloadLockedError: one of the codecs is not known.
        PayloadDamagedError: nobody can have made this of a text.
        PayloadUnavailableError: a codec cannot decode it; which subclass says why.
    """
    for name in reversed(names):
        codec = codecs.get(name)
        if codec is None:
            raise PayloadLockedError(
                where=where,
                found=f"a payload that went through the codec {name!r}",
                expected=f"one of {', '.join(codecs)}" if codecs else "none",
                hint="Payloads(former_codecs=...) names codecs that are only read any more",
            )
        data = _decoded(codec, data, where)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise PayloadDamagedError(where=where, found="a payload that is no text") from None


def _decoded(codec: Codec, data: bytes, where: str) -> bytes:
    try:
        return codec.decode(data)
    except PayloadUnavailableError:
        raise
    except Exception as error:
        raise PayloadDamagedError(
            where=where, found=f"a payload that the codec {codec.name!r} does not decode: {error}"
        ) from error
