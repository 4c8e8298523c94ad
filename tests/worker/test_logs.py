import json
import logging
from typing import Any

import pytest

from ostinato import activity, logger, submit, workflow
from ostinato.worker.logs import FIELDS, HumanFormatter, JsonFormatter
from tests.worker.conftest import Serve


@activity
def increment(x: int) -> int:
    logger.info("incremented %d", x)
    return x + 1


@workflow
def count(n: int) -> int:
    value = 0
    for _ in range(n):
        logger.info("at %d", value)
        value = submit(increment, value).result()
    return value


def ids(record: logging.LogRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}


@pytest.mark.parametrize("kept", [1000, 0])
def test_each_line_of_workflow_code_is_logged_once(serve: Serve, caplog: pytest.LogCaptureFixture, kept: int) -> None:
    """Also where each decision replays all that was before."""
    caplog.set_level(logging.INFO, "ostinato.program")
    worker = serve(count, increment)
    for decider in worker._deciders.values():
        decider._kept._count = kept

    worker.execute(count, "w", 5)

    said = [record.getMessage() for record in caplog.records if record.name == "ostinato.program"]
    assert [line for line in said if line.startswith("at")] == [f"at {value}" for value in range(5)]


def test_records_carry_the_ids_of_whose_code_logs(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """The execution's in workflow code, the task's besides in an activity, none elsewhere."""
    caplog.set_level(logging.INFO, "ostinato.program")
    serve(count, increment).execute(count, "w", 1)
    logger.info("elsewhere")

    workflows, task, outside = (ids(record) for record in caplog.records if record.name == "ostinato.program")

    assert workflows.keys() == {"workflow_id", "run_id", "workflow_type"}
    assert workflows["workflow_id"] == task["workflow_id"] == "w"
    assert task["activity_id"] == f"activity-{increment.name}-1"
    assert task["attempt"] == 1
    assert outside == {}


def test_a_record_as_json_and_for_humans() -> None:
    """Both have the message, the level and the ids; JSON is one line, traceback and all."""
    record = logging.LogRecord("ostinato.program", logging.ERROR, __file__, 1, "it %s", ("broke",), None)
    record.workflow_id = "w"
    error = ValueError("why")
    record.exc_info = (ValueError, error, None)

    line = JsonFormatter().format(record)
    human = HumanFormatter().format(record)

    said = json.loads(line)
    assert "\n" not in line
    assert (said["message"], said["level"], said["workflow_id"]) == ("it broke", "error", "w")
    assert "ValueError: why" in said["traceback"]
    assert "it broke [workflow_id=w]" in human.splitlines()[0]
    assert human.splitlines()[-1] == "ValueError: why"
