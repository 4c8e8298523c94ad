"""Amazon's client for JavaScript lives through a workflow."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.contract.conftest import environ
from tests.contract.environments import environment, run

PROGRAM = Path(__file__).parent / "programs" / "javascript"


def test_a_workflows_life(url: str, tmp_path: Path) -> None:
    """Each answer is understood: faults, text beyond ASCII, times, pages, a poll that waits and one that ends empty."""
    programs = environment("javascript")
    home = tmp_path / "program"
    shutil.copytree(PROGRAM, home)
    env = {**environ(url, tmp_path), "AWS_REGION": "us-east-1"}
    # Where packages come from, and whom to trust for them, are the machine's own settings; npm heeds but the first.
    trusting = ("env", "NODE_OPTIONS=--use-system-ca")
    run(*trusting, programs / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", home)

    done = subprocess.run(
        [programs / "node", "life.mjs"], cwd=home, env=env, capture_output=True, text=True, check=False, timeout=120
    )

    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = dict(map(json.loads, done.stdout.splitlines()))
    history = told.pop("history")
    assert (history[0], history[-1], len(history)) == ("WorkflowExecutionStarted", "WorkflowExecutionCompleted", 12)
    assert told == {
        "fault": ["DomainAlreadyExistsFault", "client", 400, "string"],
        "input": "größe ☕",
        "clock": True,
        "heartbeat": False,
        "closed": "COMPLETED",
        "count": 1,
        "open": [],
        "nothing": None,
    }
