"""The logger for workflows and activities, and how the processes of workers write what is logged.

`ostinato.logger` is silent while workflow code does again what it did before, so each line is there once; and what it
logs carries the ids of the execution, or of the activity task, whose code logs it.
"""

import json
import logging
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any

from ostinato.replay.execution import Execution
from ostinato.replay.loop import running_loop
from ostinato.worker.context import running_activity

FIELDS = ("workflow_id", "run_id", "workflow_type", "activity_type", "activity_id", "attempt")
"""What a record may carry beside its message, as attributes."""


def _running_execution() -> Execution | None:
    loop = running_loop()
    owner = None if loop is None else loop.owner
    return owner if isinstance(owner, Execution) else None


def current_ids() -> dict[str, str | int]:
    """The ids of the execution or of the activity task whose code runs here; empty if none does."""
    execution = _running_execution()
    if execution is not None:
        run, kind = execution.workflow_execution, execution.workflow.workflow_type
        return {"workflow_id": run.workflow_id, "run_id": run.run_id, "workflow_type": f"{kind.name} {kind.version}"}
    running = running_activity.get(None)
    if running is None:
        return {}
    info = running.info
    return {
        "workflow_id": info.workflow_execution.workflow_id,
        "run_id": info.workflow_execution.run_id,
        "activity_type": f"{info.activity_type.name} {info.activity_type.version}",
        "activity_id": info.activity_id,
        "attempt": info.attempt,
    }


class DurableLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger for the code of workflows and activities; elsewhere it is a plain one."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802  # logging's name
        """Whether such a record is written: none is that was written when this code first ran."""
        execution = _running_execution()
        if execution is not None and execution.is_replaying:
            return False
        return super().isEnabledFor(level)

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        """Add the ids to the record."""
        kwargs["extra"] = {**current_ids(), **(kwargs.get("extra") or {})}
        return msg, kwargs


logger = DurableLogger(logging.getLogger("ostinato.program"), {})
"""For workflow code and activities: silent in replay, with ids. Its records go to the logger `ostinato.program`."""


class _WithIds(logging.Filter):
    """Adds the ids to records of other loggers, too."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let the record pass, with ids."""
        for name, value in current_ids().items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True


class HumanFormatter(logging.Formatter):
    """One line: time, level, message, and the ids in brackets."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and a traceback's lines."""
        at = time.strftime("%H:%M:%S", time.localtime(record.created))
        ids = [f"{name}={getattr(record, name)}" for name in FIELDS if hasattr(record, name)]
        where = f" [{' '.join(ids)}]" if ids else ""
        line = f"{at}.{int(record.msecs):03d} {record.process} {record.levelname:7} {record.getMessage()}{where}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One object of JSON: time (ISO 8601, UTC), level, logger, process, message, ids, and a traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        """The object."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        said: dict[str, Any] = {
            "time": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        said |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)


def set_up_logging(*, is_json: bool, level: int = logging.INFO) -> Callable[[], None]:
    """Write all that is logged in this process to stderr; gives what undoes that.

    Of what boto3 has to say, as where it found credentials, only warnings are written.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if is_json else HumanFormatter())
    handler.addFilter(_WithIds())
    root = logging.getLogger()
    former = root.level
    root.addHandler(handler)
    root.setLevel(level)
    talkative = logging.getLogger("botocore")
    said = talkative.level
    talkative.setLevel(logging.WARNING)

    def undo() -> None:
        root.removeHandler(handler)
        root.setLevel(former)
        talkative.setLevel(said)

    return undo
