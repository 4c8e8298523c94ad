"""Child workflows that workflow code submitted."""

import zlib
from typing import TYPE_CHECKING, Any, assert_never, cast

from ostinato import errors
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import lives
from ostinato.model.durations import to_swf
from ostinato.model.enums import StartChildWorkflowExecutionFailedCause
from ostinato.model.structures import TaskList
from ostinato.payloads.signatures import signature_of
from ostinato.replay.definitions import Workflow
from ostinato.replay.execution import Execution, bounded_id
from ostinato.replay.keys import Kind
from ostinato.replay.submission import Submission

if TYPE_CHECKING:
    from ostinato.model.fields import RunId

_End = (
    e.ChildWorkflowExecutionCompleted
    | e.ChildWorkflowExecutionFailed
    | e.ChildWorkflowExecutionTimedOut
    | e.ChildWorkflowExecutionCanceled
    | e.ChildWorkflowExecutionTerminated
    | e.StartChildWorkflowExecutionFailed
)


class SubmittedChild(Submission):
    """A child execution."""

    __slots__ = ("run_id", "workflow")

    kind = Kind.CHILD

    def __init__(self, execution: Execution, workflow: Workflow[..., Any], task_id: str | None) -> None:
        name = workflow.name
        super().__init__(
            execution,
            task_id or child_id(execution, name, execution.number(f"child {name}")),
            workflow,
            execution.payloads_of(workflow),
        )
        self.workflow = workflow
        self.run_id: RunId | None = None
        self._state = lives.ChildState.NEW

    def _own_id(self) -> str:
        return self.id if self.workflow.workflow_id else f"{self.name}--{self.id.rpartition('--')[2]}"

    def _kind_name(self) -> str:
        kind = self.workflow.workflow_type
        return f"{kind.name} {kind.version}"

    def _result_type(self) -> Any:
        return signature_of(self.workflow.run).result_type

    def _decision(self) -> d.StartChildWorkflowExecution:
        self._state = lives.ChildState.NEW
        w = self.workflow
        return d.StartChildWorkflowExecution(
            workflow_type=w.workflow_type,
            workflow_id=self.id,
            input=self._input_of_attempt(),
            control=w.control,
            task_list=TaskList(name=w.task_list),
            task_priority=None if w.task_priority is None else str(w.task_priority),
            execution_start_to_close_timeout=to_swf(w.execution_start_to_close_timeout),
            task_start_to_close_timeout=to_swf(w.task_start_to_close_timeout),
            child_policy=w.child_policy,
            tag_list=w.tags(self.execution.tag_list) or None,
            lambda_role=w.lambda_role,
        )

    def _cancel_decision(self) -> d.RequestCancelExternalWorkflowExecution | None:
        if self._state is not lives.ChildState.STARTED:
            return None
        return d.RequestCancelExternalWorkflowExecution(workflow_id=self.id, run_id=self.run_id)

    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""
        cancels = (
            e.RequestCancelExternalWorkflowExecutionInitiated,
            e.RequestCancelExternalWorkflowExecutionFailed,
            e.ExternalWorkflowExecutionCancelRequested,
        )
        if isinstance(event, cancels):
            # Whatever becomes of the request to cancel: the child's own end tells.
            if isinstance(event, e.RequestCancelExternalWorkflowExecutionInitiated):
                self.execution.is_open(event.event_id, self)
            else:
                self.execution.is_closed(Kind.CANCEL_WORKFLOW, event.initiated_event_id)
            return
        self._state = state = lives.advance(lives.CHILD, self._state, event)
        if state is lives.ChildState.CLOSED:
            self._closed()
            self._ended(cast("_End", event))
        elif state is lives.ChildState.INITIATED:
            self._opened(event)
        else:
            self._started(cast("e.ChildWorkflowExecutionStarted", event))

    def _started(self, event: e.ChildWorkflowExecutionStarted) -> None:
        self.run_id = event.workflow_execution.run_id
        self.future.is_running = True
        if self.future.cancelled():
            self._ask_cancel()

    def _ended(self, event: _End) -> None:
        facts: dict[str, Any] = {
            "name": self.name,
            "workflow_id": self.id,
            "run_id": self.run_id,
            "attempts": self.attempt,
        }
        match event:
            case e.ChildWorkflowExecutionCompleted(result=result):
                self._completed(result, self._result_type())
            case e.ChildWorkflowExecutionFailed(reason=reason, details=details):
                what = f"failed: {reason}"
                self._failed(errors.ChildWorkflowFailed(what, **facts, reason=reason, details=details))
            case e.ChildWorkflowExecutionTimedOut():
                self._failed(errors.ChildWorkflowTimedOut("timed out", **facts))
            case e.ChildWorkflowExecutionCanceled(details=details):
                self._failed(errors.ChildWorkflowCanceled("was canceled", **facts, details=details))
            case e.ChildWorkflowExecutionTerminated():
                self._failed(errors.ChildWorkflowTerminated("was terminated", **facts))
            case e.StartChildWorkflowExecutionFailed(cause=cause):
                self._not_started(cause, facts)
            case _:
                assert_never(event)

    def _not_started(self, cause: StartChildWorkflowExecutionFailedCause, facts: dict[str, Any]) -> None:
        causes = StartChildWorkflowExecutionFailedCause
        if cause is causes.WORKFLOW_TYPE_DOES_NOT_EXIST:
            self._type_unknown(self.workflow)
        elif cause in (
            causes.OPEN_CHILDREN_LIMIT_EXCEEDED,
            causes.OPEN_WORKFLOWS_LIMIT_EXCEEDED,
            causes.CHILD_CREATION_RATE_EXCEEDED,
        ):
            self._refused_for_now()
        else:
            what = f"could not be started: {cause.name}"
            self._failed(errors.ChildWorkflowNotStarted(what, **facts, reason=cause.name))


def child_id(execution: Execution, name: str, what: object) -> str:
    """The workflow id of a child, in simpleflow's form; `what` tells it from others of that name."""
    parent = execution.workflow_execution
    run = f"{zlib.adler32(parent.run_id.encode()):x}"
    return bounded_id(f"workflow-{name}-{parent.workflow_id}--{run}--{what}")
