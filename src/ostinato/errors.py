"""Every exception of Ostinato, in one tree.

::

    OstinatoError
    ├── UsageError                      the caller's fault: says what was found, what was expected, what to do
    │   ├── TargetError                 no such workflow or activity where the name points
    │   ├── OutsideWorkflowError        a call for workflow code, made elsewhere
    │   ├── NotDurableError             what workflow code may not do: a socket, a thread, blocking in `async def`
    │   ├── UnwindingError              a decision asked for while the workflow's code is being put away
    │   ├── LimitExceededError          longer than SWF takes
    │   ├── PayloadError                a value that cannot become text, or text that is not the value expected
    │   ├── PayloadUnavailableError     a payload that is encoded or lies in a store cannot be had
    │   │   ├── PayloadMissingError     the store does not have it
    │   │   ├── PayloadDamagedError     it is not what was put there
    │   │   ├── PayloadLockedError      its store, its codec or its key is not known here
    │   │   └── PayloadStoreError       the store does not answer, or takes nothing
    │   ├── NondeterminismError         the workflow's code no longer does what its history says
    │   ├── StoreError                  the database cannot be used
    │   │   ├── DatabaseInUseError      another process has it
    │   │   ├── DatabaseForeignError    it is not Ostinato's, or of a newer version
    │   │   ├── DatabaseDamagedError    it is broken
    │   │   ├── DatabaseWriteError      it could not be written: a full disk, a lost mount
    │   │   └── EngineClosedError       the engine in this process was closed
    │   ├── ServiceError                the service cannot be used
    │   │   ├── ConnectionLostError     no answer: it cannot be reached, or the connection broke
    │   │   └── ForeignAnswerError      an answer that is none of SWF's, or a failure within the service
    │   └── SwfFault                    the service refuses an operation; one subclass for each fault of SWF
    ├── TaskError                       the task's: it failed, timed out, was canceled, could not be started
    │   ├── ActivityError
    │   │   ├── ActivityFailed
    │   │   ├── ActivityTimedOut
    │   │   ├── ActivityCanceled
    │   │   └── ActivityNotScheduled
    │   ├── ChildWorkflowError
    │   │   ├── ChildWorkflowFailed
    │   │   ├── ChildWorkflowTimedOut
    │   │   ├── ChildWorkflowCanceled
    │   │   ├── ChildWorkflowTerminated
    │   │   └── ChildWorkflowNotStarted
    │   ├── CanvasFailed                members of a Group, steps of a Chain or items of a map failed: a group of errors
    │   ├── FanOutFailed                more items of a fan_out failed than are tolerated
    │   ├── MemberCanceled              in the place of a member that was canceled, or never began
    │   ├── ProcessDied                 a worker's report: the process that the activity ran in is gone
    │   ├── ProgramFailed               a program that an activity ran: its exit code is not 0, or it took too long
    │   ├── WorkerStopped               a worker's report: it was stopped, and the activity did not end in time
    │   ├── TimerNotStarted
    │   ├── SignalNotDelivered
    │   ├── CancelNotDelivered
    │   ├── MarkerNotRecorded
    │   ├── RunOnceFailed
    │   ├── LambdaError
    │   │   ├── LambdaFailed
    │   │   ├── LambdaTimedOut
    │   │   └── LambdaNotStarted
    │   ├── CompensationFailed          what a saga could not undo
    │   ├── FailWorkflow                raised by workflow code, to end with a reason and details of its choice
    │   └── WorkflowError               what a starter sees of an execution that did not complete
    │       ├── WorkflowFailed
    │       ├── WorkflowTimedOut
    │       ├── WorkflowCanceled
    │       └── WorkflowTerminated
    └── InternalError                   ours: please report it
        └── IllegalTransition           a history that SWF could not have written

A canceled future raises `asyncio.CancelledError`, and a time-out that the workflow's author set raises `TimeoutError`:
Python has words for them.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Self


class OstinatoError(Exception):
    """The root of all."""


class UsageError(OstinatoError):
    """The caller's fault.

    Args:
        found: what there was.
        expected: what there should have been.
        where: the place, if it is known: a file and line, a field, an id.
        hint: what to do.
    """

    def __init__(self, *, found: str, expected: str = "", where: str = "", hint: str = "") -> None:
        self.found = found
        self.expected = expected
        self.where = where
        self.hint = hint
        parts = [f"{where}: " if where else "", found]
        parts += [f"; expected {expected}"] if expected else []
        parts += [f". {hint}"] if hint else []
        super().__init__("".join(parts))


class TargetError(UsageError):
    """No such workflow or activity where the name points."""


class OutsideWorkflowError(UsageError):
    """A call for workflow code, made where no workflow runs."""

    def __init__(self, call: str) -> None:
        self.call = call
        super().__init__(
            found=f"{call}() was called outside of a workflow",
            hint="Call it from the code of a @workflow while that runs",
        )


class NotDurableError(UsageError):
    """Workflow code did what it may not: what no replay can repeat, or what would block all others.

    The execution is not harmed: the decision is dropped, and it goes on when the code has been mended.
    """


class UnwindingError(UsageError):
    """A decision was asked for while the workflow's code is being put away, where nothing can be decided any more."""


