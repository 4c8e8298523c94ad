"""Who may call: everybody who reaches the server, or who signs with a key that it knows."""

import ipaddress
from typing import Any, Protocol
from urllib.parse import urlsplit

from ostinato.errors import AccessDeniedException
from ostinato.model.operations import Operation
from ostinato.server.credentials import AccessKey, Credentials
from ostinato.server.permissions import DomainOf, check_permission
from ostinato.server.signatures import Signatures, SignedRequest


class Guard(Protocol):
    """Lets requests in, and operations be done."""

    def admit(self, request: SignedRequest) -> AccessKey | None:
        """Who calls; None if nobody asks.

        Raises:
            SwfFault: the caller is not let in.
        """
        ...

    def permit(self, caller: AccessKey | None, operation: Operation[Any]) -> None:
        """Return if the caller may do that.

        Raises:
            AccessDeniedException: it may not.
        """
        ...


class OpenGuard:
    """Lets everybody in, but for pages of foreign web sites in somebody's browser."""

    def admit(self, request: SignedRequest) -> None:
        """Nobody asks who calls.

        Raises:
            AccessDeniedException: a browser sent it, for a page from somewhere else.
        """
        origin = request.head.value(b"origin")
        if origin is not None and not _is_address(origin):
            raise AccessDeniedException("Web pages may not call this server")

    def permit(self, caller: AccessKey | None, operation: Operation[Any]) -> None:
        """Everybody may do everything."""


class KeyGuard:
    """Lets in who signs with a known key, and lets each do what its key says.

    Args:
        credentials: the known keys.
        signatures: checks who signed.
        domain_of: gives the domain of a task.
    """

    def __init__(self, credentials: Credentials, signatures: Signatures, domain_of: DomainOf) -> None:
        self._credentials = credentials
        self._signatures = signatures
        self._domain_of = domain_of

    def admit(self, request: SignedRequest) -> AccessKey:
        """Who signed the request.

        Raises:
            SwfFault: nobody did whom we know.
        """
        return self._credentials[self._signatures.check(request)]

    def permit(self, caller: AccessKey | None, operation: Operation[Any]) -> None:
        """Return if the caller's key says that it may.

        Raises:
            AccessDeniedException: it does not.
        """
        if caller is None:
            raise AccessDeniedException("Nobody signed the request")
        check_permission(caller, operation, self._domain_of)


def _is_address(origin: bytes) -> bool:
    """Whether the page came from an IP address or from this very machine: a name may be anybody's, and lead here."""
    try:
        host = urlsplit(origin.decode("ascii")).hostname or ""
        return host == "localhost" or host.endswith(".localhost") or bool(ipaddress.ip_address(host))
    except ValueError:
        return False
