"""`Client`: the Python API for those who start and watch executions, on every engine."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, ParamSpec, Self, TypedDict, TypeVar, Unpack, overload

from ostinato.client.executions import start_as
from ostinato.client.handle import Handle
from ostinato.client.middleware import Starting, StartMiddleware, around_start
from ostinato.client.registration import deprecate_type, register_domain, register_type
from ostinato.client.search import Search, Time, count_executions, list_executions
from ostinato.engines import open_swf
from ostinato.errors import UnknownResourceFault
from ostinato.model.enums import CloseStatus, ExecutionStatus
from ostinato.model.fields import RunId, TaskToken
from ostinato.model.limits import DATA_CHARACTERS, HEARTBEAT_CHARACTERS
from ostinato.model.operations import (
    RecordActivityTaskHeartbeat,
    RespondActivityTaskCanceled,
    RespondActivityTaskCompleted,
    RespondActivityTaskFailed,
)
from ostinato.model.results import WorkflowExecutionCount, WorkflowExecutionInfo
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.policy import PLAIN, Payloads
from ostinato.payloads.signatures import result_type
from ostinato.replay.definitions import Definition, Workflow, own_id
from ostinato.storage.sealed import Travel, seal, travel_of
from ostinato.swf import Credentials, Swf

P = ParamSpec("P")
R = TypeVar("R")

DOMAIN = "default"


class Filters(TypedDict, total=False):
    """What to look for; what is not given does not matter. `Search` tells what each means."""

    status: ExecutionStatus | None
    workflow_id: str | None
    workflow: Workflow[..., Any] | str | None
    tag: str | None
    close_status: CloseStatus | None
    started_after: Time | None
    started_before: Time | None
    closed_after: Time | None
    closed_before: Time | None


class Client:
    """Starts executions and watches them. Safe to use from several threads.

    As a context manager it closes what it opened: the engine of a URL, not a `Swf` that it was given.

    Args:
        engine: an engine's URL (`sqlite:FILE`, `memory:`, `http://HOST:PORT`, `aws:REGION`), or a `Swf`.
        domain: the domain.
        payloads: how values travel; as JSON in history, unless given.
        middleware: what is put around each start, the first outermost.
        credentials: sign requests to an `http:` engine's server; Amazon's are found as by any AWS tool.

    Raises:
        UsageError: the URL names no engine, or what the engine needs is not installed or configured.
        StoreError: the database cannot be used.
    """

    def __init__(
        self,
        engine: Swf | str,
        *,
        domain: str = DOMAIN,
        payloads: Payloads = PLAIN,
        middleware: Sequence[StartMiddleware] = (),
        credentials: Credentials | None = None,
    ) -> None:
        self._opened = ExitStack()
        swf: Swf = (
            self._opened.enter_context(open_swf(engine, credentials=credentials)) if isinstance(engine, str) else engine
        )
        self._payloads = payloads
        self._swf = seal(swf, Travel(payloads))
        self._domain = domain
        self._middleware = tuple(middleware)

    @property
    def swf(self) -> Swf:
        """The service, for operations that this has no method for."""
        return self._swf

    @property
    def payloads(self) -> Payloads:
        """How values travel, unless a workflow or an activity says so itself."""
        return self._payloads

    @property
    def domain(self) -> str:
        """The domain."""
        return self._domain

    @property
    def middleware(self) -> tuple[StartMiddleware, ...]:
        """What is put around each start, the first outermost."""
        return self._middleware

    def close(self) -> None:
        """Close the engine, if this opened it. Twice is harmless."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Executions.

    def start(self, workflow: Workflow[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Handle[R]:
        """Start an execution with these arguments.

        Its settings are the workflow's; `workflow.options(workflow_id=..., task_list=..., tag_list=...)` has others. An
        id is made up if there is none.

        Raises:
            WorkflowExecutionAlreadyStartedFault: an execution with that id is open.
            UnknownResourceFault: there is no such domain, or the type is not registered.
            PayloadError: an argument cannot become text.
            LimitExceededError: the text of the arguments is too long.
            ConnectionLostError: no answer came; if it `may_be_done`, `find` tells whether the execution is there.
        """
        payloads = self.payloads_of(workflow)
        text = payloads.dump_arguments(args, kwargs)
        payloads.check_length(text, field=f"the input of {workflow.name}", limit=DATA_CHARACTERS)
        workflow_id = own_id(workflow, args, kwargs) or f"{workflow.name}-{uuid.uuid4()}"
        starting = Starting(workflow=workflow, workflow_id=workflow_id, input=text)
        return self._handle(around_start(self._middleware, starting, self._start), workflow)

    def _start(self, starting: Starting) -> WorkflowExecution:
        return start_as(self._swf, self._domain, None, starting)

    def run(self, workflow: Workflow[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Start an execution and wait for its result. Somewhere deciders and activity workers have to run.

        Raises:
            WorkflowError: it did not complete.
            SwfFault: SWF refuses to start it.
            PayloadError: an argument or the result cannot be converted.
        """
        return self.start(workflow, *args, **kwargs).result()

    @overload
    def handle(self, workflow_id: str, run_id: str | None = None, *, workflow: Workflow[..., R]) -> Handle[R]: ...
    @overload
    def handle(self, workflow_id: str, run_id: str | None = None, *, workflow: None = None) -> Handle[Any]: ...
    def handle(
        self, workflow_id: str, run_id: str | None = None, *, workflow: Workflow[..., Any] | None = None
    ) -> Handle[Any]:
        """The execution with that id.

        Args:
            workflow_id: its workflow id.
            run_id: its run id; the open one, or else the one that started last, unless given.
            workflow: says how its result is read; as plain JSON, unless given.

        Raises:
            UnknownResourceFault: there is none.
        """
        if run_id is not None:
            return self._handle(WorkflowExecution(workflow_id=workflow_id, run_id=RunId(run_id)), workflow)
        found = self.find(workflow_id)
        if found is None:
            raise UnknownResourceFault(f"Unknown execution, workflowId = {workflow_id}")
        return self._handle(found.execution, workflow)

    def payloads_of(self, workflow: Workflow[..., Any]) -> Payloads:
        """How the workflow's input and result travel; from now on they are sealed so."""
        if workflow.payloads is None:
            return self._payloads
        self._swf = seal(self._swf, travel_of(self._payloads, [workflow]))
        return workflow.payloads

    def _handle(self, execution: WorkflowExecution, workflow: Workflow[..., Any] | None) -> Handle[Any]:
        payloads = self._payloads if workflow is None else self.payloads_of(workflow)
        return Handle(
            self._swf,
            domain=self._domain,
            execution=execution,
            payloads=payloads,
            result_type=Any if workflow is None else result_type(workflow.run),
        )

    def list(self, *, oldest_first: bool = False, **filters: Unpack[Filters]) -> Iterator[WorkflowExecutionInfo]:
        """The executions that fit all the filters, read page after page as they are asked for.

        Open ones come before closed ones, and of each the last started (or closed) first.

        Raises:
            UnknownResourceFault: there is no such domain.
        """
        return list_executions(self._swf, self._domain, Search(**filters), oldest_first=oldest_first)

    def count(self, **filters: Unpack[Filters]) -> WorkflowExecutionCount:
        """How many executions fit all the filters; `truncated` if SWF stopped counting.

        SWF counts open and closed ones apart: one that closes meanwhile may be counted twice.

        Raises:
            UnknownResourceFault: there is no such domain.
        """
        return count_executions(self._swf, self._domain, Search(**filters))

    def find(self, workflow_id: str) -> WorkflowExecutionInfo | None:
        """The execution with that workflow id: the open one, or else the one that started last; None if there is none.

        Raises:
            UnknownResourceFault: there is no such domain.
        """
        return next(self.list(workflow_id=workflow_id), None)

    def rerun(
        self,
        workflow_id: str,
        run_id: str | None = None,
        *,
        from_event: int | None = None,
        force: str | None = None,
        new_id: str | None = None,
        resends_signals: bool = True,
    ) -> Handle[Any]:
        """Start a closed execution again, without doing again what ended well in it.

        Activities, children and Lambda functions are reused where the code asks for the same with the same input, and
        so is what `run_once` recorded; `random()` and `uuid4()` give what they gave.

        Args:
            workflow_id: its workflow id.
            run_id: its run id; the one that started last, unless given.
            from_event: reuse only what ended before this event.
            force: do again what has an id in which this regular expression is found.
            new_id: the workflow id of the new execution; the same, unless given.
            resends_signals: whether the signals that it received (before `from_event`) are sent again, in their order.

        Raises:
            UnknownResourceFault: there is none.
            WorkflowExecutionAlreadyStartedFault: an execution with that id is open.
            UsageError: there is no such event, or the regular expression is none.
            LimitExceededError: the input is too long to name the former run as well.
        """
        from ostinato.client.repairs import plan_repair, start_repair  # noqa: PLC0415  # brings asyncio

        handle = self.handle(workflow_id, run_id)
        former = WorkflowExecution(workflow_id=handle.workflow_id, run_id=handle.run_id)
        repair = plan_repair(self._swf, self._domain, former, from_event=from_event, force=force)
        execution = start_repair(
            self._swf,
            self._domain,
            repair,
            workflow_id=new_id,
            resends_signals=resends_signals,
            middleware=self._middleware,
        )
        return self._handle(execution, None)

    # Activity tasks that end elsewhere than in a worker.

    def complete_activity(self, token: str, result: object = None) -> None:
        """Report that the activity task with this token ended well.

        Raises:
            UnknownResourceFault: the task is not open.
            PayloadError: the result cannot become text.
            LimitExceededError: its text is too long.
        """
        text = self._payloads.dump(result)
        self._payloads.check_length(text, field="the result", limit=DATA_CHARACTERS)
        self._swf.call(RespondActivityTaskCompleted(task_token=TaskToken(token), result=text))

    def fail_activity(self, token: str, error: BaseException | str, *, details: str | None = None) -> None:
        """Report that the activity task with this token failed: with an exception, or for a reason.

        Raises:
            UnknownResourceFault: the task is not open.
            ValidationException: the reason or the details are too long.
        """
        reason: str | None = error if isinstance(error, str) else None
        if not isinstance(error, str):
            failure = self._payloads.dump_failure(error)
            reason, details = failure.reason, details or failure.details
        self._swf.call(RespondActivityTaskFailed(task_token=TaskToken(token), reason=reason, details=details))

    def cancel_activity(self, token: str, *, details: str | None = None) -> None:
        """Report that the activity task with this token was canceled.

        Raises:
            UnknownResourceFault: the task is not open.
            ValidationException: the details are too long.
        """
        self._swf.call(RespondActivityTaskCanceled(task_token=TaskToken(token), details=details))

    def heartbeat(self, token: str, details: object = None) -> bool:
        """Say that the activity task with this token is alive; gives whether it should stop.

        Raises:
            UnknownResourceFault: the task is not open.
            PayloadError: the details cannot become text.
            LimitExceededError: their text is too long.
        """
        notes = self._payloads.notes
        text = None if details is None else notes.dump(details)
        notes.check_length(text, field="the heartbeat's details", limit=HEARTBEAT_CHARACTERS)
        status = self._swf.call(RecordActivityTaskHeartbeat(task_token=TaskToken(token), details=text))
        return status.cancel_requested

    # What there is.

    def register(self, *definitions: Definition) -> None:
        """Register the domain and the types of these definitions, as far as they are missing.

        Raises:
            SwfFault: SWF refuses one.
        """
        register_domain(self._swf, self._domain)
        for definition in definitions:
            register_type(self._swf, self._domain, definition)

    def deprecate(self, *definitions: Definition) -> None:
        """Let nothing new of these types be started; what runs goes on.

        Raises:
            UnknownResourceFault: a type is not registered.
        """
        for definition in definitions:
            deprecate_type(self._swf, self._domain, definition)