class LimitExceededError(UsageError):
    """Something is longer than SWF takes."""

    def __init__(self, *, field: str, size: int, limit: int, unit: str = "characters", hint: str = "") -> None:
        self.field = field
        self.size = size
        self.limit = limit
        super().__init__(
            found=f"{field} has {size:,} {unit}",
            expected=f"at most {limit:,}, SWF's limit",
            hint=hint or "Pass a reference (a path, a key) in place of the data",
        )


class PayloadError(UsageError):
    """A value cannot become text, or a text is not the value that was expected."""


class PayloadUnavailableError(UsageError):
    """A payload that was encoded, or put into a store, cannot be had, or cannot be put there.

    The execution is not harmed: what needs the payload is tried again, and goes on when that has been mended.
    """


class PayloadMissingError(PayloadUnavailableError):
    """The store does not have the payload, or not any more."""


class PayloadDamagedError(PayloadUnavailableError):
    """The payload is not what was put there: its size or its digest differs, or it cannot be decoded."""


class PayloadLockedError(PayloadUnavailableError):
    """The store of the payload, its codec, or the key that it was encrypted with is not known here."""


class PayloadStoreError(PayloadUnavailableError):
    """The store does not answer, or does not take the payload."""


class NondeterminismError(UsageError):
    """The workflow's code, replayed over its history, asked for something else than it did the first time.

    The execution is not harmed: the decision is dropped, and it goes on when the code agrees with its history again.
    """

    def __init__(
        self, *, recorded: str | None, requested: str | None, event_id: int | None, source: str | None
    ) -> None:
        self.recorded = recorded
        self.requested = requested
        self.event_id = event_id
        self.source = source
        at = f" (event {event_id})" if event_id is not None else ""
        line = f", at {source}" if source else ""
        super().__init__(
            found=f"history recorded {recorded or 'nothing more'}{at}, "
            f"but the code asked for {requested or 'nothing'}{line}",
            hint="Bring back the code's former behaviour for executions that began under it",
        )


class StoreError(UsageError):
    """The database cannot be used."""


class EngineClosedError(StoreError):
    """The engine in this process was closed: what is asked of it is in vain, however long one waits."""


class DatabaseInUseError(StoreError):
    """Another process has the database open."""


class DatabaseForeignError(StoreError):
    """The file is not a database of Ostinato's, or one of a newer version."""


class DatabaseDamagedError(StoreError):
    """The database is broken."""


class DatabaseWriteError(StoreError):
    """The database could not be written; what was asked for did not happen."""


class ServiceError(UsageError):
    """The service cannot be used."""


