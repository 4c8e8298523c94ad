"""Ostinato over the wire: `ostinato server`, a decider and a worker, each a process of its own, as they ship."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import programs
from measurement import Assignment
from processes import beside_the_interpreter
from server_command import free_address, server_command
from swf_load import END_SECONDS, running

from ostinato.client.client import Client

DOMAIN = "benchmark"


@contextmanager
def served_apart(assignment: Assignment, *decider_options: str) -> Iterator[Client]:
    """Serve the programs in processes of their own; what is given starts them, and waits over the wire too."""
    address = free_address()
    url = f"http://{address.host}:{address.port}"
    with ExitStack() as stack:
        stack.enter_context(running(server_command(assignment.directory, address), address.port))
        client = stack.enter_context(Client(url, domain=DOMAIN))
        client.register(*programs.DEFINITIONS)
        stack.enter_context(_process("decider", url, *decider_options))
        stack.enter_context(_process("worker", url))
        yield client


@contextmanager
def _process(role: str, url: str, *options: str) -> Iterator[None]:
    ostinato, program = beside_the_interpreter("ostinato"), str(programs.__file__)
    command = [ostinato, role, "--engine", url, "--domain", DOMAIN, *options, program]
    with subprocess.Popen(command, cwd=Path(__file__).parent, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
