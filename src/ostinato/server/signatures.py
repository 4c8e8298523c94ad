"""Signatures of requests by Amazon's public specification ("Signature Version 4"), as a server checks them.

Pure but for the secret keys and the time, which are given. The region of the credential's scope is the caller's to
choose: one server answers clients of several regions.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from ostinato.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)
from ostinato.server.protocol import Head

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "swf"
SKEW_SECONDS = 300.0
"""A signature counts so long before and after its time. Amazon's services take as much."""

_TERMINATOR = "aws4_request"
_TIME_FORMAT = "%Y%m%dT%H%M%SZ"
_MUST_BE_SIGNED = ("host", "x-amz-date", "x-amz-target")
_SPACES = re.compile(rb" +")
_REMEMBERED_KEYS = 1_000
_SCOPE_PARTS = 4


class SignedRequest(NamedTuple):
    """What a signature covers."""

    method: str
    path: bytes
    query: bytes
    head: Head
    body: bytes


class _Authorization(NamedTuple):
    """The parts of the `Authorization` header."""

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


class Signatures:
    """Checks signatures.

    Args:
        secret_keys: the secret access keys, by access key id.
        now: tells the time, in seconds since the epoch.
    """

    def __init__(self, secret_keys: Mapping[str, str], now: Callable[[], float]) -> None:
        self._secret_keys = secret_keys
        self._now = now
        self._signing_keys: dict[tuple[str, str, str], bytes] = {}

    def check(self, request: SignedRequest) -> str:
        """The access key id of who signed the request.

        Raises:
            MissingAuthenticationTokenException: nobody signed it.
            IncompleteSignatureException: the signature lacks a part.
            UnrecognizedClientException: nobody has that access key.
            InvalidSignatureException: the signature is another's, of another request, or of another time.
        """
        authorization = _authorization(request.head)
        secret_key = self._secret_keys.get(authorization.access_key_id)
        if secret_key is None:
            raise UnrecognizedClientException("The security token included in the request is invalid.")
        time_text = self._check_time(request.head, authorization)
        _check_scope(authorization)
        text = _string_to_sign(
            _canonical_request(request, authorization.signed_headers), time_text, authorization.scope
        )
        signing_key = self._signing_key(authorization, secret_key)
        expected = hmac.new(signing_key, text, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, authorization.signature):
            raise InvalidSignatureException(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
                "Access Key and signing method."
            )
        self._remember(authorization, signing_key)
        return authorization.access_key_id

    def _check_time(self, head: Head, authorization: _Authorization) -> str:
        text = (head.value(b"x-amz-date") or b"").decode("latin-1")
        try:
            signed_at = datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC).timestamp()
        except ValueError:
            raise IncompleteSignatureException(
                f"Authorization header requires existence of an 'X-Amz-Date' header of the form {_TIME_FORMAT}."
            ) from None
        if not text.startswith(authorization.date):
            raise InvalidSignatureException(
                f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                f"'{authorization.date}' != '{text[:8]}', from '{text}'."
            )
        late = self._now() - signed_at
        if abs(late) > SKEW_SECONDS:
            what = "Signature expired" if late > 0 else "Signature not yet current"
            raise InvalidSignatureException(f"{what}: {text} is more than 5 minutes from the server's time.")
        return text

    def _signing_key(self, authorization: _Authorization, secret_key: str) -> bytes:
        known = self._signing_keys.get(_place(authorization))
        if known is not None:
            return known
        key = f"AWS4{secret_key}".encode()
        for part in (authorization.date, authorization.region, authorization.service, authorization.terminator):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key

    def _remember(self, authorization: _Authorization, signing_key: bytes) -> None:
        if len(self._signing_keys) >= _REMEMBERED_KEYS:
            self._signing_keys.clear()
        self._signing_keys[_place(authorization)] = signing_key


def _place(authorization: _Authorization) -> tuple[str, str, str]:
    return authorization.access_key_id, authorization.date, authorization.region


def _authorization(head: Head) -> _Authorization:
    value = head.value(b"authorization")
    if not value:
        raise MissingAuthenticationTokenException("Missing Authentication Token")
    text = value.decode("latin-1")
    algorithm, _, rest = text.partition(" ")
    if algorithm != ALGORITHM:
        raise IncompleteSignatureException(f"Unsupported signing algorithm; use {ALGORITHM}.")
    parts: dict[str, str] = {}
    for part in rest.split(","):
        part_name, _, part_value = part.strip().partition("=")
        parts[part_name] = part_value
    lacking = [name for name in ("Credential", "SignedHeaders", "Signature") if not parts.get(name)]
    if lacking:
        raise IncompleteSignatureException(
            " ".join(f"Authorization header requires '{name}' parameter." for name in lacking)
        )
    # An access key id may hold slashes; nothing else of a credential does.
    access_key_id, *scope = parts["Credential"].rsplit("/", _SCOPE_PARTS)
    signed_headers = tuple(parts["SignedHeaders"].split(";"))
    if len(scope) != _SCOPE_PARTS:
        raise IncompleteSignatureException("Credential must have exactly 5 slash-delimited elements.")
    if missing := [name for name in _MUST_BE_SIGNED if name not in signed_headers]:
        raise IncompleteSignatureException(f"These headers must be signed: {', '.join(missing)}.")
    date, region, service, terminator = scope
    return _Authorization(
        access_key_id=access_key_id,
        date=date,
        region=region,
        service=service,
        terminator=terminator,
        signed_headers=signed_headers,
        signature=_ascii(parts["Signature"]),
    )


def _ascii(signature: str) -> str:
    # compare_digest takes no other text.
    return signature if signature.isascii() else ""


def _check_scope(authorization: _Authorization) -> None:
    if authorization.service != SERVICE:
        raise InvalidSignatureException(f"Credential should be scoped to correct service: '{SERVICE}'.")
    if authorization.terminator != _TERMINATOR:
        raise InvalidSignatureException(f"Credential should be scoped with a valid terminator: '{_TERMINATOR}'.")


def _canonical_request(request: SignedRequest, signed_headers: tuple[str, ...]) -> bytes:
    lines = [
        request.method.encode(),
        request.path,
        b"&".join(sorted(request.query.split(b"&"))),
        *(name.encode("latin-1") + b":" + _header(request.head, name) for name in signed_headers),
        b"",
        ";".join(signed_headers).encode("latin-1"),
        hashlib.sha256(request.body).hexdigest().encode(),
    ]
    return b"\n".join(lines)


def _header(head: Head, name: str) -> bytes:
    wanted = name.encode("latin-1")
    values = [_SPACES.sub(b" ", value.strip()) for given, value in head.all if given == wanted]
    return b",".join(values)


def _string_to_sign(canonical_request: bytes, time_text: str, scope: str) -> bytes:
    digest = hashlib.sha256(canonical_request).hexdigest()
    return f"{ALGORITHM}\n{time_text}\n{scope}\n{digest}".encode("latin-1")
