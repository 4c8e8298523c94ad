"""What `ostinato rerun --dry-run` shows."""

from typing import TextIO

from ostinato.client.client import Client
from ostinato.client.repairs import plan_repair
from ostinato.model.structures import WorkflowExecution
from ostinato.replay.markers import REUSED


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
