"""Activities, child workflows and Lambda functions that workflow code submitted: their lives, retries and futures."""

import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ostinato import errors
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model import lives
from ostinato.model.durations import to_swf, whole_seconds
from ostinato.model.enums import ScheduleActivityTaskFailedCause, StartChildWorkflowExecutionFailedCause
from ostinato.model.limits import DATA_CHARACTERS
from ostinato.model.structures import TaskList
from ostinato.payloads.limits import check_length
from ostinato.payloads.signatures import signature_of
from ostinato.replay.definitions import Activity, LambdaFunction, Workflow
from ostinato.replay.execution import LONGEST_BACK_OFF, Execution, bounded_id
from ostinato.replay.futures import Future
from ostinato.replay.keys import Key, Kind
from ostinato.replay.retry import Retry
from ostinato.replay.timers import Timer

if TYPE_CHECKING:
    from ostinato.errors import TaskError
    from ostinato.model.fields import RunId
    from ostinato.replay.ledger import Request


class Submission:
    """What the three have in common: a request, its future, and what is done when it does not end well."""

    __slots__ = (
        "_has_asked_cancel",
        "_input",
        "_refusals",
        "_state",
        "_timer",
        "attempt",
        "event_id",
        "execution",
        "future",
        "id",
        "label",
        "name",
        "request",
        "retry",
    )

    kind: ClassVar[Kind]

    def __init__(self, execution: Execution, task_id: str, name: str, retry: Retry | None) -> None:
        self.execution = execution
        self.id = task_id
        self.name = name
        self.retry = retry
        self.attempt = 1
        self.event_id: int | None = None
        self.request: Request | None = None
        self.label = f"{name} ({task_id})"
        self.future: Future[Any] = Future(loop=execution.loop, label=self.label, on_cancel=self.cancel)
        self._input = ""
        self._refusals = 0
        self._timer: Timer | None = None
        self._has_asked_cancel = False

    def start(self, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
        """Ask for the first attempt.

        Raises:
            PayloadError: an argument cannot become text.
            LimitExceededError: the arguments are longer than SWF takes.
        """
        if self._is_recorded():
            self._ask_again_for_record()
            return
        self._input = self._dump(args, kwargs)
        self._ask()

    def cancel(self) -> None:
        """Give it up, in whatever state it is."""
        if self._timer is not None:
            self._timer.cancel()
        elif self.request is not None and not self.execution.ledger.withdraw(self.request) and self._is_cancelable():
            self._ask_cancel()

    def _ask(self) -> None:
        self._timer = None
        self.request = self.execution.request(self._decision(), self, self.request)

    def _ask_cancel(self) -> None:
        if not self._has_asked_cancel:
            self._has_asked_cancel = True
            self.execution.request(self._cancel_decision(), self, self.request)

    def _dump(self, args: Sequence[object], kwargs: Mapping[str, object]) -> str:
        text = self.execution.converter.dump_arguments(args, kwargs)
        check_length(text, field=f"the input of {self.name}", limit=DATA_CHARACTERS)
        return text

    def _input_of_attempt(self) -> str:
        """The input, with what the worker has to know and SWF does not tell it."""
        along = self._along()
        if not along or not self._input.endswith("}"):
            return self._input
        text = f'{self._input[:-1]},"__ostinato":{{{along}}}}}'
        return text if len(text) <= DATA_CHARACTERS else self._input

    def _along(self) -> str:
        return "" if self.attempt == 1 else f'"attempt":{self.attempt}'

    # How it ends.

    def _completed(self, text: str | None, as_type: Any) -> None:
        if self.future.done():
            return
        try:
            value = self.execution.converter.load(text, as_type)
        except Exception as error:  # noqa: BLE001  (converters may be the author's: it is seen where the future is)
            self.future.set_exception(error)
        else:
            self.future.set_result(value)

    def _failed(self, error: "TaskError") -> None:
        """Try again if the policy says so, else fail the future. After the end of the code nobody wants it."""
        if self.future.done() or self.execution.loop.stopped:
            return
        chance = self.execution.fraction() if self.retry is not None and self.retry.jitter else 0.5
        wait = None if self.retry is None else self.retry.wait(error, self.attempt, chance)
        if wait is None:
            self.future.set_exception(error)
            return
        self.attempt += 1
        self.future.is_running = False
        self._again(wait, f"__ostinato_retry-{self.id}-{self.attempt}")

    def _refused_for_now(self) -> None:
        """SWF could not take the request now: ask again, later and later."""
        if self.future.done():
            return
        self._refusals += 1
        wait = min(2.0 ** (self._refusals - 1), LONGEST_BACK_OFF)
        self._again(wait, f"__ostinato_back_off-{self.id}-{self._refusals}")

    def _type_unknown(self, definition: Activity[..., Any] | Workflow[..., Any]) -> None:
        """The type has to be registered, which is done with this decision; then ask again."""
        if self.future.done():
            return
        if not self.execution.is_replaying:
            self.execution.unregistered[definition] = None
        self._refusals += 1
        if self._refusals == 1:
            self._ask()
        else:
            wait = min(2.0 ** (self._refusals - 2), LONGEST_BACK_OFF)
            self._again(wait, f"__ostinato_register-{self.id}-{self._refusals}")

    def _again(self, wait: float, timer_id: str) -> None:
        """Ask again after a durable timer; at once if the code has ended, since the end does not wait."""
        if wait <= 0 or self.execution.loop.stopped:
            self._ask()
            return
        self._timer = Timer(
            self.execution,
            wait,
            self._ask_in_time,
            bounded_id(timer_id),
            on_refusal=self._not_again,
            source=self.request,
        )

    def _ask_in_time(self) -> None:
        if not self.execution.loop.stopped:
            self._ask()

    def _not_again(self, error: errors.TimerNotStarted) -> None:
        if not self.future.done():
            self.future.set_exception(error)

    def _opened(self, event: e.HistoryEvent) -> None:
        self.event_id = event.event_id
        self.execution.is_open(event.event_id, self)

    def _closed(self) -> None:
        self.execution.is_closed(self.kind, self.event_id)
        self.event_id = None
        self._has_asked_cancel = False

    # What differs.

    def _is_recorded(self) -> bool:
        """Whether history is known to have recorded this one request, so that its input is never needed."""
        return False

    def _ask_again_for_record(self) -> None:
        raise NotImplementedError

    def _decision(self) -> d.DecisionAttributes:
        raise NotImplementedError

    def _cancel_decision(self) -> d.DecisionAttributes:
        raise NotImplementedError

    def _is_cancelable(self) -> bool:
        return True

    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""
        raise NotImplementedError


class SubmittedActivity(Submission):
    """An activity task."""

    __slots__ = ("activity",)

    kind = Kind.ACTIVITY

    def __init__(self, execution: Execution, activity: Activity[..., Any]) -> None:
        given = activity.activity_id
        task_id = given or bounded_id(f"activity-{activity.name}-{execution.number(activity.name)}")
        super().__init__(execution, task_id, activity.name, activity.retry)
        self.activity = activity
        self._state = lives.ActivityState.NEW

    def _is_recorded(self) -> bool:
        execution = self.execution
        return self.retry is None and execution.ahead.get(self.id) == 1 and not execution.ledger.has(self._key())

    def _ask_again_for_record(self) -> None:
        self.request = self.execution.request_recorded(self._key(), self)

    def _key(self) -> Key:
        kind = self.activity.activity_type
        return Key(Kind.ACTIVITY, self.id, f"{kind.name} {kind.version}")

    def _decision(self) -> d.ScheduleActivityTask:
        self._state = lives.ActivityState.NEW
        a = self.activity
        return d.ScheduleActivityTask(
            activity_type=a.activity_type,
            activity_id=self.id,
            input=self._input_of_attempt(),
            control=a.control,
            task_list=TaskList(name=a.task_list),
            task_priority=None if a.task_priority is None else str(a.task_priority),
            schedule_to_start_timeout=to_swf(a.schedule_to_start_timeout),
            schedule_to_close_timeout=to_swf(a.schedule_to_close_timeout),
            start_to_close_timeout=to_swf(a.start_to_close_timeout),
            heartbeat_timeout=to_swf(a.heartbeat_timeout),
        )

    def _along(self) -> str:
        declared, timeout = self.activity.declared, self.activity.heartbeat_timeout
        if declared is None or timeout is None or timeout == declared.heartbeat_timeout:
            return super()._along()
        return ",".join(filter(None, (super()._along(), f'"heartbeat_timeout":{whole_seconds(timeout)}')))

    def _cancel_decision(self) -> d.RequestCancelActivityTask:
        return d.RequestCancelActivityTask(activity_id=self.id)

    def _is_cancelable(self) -> bool:
        return self._state is not lives.ActivityState.CLOSED

    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""
        kind = type(event)
        if kind is e.RequestCancelActivityTaskFailed:
            return  # it had closed meanwhile
        self._state = state = lives.advance(lives.ACTIVITY, self._state, event)
        if kind is e.ActivityTaskScheduled:
            self._opened(event)
            self.execution.ahead[self.id] -= 1
        elif kind is e.ActivityTaskStarted:
            self.future.is_running = True
        elif state is lives.ActivityState.CLOSED:
            self._closed()
            self._ended(event)

    def _ended(self, event: e.HistoryEvent) -> None:
        if type(event) is e.ActivityTaskCompleted:
            self._completed(event.result, signature_of(self.activity.function).result_type)
            return
        facts: dict[str, Any] = {"name": self.name, "activity_id": self.id, "attempts": self.attempt}
        match event:
            case e.ActivityTaskFailed(reason=reason, details=details):
                said = self.execution.converter.load_failure(reason, details)
                self._failed(
                    errors.ActivityFailed(
                        **facts,
                        reason=reason,
                        details=details,
                        error_type=said.error_type,
                        error_message=said.message,
                        error_traceback=said.traceback,
                    )
                )
            case e.ActivityTaskTimedOut(timeout_type=timeout_type, details=details):
                self._failed(errors.ActivityTimedOut(**facts, timeout_type=timeout_type.name, details=details))
            case e.ActivityTaskCanceled(details=details):
                self._failed(errors.ActivityCanceled(**facts, details=details))
            case e.ScheduleActivityTaskFailed(cause=cause):
                self._not_scheduled(cause, facts)
            case _:
                pass

    def _not_scheduled(self, cause: ScheduleActivityTaskFailedCause, facts: dict[str, Any]) -> None:
        causes = ScheduleActivityTaskFailedCause
        if cause is causes.ACTIVITY_TYPE_DOES_NOT_EXIST:
            self._type_unknown(self.activity)
        elif cause in (causes.OPEN_ACTIVITIES_LIMIT_EXCEEDED, causes.ACTIVITY_CREATION_RATE_EXCEEDED):
            self._refused_for_now()
        else:
            self._failed(errors.ActivityNotScheduled(**facts, cause=cause.name))


class SubmittedChild(Submission):
    """A child execution."""

    __slots__ = ("run_id", "workflow")

    kind = Kind.CHILD

    def __init__(self, execution: Execution, workflow: Workflow[..., Any]) -> None:
        task_id = workflow.workflow_id or _child_id(execution, workflow.name)
        super().__init__(execution, task_id, workflow.name, workflow.retry)
        self.workflow = workflow
        self.run_id: RunId | None = None
        self._state = lives.ChildState.NEW

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
            tag_list=tuple(w.tag_list) or None,
            lambda_role=w.lambda_role,
        )

    def _cancel_decision(self) -> d.RequestCancelExternalWorkflowExecution:
        return d.RequestCancelExternalWorkflowExecution(workflow_id=self.id, run_id=self.run_id)

    def _is_cancelable(self) -> bool:
        return self._state is lives.ChildState.STARTED

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
            self._ended(event)
        elif isinstance(event, e.StartChildWorkflowExecutionInitiated):
            self._opened(event)
        elif isinstance(event, e.ChildWorkflowExecutionStarted):
            self.run_id = event.workflow_execution.run_id
            self.future.is_running = True
            if self.future.cancelled():
                self._ask_cancel()

    def _ended(self, event: e.HistoryEvent) -> None:
        facts: dict[str, Any] = {
            "name": self.name,
            "workflow_id": self.id,
            "run_id": self.run_id,
            "attempts": self.attempt,
        }
        match event:
            case e.ChildWorkflowExecutionCompleted(result=result):
                self._completed(result, signature_of(self.workflow.run).result_type)
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
                pass

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


