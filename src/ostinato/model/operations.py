"""The 39 operations of SWF's API, one immutable class each: a request, which knows the type of its answer.

An empty poll answers None.
"""

from typing import Generic, TypeVar

from ostinato.model.decisions import DecisionAttributes
from ostinato.model.enums import ChildPolicy, RegistrationStatus
from ostinato.model.fields import (
    Arn,
    BoundedTaskToken,
    Data,
    Description,
    DomainName,
    DurationInDays,
    DurationInSecondsOptional,
    FailureReason,
    Identity,
    LimitedData,
    Name,
    OptionalRunId,
    PageSize,
    PageToken,
    ResourceTagKey,
    SignalName,
    TagList,
    TaskPriority,
    TerminateReason,
    Version,
    WorkflowId,
)
from ostinato.model.results import (
    ActivityTask,
    ActivityTaskStatus,
    ActivityTypeDetail,
    ActivityTypeInfos,
    DecisionTask,
    DomainDetail,
    DomainInfos,
    History,
    ListTagsForResourceOutput,
    PendingTaskCount,
    Run,
    WorkflowExecutionCount,
    WorkflowExecutionDetail,
    WorkflowExecutionInfos,
    WorkflowTypeDetail,
    WorkflowTypeInfos,
)
from ostinato.model.structures import (
    ActivityType,
    CloseStatusFilter,
    ExecutionTimeFilter,
    ResourceTag,
    Structure,
    TagFilter,
    TaskList,
    WorkflowExecution,
    WorkflowExecutionFilter,
    WorkflowType,
    WorkflowTypeFilter,
)

Answer_co = TypeVar("Answer_co", covariant=True)


class Operation(Structure, Generic[Answer_co], frozen=True, kw_only=True):
    """A request to SWF, whose answer is an `Answer_co`."""


class CountClosedWorkflowExecutions(Operation[WorkflowExecutionCount]):
    """Count the closed executions that fit the filters."""

    domain: DomainName
    start_time_filter: ExecutionTimeFilter | None = None
    close_time_filter: ExecutionTimeFilter | None = None
    execution_filter: WorkflowExecutionFilter | None = None
    type_filter: WorkflowTypeFilter | None = None
    tag_filter: TagFilter | None = None
    close_status_filter: CloseStatusFilter | None = None


class CountOpenWorkflowExecutions(Operation[WorkflowExecutionCount]):
    """Count the open executions that fit the filters."""

    domain: DomainName
    start_time_filter: ExecutionTimeFilter
    type_filter: WorkflowTypeFilter | None = None
    tag_filter: TagFilter | None = None
    execution_filter: WorkflowExecutionFilter | None = None


class CountPendingActivityTasks(Operation[PendingTaskCount]):
    """Estimate how many activity tasks wait on a task list."""

    domain: DomainName
    task_list: TaskList


class CountPendingDecisionTasks(Operation[PendingTaskCount]):
    """Estimate how many decision tasks wait on a task list."""

    domain: DomainName
    task_list: TaskList


class DeleteActivityType(Operation[None]):
    """Delete a deprecated activity type."""

    domain: DomainName
    activity_type: ActivityType


class DeleteWorkflowType(Operation[None]):
    """Delete a deprecated workflow type."""

    domain: DomainName
    workflow_type: WorkflowType


class DeprecateActivityType(Operation[None]):
    """Deprecate an activity type: no new tasks of it."""

    domain: DomainName
    activity_type: ActivityType


class DeprecateDomain(Operation[None]):
    """Deprecate a domain: no new executions or types in it."""

    name: DomainName


class DeprecateWorkflowType(Operation[None]):
    """Deprecate a workflow type: no new executions of it."""

    domain: DomainName
    workflow_type: WorkflowType


class DescribeActivityType(Operation[ActivityTypeDetail]):
    """Tell an activity type's status and defaults."""

    domain: DomainName
    activity_type: ActivityType


