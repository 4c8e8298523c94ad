"""What SWF's operations answer."""

from ostinato.model.enums import ChildPolicy, CloseStatus, ExecutionStatus, RegistrationStatus
from ostinato.model.events import HistoryEvent
from ostinato.model.fields import (
    ActivityId,
    Arn,
    BoundedRunId,
    BoundedTaskToken,
    Count,
    Data,
    Description,
    DomainName,
    DurationInDays,
    DurationInSeconds,
    DurationInSecondsOptional,
    EventId,
    OpenDecisionTasksCount,
    PageToken,
    TagList,
    TaskPriority,
    Timestamp,
)
from ostinato.model.structures import ActivityType, ResourceTag, Structure, TaskList, WorkflowExecution, WorkflowType


class Run(Structure):
    """The run id of a started execution."""

    run_id: BoundedRunId | None = None


class WorkflowExecutionCount(Structure):
    """A count of executions; `truncated` if there are more."""

    count: Count
    truncated: bool | None = None


class PendingTaskCount(Structure):
    """A count of waiting tasks; `truncated` if there are more."""

    count: Count
    truncated: bool | None = None


class ActivityTaskStatus(Structure):
    """What a heartbeat learns."""

    cancel_requested: bool


class ActivityTask(Structure):
    """A task for an activity worker."""

    task_token: BoundedTaskToken
    activity_id: ActivityId
    started_event_id: EventId
    workflow_execution: WorkflowExecution
    activity_type: ActivityType
    input: Data | None = None


class DecisionTask(Structure):
    """A task for a decider, with a page of history."""

    task_token: BoundedTaskToken
    started_event_id: EventId
    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    events: tuple[HistoryEvent, ...]
    next_page_token: PageToken | None = None
    previous_started_event_id: EventId | None = None


class History(Structure):
    """A page of history."""

    events: tuple[HistoryEvent, ...]
    next_page_token: PageToken | None = None


class ActivityTypeInfo(Structure):
    """An activity type and its status."""

    activity_type: ActivityType
    status: RegistrationStatus
    creation_date: Timestamp
    description: Description | None = None
    deprecation_date: Timestamp | None = None


class ActivityTypeConfiguration(Structure):
    """The registered defaults of an activity type."""

    default_task_start_to_close_timeout: DurationInSecondsOptional | None = None
    default_task_heartbeat_timeout: DurationInSecondsOptional | None = None
    default_task_list: TaskList | None = None
    default_task_priority: TaskPriority | None = None
    default_task_schedule_to_start_timeout: DurationInSecondsOptional | None = None
    default_task_schedule_to_close_timeout: DurationInSecondsOptional | None = None


class ActivityTypeDetail(Structure):
    """All about an activity type."""

    type_info: ActivityTypeInfo
    configuration: ActivityTypeConfiguration


class ActivityTypeInfos(Structure):
    """A page of activity types."""

    type_infos: tuple[ActivityTypeInfo, ...]
    next_page_token: PageToken | None = None


class WorkflowTypeInfo(Structure):
    """A workflow type and its status."""

    workflow_type: WorkflowType
    status: RegistrationStatus
    creation_date: Timestamp
    description: Description | None = None
    deprecation_date: Timestamp | None = None


class WorkflowTypeConfiguration(Structure):
    """The registered defaults of a workflow type."""

    default_task_start_to_close_timeout: DurationInSecondsOptional | None = None
    default_execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    default_task_list: TaskList | None = None
    default_task_priority: TaskPriority | None = None
    default_child_policy: ChildPolicy | None = None
    default_lambda_role: Arn | None = None


class WorkflowTypeDetail(Structure):
    """All about a workflow type."""

    type_info: WorkflowTypeInfo
    configuration: WorkflowTypeConfiguration


class WorkflowTypeInfos(Structure):
    """A page of workflow types."""

    type_infos: tuple[WorkflowTypeInfo, ...]
    next_page_token: PageToken | None = None


class DomainInfo(Structure):
    """A domain and its status."""

    name: DomainName
    status: RegistrationStatus
    description: Description | None = None
    arn: Arn | None = None


class DomainConfiguration(Structure):
    """How long a domain keeps closed executions."""

    workflow_execution_retention_period_in_days: DurationInDays


class DomainDetail(Structure):
    """All about a domain."""

    domain_info: DomainInfo
    configuration: DomainConfiguration


class DomainInfos(Structure):
    """A page of domains."""

    domain_infos: tuple[DomainInfo, ...]
    next_page_token: PageToken | None = None


class WorkflowExecutionInfo(Structure):
    """An execution as lists show it."""

    execution: WorkflowExecution
    workflow_type: WorkflowType
    start_timestamp: Timestamp
    execution_status: ExecutionStatus
    close_timestamp: Timestamp | None = None
    close_status: CloseStatus | None = None
    parent: WorkflowExecution | None = None
    tag_list: TagList | None = None
    cancel_requested: bool | None = None


class WorkflowExecutionConfiguration(Structure):
    """The effective settings of an execution."""

    task_start_to_close_timeout: DurationInSeconds
    execution_start_to_close_timeout: DurationInSeconds
    task_list: TaskList
    child_policy: ChildPolicy
    task_priority: TaskPriority | None = None
    lambda_role: Arn | None = None


class WorkflowExecutionOpenCounts(Structure):
    """How many of each thing an execution has open."""

    open_activity_tasks: Count
    open_decision_tasks: OpenDecisionTasksCount
    open_timers: Count
    open_child_workflow_executions: Count
    open_lambda_functions: Count | None = None


class WorkflowExecutionDetail(Structure):
    """All about an execution but its history."""

    execution_info: WorkflowExecutionInfo
    execution_configuration: WorkflowExecutionConfiguration
    open_counts: WorkflowExecutionOpenCounts
    latest_activity_task_timestamp: Timestamp | None = None
    latest_execution_context: Data | None = None


class WorkflowExecutionInfos(Structure):
    """A page of executions."""

    execution_infos: tuple[WorkflowExecutionInfo, ...]
    next_page_token: PageToken | None = None


class ListTagsForResourceOutput(Structure):
    """The tags of a domain."""

    tags: tuple[ResourceTag, ...] | None = None
