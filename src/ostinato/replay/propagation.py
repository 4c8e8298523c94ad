"""Signals that are handed on: from one execution of a family to its parent and its children, and on from there."""

from collections.abc import Iterator
from typing import Any

from ostinato.model import decisions as d
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.along import is_propagated
from ostinato.replay.execution import Execution
from ostinato.replay.externals import SentSignal
from ostinato.replay.inbox import Signal
from ostinato.replay.submitted_children import SubmittedChild


def hand_on(execution: Execution, signal: Signal) -> None:
    """Send the signal to the parent and the open children, but not back, if its sender asked for that."""
    if not is_propagated(signal.input):
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
