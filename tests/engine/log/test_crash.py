"""kill -9 at any moment: everything that `append` returned for is there, and nothing by halves."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from ostinato.engine.log.sqlite import SqliteLog

WRITE = """
import sys
from ostinato.engine.log.records import Batch, ClosedRecord, EventRecord, ExecutionRecord
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.model.enums import CloseStatus
from ostinato.model.events import MarkerRecorded
from ostinato.model.structures import WorkflowType

log = SqliteLog(sys.argv[1])
key = log.next_execution_key
while True:
    started = ExecutionRecord(
        key=key, domain="d", workflow_id=f"w{key}", run_id=f"r{key}",
        workflow_type=WorkflowType(name="t", version="1"), start_timestamp=float(key), tag_list=("x",),
    )
    events = [
        EventRecord(execution_key=key, event=MarkerRecorded(
            event_id=number, event_timestamp=1.0, marker_name="m" * 200, decision_task_completed_event_id=4,
        ))
        for number in range(1, 6)
    ]
    closed = [ClosedRecord(key=key - 1, close_timestamp=1.0, close_status=CloseStatus.COMPLETED)] if key > 1 else []
    log.append(Batch(started=[started], events=events, closed=closed))
    sys.stdout.write(f"{key}\\n")
    sys.stdout.flush()
    key += 1
"""


def killed(path: Path, batches: int) -> int:
    """The last execution that a writer was told to be durable; it is killed in the middle of what follows that many."""
    with subprocess.Popen([sys.executable, "-c", WRITE, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = [process.stdout.readline() for _ in range(batches)]
        process.kill()
        return int([*seen, *process.stdout.readlines()][-1])


@pytest.mark.parametrize("seed", range(5))
def test_what_append_returned_for_survives_kill_9(tmp_path: Path, seed: int) -> None:
    """After each of several kills the log opens, has every acknowledged batch, and each batch wholly."""
    chance = random.Random(seed)
    path = tmp_path / "ostinato.db"
    for epoch in (2, 4, 6):
        acknowledged = killed(path, chance.randint(1, 1000))

        log = SqliteLog(path)

        assert log.epoch == epoch
        kept = log.next_execution_key - 1
        assert acknowledged <= kept <= acknowledged + 1
        assert all(len(log.events(key)) == 5 for key in range(1, kept + 1))
        (still_open,) = log.open_executions()
        assert (still_open.record.key, len(still_open.events)) == (kept, 5)
        log.close()