class ConnectionLostError(ServiceError):
    """No answer came: the service cannot be reached, or the connection broke.

    Args:
        where: the service's URL.
        found: what happened.
        may_be_done: whether the operation may have been carried out all the same.
    """

    def __init__(self, *, where: str, found: str, may_be_done: bool) -> None:
        self.may_be_done = may_be_done
        super().__init__(
            where=where,
            found=found,
            hint="It may have been carried out all the same" if may_be_done else "It was not carried out",
        )


class ForeignAnswerError(ServiceError):
    """The service failed within, or what answers there does not speak SWF's protocol.

    Args:
        where: the service's URL.
        found: what it answered.
        status: the HTTP status of the answer.
    """

    def __init__(self, *, where: str, found: str, status: int) -> None:
        self.status = status
        super().__init__(where=where, found=found, expected="an answer of SWF's")


class SwfFault(UsageError):
    """SWF refuses an operation. Nothing was changed."""

    code: ClassVar[str] = "SwfFault"

    def __init__(self, message: str = "") -> None:
        self.message = message
        super().__init__(found=f"{self.code}: {message}" if message else self.code)


class UnknownResourceFault(SwfFault):
    """There is no such domain, type, execution or open task."""

    code = "UnknownResourceFault"


class DomainAlreadyExistsFault(SwfFault):
    """A domain of that name is registered, or deprecated."""

    code = "DomainAlreadyExistsFault"


class DomainDeprecatedFault(SwfFault):
    """The domain is deprecated."""

    code = "DomainDeprecatedFault"


class TypeAlreadyExistsFault(SwfFault):
    """A type of that name and version is registered, or deprecated."""

    code = "TypeAlreadyExistsFault"


class TypeDeprecatedFault(SwfFault):
    """The type is deprecated."""

    code = "TypeDeprecatedFault"


class TypeNotDeprecatedFault(SwfFault):
    """The type is not deprecated, so it cannot be deleted."""

    code = "TypeNotDeprecatedFault"


class WorkflowExecutionAlreadyStartedFault(SwfFault):
    """An open execution has that workflow id."""

    code = "WorkflowExecutionAlreadyStartedFault"


class DefaultUndefinedFault(SwfFault):
    """Neither the request nor the registered type says a required setting."""

    code = "DefaultUndefinedFault"


class LimitExceededFault(SwfFault):
    """One of the service's quotas is used up."""

    code = "LimitExceededFault"


class OperationNotPermittedFault(SwfFault):
    """The caller may not do that."""

    code = "OperationNotPermittedFault"


class TooManyTagsFault(SwfFault):
    """A resource has at most 50 tags."""

    code = "TooManyTagsFault"


class ValidationException(SwfFault):
    """A member of the request is missing or out of its bounds."""

    code = "ValidationException"


class SerializationException(SwfFault):
    """A member of the request has the wrong type, or the request is not JSON."""

    code = "SerializationException"


class ThrottlingException(SwfFault):
    """Too many requests; try again later."""

    code = "ThrottlingException"


class UnknownOperationException(SwfFault):
    """SWF has no operation of that name."""

    code = "UnknownOperationException"


class MissingAuthenticationTokenException(SwfFault):
    """The request is not signed, and has to be."""

    code = "MissingAuthenticationTokenException"


class IncompleteSignatureException(SwfFault):
    """The request's signature lacks a part."""

    code = "IncompleteSignatureException"


class InvalidSignatureException(SwfFault):
    """The request's signature is not what its secret key makes, or is of another time."""

    code = "InvalidSignatureException"


class UnrecognizedClientException(SwfFault):
    """Nobody has that access key."""

    code = "UnrecognizedClientException"


class ExpiredTokenException(SwfFault):
    """The caller's temporary credentials have expired."""

    code = "ExpiredTokenException"


class AccessDeniedException(SwfFault):
    """The caller is known, and may not do that."""

    code = "AccessDeniedException"


