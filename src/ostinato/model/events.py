"""The 54 events of SWF's history, one immutable class each, called what its `eventType` is.

An event is flat here: its id and time stand beside its attributes. `ostinato.model.wire` nests them as the service
does.
"""

from ostinato.model.enums import (
    ActivityTaskTimeoutType,
    CancelTimerFailedCause,
    CancelWorkflowExecutionFailedCause,
    ChildPolicy,
    CompleteWorkflowExecutionFailedCause,
    ContinueAsNewWorkflowExecutionFailedCause,
    DecisionTaskTimeoutType,
    FailWorkflowExecutionFailedCause,
    LambdaFunctionTimeoutType,
    RecordMarkerFailedCause,
    RequestCancelActivityTaskFailedCause,
    RequestCancelExternalWorkflowExecutionFailedCause,
    ScheduleActivityTaskFailedCause,
    ScheduleLambdaFunctionFailedCause,
    SignalExternalWorkflowExecutionFailedCause,
    StartChildWorkflowExecutionFailedCause,
    StartLambdaFunctionFailedCause,
    StartTimerFailedCause,
    WorkflowExecutionCancelRequestedCause,
    WorkflowExecutionTerminatedCause,
    WorkflowExecutionTimeoutType,
)
from ostinato.model.fields import (
    ActivityId,
    Arn,
    BoundedRunId,
    CauseMessage,
    Data,
    DurationInSeconds,
    DurationInSecondsOptional,
    EventId,
    FailureReason,
    FunctionId,
    FunctionInput,
    FunctionName,
    Identity,
    LimitedData,
    MarkerName,
    OptionalRunId,
    RecordedTagList,
    SignalName,
    TaskPriority,
    TerminateReason,
    TimerId,
    Timestamp,
    WorkflowId,
)
from ostinato.model.structures import ActivityType, Structure, TaskList, WorkflowExecution, WorkflowType


class Event(Structure, frozen=True, kw_only=True, tag_field="eventType", tag=True):
    """What every event has: its place in history and its time.

    The two stand first in the encoded form; `wire` relies on it.
    """

    event_id: EventId
    event_timestamp: Timestamp


class WorkflowExecutionStarted(Event):
    """An execution began; always event 1."""

    child_policy: ChildPolicy
    task_list: TaskList
    workflow_type: WorkflowType
    input: Data | None = None
    execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    task_start_to_close_timeout: DurationInSecondsOptional | None = None
    task_priority: TaskPriority | None = None
    tag_list: RecordedTagList | None = None
    continued_execution_run_id: OptionalRunId | None = None
    parent_workflow_execution: WorkflowExecution | None = None
    parent_initiated_event_id: EventId | None = None
    lambda_role: Arn | None = None


class WorkflowExecutionCancelRequested(Event):
    """Somebody asked for the cancellation of this execution; it decides what to do about it."""

    external_workflow_execution: WorkflowExecution | None = None
    external_initiated_event_id: EventId | None = None
    cause: WorkflowExecutionCancelRequestedCause | None = None


class WorkflowExecutionCompleted(Event):
    """The execution ended well, with its result."""

    decision_task_completed_event_id: EventId
    result: Data | None = None


class CompleteWorkflowExecutionFailed(Event):
    """The decision to complete was not carried out."""

    cause: CompleteWorkflowExecutionFailedCause
    decision_task_completed_event_id: EventId


class WorkflowExecutionFailed(Event):
    """The execution ended by its own decision to fail."""

    decision_task_completed_event_id: EventId
    reason: FailureReason | None = None
    details: Data | None = None


class FailWorkflowExecutionFailed(Event):
    """The decision to fail was not carried out."""

    cause: FailWorkflowExecutionFailedCause
    decision_task_completed_event_id: EventId


class WorkflowExecutionTimedOut(Event):
    """The execution outlived its execution start-to-close time-out and was closed."""

    timeout_type: WorkflowExecutionTimeoutType
    child_policy: ChildPolicy


class WorkflowExecutionCanceled(Event):
    """The execution ended by its own decision to be canceled."""

    decision_task_completed_event_id: EventId
    details: Data | None = None


class CancelWorkflowExecutionFailed(Event):
    """The decision to be canceled was not carried out."""

    cause: CancelWorkflowExecutionFailedCause
    decision_task_completed_event_id: EventId


