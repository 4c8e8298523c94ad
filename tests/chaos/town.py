"""A server, a decider and a worker, each a command of its own, for programs that are put through something."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ostinato.errors import OstinatoError

COMMAND = str(Path(sys.executable).with_name("ostinato"))
PATIENCE_SECONDS = 60.0


class Town:
    """Processes that are killed and started again."""

    def __init__(self, directory: Path, stack: ExitStack, program: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.directory = directory
        serve = ["--engine", self.url, "--processes", "2", "--grace", "1"]
        self.commands = {
            "server": ["server", "--port", str(port), "--db", str(directory / "chaos.db")],
            "decider": ["decider", str(program), *serve, "--sticky-timeout", "1", "--check-every", "20"],
            "worker": ["worker", str(program), *serve, "--concurrency", "20"],
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        stack.callback(self.end)
        for name in self.commands:
            self.start(name)

    def start(self, name: str) -> None:
        """Start one of them."""
        with (self.directory / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen([COMMAND, *self.commands[name]], stderr=log, cwd=Path.cwd())

    def kill_one(self, chance: random.Random) -> str:
        """Kill the server, a child of a supervisor, or a supervisor; what nobody replaces is started again."""
        name = chance.choice(list(self.commands))
        process = self.processes[name]
        below = [int(p) for t in Path(f"/proc/{process.pid}/task").glob("*/children") for p in t.read_text().split()]
        if name != "server" and below and chance.random() < 0.7:
            os.kill(chance.choice(below), signal.SIGKILL)
            return f"child of {name}"
        process.kill()
        process.wait()
        self.start(name)
        return name

    def end(self) -> None:
        """End all."""
        for process in self.processes.values():
            process.kill()
            process.wait()


def insist(call: Callable[[], Any]) -> Any:
    """Call until the server is there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return call()
        except OstinatoError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