class TaskError(OstinatoError):
    """A task did not end well. `reason` and `details` are as history has them."""

    def __init__(self, message: str, *, reason: str | None = None, details: str | None = None) -> None:
        self.reason = reason
        self.details = details
        super().__init__(message)


class ActivityError(TaskError):
    """An activity did not end well.

    Args:
        what: what happened, in a few words.
        name: the activity type's name.
        activity_id: its id in the execution.
        attempts: how often it was tried.
    """

    def __init__(
        self,
        what: str,
        *,
        name: str,
        activity_id: str,
        attempts: int = 1,
        reason: str | None = None,
        details: str | None = None,
    ) -> None:
        self.name = name
        self.activity_id = activity_id
        self.attempts = attempts
        again = f" after {attempts} attempts" if attempts > 1 else ""
        super().__init__(f"activity {name} ({activity_id}) {what}{again}", reason=reason, details=details)


class ActivityFailed(ActivityError):
    """An activity raised an exception.

    Args:
        error_type: the exception's class, with its module unless it is built in.
        error_message: the exception's text.
        error_traceback: its traceback in the worker, line by line.
    """

    def __init__(
        self,
        *,
        name: str,
        activity_id: str,
        attempts: int = 1,
        reason: str | None = None,
        details: str | None = None,
        error_type: str = "",
        error_message: str = "",
        error_traceback: Sequence[str] = (),
    ) -> None:
        self.error_type = error_type
        self.error_message = error_message
        self.error_traceback = tuple(error_traceback)
        said = f"{error_type}: {error_message}" if error_type else (reason or "no reason given")
        super().__init__(
            f"failed: {said}", name=name, activity_id=activity_id, attempts=attempts, reason=reason, details=details
        )


class ActivityTimedOut(ActivityError):
    """One of an activity's time-outs passed. `timeout_type` says which; `details` are those of its last heartbeat."""

    def __init__(
        self, *, timeout_type: str, name: str, activity_id: str, attempts: int = 1, details: str | None = None
    ) -> None:
        self.timeout_type = timeout_type
        super().__init__(
            f"timed out ({timeout_type})", name=name, activity_id=activity_id, attempts=attempts, details=details
        )


class ActivityCanceled(ActivityError):
    """An activity was canceled by its worker."""

    def __init__(self, *, name: str, activity_id: str, attempts: int = 1, details: str | None = None) -> None:
        super().__init__("was canceled", name=name, activity_id=activity_id, attempts=attempts, details=details)


class ActivityNotScheduled(ActivityError):
    """SWF did not take the decision to schedule an activity. `cause` says why."""

    def __init__(self, *, cause: str, name: str, activity_id: str, attempts: int = 1) -> None:
        self.cause = cause
        super().__init__(
            f"could not be scheduled: {cause}", name=name, activity_id=activity_id, attempts=attempts, reason=cause
        )


class CanvasFailed(TaskError, ExceptionGroup[Exception]):
    """Parts of a canvas failed, more than it tolerates. It is an exception group: `except*` finds what it holds.

    Args:
        what: the canvas, in a few words.
        results: in their places, the results of the parts that ended well, and the exceptions of the others.
        failed: the places of those that failed by themselves, in order. Others in `results` are `MemberCanceled`.
    """

    results: tuple[Any, ...]
    failed: tuple[int, ...]

    def __new__(cls, what: str, results: Sequence[Any], failed: Sequence[int]) -> Self:
        """Made as a group of the exceptions of those that failed."""
        first = results[failed[0]]
        message = f"{len(failed)} failed in a {what}, first at {failed[0]}: {type(first).__name__}: {first}"
        return super().__new__(cls, message, [results[index] for index in failed])

    def __init__(self, what: str, results: Sequence[Any], failed: Sequence[int]) -> None:
        self.what = what
        self.results = tuple(results)
        self.failed = tuple(failed)
        super().__init__(self.message)

    def derive(self, excs: Sequence[Any], /) -> ExceptionGroup[Any]:
        """A plain group of some of the exceptions, for `except*` and `split`; it knows no places."""
        return ExceptionGroup(self.message, excs)

    def flatten(self) -> tuple[Exception, ...]:
        """The failures, those within canvases in canvases too, in order."""
        found: list[Exception] = []
        for error in self.exceptions:
            found += error.flatten() if isinstance(error, CanvasFailed) else [error]
        return tuple(found)


