"""Ostinato's server with many open executions: its memory, and how long it takes to be back after kill -9."""

import asyncio
import time
from pathlib import Path

from measurement import Assignment
from server_command import free_address, server_command
from swf_load import CONNECTIONS, register, running, start_many


def resident_bytes(pid: int) -> int:
    """Give the memory that a process holds now; 0 where that is not told."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def main() -> None:
    """Start the assignment's number of executions, kill the server, and let it begin again."""
    assignment = Assignment.of_command_line()
    address = free_address()
    command = server_command(assignment.directory, address)
    with running(command, address.port) as server:
        asyncio.run(register(address))
        before = resident_bytes(server.pid)
        asyncio.run(start_many(address, "open", assignment.size, CONNECTIONS))
        after = resident_bytes(server.pid)
        server.kill()
        server.wait()
    began = time.perf_counter()
    with running(command, address.port) as server:
        seconds = time.perf_counter() - began
        again = resident_bytes(server.pid)
    assignment.report(seconds, resident_bytes=after, each_bytes=(after - before) / assignment.size, again_bytes=again)


if __name__ == "__main__":
    main()
