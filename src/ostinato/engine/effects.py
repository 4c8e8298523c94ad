"""What one execution's history does to others: children, signals, cancellation requests, Lambda functions, closes.

Each effect is a transaction of its own that comes after its cause's, as in SWF. It is derived from the state (an
initiated thing without its outcome), and both ends of it are written into the same commit, so that none is lost and
none done twice.
"""

from collections.abc import Callable
from typing import assert_never, cast

from ostinato.engine.ledger import Ledger
from ostinato.engine.rules import children, executions, externals, lambdas
from ostinato.engine.state import Execution
from ostinato.model import events as e
from ostinato.model.enums import ChildPolicy, StartChildWorkflowExecutionFailedCause, WorkflowExecutionTerminatedCause
from ostinato.model.fields import EventId
from ostinato.model.limits import OPEN_EXECUTIONS_PER_DOMAIN

Closing = (
    e.WorkflowExecutionCompleted
    | e.WorkflowExecutionFailed
    | e.WorkflowExecutionTimedOut
    | e.WorkflowExecutionCanceled
    | e.WorkflowExecutionContinuedAsNew
    | e.WorkflowExecutionTerminated
)

EffectCause = (
    e.StartChildWorkflowExecutionInitiated
    | e.SignalExternalWorkflowExecutionInitiated
    | e.RequestCancelExternalWorkflowExecutionInitiated
    | e.LambdaFunctionScheduled
    | Closing
)
"""The events that do something to another execution, or to a function."""


class Effects:
    """Carries out the effects that the ledger's outbox holds.

    Args:
        ledger: where they are written.
        invoke: calls the Lambda function of an execution's task, once that is durable.
    """

    def __init__(self, ledger: Ledger, invoke: Callable[[Execution, e.LambdaFunctionScheduled], None]) -> None:
        self._ledger = ledger
        self._invoke = invoke

    def carry_out(self) -> None:
        """Empty the outbox."""
        outbox = self._ledger.outbox
        while outbox:
            execution, event = outbox.popleft()
            self._carry_out(execution, cast("EffectCause", event))

    def _carry_out(self, execution: Execution, event: EffectCause) -> None:
        match event:
            case e.StartChildWorkflowExecutionInitiated():
                self._start_child(execution, event)
            case e.SignalExternalWorkflowExecutionInitiated():
                self._signal(execution, event)
            case e.RequestCancelExternalWorkflowExecutionInitiated():
                self._cancel(execution, event)
            case e.LambdaFunctionScheduled():
                self._start_lambda(execution, event)
            case (
                e.WorkflowExecutionCompleted()
                | e.WorkflowExecutionFailed()
                | e.WorkflowExecutionTimedOut()
                | e.WorkflowExecutionCanceled()
                | e.WorkflowExecutionContinuedAsNew()
                | e.WorkflowExecutionTerminated()
            ):
                self._close(execution, event)
            case _:
                assert_never(event)

    def _start_child(self, parent: Execution, initiated: e.StartChildWorkflowExecutionInitiated) -> None:
        ledger = self._ledger
        child = parent.children.get(initiated.event_id)
        if child is None:
            return
        cause = None
        if ledger.executions.find(parent.domain, initiated.workflow_id) is not None:
            cause = StartChildWorkflowExecutionFailedCause.WORKFLOW_ALREADY_RUNNING
        elif ledger.executions.count(parent.domain) >= OPEN_EXECUTIONS_PER_DOMAIN:
            cause = StartChildWorkflowExecutionFailedCause.OPEN_WORKFLOWS_LIMIT_EXCEEDED
        now = ledger.timestamp(parent)
        if cause is not None:
            if parent.is_open:
                ledger.write(parent, children.not_started(parent, child, cause, now))
            return
        started = ledger.start(
            domain=parent.domain,
            workflow_id=initiated.workflow_id,
            run_id=ledger.new_run_id(),
            started=executions.started_as_child(initiated, parent.reference, now),
        )
        # A parent that closed in the same breath hears no more of its child, but its child policy does reach it.
        if parent.is_open:
            ledger.write(parent, children.started(parent, child, started.reference, now))

    def _signal(self, source: Execution, initiated: e.SignalExternalWorkflowExecutionInitiated) -> None:
        # Asked for before the source closed: it is delivered, though the source's history can say so no more.
        ledger = self._ledger
        target = ledger.executions.find(source.domain, initiated.workflow_id, initiated.run_id)
        if target is not None:
            now = ledger.timestamp(target)
            ledger.write(target, externals.signal_received(target, initiated, source.reference, now))
        if source.is_open:
            now = ledger.timestamp(source)
            outcome = (
                externals.signal_failed(source, initiated, now)
                if target is None
                else externals.signal_delivered(source, initiated, target.reference, now)
            )
            ledger.write(source, outcome)

    def _cancel(self, source: Execution, initiated: e.RequestCancelExternalWorkflowExecutionInitiated) -> None:
        ledger = self._ledger
        target = ledger.executions.find(source.domain, initiated.workflow_id, initiated.run_id)
        if target is not None:
            now = ledger.timestamp(target)
            ledger.write(target, externals.cancel_received(target, initiated, source.reference, now))
        if source.is_open:
            now = ledger.timestamp(source)
            outcome = (
                externals.cancel_failed(source, initiated, now)
                if target is None
                else externals.cancel_delivered(source, initiated, target.reference, now)
            )
            ledger.write(source, outcome)

    def _start_lambda(self, execution: Execution, scheduled: e.LambdaFunctionScheduled) -> None:
        task = execution.lambdas.get(scheduled.event_id)
        if task is None or not execution.is_open:
            return
        started = lambdas.started(execution, task, self._ledger.timestamp(execution))
        if isinstance(started, e.LambdaFunctionStarted):
            self._ledger.record(execution, started, handed_by=self._ledger.epoch)
            self._invoke(execution, scheduled)
        else:
            self._ledger.write(execution, started)

    def _close(self, execution: Execution, event: Closing) -> None:
        if not isinstance(event, e.WorkflowExecutionContinuedAsNew):
            self._tell_parent(execution, event)
        self._apply_child_policy(execution)

    def _tell_parent(self, execution: Execution, event: Closing) -> None:
        settings = execution.settings
        reference = settings.parent_workflow_execution
        if reference is None:
            return
        parent = self._ledger.executions.find(execution.domain, reference.workflow_id, reference.run_id)
        child = parent.children.get(settings.parent_initiated_event_id or EventId(0)) if parent is not None else None
        if parent is not None and child is not None and child.started is not None:
            now = self._ledger.timestamp(parent)
            self._ledger.write(parent, children.closed(parent, child.started, execution, event, now))

    def _apply_child_policy(self, parent: Execution) -> None:
        policy = executions.child_policy_of(parent)
        if policy is ChildPolicy.ABANDON:
            return
        for initiated_event_id, child in parent.children.items():
            run = self._ledger.executions.find(parent.domain, child.initiated.workflow_id)
            # The child itself, or the one that took over from it; not somebody else's with the same id.
            if (
                run is None
                or run.settings.parent_workflow_execution != parent.reference
                or run.settings.parent_initiated_event_id != initiated_event_id
            ):
                continue
            now = self._ledger.timestamp(run)
            if policy is ChildPolicy.TERMINATE:
                cause = WorkflowExecutionTerminatedCause.CHILD_POLICY_APPLIED
                self._ledger.write(run, executions.terminated_by_service(run, cause, now))
            else:
                self._ledger.write(run, executions.cancel_requested_by_policy(run, parent.reference, now))