class FanOutFailed(TaskError):
    """More items of a fan-out failed than are tolerated.

    Args:
        failed: how many failed, as far as was known then.
        count: how many items there are.
        tolerated: how many may fail.
        index: the place of one of them.
        error: what happened to it.
    """

    def __init__(self, *, failed: int, count: int, tolerated: int, index: int, error: str) -> None:
        self.failed = failed
        self.count = count
        self.tolerated = tolerated
        self.index = index
        self.error = error
        super().__init__(f"{failed} of {count} items failed, more than {tolerated}; item {index}: {error}")


class MemberCanceled(TaskError):
    """A member of a canvas was canceled, or never began because others had failed; `index` is its place."""

    def __init__(self, index: int, *, has_begun: bool) -> None:
        self.index = index
        self.has_begun = has_begun
        super().__init__(f"member {index} {'was canceled' if has_begun else 'never began'}")


class ProcessDied(TaskError):
    """What a worker reports of an activity whose process ended before the activity did: a crash, a lack of memory."""


class ProgramFailed(TaskError):
    """A program that an activity ran did not end well.

    Args:
        message: what happened, with the end of its stderr.
        exit_code: its exit code, negative for a signal; None if it was killed because it took too long.
    """

    def __init__(self, message: str, *, exit_code: int | None) -> None:
        self.exit_code = exit_code
        super().__init__(message)


class WorkerStopped(TaskError):
    """What a worker reports of an activity that did not end within the worker's grace, when it is stopped."""


class ChildWorkflowError(TaskError):
    """A child execution did not end well."""

    def __init__(
        self,
        what: str,
        *,
        name: str,
        workflow_id: str,
        run_id: str | None = None,
        attempts: int = 1,
        reason: str | None = None,
        details: str | None = None,
    ) -> None:
        self.name = name
        self.workflow_id = workflow_id
        self.run_id = run_id
        self.attempts = attempts
        again = f" after {attempts} attempts" if attempts > 1 else ""
        super().__init__(f"child workflow {name} ({workflow_id}) {what}{again}", reason=reason, details=details)


class ChildWorkflowFailed(ChildWorkflowError):
    """A child execution failed."""


class ChildWorkflowTimedOut(ChildWorkflowError):
    """A child execution timed out."""


class ChildWorkflowCanceled(ChildWorkflowError):
    """A child execution ended as canceled."""


class ChildWorkflowTerminated(ChildWorkflowError):
    """A child execution was terminated."""


class ChildWorkflowNotStarted(ChildWorkflowError):
    """A child execution could not be started; `reason` is SWF's cause."""


class TimerNotStarted(TaskError):
    """SWF did not take the decision to start a timer; `reason` is SWF's cause."""


class SignalNotDelivered(TaskError):
    """A signal to another execution could not be delivered; `reason` is SWF's cause."""


class CancelNotDelivered(TaskError):
    """A cancellation request to another execution could not be delivered; `reason` is SWF's cause."""


class MarkerNotRecorded(TaskError):
    """SWF did not take the decision to record a marker; `reason` is SWF's cause."""


class RunOnceFailed(TaskError):
    """The function of a `run_once` raised an exception; `error_type`, `error_message` and `error_traceback` are its."""

    def __init__(self, *, error_type: str, error_message: str, error_traceback: Sequence[str] = ()) -> None:
        self.error_type = error_type
        self.error_message = error_message
        self.error_traceback = tuple(error_traceback)
        super().__init__(f"{error_type}: {error_message}", reason=f"{error_type}: {error_message}")


class LambdaError(TaskError):
    """A Lambda function did not end well."""


