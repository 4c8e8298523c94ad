"""What `ostinato signal`, `ostinato cancel` and `ostinato terminate` do."""

from typing import TYPE_CHECKING

from ostinato.cli.execution_arguments import decoded_run_id
from ostinato.cli.inputs import in_envelope
from ostinato.errors import UnknownResourceFault, UsageError
from ostinato.model.enums import ChildPolicy
from ostinato.model.operations import (
    RequestCancelWorkflowExecution,
    SignalWorkflowExecution,
    TerminateWorkflowExecution,
)
from ostinato.payloads.along import mark_propagated

if TYPE_CHECKING:
    from ostinato.client.client import Client
    from ostinato.model.operations import Operation


def send_signal(
    client: "Client", workflow_id: str, run_id: str | None, name: str, text: str | None, *, propagate: bool = False
) -> None:
    """Send a signal that carries what the JSON says, or nothing.

    Raises:
        UsageError: the execution is not open, or the text is not JSON.
    """
    input_ = None if text is None else in_envelope(text, client.payloads)
    if propagate:
        input_ = mark_propagated(in_envelope(text, client.payloads))
    _request(
        client,
        SignalWorkflowExecution(
            domain=client.domain,
            workflow_id=workflow_id,
            run_id=decoded_run_id(run_id),
            signal_name=name,
            input=input_,
        ),
    )


def request_cancel(client: "Client", workflow_id: str, run_id: str | None) -> None:
    """Ask an execution to cancel itself.

    Raises:
        UsageError: it is not open.
    """
    _request(
        client,
        RequestCancelWorkflowExecution(domain=client.domain, workflow_id=workflow_id, run_id=decoded_run_id(run_id)),
    )


def terminate_execution(
    client: "Client",
    workflow_id: str,
    run_id: str | None,
    *,
    reason: str | None,
    details: str | None,
    child_policy: str | None,
) -> None:
    """Close an execution at once.

    Raises:
        UsageError: it is not open.
    """
    _request(
        client,
        TerminateWorkflowExecution(
            domain=client.domain,
            workflow_id=workflow_id,
            run_id=decoded_run_id(run_id),
            reason=reason,
            details=details,
            child_policy=None if child_policy is None else ChildPolicy(child_policy.upper()),
        ),
    )


def _request(
    client: "Client",
    operation: SignalWorkflowExecution | RequestCancelWorkflowExecution | TerminateWorkflowExecution,
) -> None:
    request: Operation[None] = operation
    try:
        client.swf.call(request)
    except UnknownResourceFault as fault:
        if fault.message.startswith("Unknown domain"):
            raise
        raise UsageError(
            where=operation.workflow_id,
            found=f"no execution with that id is open in domain {client.domain}"
            if operation.run_id is None
            else f"no run {operation.run_id} with that id is open in domain {client.domain}",
            hint="`ostinato list --status open` has those that are",
        ) from None
