"""`ostinato server`, as a command."""

from __future__ import annotations

import socket
from pathlib import Path

from processes import beside_the_interpreter
from swf_load import Address


def free_address() -> Address:
    """Give an address that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return Address("127.0.0.1", listening.getsockname()[1])


def server_command(directory: Path, address: Address) -> list[str]:
    """Give the command, with a database in the directory."""
    database = str(directory / "ostinato.db")
    return [beside_the_interpreter("ostinato"), "server", "--db", database, "--port", str(address.port)]
