"""The opaque tokens that pollers and listers are handed: stateless and signed, so that they outlive a restart.

A token says itself what it stands for; the signature (HMAC-SHA256, cut to 16 bytes) says that this log's engine made
it. Nothing here knows tasks or queries, or reads a clock.
"""

import binascii
import hashlib
import hmac
import struct
from enum import Enum

import msgspec

from ostinato.errors import ValidationException
from ostinato.model.fields import EventId, TaskToken

_SIGNATURE_BYTES = 16
_TASK = struct.Struct(">BQII")
_PAGE = struct.Struct(">Bd")
_PAGE_TAG = 0
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_+/", b"+/!!")


class TaskKind(Enum):
    """What kind of task a token stands for."""

    DECISION = 1
    ACTIVITY = 2


class TaskReference(msgspec.Struct, frozen=True, kw_only=True):
    """The task that a token stands for: this very start of it, in this very execution."""

    kind: TaskKind
    execution_key: int
    scheduled_event_id: EventId
    started_event_id: EventId


class Signer:
    """Makes tokens and reads them again; whoever has the same secret reads the same tokens."""

    def __init__(self, secret: bytes) -> None:
        # Kept keyed, and copied for each use: a third cheaper than keying it anew for so short a text.
        self._keyed = hmac.new(secret, digestmod=hashlib.sha256)

    def sign_task(self, reference: TaskReference) -> TaskToken:
        """A token for the task."""
        body = _TASK.pack(
            reference.kind.value,
            reference.execution_key,
            reference.scheduled_event_id,
            reference.started_event_id,
        )
        return TaskToken(_encoded(body + self._signature(body)))

    def read_task(self, token: TaskToken) -> TaskReference:
        """The task that the token stands for.

        Raises:
            ValidationException: no such token was ever made.
        """
        body = self._body(token)
        if len(body) != _TASK.size:
            raise _invalid()
        kind, execution_key, scheduled, started = _TASK.unpack(body)
        if kind == _PAGE_TAG:
            raise _invalid()
        return TaskReference(
            kind=TaskKind(kind), execution_key=execution_key, scheduled_event_id=scheduled, started_event_id=started
        )

    def sign_page(self, position: bytes, *, scope: bytes, expires: float) -> str:
        """A token for the place where the next page begins.

        Args:
            position: the place, in whatever form the maker likes; its length is that of the token, but for a third.
            scope: what the token is good for: a digest of the query that it continues.
            expires: the last instant at which it is good, in seconds since the epoch.
        """
        body = _PAGE.pack(_PAGE_TAG, expires) + position
        return _encoded(body + self._signature(body, scope))

    def read_page(self, token: str, *, scope: bytes, now: float) -> bytes:
        """The place where the next page begins.

        Raises:
            ValidationException: no such token was ever made for that scope, or it is too old.
        """
        body = self._body(token, scope)
        if len(body) < _PAGE.size or body[0] != _PAGE_TAG:
            raise _invalid()
        if now > _PAGE.unpack_from(body)[1]:
            raise ValidationException("Specified token has exceeded its maximum lifetime")
        return body[_PAGE.size :]

    def _body(self, token: str, scope: bytes = b"") -> bytes:
        try:
            signed = _decoded(token)
        except (UnicodeEncodeError, binascii.Error):
            raise _invalid() from None
        body, signature = signed[:-_SIGNATURE_BYTES], signed[-_SIGNATURE_BYTES:]
        # Base64 may write the same bytes in several ways; only ours is the token.
        if not hmac.compare_digest(signature, self._signature(body, scope)) or _encoded(signed) != token:
            raise _invalid()
        return body

    def _signature(self, body: bytes, scope: bytes = b"") -> bytes:
        code = self._keyed.copy()
        code.update(body)
        if scope:
            # Of one length, so that body and scope cannot be cut elsewhere.
            code.update(hashlib.sha256(scope).digest())
        return code.digest()[:_SIGNATURE_BYTES]


def _encoded(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL, b"=").decode("ascii")


def _decoded(text: str) -> bytes:
    padding = b"=" * (-len(text) % 4)
    return binascii.a2b_base64(text.encode("ascii").translate(_FROM_URL) + padding, strict_mode=True)


def _invalid() -> ValidationException:
    return ValidationException("Invalid token")
