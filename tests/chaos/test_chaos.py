"""Server, deciders and workers are killed with kill -9 at random while workflows run: all end with the right result."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ostinato import Client
from ostinato.engine.state import Execution
from ostinato.errors import OstinatoError
from ostinato.model import events as e
from ostinato.model.fields import RunId
from tests.chaos.program import child, family, flaky, step

if TYPE_CHECKING:
    from ostinato import Handle

COMMAND = str(Path(sys.executable).with_name("ostinato"))
PROGRAM = str(Path(__file__).with_name("program.py"))

EXECUTIONS, STEPS = 100, 4
KILLING_SECONDS = 8.0
PATIENCE_SECONDS = 60.0


class Town:
    """Processes that are killed and started again."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.directory = directory
        serve = ["--engine", self.url, "--processes", "2", "--grace", "1"]
        self.commands = {
            "server": ["server", "--port", str(port), "--db", str(directory / "chaos.db")],
            "decider": ["decider", PROGRAM, *serve, "--sticky-timeout", "1", "--check-every", "20"],
            "worker": ["worker", PROGRAM, *serve, "--concurrency", "20"],
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


def check_history(history: list[e.HistoryEvent]) -> None:
    """Ids have no gap, time does not go back, one close at the end, and no task ends twice."""
    assert [event.event_id for event in history] == list(range(1, len(history) + 1))
    assert all(a.event_timestamp <= b.event_timestamp for a, b in pairwise(history))
    state = Execution(key=1, domain="default", workflow_id="w", run_id=RunId("r"))
    for event in history:
        state.apply(event)  # raises IllegalTransition
    assert isinstance(history[-1], e.WorkflowExecutionCompleted)
    ends = (e.ActivityTaskCompleted, e.ActivityTaskFailed, e.ActivityTaskTimedOut)
    ended = Counter(event.scheduled_event_id for event in history if isinstance(event, ends))
    scheduled = {event.event_id for event in history if isinstance(event, e.ActivityTaskScheduled)}
    assert set(ended) == scheduled
    assert set(ended.values()) == {1}


def test_nothing_is_lost_whatever_is_killed(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Workflows with timers, retries, signals, children give the right result; side effects come at least once."""
    seed = random.randrange(1 << 32)
    record_property("seed", seed)
    chance = random.Random(seed)
    log = str(tmp_path / "effects.txt")
    with ExitStack() as stack:
        town = Town(tmp_path, stack)
        client = stack.enter_context(Client(town.url))
        insist(lambda: client.register(family, child, step, flaky))
        handles: list[Handle[list[int]]] = []
        kills: Counter[str] = Counter()
        ends_at = time.monotonic() + KILLING_SECONDS
        while time.monotonic() < ends_at or len(handles) < EXECUTIONS:
            for _ in range(min(5, EXECUTIONS - len(handles))):
                handles.append(start(client, log, len(handles)))
            time.sleep(chance.uniform(0.05, 0.4))
            if time.monotonic() < ends_at:
                kills[town.kill_one(chance)] += 1

        results = [insist(partial(handle.result, PATIENCE_SECONDS)) for handle in handles]
        histories = [insist(partial(list, handle.history())) for handle in handles]

    record_property("kills", dict(kills))
    assert results == [[STEPS, 101, 101, 7]] * EXECUTIONS
    for history in histories:
        check_history(history)
    effects = set(Path(log).read_text(encoding="ascii").splitlines())
    assert {f"w{n} {x}" for n in range(EXECUTIONS) for x in range(STEPS)} <= effects


def start(client: Client, log: str, number: int) -> "Handle[list[int]]":
    """Start an execution once, whether or not an answer came to the first try."""
    name = f"w{number}"

    def begin() -> "Handle[list[int]]":
        if client.find(name) is not None:
            return client.handle(name, workflow=family)
        return client.start(family.options(workflow_id=name), log, name, STEPS)

    handle: Handle[list[int]] = insist(begin)
    return handle
