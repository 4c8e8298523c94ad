"""What `ostinato start` does."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from ostinato.cli.inputs import in_envelope, read_input
from ostinato.cli.names import check_name
from ostinato.client.executions import start_execution
from ostinato.client.middleware import Starting, around_start
from ostinato.client.registration import register_domain, register_type
from ostinato.errors import UnknownResourceFault, UsageError, WorkflowExecutionAlreadyStartedFault
from ostinato.model.durations import to_swf
from ostinato.model.enums import ChildPolicy
from ostinato.model.fields import RunId
from ostinato.model.operations import StartWorkflowExecution
from ostinato.model.structures import TaskList, WorkflowExecution, WorkflowType
from ostinato.worker.targets import load_target

if TYPE_CHECKING:
    from ostinato.client.client import Client
    from ostinato.replay.definitions import Workflow


@dataclass(frozen=True, kw_only=True)
class Start:
    """What was asked for; None is what the workflow's code or its registered type says."""

    target: str
    input: str | None = None
    workflow_id: str | None = None
    task_list: str | None = None
    priority: int | None = None
    tags: tuple[str, ...] = ()
    execution_timeout: float | None = None
    decision_timeout: float | None = None
    child_policy: str | None = None

    @property
    def policy(self) -> ChildPolicy | None:
        """The child policy."""
        return None if self.child_policy is None else ChildPolicy(self.child_policy.upper())


def write_started(client: "Client", start: Start, data: TextIO, *, may_create_domain: bool) -> None:
    """Start an execution and write its ids.

    Args:
        client: where.
        start: what was asked for.
        data: where to write.
        may_create_domain: whether to register the domain if there is none.

    Raises:
        UsageError: it cannot be started; nothing was.
    """
    check_name(start.workflow_id, where="--id")
    is_type = "@" in start.target and ":" not in start.target
    try:
        execution = (
            _start_type(client, start) if is_type else _start_code(client, start, may_create_domain=may_create_domain)
        )
    except WorkflowExecutionAlreadyStartedFault:
        raise UsageError(
            where=f"--id {start.workflow_id}",
            found="an execution with that id is open",
            hint=f"`ostinato result {start.workflow_id}` waits for it; or take another id",
        ) from None
    data.write(f"{execution.workflow_id} {execution.run_id}\n")


def _start_type(client: "Client", start: Start) -> WorkflowExecution:
    """Start an execution of a registered type, whose code is not here."""
    name, _, version = start.target.rpartition("@")
    workflow_type = WorkflowType(name=name, version=version)

    def begin(starting: Starting) -> WorkflowExecution:
        run = client.swf.call(
            StartWorkflowExecution(
                domain=client.domain,
                workflow_id=starting.workflow_id,
                workflow_type=workflow_type,
                input=starting.input,
                task_list=TaskList(name=start.task_list) if start.task_list else None,
                task_priority=None if start.priority is None else str(start.priority),
                tag_list=start.tags or None,
                execution_start_to_close_timeout=_to_swf(start.execution_timeout),
                task_start_to_close_timeout=_to_swf(start.decision_timeout),
                child_policy=start.policy,
            )
        )
        return WorkflowExecution(workflow_id=starting.workflow_id, run_id=run.run_id or RunId(""))

    text = in_envelope(start.input, client.payloads)
    starting = Starting.of_type(workflow_type, start.workflow_id or _new_id(name), text)
    return around_start(client.middleware, starting, begin)


def _start_code(client: "Client", start: Start, *, may_create_domain: bool) -> WorkflowExecution:
    """Start an execution of a workflow whose code is here; its type, if it is missing, is registered."""
    wanted = _with_settings(load_target(start.target).workflow, start)

    def begin(starting: Starting) -> WorkflowExecution:
        what = (starting.workflow, starting.workflow_id, starting.input)
        try:
            return start_execution(client.swf, client.domain, *what)
        except UnknownResourceFault:
            if may_create_domain:
                register_domain(client.swf, client.domain)
            register_type(client.swf, client.domain, wanted)
        return start_execution(client.swf, client.domain, *what)

    starting = Starting(
        workflow=wanted,
        workflow_id=start.workflow_id or _new_id(wanted.name),
        input=read_input(start.input, wanted, client.payloads_of(wanted)),
    )
    return around_start(client.middleware, starting, begin)


def _with_settings(workflow: "Workflow[..., Any]", start: Start) -> "Workflow[..., Any]":
    given: dict[str, Any] = {
        "task_list": start.task_list,
        "task_priority": start.priority,
        "tag_list": start.tags or None,
        "execution_start_to_close_timeout": start.execution_timeout,
        "task_start_to_close_timeout": start.decision_timeout,
        "child_policy": start.policy,
    }
    return workflow.options(**{name: value for name, value in given.items() if value is not None})


def _to_swf(seconds: float | None) -> str | None:
    return None if seconds is None else to_swf(seconds)


def _new_id(name: str) -> str:
    return f"{name.rpartition('.')[2]}-{uuid.uuid4()}"
