"""kill -9 under load, again and again: what was answered is there, and everything goes on."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from ostinato.engine.engine import open_engine
from ostinato.model import operations as o
from ostinato.model.fields import RunId, WorkflowId
from ostinato.model.structures import WorkflowExecution
from tests.server.conftest import Answer, Wire, poll, start

ROUNDS = 3
SECONDS_A_ROUND = 1.2
STARTERS, DECIDERS, WORKERS = 4, 4, 4
ACTIVITY = {"activityType": {"name": "a", "version": "1"}, "activityId": "1"}


class BrokenError(Exception):
    """The server is gone."""


class Town:
    """A server's process, its many clients, and what they were answered."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.popen: subprocess.Popen[str] | None = None
        self.address = ("", 0)
        self.lock = Lock()
        self.runs: dict[str, str] = {}
        """Run ids by workflow id, of every start and every other change that was answered."""
        self.held: list[dict[str, Any]] = []
        """Activity tasks that are kept over the next crash."""
        self.faults: list[str] = []
        self.is_over = Event()

    def begin(self) -> None:
        """Let the server run."""
        command = [str(Path(sys.executable).with_name("ostinato")), "server", "--port", "0", "--db", str(self.database)]
        self.popen = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.popen.stderr is not None
        lines = [self.popen.stderr.readline() for _ in range(3)]
        assert "OSTINATO_ENGINE=" in lines[2], lines
        host, _, port = lines[2].strip().rpartition("http://")[2].rpartition(":")
        self.address = (host, int(port))

    def kill(self) -> None:
        """Send it SIGKILL."""
        assert self.popen is not None
        assert self.popen.stderr is not None
        os.kill(self.popen.pid, signal.SIGKILL)
        self.popen.wait()
        self.popen.stderr.close()

    def register(self) -> None:
        """Register the domain and the types; tasks that a client took to its grave time out soon."""
        with Wire(self.address) as wire:
            wire.call("RegisterDomain", {"name": "d", "workflowExecutionRetentionPeriodInDays": "1"})
            defaults = {
                "defaultTaskList": {"name": "deciders"},
                "defaultChildPolicy": "TERMINATE",
                "defaultTaskStartToCloseTimeout": "2",
                "defaultExecutionStartToCloseTimeout": "86400",
            }
            wire.call("RegisterWorkflowType", {"domain": "d", "name": "w", "version": "1", **defaults})
            timeouts = {f"defaultTask{kind}Timeout": "NONE" for kind in ("Heartbeat", "ScheduleToStart")}
            timeouts |= {f"defaultTask{kind}Timeout": "6" for kind in ("StartToClose", "ScheduleToClose")}
            timeouts["defaultTaskScheduleToCloseTimeout"] = "NONE"
            lists = {"defaultTaskList": {"name": "workers"}}
            wire.call("RegisterActivityType", {"domain": "d", "name": "a", "version": "1", **lists, **timeouts})

    def call(self, wire: Wire, operation: str, body: dict[str, Any]) -> Answer:
        """Carry out an operation; a server fault is noted."""
        try:
            answer = wire.call(operation, body)
        except (OSError, ValueError) as error:
            raise BrokenError from error
        if answer.status >= 500:
            self.faults.append(f"{operation}: {answer}")
        return answer

    # Clients.

    def starter(self, name: str) -> Callable[[Wire], None]:
        """Starts executions."""

        def act(wire: Wire) -> None:
            workflow_id = f"{name}-{random.getrandbits(60)}"
            answer = self.call(wire, "StartWorkflowExecution", start(workflow_id))
            self.note({"workflowId": workflow_id, "runId": answer.value["runId"]})

        return act

    def note(self, execution: dict[str, str]) -> None:
        """Remember that something was answered of an execution."""
        with self.lock:
            assert self.runs.setdefault(execution["workflowId"], execution["runId"]) == execution["runId"]

    def decider(self, wire: Wire) -> None:
        """Schedules one activity, tried again if it times out, and completes when it is done."""
        task = self.call(wire, "PollForDecisionTask", poll()).value
        if "taskToken" not in task:
            return
        types = [event["eventType"] for event in task["events"]]
        if "ActivityTaskCompleted" in types:
            decisions: list[dict[str, Any]] = [{"decisionType": "CompleteWorkflowExecution"}]
        elif types.count("ActivityTaskScheduled") == types.count("ActivityTaskTimedOut"):
            attributes = {"scheduleActivityTaskDecisionAttributes": ACTIVITY}
            decisions = [{"decisionType": "ScheduleActivityTask", **attributes}]
        else:
            decisions = []
        answer = self.call(
            wire, "RespondDecisionTaskCompleted", {"taskToken": task["taskToken"], "decisions": decisions}
        )
        if answer.status == 200:
            self.note(task["workflowExecution"])

    def worker(self, wire: Wire) -> None:
        """Completes activity tasks, and keeps one in ten for after the next crash."""
        task = self.call(wire, "PollForActivityTask", poll("workers")).value
        if "taskToken" not in task:
            return
        if random.random() < 0.1 and not self.is_over.is_set():
            with self.lock:
                self.held.append(task)
        elif self.call(wire, "RespondActivityTaskCompleted", {"taskToken": task["taskToken"]}).status == 200:
            self.note(task["workflowExecution"])

    def client(self, act: Callable[[Wire], None], until: Callable[[], bool]) -> None:
        """One client's life, until the server is gone."""
        try:
            with Wire(self.address) as wire:
                while not until():
                    act(wire)
        except (BrokenError, OSError):
            return

    @contextmanager
    def clients(self, starters: int, until: Callable[[], bool]) -> Iterator[None]:
        """Many clients at once."""
        acts = [self.starter(str(number)) for number in range(starters)]
        acts += [self.decider] * DECIDERS + [self.worker] * WORKERS
        threads = [Thread(target=self.client, args=(act, until), daemon=True) for act in acts]
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.join()