class DescribeDomain(Operation[DomainDetail]):
    """Tell a domain's status and retention period."""

    name: DomainName


class DescribeWorkflowExecution(Operation[WorkflowExecutionDetail]):
    """Tell an execution's status, configuration and open counts."""

    domain: DomainName
    execution: WorkflowExecution


class DescribeWorkflowType(Operation[WorkflowTypeDetail]):
    """Tell a workflow type's status and defaults."""

    domain: DomainName
    workflow_type: WorkflowType


class GetWorkflowExecutionHistory(Operation[History]):
    """Read an execution's history, a page at a time."""

    domain: DomainName
    execution: WorkflowExecution
    next_page_token: PageToken | None = None
    maximum_page_size: PageSize | None = None
    reverse_order: bool | None = None


class ListActivityTypes(Operation[ActivityTypeInfos]):
    """List the activity types of a domain, by name."""

    domain: DomainName
    registration_status: RegistrationStatus
    name: Name | None = None
    next_page_token: PageToken | None = None
    maximum_page_size: PageSize | None = None
    reverse_order: bool | None = None


class ListClosedWorkflowExecutions(Operation[WorkflowExecutionInfos]):
    """List closed executions, the last started (or closed) first."""

    domain: DomainName
    start_time_filter: ExecutionTimeFilter | None = None
    close_time_filter: ExecutionTimeFilter | None = None
    execution_filter: WorkflowExecutionFilter | None = None
    close_status_filter: CloseStatusFilter | None = None
    type_filter: WorkflowTypeFilter | None = None
    tag_filter: TagFilter | None = None
    next_page_token: PageToken | None = None
    maximum_page_size: PageSize | None = None
    reverse_order: bool | None = None


class ListDomains(Operation[DomainInfos]):
    """List the domains, by name."""

    registration_status: RegistrationStatus
    next_page_token: PageToken | None = None
    maximum_page_size: PageSize | None = None
    reverse_order: bool | None = None


class ListOpenWorkflowExecutions(Operation[WorkflowExecutionInfos]):
    """List open executions, the last started first."""

    domain: DomainName
    start_time_filter: ExecutionTimeFilter
    type_filter: WorkflowTypeFilter | None = None
    tag_filter: TagFilter | None = None
    next_page_token: PageToken | None = None
    maximum_page_size: PageSize | None = None
    reverse_order: bool | None = None
    execution_filter: WorkflowExecutionFilter | None = None


class ListTagsForResource(Operation[ListTagsForResourceOutput]):
    """List the tags of a domain."""

    resource_arn: Arn


class ListWorkflowTypes(Operation[WorkflowTypeInfos]):
    """List the workflow types of a domain, by name."""

    domain: DomainName
    registration_status: RegistrationStatus
    name: Name | None = None
    next_page_token: PageToken | None = None
    maximum_page_size: PageSize | None = None
    reverse_order: bool | None = None


class PollForActivityTask(Operation[ActivityTask | None]):
    """Take an activity task from a task list, waiting up to 60 seconds for one."""

    domain: DomainName
    task_list: TaskList
    identity: Identity | None = None


class PollForDecisionTask(Operation[DecisionTask | None]):
    """Take a decision task from a task list, waiting up to 60 seconds for one, with a page of its history."""

    domain: DomainName
    task_list: TaskList
    identity: Identity | None = None
    next_page_token: PageToken | None = None
    maximum_page_size: PageSize | None = None
    reverse_order: bool | None = None
    start_at_previous_started_event: bool | None = None


class RecordActivityTaskHeartbeat(Operation[ActivityTaskStatus]):
    """Say that an activity task is alive, and learn whether it should stop."""

    task_token: BoundedTaskToken
    details: LimitedData | None = None


