"""The open executions, by key and by workflow id."""

from collections.abc import Iterator

from ostinato.engine.state import Execution
from ostinato.errors import UnknownResourceFault


class OpenExecutions:
    """Every open execution's state. Of one workflow id in a domain, at most one execution is open."""

    def __init__(self) -> None:
        self._by_key: dict[int, Execution] = {}
        self._by_id: dict[tuple[str, str], Execution] = {}
        self._counts: dict[str, int] = {}

    def add(self, execution: Execution) -> None:
        """Take in an execution."""
        self._by_key[execution.key] = execution
        self._by_id[execution.domain, execution.workflow_id] = execution
        self._counts[execution.domain] = self.count(execution.domain) + 1

    def remove(self, execution: Execution) -> None:
        """Let go of an execution that closed."""
        del self._by_key[execution.key]
        del self._by_id[execution.domain, execution.workflow_id]
        self._counts[execution.domain] -= 1

    def clear(self) -> None:
        """Let go of all."""
        self._by_key.clear()
        self._by_id.clear()
        self._counts.clear()

    def get(self, key: int) -> Execution | None:
        """The open execution with that number, or None."""
        return self._by_key.get(key)

    def find(self, domain: str, workflow_id: str, run_id: str | None = None) -> Execution | None:
        """The open execution with these ids, or None."""
        execution = self._by_id.get((domain, workflow_id))
        if execution is None or (run_id and run_id != execution.run_id):
            return None
        return execution

    def require(self, domain: str, workflow_id: str, run_id: str | None) -> Execution:
        """The open execution with these ids.

        Raises:
            UnknownResourceFault: there is none.
        """
        execution = self.find(domain, workflow_id, run_id)
        if execution is None:
            raise unknown_execution(workflow_id, run_id)
        return execution

    def count(self, domain: str) -> int:
        """How many are open in the domain."""
        return self._counts.get(domain, 0)

    def __iter__(self) -> Iterator[Execution]:
        """Every open execution."""
        return iter(self._by_key.values())

    def __len__(self) -> int:
        """How many are open in all domains."""
        return len(self._by_key)


def unknown_execution(workflow_id: str, run_id: str | None) -> UnknownResourceFault:
    """The fault that says that there is no such (open) execution, in the service's words (recorded)."""
    if run_id:
        return UnknownResourceFault(f"Unknown execution: WorkflowExecution=[workflowId={workflow_id}, runId={run_id}]")
    return UnknownResourceFault(f"Unknown execution, workflowId = {workflow_id}")
