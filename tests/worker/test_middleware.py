from collections.abc import Callable

import pytest

from ostinato.errors import TargetError
from ostinato.model.fields import EventId, RunId, TaskToken
from ostinato.model.operations import RespondActivityTaskCompleted
from ostinato.model.results import ActivityTask
from ostinato.model.structures import ActivityType, WorkflowExecution
from ostinato.worker.middleware import ACTIVITY_GROUP, Report, around_activity, load_middleware

TASK = ActivityTask(
    task_token=TaskToken("t"),
    activity_id="a",
    started_event_id=EventId(6),
    workflow_execution=WorkflowExecution(workflow_id="w", run_id=RunId("r")),
    activity_type=ActivityType(name="n", version="1"),
)


def test_the_first_is_outermost() -> None:
    """Each sees the task and what those within it gave."""
    told: list[str] = []

    def named(name: str) -> Callable[[ActivityTask, Callable[[], Report | None]], Report | None]:
        def layer(task: ActivityTask, attempt: Callable[[], Report | None]) -> Report | None:
            told.append(f"{name} begins {task.activity_id}")
            report = attempt()
            told.append(f"{name} ends")
            return report

        return layer

    done = RespondActivityTaskCompleted(task_token=TASK.task_token, result="1")

    report = around_activity([named("outer"), named("inner")], TASK, lambda: done)

    assert report is done
    assert told == ["outer begins a", "inner begins a", "inner ends", "outer ends"]


def test_middleware_is_found_by_its_dotted_path() -> None:
    """And what cannot be found is told."""
    assert load_middleware(["math:sqrt"], ACTIVITY_GROUP)[0](4) == 2

    for wrong in ("nowhere", "no.such:thing", "math:none", "math:pi"):
        with pytest.raises(TargetError, match=wrong):
            load_middleware([wrong], ACTIVITY_GROUP)