def test_kill_9_under_load(tmp_path: Path) -> None:
    """Every answered start, decision and completion is there; tokens still count; every open execution ends."""
    town = Town(tmp_path / "ostinato.db")
    valid = 0
    for _ in range(ROUNDS):
        town.begin()
        town.register()
        valid += _complete_held(town)
        with town.clients(STARTERS, lambda: False):
            time.sleep(SECONDS_A_ROUND)  # The load, before the blow.
            town.kill()
    town.begin()
    valid += _complete_held(town)
    town.is_over.set()
    _finish(town)

    assert town.faults == []
    assert len(town.runs) > 500
    assert valid > 0
    _check_histories(town)


def _complete_held(town: Town) -> int:
    """Answer the tasks whose tokens are from before the crash, unless they timed out meanwhile; gives how many."""
    held, town.held = town.held, []
    valid = 0
    with Wire(town.address) as wire:
        for task in held:
            answer = town.call(wire, "RespondActivityTaskCompleted", {"taskToken": task["taskToken"]})
            assert answer.status == 200 or answer.fault == "UnknownResourceFault", answer
            if answer.status == 200:
                valid += 1
                town.note(task["workflowExecution"])
    return valid


def _finish(town: Town) -> None:
    """Let clients work until no execution is open."""
    end = time.monotonic() + 40

    def is_done() -> bool:
        with Wire(town.address) as wire:
            counted = town.call(
                wire, "CountOpenWorkflowExecutions", {"domain": "d", "startTimeFilter": {"oldestDate": 0}}
            )
        return bool(counted.value["count"] == 0) or time.monotonic() > end

    with town.clients(0, lambda: False):
        while not is_done():
            time.sleep(0.1)  # Time-outs are in the server's time.
        town.kill()


def _check_histories(town: Town) -> None:
    with open_engine(town.database) as engine:
        for workflow_id, run_id in town.runs.items():
            execution = WorkflowExecution(workflow_id=WorkflowId(workflow_id), run_id=RunId(run_id))
            history = engine.call(o.GetWorkflowExecutionHistory(domain="d", execution=execution))
            types = [type(event).__name__ for event in history.events]
            assert [event.event_id for event in history.events] == list(range(1, len(types) + 1))
            assert (types[0], types[-1]) == ("WorkflowExecutionStarted", "WorkflowExecutionCompleted")
            assert types.count("ActivityTaskCompleted") == 1
