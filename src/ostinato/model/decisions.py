"""The 13 decisions, one immutable class each, called what its `decisionType` is."""

from ostinato.model.enums import ChildPolicy
from ostinato.model.fields import (
    ActivityId,
    Arn,
    Data,
    DurationInSeconds,
    DurationInSecondsOptional,
    FailureReason,
    FunctionId,
    FunctionInput,
    FunctionName,
    MarkerName,
    OptionalRunId,
    SignalName,
    TagList,
    TaskPriority,
    TimerId,
    Version,
    WorkflowId,
)
from ostinato.model.structures import ActivityType, Structure, TaskList, WorkflowType


class Decision(Structure, frozen=True, kw_only=True, tag_field="decisionType", tag=True):
    """What a decider asks of SWF."""


class ScheduleActivityTask(Decision):
    """Put an activity task on a task list. A time-out or task list that is None is the registered default."""

    activity_type: ActivityType
    activity_id: ActivityId
    control: Data | None = None
    input: Data | None = None
    schedule_to_close_timeout: DurationInSecondsOptional | None = None
    task_list: TaskList | None = None
    task_priority: TaskPriority | None = None
    schedule_to_start_timeout: DurationInSecondsOptional | None = None
    start_to_close_timeout: DurationInSecondsOptional | None = None
    heartbeat_timeout: DurationInSecondsOptional | None = None


class RequestCancelActivityTask(Decision):
    """Cancel an activity task if it has not started; else tell its worker at the next heartbeat."""

    activity_id: ActivityId


class CompleteWorkflowExecution(Decision):
    """Close this execution as completed. Must come last."""

    result: Data | None = None


class FailWorkflowExecution(Decision):
    """Close this execution as failed. Must come last."""

    reason: FailureReason | None = None
    details: Data | None = None


class CancelWorkflowExecution(Decision):
    """Close this execution as canceled. Must come last."""

    details: Data | None = None


class ContinueAsNewWorkflowExecution(Decision):
    """Close this execution and start a new one under the same workflow id. Must come last."""

    input: Data | None = None
    execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    task_list: TaskList | None = None
    task_priority: TaskPriority | None = None
    task_start_to_close_timeout: DurationInSecondsOptional | None = None
    child_policy: ChildPolicy | None = None
    tag_list: TagList | None = None
    workflow_type_version: Version | None = None
    lambda_role: Arn | None = None


class RecordMarker(Decision):
    """Leave a note in history."""

    marker_name: MarkerName
    details: Data | None = None


class StartTimer(Decision):
    """Start a timer of whole seconds; its id is unique among the open timers."""

    timer_id: TimerId
    start_to_fire_timeout: DurationInSeconds
    control: Data | None = None


class CancelTimer(Decision):
    """Cancel an open timer."""

    timer_id: TimerId


class SignalExternalWorkflowExecution(Decision):
    """Send a signal to an execution of this domain."""

    workflow_id: WorkflowId
    signal_name: SignalName
    run_id: OptionalRunId | None = None
    input: Data | None = None
    control: Data | None = None


class RequestCancelExternalWorkflowExecution(Decision):
    """Ask for the cancellation of an execution of this domain."""

    workflow_id: WorkflowId
    run_id: OptionalRunId | None = None
    control: Data | None = None


class StartChildWorkflowExecution(Decision):
    """Start a child execution. What is None is the registered default."""

    workflow_type: WorkflowType
    workflow_id: WorkflowId
    control: Data | None = None
    input: Data | None = None
    execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    task_list: TaskList | None = None
    task_priority: TaskPriority | None = None
    task_start_to_close_timeout: DurationInSecondsOptional | None = None
    child_policy: ChildPolicy | None = None
    tag_list: TagList | None = None
    lambda_role: Arn | None = None


class ScheduleLambdaFunction(Decision):
    """Invoke a Lambda function."""

    id: FunctionId
    name: FunctionName
    control: Data | None = None
    input: FunctionInput | None = None
    start_to_close_timeout: DurationInSecondsOptional | None = None


DecisionAttributes = (
    ScheduleActivityTask
    | RequestCancelActivityTask
    | CompleteWorkflowExecution
    | FailWorkflowExecution
    | CancelWorkflowExecution
    | ContinueAsNewWorkflowExecution
    | RecordMarker
    | StartTimer
    | CancelTimer
    | SignalExternalWorkflowExecution
    | RequestCancelExternalWorkflowExecution
    | StartChildWorkflowExecution
    | ScheduleLambdaFunction
)
"""Any decision: a closed union, for `match` with `assert_never`."""