class WorkflowExecutionContinuedAsNew(Event):
    """The execution ended, and a new one with the same workflow id took over."""

    decision_task_completed_event_id: EventId
    new_execution_run_id: BoundedRunId
    task_list: TaskList
    child_policy: ChildPolicy
    workflow_type: WorkflowType
    input: Data | None = None
    execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    task_priority: TaskPriority | None = None
    task_start_to_close_timeout: DurationInSecondsOptional | None = None
    tag_list: RecordedTagList | None = None
    lambda_role: Arn | None = None


class ContinueAsNewWorkflowExecutionFailed(Event):
    """The decision to continue as new was not carried out."""

    cause: ContinueAsNewWorkflowExecutionFailedCause
    decision_task_completed_event_id: EventId


class WorkflowExecutionTerminated(Event):
    """The execution was closed from outside, or by the policy of its parent."""

    child_policy: ChildPolicy
    reason: TerminateReason | None = None
    details: Data | None = None
    cause: WorkflowExecutionTerminatedCause | None = None


class DecisionTaskScheduled(Event):
    """A decision task was put on the decider's task list."""

    task_list: TaskList
    task_priority: TaskPriority | None = None
    start_to_close_timeout: DurationInSecondsOptional | None = None
    schedule_to_start_timeout: DurationInSecondsOptional | None = None


class DecisionTaskStarted(Event):
    """A decider was handed the decision task."""

    scheduled_event_id: EventId
    identity: Identity | None = None


class DecisionTaskCompleted(Event):
    """The decider answered the decision task; what it decided follows."""

    scheduled_event_id: EventId
    started_event_id: EventId
    execution_context: Data | None = None
    task_list: TaskList | None = None
    task_list_schedule_to_start_timeout: DurationInSecondsOptional | None = None


class DecisionTaskTimedOut(Event):
    """The decider did not answer the decision task in time."""

    timeout_type: DecisionTaskTimeoutType
    scheduled_event_id: EventId
    started_event_id: EventId


class ActivityTaskScheduled(Event):
    """An activity task was put on its task list, with the effective time-outs."""

    activity_type: ActivityType
    activity_id: ActivityId
    task_list: TaskList
    decision_task_completed_event_id: EventId
    input: Data | None = None
    control: Data | None = None
    schedule_to_start_timeout: DurationInSecondsOptional | None = None
    schedule_to_close_timeout: DurationInSecondsOptional | None = None
    start_to_close_timeout: DurationInSecondsOptional | None = None
    task_priority: TaskPriority | None = None
    heartbeat_timeout: DurationInSecondsOptional | None = None


class ScheduleActivityTaskFailed(Event):
    """The decision to schedule an activity task was not carried out."""

    activity_type: ActivityType
    activity_id: ActivityId
    cause: ScheduleActivityTaskFailedCause
    decision_task_completed_event_id: EventId


class ActivityTaskStarted(Event):
    """An activity worker was handed the activity task."""

    scheduled_event_id: EventId
    identity: Identity | None = None


class ActivityTaskCompleted(Event):
    """The activity task ended well, with its result."""

    scheduled_event_id: EventId
    started_event_id: EventId
    result: Data | None = None


class ActivityTaskFailed(Event):
    """The activity worker reported that the activity task failed."""

    scheduled_event_id: EventId
    started_event_id: EventId
    reason: FailureReason | None = None
    details: Data | None = None


class ActivityTaskTimedOut(Event):
    """One of the activity task's four time-outs passed; `started_event_id` is 0 if it never started."""

    timeout_type: ActivityTaskTimeoutType
    scheduled_event_id: EventId
    started_event_id: EventId
    details: LimitedData | None = None


class ActivityTaskCanceled(Event):
    """The activity task was canceled, before it started or by its worker."""

    scheduled_event_id: EventId
    started_event_id: EventId
    details: Data | None = None
    latest_cancel_requested_event_id: EventId | None = None


class ActivityTaskCancelRequested(Event):
    """The decider asked for the cancellation of an activity task."""

    decision_task_completed_event_id: EventId
    activity_id: ActivityId


class RequestCancelActivityTaskFailed(Event):
    """The decision to cancel an activity task was not carried out."""

    activity_id: ActivityId
    cause: RequestCancelActivityTaskFailedCause
    decision_task_completed_event_id: EventId


class WorkflowExecutionSignaled(Event):
    """The execution received a signal."""

    signal_name: SignalName
    input: Data | None = None
    external_workflow_execution: WorkflowExecution | None = None
    external_initiated_event_id: EventId | None = None


