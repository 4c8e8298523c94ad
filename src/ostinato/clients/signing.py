"""Signs requests as Amazon's services want it (Signature Version 4), for the one form of request that SWF takes.

Pure but for what it remembers: the time is handed in.
"""

import hmac
from datetime import UTC, datetime
from hashlib import sha256

from ostinato.swf import Credentials

_ALGORITHM = "AWS4-HMAC-SHA256"
_SERVICE = "swf"


class Signer:
    """Signs POST requests to one host.

    Args:
        credentials: who calls.
        region: the region that the signature is for.
        host: the Host header.
        path: the path that requests go to.
    """

    def __init__(self, credentials: Credentials, *, region: str, host: str, path: str) -> None:
        self._credentials = credentials
        self._region = region
        self._host = host
        self._path = path
        self._day = ""
        self._key = b""

    def headers(self, *, target: str, content_type: str, body: bytes, now: float) -> dict[str, str]:
        """The headers that a request has to have besides Host, X-Amz-Target and Content-Type, all of which are signed.

        Args:
            target: the X-Amz-Target header.
            content_type: the Content-Type header.
            body: the request's body.
            now: the time, in seconds since the epoch.
        """
        stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        signed = {"content-type": content_type, "host": self._host, "x-amz-date": stamp}
        token = self._credentials.session_token
        if token is not None:
            signed["x-amz-security-token"] = token
        signed["x-amz-target"] = target
        names = ";".join(signed)
        lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
        request = f"POST\n{self._path}\n\n{lines}\n{names}\n{sha256(body).hexdigest()}"
        scope = f"{stamp[:8]}/{self._region}/{_SERVICE}/aws4_request"
        text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(self._signing_key(stamp[:8]), text.encode(), "sha256").hex()
        credential = f"{self._credentials.access_key_id}/{scope}"
        authorization = f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
        headers = {"X-Amz-Date": stamp, "Authorization": authorization}
        return headers if token is None else {**headers, "X-Amz-Security-Token": token}

    def _signing_key(self, day: str) -> bytes:
        """The day's key. Two threads may make it at once, and make the same."""
        if day != self._day:
            key = f"AWS4{self._credentials.secret_access_key}".encode()
            for part in (day, self._region, _SERVICE, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key = key
            self._day = day
        return self._key