class LambdaFailed(LambdaError):
    """A Lambda function failed.

    Args:
        what: which one failed.
        error_type: the class of what it raised, as Lambda names it; empty if the failure does not say.
        error_message: the exception's text.
        error_traceback: its traceback, line by line.
    """

    def __init__(
        self,
        what: str,
        *,
        reason: str | None = None,
        details: str | None = None,
        error_type: str = "",
        error_message: str = "",
        error_traceback: Sequence[str] = (),
    ) -> None:
        self.error_type = error_type
        self.error_message = error_message
        self.error_traceback = tuple(error_traceback)
        said = f"{error_type}: {error_message}" if error_type else error_message or reason or "no reason given"
        super().__init__(f"{what} failed: {said}", reason=reason, details=details)


class LambdaTimedOut(LambdaError):
    """A Lambda function did not end in time."""


class LambdaNotStarted(LambdaError):
    """A Lambda function could not be scheduled or invoked; `reason` is SWF's cause."""


class CompensationFailed(TaskError):
    """Some of the compensations of a saga did not end well; its cause is what had the saga undone.

    Args:
        count: how many compensations were carried out.
        errors: how those that failed ended, in the order in which they were carried out.
    """

    def __init__(self, *, count: int, errors: Sequence[BaseException]) -> None:
        self.count = count
        self.errors = tuple(errors)
        said = "; ".join(str(error) or type(error).__name__ for error in errors)
        super().__init__(f"{len(errors)} of {count} compensations failed: {said}")


class FailWorkflow(TaskError):
    """Raised by workflow code to fail its execution with a reason and details of its own choice.

    Args:
        reason: why, in at most 256 characters.
        details: more of it: a text, or what becomes JSON; at most 32,768 characters.
    """

    def __init__(self, reason: str, details: object = None) -> None:
        self.given = details
        super().__init__(reason, reason=reason, details=details if isinstance(details, str) else None)


class WorkflowError(TaskError):
    """An execution did not complete, as the one who started it sees it."""

    def __init__(
        self,
        what: str,
        *,
        workflow_id: str,
        run_id: str,
        reason: str | None = None,
        details: str | None = None,
    ) -> None:
        self.workflow_id = workflow_id
        self.run_id = run_id
        said = f": {reason}" if reason else ""
        super().__init__(f"workflow execution {workflow_id} {what}{said}", reason=reason, details=details)


class WorkflowFailed(WorkflowError):
    """The execution failed.

    Args:
        error_type: the class of the exception that the workflow's code raised, with its module unless it is built in.
        error_message: the exception's text.
        error_traceback: its traceback in the decider, line by line.
    """

    def __init__(
        self,
        what: str,
        *,
        workflow_id: str,
        run_id: str,
        reason: str | None = None,
        details: str | None = None,
        error_type: str = "",
        error_message: str = "",
        error_traceback: Sequence[str] = (),
    ) -> None:
        self.error_type = error_type
        self.error_message = error_message
        self.error_traceback = tuple(error_traceback)
        super().__init__(what, workflow_id=workflow_id, run_id=run_id, reason=reason, details=details)


class WorkflowTimedOut(WorkflowError):
    """The execution timed out."""


class WorkflowCanceled(WorkflowError):
    """The execution ended as canceled."""


class WorkflowTerminated(WorkflowError):
    """The execution was terminated."""


class InternalError(OstinatoError):
    """A fault of Ostinato's own: please report it, with the message and, if you can, the history."""


class IllegalTransition(InternalError):
    """A history says something that SWF could not have written, or Ostinato misread it."""

    def __init__(self, *, state: str, event_type: str, event_id: int, allowed: Sequence[str]) -> None:
        self.state = state
        self.event_type = event_type
        self.event_id = event_id
        self.allowed = tuple(allowed)
        super().__init__(
            f"event {event_id} is {event_type}, which cannot follow {state}; "
            f"expected {' or '.join(self.allowed) or 'nothing'}. Please report it with the history"
        )