class MarkerRecorded(Event):
    """The decider left a note in history."""

    marker_name: MarkerName
    decision_task_completed_event_id: EventId
    details: Data | None = None


class RecordMarkerFailed(Event):
    """The decision to record a marker was not carried out."""

    marker_name: MarkerName
    cause: RecordMarkerFailedCause
    decision_task_completed_event_id: EventId


class TimerStarted(Event):
    """A timer began to run."""

    timer_id: TimerId
    start_to_fire_timeout: DurationInSeconds
    decision_task_completed_event_id: EventId
    control: Data | None = None


class StartTimerFailed(Event):
    """The decision to start a timer was not carried out."""

    timer_id: TimerId
    cause: StartTimerFailedCause
    decision_task_completed_event_id: EventId


class TimerFired(Event):
    """A timer ran out."""

    timer_id: TimerId
    started_event_id: EventId


class TimerCanceled(Event):
    """A timer was canceled before it ran out."""

    timer_id: TimerId
    started_event_id: EventId
    decision_task_completed_event_id: EventId


class CancelTimerFailed(Event):
    """The decision to cancel a timer was not carried out."""

    timer_id: TimerId
    cause: CancelTimerFailedCause
    decision_task_completed_event_id: EventId


class StartChildWorkflowExecutionInitiated(Event):
    """SWF accepted the decision to start a child execution."""

    workflow_id: WorkflowId
    workflow_type: WorkflowType
    task_list: TaskList
    decision_task_completed_event_id: EventId
    child_policy: ChildPolicy
    control: Data | None = None
    input: Data | None = None
    execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    task_priority: TaskPriority | None = None
    task_start_to_close_timeout: DurationInSecondsOptional | None = None
    tag_list: RecordedTagList | None = None
    lambda_role: Arn | None = None


class StartChildWorkflowExecutionFailed(Event):
    """A child execution could not be started; `initiated_event_id` is 0 if it was refused at once."""

    workflow_type: WorkflowType
    cause: StartChildWorkflowExecutionFailedCause
    workflow_id: WorkflowId
    initiated_event_id: EventId
    decision_task_completed_event_id: EventId
    control: Data | None = None


class ChildWorkflowExecutionStarted(Event):
    """A child execution began."""

    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    initiated_event_id: EventId


class ChildWorkflowExecutionCompleted(Event):
    """A child execution ended well, with its result."""

    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    initiated_event_id: EventId
    started_event_id: EventId
    result: Data | None = None


class ChildWorkflowExecutionFailed(Event):
    """A child execution failed."""

    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    initiated_event_id: EventId
    started_event_id: EventId
    reason: FailureReason | None = None
    details: Data | None = None


class ChildWorkflowExecutionTimedOut(Event):
    """A child execution timed out."""

    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    timeout_type: WorkflowExecutionTimeoutType
    initiated_event_id: EventId
    started_event_id: EventId


class ChildWorkflowExecutionCanceled(Event):
    """A child execution ended as canceled."""

    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    initiated_event_id: EventId
    started_event_id: EventId
    details: Data | None = None


class ChildWorkflowExecutionTerminated(Event):
    """A child execution was terminated."""

    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    initiated_event_id: EventId
    started_event_id: EventId


class SignalExternalWorkflowExecutionInitiated(Event):
    """SWF accepted the decision to signal an execution."""

    workflow_id: WorkflowId
    signal_name: SignalName
    decision_task_completed_event_id: EventId
    run_id: OptionalRunId | None = None
    input: Data | None = None
    control: Data | None = None


class SignalExternalWorkflowExecutionFailed(Event):
    """A signal to an execution could not be delivered."""

    workflow_id: WorkflowId
    cause: SignalExternalWorkflowExecutionFailedCause
    initiated_event_id: EventId
    decision_task_completed_event_id: EventId
    run_id: OptionalRunId | None = None
    control: Data | None = None


class ExternalWorkflowExecutionSignaled(Event):
    """A signal was delivered to an execution."""

    workflow_execution: WorkflowExecution
    initiated_event_id: EventId


class RequestCancelExternalWorkflowExecutionInitiated(Event):
    """SWF accepted the decision to ask for the cancellation of an execution."""

    workflow_id: WorkflowId
    decision_task_completed_event_id: EventId
    run_id: OptionalRunId | None = None
    control: Data | None = None


