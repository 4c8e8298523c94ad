"""What `ostinato rerun --dry-run` shows."""

from typing import Any, TextIO

from ostinato.client.client import Client
from ostinato.client.handle import Handle
from ostinato.client.repairs import plan_repair
from ostinato.model.structures import WorkflowExecution
from ostinato.replay.markers import REUSED


def execution_of(handle: Handle[Any]) -> WorkflowExecution:
    """The execution that the handle is of."""
    return WorkflowExecution(workflow_id=handle.workflow_id, run_id=handle.run_id)


def show_plan(
    client: Client, former: WorkflowExecution, data: TextIO, *, from_event: int | None, force: str | None
) -> None:
    """Write a line for each thing that may be reused: the event that has its result, and its id; then the signals."""
    plan = plan_repair(client.swf, client.domain, former, from_event=from_event, force=force)
    for name, found in plan.reuse.results.items():
        print(f"{found.event_id}\treuse\t{name.removeprefix(REUSED)}", file=data)
    for name in plan.reuse.recorded:
        print(f"\treuse\t{name}", file=data)
    for signal in plan.signals:
        print(f"{signal.event_id}\tsend\tsignal {signal.signal_name}", file=data)
