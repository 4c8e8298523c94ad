"""Ostinato's server: starts of executions over HTTP, many clients at once; each durable."""

import asyncio

from measurement import Assignment
from server_command import free_address, server_command
from swf_load import running
from swf_rows import measure_requests


def main() -> None:
    """Measure."""
    assignment = Assignment.of_command_line()
    address = free_address()
    with running(server_command(assignment.directory, address), address.port):
        asyncio.run(measure_requests(assignment, address))


if __name__ == "__main__":
    main()
