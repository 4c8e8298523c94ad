"""moto's server: activities over HTTP: schedule, poll, complete. A fifth: each takes longer than the last."""

import asyncio
from dataclasses import replace

from measurement import Assignment
from server_command import free_address, server_command
from swf_load import running
from swf_rows import measure_activities


def main() -> None:
    """Measure."""
    whole = Assignment.of_command_line()
    assignment = replace(whole, size=whole.size // 5)
    address = free_address()
    with running(server_command(assignment.directory, address), address.port):
        asyncio.run(measure_activities(assignment, address))


if __name__ == "__main__":
    main()
