"""What a program puts around the starts of executions: traces, tags of its own, checks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ostinato.model.structures import WorkflowExecution, WorkflowType
from ostinato.replay.definitions import Workflow, workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """An execution that is about to be started.

    Args:
        workflow: what to run, with the settings of this execution.
        workflow_id: its id.
        input: its arguments, as text.
    """

    workflow: Workflow[..., Any]
    workflow_id: str
    input: str

    @classmethod
    def of_type(cls, workflow_type: WorkflowType, workflow_id: str, text: str) -> "Starting":
        """A start of a workflow whose code is not here."""
        declared = workflow(name=workflow_type.name, version=workflow_type.version)(_elsewhere)
        return cls(workflow=declared, workflow_id=workflow_id, input=text)


def _elsewhere(*_args: object, **_kwargs: object) -> None:
    """In place of code that is not here."""


StartMiddleware = Callable[[Starting, Callable[[Starting], WorkflowExecution]], WorkflowExecution]
"""Around one start: is given what is to be started, and a function that goes on with that or with something else."""


def around_start(
    middleware: Sequence[StartMiddleware], starting: Starting, start: Callable[[Starting], WorkflowExecution]
) -> WorkflowExecution:
    """Start the execution within all of them, the first outermost."""
    for layer in reversed(middleware):
        start = partial(_within, layer, start)
    return start(starting)


def _within(
    layer: StartMiddleware, start: Callable[[Starting], WorkflowExecution], starting: Starting
) -> WorkflowExecution:
    return layer(starting, start)
