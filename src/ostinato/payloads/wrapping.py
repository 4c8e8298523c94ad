"""Bytes as text: an object of JSON with one member, whose name says what they are, and whose value is Base64.

As it is an object, what travels beside arguments (`along`) finds its place in it, too.
"""

import base64
import binascii

import msgspec

from ostinato.errors import PayloadError


def wrap(name: str, data: bytes) -> str:
    """The text that holds the bytes."""
    return f'{{"{name}":"{base64.b64encode(data).decode()}"}}'


def unwrap(name: str, text: str) -> bytes | None:
    """The bytes that the text holds; None if it is no text of that name.

    Raises:
        PayloadError: it is one, but not of Base64.
    """
    if not text.startswith(f'{{"{name}":'):
        return None
    try:
        return base64.b64decode(msgspec.json.decode(text)[name], validate=True)
    except (msgspec.DecodeError, binascii.Error, TypeError, ValueError) as error:
        raise PayloadError(found=f"a text of {name} that nobody can have written ({error})") from error
