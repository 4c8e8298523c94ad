"""Task lists of one's own, beside those that definitions name: only who made them polls them."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from ostinato.model.decisions import (
    ContinueAsNewWorkflowExecution,
    DecisionAttributes,
    ScheduleActivityTask,
    StartChildWorkflowExecution,
)
from ostinato.model.structures import TaskList
from ostinato.replay.definitions import Workflow
from ostinato.replay.settings import DEFAULT_TASK_LIST
from ostinato.worker.catalog import Catalog

if TYPE_CHECKING:
    from ostinato.replay.definitions import Definition

_SIGN = "~run~"
_READABLE = 64


@dataclass(frozen=True)
class Lane:
    """A suffix on the name of every task list that an execution and its family use."""

    suffix: str
    single: str = ""
    """If given, all that is in the lane is in the one task list of this name."""

    def name(self, task_list: str) -> str:
        """What the task list is called within the lane."""
        if self.single:
            return self.single + self.suffix
        return task_list if task_list.endswith(self.suffix) else task_list + self.suffix

    def redirect(
        self, decisions: Iterable[DecisionAttributes], workflow: Workflow[..., Any], catalog: Catalog
    ) -> tuple[DecisionAttributes, ...]:
        """The decisions, with all task lists in the lane; `workflow` is the one that decided."""
        return tuple(self._redirected(decision, workflow, catalog) for decision in decisions)

    def _redirected(
        self, decision: DecisionAttributes, workflow: Workflow[..., Any], catalog: Catalog
    ) -> DecisionAttributes:
        default: Definition | None
        match decision:
            case ScheduleActivityTask():
                default = catalog.activities.get(decision.activity_type)
            case StartChildWorkflowExecution():
                default = catalog.workflows.get(decision.workflow_type)
            case ContinueAsNewWorkflowExecution():
                default = workflow
            case _:
                return decision
        named = decision.task_list.name if decision.task_list else default.task_list if default else DEFAULT_TASK_LIST
        return msgspec.structs.replace(decision, task_list=TaskList(name=self.name(named)))


def lane_for(workflow_id: str) -> Lane:
    """The lane of an execution with that id, and of its family."""
    if len(workflow_id) > _READABLE:
        workflow_id = sha256(workflow_id.encode()).hexdigest()[:32]
    return Lane(_SIGN + workflow_id)


def lane_of(task_list: str) -> Lane:
    """The lane that the task list of an execution is in; one without a suffix if it is in none."""
    _, sign, workflow_id = task_list.partition(_SIGN)
    return Lane(sign + workflow_id)
