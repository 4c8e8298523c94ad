"""Temporal's development server, on a file, and a worker, each a process of its own."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from measurement import Assignment
from processes import beside_the_interpreter
from temporalio.client import Client

BEGIN_SECONDS = 60.0
END_SECONDS = 10.0


@asynccontextmanager
async def served_apart(assignment: Assignment) -> AsyncIterator[Client]:
    """Serve the programs in processes of their own; what is given starts them, and waits over the wire too."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    address = f"127.0.0.1:{port}"
    server = [beside_the_interpreter("temporal"), "server", "start-dev", "--headless", "--log-level", "error"]
    server += ["--port", str(port), "--db-filename", str(assignment.directory / "temporal.db")]
    worker = [sys.executable, str(Path(__file__).parent / "worker.py"), address]
    with _process(server):
        client = await _connected(address)
        with _process(worker):
            yield client


async def _connected(address: str) -> Client:
    end = time.monotonic() + BEGIN_SECONDS
    while True:
        try:
            return await Client.connect(address)
        except RuntimeError:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.05)


@contextmanager
def _process(command: list[str]) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
