"""The scalar types of SWF's API, with the bounds that SWF puts on each.

The source of every bound is the service's published API model (version 2012-01-25). The ids that SWF makes are
`NewType`s; the names that people give are plain strings.
"""

from typing import Annotated, NewType

from msgspec import Meta

EventId = NewType("EventId", int)
"""The place of an event in its history, counted from 1; 0 says "no such event"."""

RunId = NewType("RunId", str)
"""The id that SWF gave one execution of a workflow id."""

TaskToken = NewType("TaskToken", str)
"""What a poller was handed with a task, and answers it with. Opaque."""

Timestamp = float
"""Seconds since the epoch (UTC), kept to the millisecond."""

BoundedRunId = Annotated[RunId, Meta(min_length=1, max_length=64)]
OptionalRunId = Annotated[RunId, Meta(max_length=64)]
BoundedTaskToken = Annotated[TaskToken, Meta(min_length=1, max_length=1024)]

ActivityId = Annotated[str, Meta(min_length=1, max_length=256)]
Arn = Annotated[str, Meta(min_length=1, max_length=1600)]
CauseMessage = Annotated[str, Meta(max_length=1728)]
Count = Annotated[int, Meta(ge=0)]
Data = Annotated[str, Meta(max_length=32768)]
"""Free text of the workflow author's: inputs, results, details."""
Description = Annotated[str, Meta(max_length=1024)]
DomainName = Annotated[str, Meta(min_length=1, max_length=256)]
DurationInDays = Annotated[str, Meta(min_length=1, max_length=8)]
"""Whole days in decimal, or "NONE"."""
DurationInSeconds = Annotated[str, Meta(min_length=1, max_length=8)]
"""Whole seconds in decimal."""
DurationInSecondsOptional = Annotated[str, Meta(max_length=8)]
"""Whole seconds in decimal, or "NONE" for no limit."""
FailureReason = Annotated[str, Meta(max_length=256)]
FunctionId = Annotated[str, Meta(min_length=1, max_length=256)]
FunctionInput = Annotated[str, Meta(max_length=32768)]
FunctionName = Annotated[str, Meta(min_length=1, max_length=64)]
Identity = Annotated[str, Meta(max_length=256)]
LimitedData = Annotated[str, Meta(max_length=2048)]
MarkerName = Annotated[str, Meta(min_length=1, max_length=256)]
Name = Annotated[str, Meta(min_length=1, max_length=256)]
OpenDecisionTasksCount = Annotated[int, Meta(ge=0, le=1)]
PageSize = Annotated[int, Meta(ge=0, le=1000)]
PageToken = Annotated[str, Meta(max_length=2048)]
ResourceTagKey = Annotated[str, Meta(min_length=1, max_length=128)]
ResourceTagValue = Annotated[str, Meta(max_length=256)]
SignalName = Annotated[str, Meta(min_length=1, max_length=256)]
Tag = Annotated[str, Meta(max_length=256)]
TaskPriority = str
"""A 32-bit integer in decimal; the higher is served first; none counts as 0."""
TerminateReason = Annotated[str, Meta(max_length=256)]
TimerId = Annotated[str, Meta(min_length=1, max_length=256)]
Version = Annotated[str, Meta(min_length=1, max_length=64)]
VersionOptional = Annotated[str, Meta(max_length=64)]
WorkflowId = Annotated[str, Meta(min_length=1, max_length=256)]
TagList = Annotated[tuple[Tag, ...], Meta(max_length=5)]
RecordedTagList = tuple[Tag | None, ...]
"""The tags that history shows; the service took and echoed a null among them (recorded in 2016)."""