class SubmittedLambda(Submission):
    """An invocation of a Lambda function."""

    __slots__ = ("function",)

    kind = Kind.LAMBDA

    def __init__(self, execution: Execution, function: LambdaFunction) -> None:
        given = function.id or f"lambda-{function.name}-{execution.number(f'lambda {function.name}')}"
        super().__init__(execution, bounded_id(given), function.name, function.retry)
        self.function = function
        self._state = lives.LambdaState.NEW

    def _dump(self, args: Sequence[object], kwargs: Mapping[str, object]) -> str:
        text = self.execution.converter.dump(args[0] if args else dict(kwargs))
        check_length(text, field=f"the input of {self.name}", limit=DATA_CHARACTERS)
        return text

    def _decision(self) -> d.ScheduleLambdaFunction:
        self._state = lives.LambdaState.NEW
        timeout = self.function.start_to_close_timeout
        return d.ScheduleLambdaFunction(
            id=self.id,
            name=self.function.name,
            input=self._input,
            start_to_close_timeout=None if timeout is None else to_swf(timeout),
        )

    def _is_cancelable(self) -> bool:
        return False  # SWF has no such decision

    def handle(self, event: e.HistoryEvent) -> None:
        """Take an event that concerns it."""
        self._state = state = lives.advance(lives.LAMBDA, self._state, event)
        if state is lives.LambdaState.CLOSED:
            self._closed()
            self._ended(event)
        elif isinstance(event, e.LambdaFunctionScheduled):
            self._opened(event)
        elif isinstance(event, e.LambdaFunctionStarted):
            self.future.is_running = True

    def _ended(self, event: e.HistoryEvent) -> None:
        said = f"Lambda function {self.name} ({self.id})"
        match event:
            case e.LambdaFunctionCompleted(result=result):
                self._completed(result, Any)
            case e.LambdaFunctionFailed(reason=reason, details=details):
                self._failed(errors.LambdaFailed(f"{said} failed: {reason}", reason=reason, details=details))
            case e.LambdaFunctionTimedOut():
                self._failed(errors.LambdaTimedOut(f"{said} timed out"))
            case e.StartLambdaFunctionFailed(message=message):
                self._failed(errors.LambdaNotStarted(f"{said} could not be invoked: {message}", reason=message))
            case e.ScheduleLambdaFunctionFailed(cause=cause):
                if cause.name in ("OPEN_LAMBDA_FUNCTIONS_LIMIT_EXCEEDED", "LAMBDA_FUNCTION_CREATION_RATE_EXCEEDED"):
                    self._refused_for_now()
                else:
                    what = f"{said} could not be scheduled: {cause.name}"
                    self._failed(errors.LambdaNotStarted(what, reason=cause.name))
            case _:
                pass


def _child_id(execution: Execution, name: str) -> str:
    """The workflow id of a child, in simpleflow's form: unique, and the same in every replay."""
    parent = execution.workflow_execution
    run = f"{zlib.adler32(parent.run_id.encode()):x}"
    return bounded_id(f"workflow-{name}-{parent.workflow_id}--{run}--{execution.number(f'child {name}')}")
