"""moto's server, as a command."""

from __future__ import annotations

import socket

from processes import beside_the_interpreter
from swf_load import Address


def free_address() -> Address:
    """Give an address that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return Address("127.0.0.1", listening.getsockname()[1])


def server_command(_: object, address: Address) -> list[str]:
    """Give the command; it keeps nothing."""
    return [beside_the_interpreter("moto_server"), "-H", "127.0.0.1", "-p", str(address.port)]
