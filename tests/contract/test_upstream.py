"""Frameworks written for Amazon's service run their own commands against our server, and notice no difference."""

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from ostinato import Client
from ostinato.errors import WorkflowFailed
from ostinato.model import events as e
from ostinato.model.enums import ChildPolicy, CloseStatus
from tests.contract.conftest import DOMAIN, environ
from tests.contract.environments import environment

SECONDS = 80.0

SIMPLEFLOW: dict[str, str] = {
    "Basic": "[1]",
    "Timers": "[]",
    "Markers": "[]",
    "Signals": "[]",
    "Parent": "[1]",
    "Rounds": "[2]",
    "Broken": "[]",
}
"""Workflows and their inputs."""

RESULTS: dict[str, Any] = {
    "Basic": [4, [0, 1, 4], [-1, 4.0], ["A", "B"], "TaskFailed"],
    "Timers": [True, "short"],
    "Markers": [["m", "one"], ["m", {"two": 2}]],
    "Signals": [{"__propagate": True, "args": [], "kwargs": {"x": 1}}, {"args": ["x"], "kwargs": {}}],
    "Parent": [2, 12],
    "Rounds": 1,
}


def test_simpleflow_standalone_runs(url: str, client: Client, programs: Path, tmp_path: Path) -> None:
    """`simpleflow standalone`: activities, timers, markers, signals, children, continue-as-new and failure.

    One test, and all of them at once, because it takes its time to start and to stop.
    """
    command = environment("simpleflow") / "simpleflow"
    env = {**environ(url, tmp_path), "PYTHONPATH": str(programs)}
    options = ["--domain", DOMAIN, "--nb-deciders", "1", "--nb-workers", "1"]
    running = {}
    for name, text in SIMPLEFLOW.items():
        words: list[str | Path] = [command, "standalone", *options, "--workflow-id", name, "--input", text]
        with (tmp_path / name).open("w") as log:
            running[name] = subprocess.Popen(
                [*words, f"simpleflow_program.{name}"], env=env, stdout=log, stderr=subprocess.STDOUT
            )
    until = time.monotonic() + SECONDS
    send_later(client, until)
    for name, process in running.items():
        assert process.wait(max(until - time.monotonic(), 0)) == 0, (tmp_path / name).read_text()

    for name, result in RESULTS.items():
        assert client.handle(name).result(0) == result, (tmp_path / name).read_text()
    with pytest.raises(WorkflowFailed, match="told to"):
        client.handle("Broken").result(0)
    timers = [type(event) for event in client.handle("Timers").history()]
    rounds = list(client.handle("Rounds").history())
    (child,) = (event for event in rounds if isinstance(event, e.ChildWorkflowExecutionStarted))
    again = client.list(workflow_id=child.workflow_execution.workflow_id, oldest_first=True)
    assert {e.TimerStarted, e.TimerFired, e.TimerCanceled} <= set(timers)
    assert [info.close_status for info in again] == [
        CloseStatus.CONTINUED_AS_NEW,
        CloseStatus.CONTINUED_AS_NEW,
        CloseStatus.COMPLETED,
    ]


def send_later(client: Client, until: float) -> None:
    while client.find("Signals") is None:
        assert time.monotonic() < until
        time.sleep(0.1)
    client.handle("Signals").signal("later", "x")


def test_garcon_runs(url: str, client: Client, programs: Path, tmp_path: Path) -> None:
    """Its decider and its worker: activities side by side, then one that takes their results."""
    python = environment("garcon") / "python"

    done = subprocess.run(
        [python, programs / "garcon_program.py", DOMAIN, "garcon"],
        env=environ(url, tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )

    assert done.returncode == 0, done.stderr
    history = list(client.handle("garcon").history())
    assert isinstance(history[-1], e.WorkflowExecutionCompleted), done.stderr
    first = history[0]
    assert isinstance(first, e.WorkflowExecutionStarted)
    assert first.child_policy is ChildPolicy.TERMINATE
    results = [event.result or "" for event in history if isinstance(event, e.ActivityTaskCompleted)]
    assert '"total": 42' in results[-1]
