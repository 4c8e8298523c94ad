"""Starting, signaling, canceling and terminating executions."""

from ostinato.engine.ledger import Ledger
from ostinato.engine.registry import type_text, workflow_defaults
from ostinato.engine.rules import executions as rules
from ostinato.engine.rules.executions import Default, Settings
from ostinato.engine.state import Execution
from ostinato.errors import (
    DefaultUndefinedFault,
    LimitExceededFault,
    TypeDeprecatedFault,
    UnknownResourceFault,
    WorkflowExecutionAlreadyStartedFault,
)
from ostinato.model import operations as o
from ostinato.model.enums import RegistrationStatus
from ostinato.model.limits import OPEN_EXECUTIONS_PER_DOMAIN
from ostinato.model.results import Run


class ExecutionOperations:
    """What starters and operators ask of executions.

    Args:
        ledger: where it is written.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def start(self, operation: o.StartWorkflowExecution) -> Run:
        """Start an execution."""
        settings = self._settings(operation)
        ledger = self._ledger
        run_id = ledger.new_run_id()
        started = rules.started(operation, settings, ledger.clock.now())
        ledger.start(domain=operation.domain, workflow_id=operation.workflow_id, run_id=run_id, started=started)
        return Run(run_id=run_id)

    def _settings(self, operation: o.StartWorkflowExecution) -> Settings:
        ledger = self._ledger
        registered = ledger.registry.type(operation.domain, operation.workflow_type)
        if registered.status is RegistrationStatus.DEPRECATED:
            raise TypeDeprecatedFault(type_text(operation.workflow_type))
        if ledger.registry.domain(operation.domain).status is RegistrationStatus.DEPRECATED:
            # A type can be undeprecated in a deprecated domain; that is no way around it.
            raise UnknownResourceFault(f"Unknown domain: {operation.domain}")
        if ledger.executions.find(operation.domain, operation.workflow_id) is not None:
            raise WorkflowExecutionAlreadyStartedFault("Already Started")
        settings = rules.effective(operation, workflow_defaults(registered))
        if isinstance(settings, Default):
            raise DefaultUndefinedFault(settings.value)
        if ledger.executions.count(operation.domain) >= OPEN_EXECUTIONS_PER_DOMAIN:
            raise LimitExceededFault(f"Open workflow executions limit exceeded in domain {operation.domain}")
        return settings

    def signal(self, operation: o.SignalWorkflowExecution) -> None:
        """Send a signal to an open execution."""
        execution = self._open(operation)
        self._ledger.write(execution, rules.signaled(execution, operation, self._ledger.timestamp(execution)))

    def request_cancel(self, operation: o.RequestCancelWorkflowExecution) -> None:
        """Ask an open execution to cancel itself."""
        execution = self._open(operation)
        self._ledger.write(execution, rules.cancel_requested(execution, self._ledger.timestamp(execution)))

    def terminate(self, operation: o.TerminateWorkflowExecution) -> None:
        """Close an open execution at once."""
        execution = self._open(operation)
        self._ledger.write(execution, rules.terminated(execution, operation, self._ledger.timestamp(execution)))

    def _open(
        self,
        operation: o.SignalWorkflowExecution | o.RequestCancelWorkflowExecution | o.TerminateWorkflowExecution,
    ) -> Execution:
        self._ledger.registry.domain(operation.domain)
        return self._ledger.executions.require(operation.domain, operation.workflow_id, operation.run_id)