class RegisterActivityType(Operation[None]):
    """Register an activity type with its defaults."""

    domain: DomainName
    name: Name
    version: Version
    description: Description | None = None
    default_task_start_to_close_timeout: DurationInSecondsOptional | None = None
    default_task_heartbeat_timeout: DurationInSecondsOptional | None = None
    default_task_list: TaskList | None = None
    default_task_priority: TaskPriority | None = None
    default_task_schedule_to_start_timeout: DurationInSecondsOptional | None = None
    default_task_schedule_to_close_timeout: DurationInSecondsOptional | None = None


class RegisterDomain(Operation[None]):
    """Register a domain."""

    name: DomainName
    workflow_execution_retention_period_in_days: DurationInDays
    description: Description | None = None
    tags: tuple[ResourceTag, ...] | None = None


class RegisterWorkflowType(Operation[None]):
    """Register a workflow type with its defaults."""

    domain: DomainName
    name: Name
    version: Version
    description: Description | None = None
    default_task_start_to_close_timeout: DurationInSecondsOptional | None = None
    default_execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    default_task_list: TaskList | None = None
    default_task_priority: TaskPriority | None = None
    default_child_policy: ChildPolicy | None = None
    default_lambda_role: Arn | None = None


class RequestCancelWorkflowExecution(Operation[None]):
    """Ask an open execution to cancel itself."""

    domain: DomainName
    workflow_id: WorkflowId
    run_id: OptionalRunId | None = None


class RespondActivityTaskCanceled(Operation[None]):
    """Report that an activity task was canceled."""

    task_token: BoundedTaskToken
    details: Data | None = None


class RespondActivityTaskCompleted(Operation[None]):
    """Report that an activity task ended well."""

    task_token: BoundedTaskToken
    result: Data | None = None


class RespondActivityTaskFailed(Operation[None]):
    """Report that an activity task failed."""

    task_token: BoundedTaskToken
    reason: FailureReason | None = None
    details: Data | None = None


class RespondDecisionTaskCompleted(Operation[None]):
    """Answer a decision task with decisions."""

    task_token: BoundedTaskToken
    decisions: tuple[DecisionAttributes, ...] | None = None
    execution_context: Data | None = None
    task_list: TaskList | None = None
    task_list_schedule_to_start_timeout: DurationInSecondsOptional | None = None


class SignalWorkflowExecution(Operation[None]):
    """Send a signal to an open execution."""

    domain: DomainName
    workflow_id: WorkflowId
    signal_name: SignalName
    run_id: OptionalRunId | None = None
    input: Data | None = None


class StartWorkflowExecution(Operation[Run]):
    """Start an execution."""

    domain: DomainName
    workflow_id: WorkflowId
    workflow_type: WorkflowType
    task_list: TaskList | None = None
    task_priority: TaskPriority | None = None
    input: Data | None = None
    execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    tag_list: TagList | None = None
    task_start_to_close_timeout: DurationInSecondsOptional | None = None
    child_policy: ChildPolicy | None = None
    lambda_role: Arn | None = None


class TagResource(Operation[None]):
    """Put tags on a domain."""

    resource_arn: Arn
    tags: tuple[ResourceTag, ...]


class TerminateWorkflowExecution(Operation[None]):
    """Close an open execution at once."""

    domain: DomainName
    workflow_id: WorkflowId
    run_id: OptionalRunId | None = None
    reason: TerminateReason | None = None
    details: Data | None = None
    child_policy: ChildPolicy | None = None


class UndeprecateActivityType(Operation[None]):
    """Take back the deprecation of an activity type."""

    domain: DomainName
    activity_type: ActivityType


class UndeprecateDomain(Operation[None]):
    """Take back the deprecation of a domain."""

    name: DomainName


class UndeprecateWorkflowType(Operation[None]):
    """Take back the deprecation of a workflow type."""

    domain: DomainName
    workflow_type: WorkflowType


class UntagResource(Operation[None]):
    """Take tags off a domain."""

    resource_arn: Arn
    tag_keys: tuple[ResourceTagKey, ...]
