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


@pytest.fixture(scope="module", name="executions")
def simpleflow_standalone(url: str, client: Client, programs: Path, tmp_path_factory: Any) -> dict[str, Any]:
    """`simpleflow standalone` of each workflow, all at once; gives their exit codes and what they wrote."""
    command = environment("simpleflow") / "simpleflow"
    home = tmp_path_factory.mktemp("home")
    env = {**environ(url, home), "PYTHONPATH": str(programs)}
    options = ["--domain", DOMAIN, "--nb-deciders", "1", "--nb-workers", "1"]
    running = {}
    for name, text in SIMPLEFLOW.items():
        log = (home / name).open("w")
        words: list[str | Path] = [
            command,
            "standalone",
            *options,
            "--workflow-id",
            name,
            "--input",
            text,
            f"simpleflow_program.{name}",
        ]
        running[name] = subprocess.Popen(words, env=env, stdout=log, stderr=subprocess.STDOUT)
        log.close()
    until = time.monotonic() + SECONDS
    send_later(client, until)
    codes = {name: process.wait(max(until - time.monotonic(), 0)) for name, process in running.items()}
    return {name: (code, (home / name).read_text()) for name, code in codes.items()}


def send_later(client: Client, until: float) -> None:
    while client.find("Signals") is None:
        assert time.monotonic() < until
        time.sleep(0.1)
    client.handle("Signals").signal("later", "x")


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("Basic", [4, [0, 1, 4], [-1, 4.0], ["A", "B"], "TaskFailed"]),
        ("Timers", [True, "short"]),
        ("Markers", [["m", "one"], ["m", {"two": 2}]]),
        (
            "Signals",
            [{"__propagate": True, "args": [], "kwargs": {"x": 1}}, {"args": ["x"], "kwargs": {}}],
        ),
        ("Parent", [2, 12]),
        ("Rounds", 1),
    ],
)
def test_simpleflow_standalone_runs(executions: Any, client: Client, name: str, result: Any) -> None:
    """Activities, timers, markers, signals, children and continue-as-new, to the results that they have anywhere."""
    code, log = executions[name]

    assert code == 0, log
    assert client.handle(name).result(0) == result, log


def test_simpleflow_sees_its_failure(executions: Any, client: Client) -> None:
    """A workflow that fails itself."""
    code, log = executions["Broken"]

    assert code == 0, log
    with pytest.raises(WorkflowFailed, match="told to"):
        client.handle("Broken").result(0)


def test_simpleflows_histories_are_as_amazons(executions: Any, client: Client) -> None:
    """What it asked for is there, in the events of the service."""
    assert executions
    timers = [type(event) for event in client.handle("Timers").history()]
    rounds = [type(event) for event in client.handle("Rounds").history()]
    (child,) = (
        event for event in client.handle("Rounds").history() if isinstance(event, e.ChildWorkflowExecutionStarted)
    )
    again = client.list(workflow_id=child.workflow_execution.workflow_id, oldest_first=True)

    assert {e.TimerStarted, e.TimerFired, e.TimerCanceled} <= set(timers)
    assert {e.StartChildWorkflowExecutionInitiated, e.ChildWorkflowExecutionCompleted} <= set(rounds)
    assert [info.close_status for info in again] == [
        CloseStatus.CONTINUED_AS_NEW,
        CloseStatus.CONTINUED_AS_NEW,
        CloseStatus.COMPLETED,
    ]


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
