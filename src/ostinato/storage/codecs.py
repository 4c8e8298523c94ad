"""Codecs: compression (`Deflate`, `Zstd`) and encryption (`AesGcm`)."""

import os
import zlib
from collections.abc import Mapping
from types import MappingProxyType

from ostinato.errors import PayloadDamagedError, PayloadLockedError, UsageError
from ostinato.storage.extras import missing_extra

_KEY_SIZES = (16, 24, 32)
_LONGEST_ID = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


class Deflate:
    """Compression by zlib, which every Python and every language has.

    Args:
        level: from 1, fast, to 9, small.
    """

    name = "deflate"

    def __init__(self, level: int = 6) -> None:
        self._level = level

    def encode(self, data: bytes, /) -> bytes:
        """The bytes, compressed."""
        return zlib.compress(data, self._level)

    def decode(self, data: bytes, /) -> bytes:
        """The bytes as they were."""
        return zlib.decompress(data)


class Zstd:
    """Compression by Zstandard: faster than `Deflate`, and smaller. Needs `pip install 'ostinato[compression]'`.

    Args:
        level: from 1, fast, to 19, small.

    Raises:
        UsageError: the package `zstandard` is not installed.
    """

    name = "zstd"

    def __init__(self, level: int = 3) -> None:
        try:
            import zstandard  # noqa: PLC0415  # an extra
        except ImportError:
            raise missing_extra("Zstd", "zstandard", "compression") from None
        self._level = level
        self._library = zstandard

    def encode(self, data: bytes, /) -> bytes:
        """The bytes, compressed."""
        return self._library.ZstdCompressor(level=self._level).compress(data)

    def decode(self, data: bytes, /) -> bytes:
        """The bytes as they were."""
        return self._library.ZstdDecompressor().decompress(data)


class AesGcm:
    """Encryption by AES-GCM, which also notices any change. Needs `pip install 'ostinato[encryption]'`.

    It writes the id's length (a byte), the id of the key, a nonce of 12 bytes, the ciphertext, its tag of 16 bytes. To
    change keys, add one and make it `current`; remove the old one when nothing open is encrypted with it.

    Args:
        keys: keys of 16, 24 or 32 random bytes, by ids of at most 32 ASCII characters, which are not secret.
        current: the id of the key to encrypt with; the only one's, unless given.

    Raises:
        UsageError: a key or an id cannot be used, or the package `cryptography` is not installed.
    """

    name = "aes-gcm"
    is_secret = True

    def __init__(self, keys: Mapping[str, bytes], current: str | None = None) -> None:
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # an extra
        except ImportError:
            raise missing_extra("AesGcm", "cryptography", "encryption") from None
        if current is None and len(keys) == 1:
            (current,) = keys
        if current is None or current not in keys:
            raise UsageError(
                where="AesGcm", found=f"current={current!r}", expected=f"one of {', '.join(keys) or 'some keys'}"
            )
        for key_id, key in keys.items():
            _check_key(key_id, key)
        self._ciphers = MappingProxyType({key_id: AESGCM(key) for key_id, key in keys.items()})
        self._current = current

    def encode(self, data: bytes, /) -> bytes:
        """The bytes, encrypted."""
        key_id = self._current.encode()
        head = bytes((len(key_id),)) + key_id
        nonce = os.urandom(_NONCE_BYTES)
        return head + nonce + self._ciphers[self._current].encrypt(nonce, data, head)

    def decode(self, data: bytes, /) -> bytes:
        """The bytes as they were.

        Raises:
            PayloadLockedError: the key is not known here.
            PayloadDamagedError: they were not encrypted with that key, or were changed since.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # an extra

        end = 1 + data[0] if data else 0
        head, nonce, rest = data[:end], data[end : end + _NONCE_BYTES], data[end + _NONCE_BYTES :]
        if not head or len(rest) < _TAG_BYTES:
            raise PayloadDamagedError(found=f"{len(data)} bytes, which AES-GCM did not write")
        key_id = head[1:].decode(errors="replace")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise PayloadLockedError(
                found=f"a payload encrypted with the key {key_id!r}",
                expected=f"one of {', '.join(self._ciphers)}",
                hint="Give AesGcm that key too, until nothing is encrypted with it any more",
            )
        try:
            return cipher.decrypt(nonce, rest, head)
        except InvalidTag:
            raise PayloadDamagedError(
                found=f"a payload that was not encrypted with this key {key_id!r}, or was changed since"
            ) from None


def _check_key(key_id: str, key: bytes) -> None:
    if not key_id or not key_id.isascii() or not key_id.isprintable() or len(key_id) > _LONGEST_ID:
        raise UsageError(
            where="AesGcm", found=f"the key's id {key_id!r}", expected=f"1 to {_LONGEST_ID} printable ASCII characters"
        )
    if len(key) not in _KEY_SIZES:
        raise UsageError(where="AesGcm", found=f"the key {key_id!r} of {len(key)} bytes", expected="16, 24 or 32 bytes")
