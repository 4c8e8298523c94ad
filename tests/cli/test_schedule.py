"""`ostinato schedule`, from its creation to its end."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ostinato.client.client import Client
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker
from ostinato.worker.targets import load_target

PROGRAM = """
from ostinato import workflow

@workflow(name="greet")
def greet(name: str) -> str:
    return f"Hello, {name}!"
"""


def typed(directory: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "ostinato", "schedule", *arguments, "--engine", f"sqlite:{directory / 'db'}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_schedule_from_its_creation_to_its_end(tmp_path: Path) -> None:
    """Created, listed, shown, paused, triggered, filled in, resumed and deleted."""
    program = tmp_path / "greeting_on_time.py"
    program.write_text(PROGRAM)
    target = f"{program}:greet"

    typed(tmp_path, "create", "daily", target, "--every", "1d", "--input", '"Ada"', "--paused")
    typed(tmp_path, "trigger", "daily", "--overlap", "allow_all")
    typed(tmp_path, "backfill", "daily", "--from", "49h")
    served(tmp_path, target, lambda told: told["started"] >= 3 and not told["running"])
    shown = json.loads(typed(tmp_path, "show", "daily"))
    listed = json.loads(typed(tmp_path, "list"))
    table = typed(tmp_path, "list", "-o", "table")
    typed(tmp_path, "pause", "daily", "--note", "holidays")
    typed(tmp_path, "resume", "daily")
    typed(tmp_path, "delete", "daily")
    served(tmp_path, target, None)

    assert (shown["id"], shown["starts"], shown["started"], shown["is_paused"]) == ("daily", "greet default", 3, True)
    assert listed == [shown]
    assert table.splitlines()[0].split("  ")[0] == "id"
    assert "every 1 d" in table
    assert json.loads(typed(tmp_path, "list")) == []


def served(directory: Path, target: str, until: Any) -> None:
    """Let a worker do what is to be done, until the schedule tells so, or has ended."""
    with Client(f"sqlite:{directory / 'db'}") as client:
        worker = LocalWorker(client.swf, domain="default", catalog=catalog_of([load_target(target).workflow]))
        with worker:
            handle = client.handle("daily")
            deadline = time.monotonic() + 60
            while until is not None and not until(handle.context() or {"started": 0}) and time.monotonic() < deadline:
                time.sleep(0.01)
            if until is None:
                assert handle.result(timeout=60) == {"started": 3, "skipped": 0}
    assert worker.join(10)
