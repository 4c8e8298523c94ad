"""Signals that are handed on: from one execution of a family to its parent and its children, and on from there."""

from collections.abc import Iterator
from typing import Any

import msgspec

from ostinato.model import decisions as d
from ostinato.model.structures import WorkflowExecution
from ostinato.replay.execution import Execution
from ostinato.replay.externals import SentSignal
from ostinato.replay.inbox import Signal, is_object
from ostinato.replay.submitted_children import SubmittedChild

_MARK = '"__propagate"'
"""simpleflow's word for it, in the signal's input."""


def hand_on(execution: Execution, signal: Signal) -> None:
    """Send the signal to the parent and the open children, but not back, if its sender asked for that."""
    if not _is_marked(signal.input):
        return
    sender = signal.sender
    for relative in _relatives(execution):
        if sender is None or relative.workflow_id != sender.workflow_id:
            sent = SentSignal(
                execution,
                d.SignalExternalWorkflowExecution(
                    workflow_id=relative.workflow_id,
                    run_id=relative.run_id,
                    signal_name=signal.name,
                    input=signal.input,
                ),
                is_own=False,
            )
            sent.future.add_done_callback(_forget)


def _is_marked(text: str | None) -> bool:
    if text is None or _MARK not in text:
        return False
    try:
        value: Any = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return False
    return is_object(value) and bool(value.get("__propagate"))


def _relatives(execution: Execution) -> Iterator[WorkflowExecution]:
    parent = execution.started.parent_workflow_execution
    if parent is not None:
        yield parent
    for owner in dict.fromkeys(execution.owners.values()):
        if isinstance(owner, SubmittedChild) and owner.run_id is not None:
            yield WorkflowExecution(workflow_id=owner.id, run_id=owner.run_id)


def _forget(future: Any) -> None:
    """A relative that has closed meanwhile is nobody's concern."""
    future.exception()