class RequestCancelExternalWorkflowExecutionFailed(Event):
    """A cancellation request to an execution could not be delivered."""

    workflow_id: WorkflowId
    cause: RequestCancelExternalWorkflowExecutionFailedCause
    initiated_event_id: EventId
    decision_task_completed_event_id: EventId
    run_id: OptionalRunId | None = None
    control: Data | None = None


class ExternalWorkflowExecutionCancelRequested(Event):
    """A cancellation request was delivered to an execution."""

    workflow_execution: WorkflowExecution
    initiated_event_id: EventId


class LambdaFunctionScheduled(Event):
    """A Lambda function was scheduled."""

    id: FunctionId
    name: FunctionName
    decision_task_completed_event_id: EventId
    control: Data | None = None
    input: FunctionInput | None = None
    start_to_close_timeout: DurationInSecondsOptional | None = None


class LambdaFunctionStarted(Event):
    """A Lambda function was invoked."""

    scheduled_event_id: EventId


class LambdaFunctionCompleted(Event):
    """A Lambda function ended well, with its result."""

    scheduled_event_id: EventId
    started_event_id: EventId
    result: Data | None = None


class LambdaFunctionFailed(Event):
    """A Lambda function failed."""

    scheduled_event_id: EventId
    started_event_id: EventId
    reason: FailureReason | None = None
    details: Data | None = None


class LambdaFunctionTimedOut(Event):
    """A Lambda function did not end within its start-to-close time-out."""

    scheduled_event_id: EventId
    started_event_id: EventId
    timeout_type: LambdaFunctionTimeoutType | None = None


class ScheduleLambdaFunctionFailed(Event):
    """The decision to schedule a Lambda function was not carried out."""

    id: FunctionId
    name: FunctionName
    cause: ScheduleLambdaFunctionFailedCause
    decision_task_completed_event_id: EventId


class StartLambdaFunctionFailed(Event):
    """A scheduled Lambda function could not be invoked."""

    scheduled_event_id: EventId | None = None
    cause: StartLambdaFunctionFailedCause | None = None
    message: CauseMessage | None = None


HistoryEvent = (
    WorkflowExecutionStarted
    | WorkflowExecutionCancelRequested
    | WorkflowExecutionCompleted
    | CompleteWorkflowExecutionFailed
    | WorkflowExecutionFailed
    | FailWorkflowExecutionFailed
    | WorkflowExecutionTimedOut
    | WorkflowExecutionCanceled
    | CancelWorkflowExecutionFailed
    | WorkflowExecutionContinuedAsNew
    | ContinueAsNewWorkflowExecutionFailed
    | WorkflowExecutionTerminated
    | DecisionTaskScheduled
    | DecisionTaskStarted
    | DecisionTaskCompleted
    | DecisionTaskTimedOut
    | ActivityTaskScheduled
    | ScheduleActivityTaskFailed
    | ActivityTaskStarted
    | ActivityTaskCompleted
    | ActivityTaskFailed
    | ActivityTaskTimedOut
    | ActivityTaskCanceled
    | ActivityTaskCancelRequested
    | RequestCancelActivityTaskFailed
    | WorkflowExecutionSignaled
    | MarkerRecorded
    | RecordMarkerFailed
    | TimerStarted
    | StartTimerFailed
    | TimerFired
    | TimerCanceled
    | CancelTimerFailed
    | StartChildWorkflowExecutionInitiated
    | StartChildWorkflowExecutionFailed
    | ChildWorkflowExecutionStarted
    | ChildWorkflowExecutionCompleted
    | ChildWorkflowExecutionFailed
    | ChildWorkflowExecutionTimedOut
    | ChildWorkflowExecutionCanceled
    | ChildWorkflowExecutionTerminated
    | SignalExternalWorkflowExecutionInitiated
    | SignalExternalWorkflowExecutionFailed
    | ExternalWorkflowExecutionSignaled
    | RequestCancelExternalWorkflowExecutionInitiated
    | RequestCancelExternalWorkflowExecutionFailed
    | ExternalWorkflowExecutionCancelRequested
    | LambdaFunctionScheduled
    | LambdaFunctionStarted
    | LambdaFunctionCompleted
    | LambdaFunctionFailed
    | LambdaFunctionTimedOut
    | ScheduleLambdaFunctionFailed
    | StartLambdaFunctionFailed
)
"""Any event of a history: a closed union, for `match` with `assert_never`."""
