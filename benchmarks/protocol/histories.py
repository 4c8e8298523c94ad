"""Synthetic histories in the shape in which Amazon SWF sends them, for the rows that measure replay.

The order of events, their attributes and their links are those that the real service was recorded to give.
Timestamps are seconds since the epoch, as on the wire. Standard library only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]

START = 1_500_000_000.0
DECISION_SECONDS = 0.05
ACTIVITY_SECONDS = 0.10


@dataclass(frozen=True, slots=True)
class Names:
    """What one framework calls things: only these differ between the contestants' histories."""

    workflow: str
    activity: str
    version: str = "1"
    task_list: str = "benchmark"
    wake_up: str = "wake-up"

    def activity_id(self, number: int) -> str:
        """Give the id of the n-th activity, from 1; both frameworks form it in the same way."""
        return f"activity-{self.activity}-{number}"


@dataclass(slots=True)
class HistoryWriter:
    """Appends events to a history, each with the next id and a time that never goes back."""

    names: Names
    events: list[Event] = field(default_factory=list)
    time: float = START

    def append(self, event_type: str, **attributes: Any) -> int:
        """Append one event and give its id."""
        key = event_type[0].lower() + event_type[1:] + "EventAttributes"
        event_id = len(self.events) + 1
        self.events.append({"eventId": event_id, "eventTimestamp": self.time, "eventType": event_type, key: attributes})
        return event_id

    def start(self, *args: Any) -> None:
        """Append the start of the execution and its first decision task, scheduled."""
        self.append(
            "WorkflowExecutionStarted",
            childPolicy="TERMINATE",
            executionStartToCloseTimeout="3600",
            input=json.dumps({"args": list(args), "kwargs": {}}),
            parentInitiatedEventId=0,
            taskList={"name": self.names.task_list},
            taskStartToCloseTimeout="300",
            workflowType={"name": self.names.workflow, "version": self.names.version},
        )
        self.schedule_decision()

    def schedule_decision(self) -> None:
        """Append DecisionTaskScheduled."""
        self.append("DecisionTaskScheduled", startToCloseTimeout="300", taskList={"name": self.names.task_list})

    def start_decision(self) -> None:
        """Append DecisionTaskStarted for the decision task just scheduled."""
        self.time += DECISION_SECONDS
        self.append("DecisionTaskStarted", identity="decider", scheduledEventId=len(self.events))

    def complete_decision(self, scheduled: int) -> int:
        """Append DecisionTaskCompleted and give its id."""
        self.time += DECISION_SECONDS
        return self.append("DecisionTaskCompleted", scheduledEventId=scheduled, startedEventId=len(self.events))

    def schedule_activity(self, number: int, argument: int, decided: int) -> int:
        """Append ActivityTaskScheduled for the n-th activity and give its id."""
        return self.append(
            "ActivityTaskScheduled",
            activityId=self.names.activity_id(number),
            activityType={"name": self.names.activity, "version": self.names.version},
            decisionTaskCompletedEventId=decided,
            heartbeatTimeout="300",
            input=json.dumps({"args": [argument], "kwargs": {}}),
            scheduleToCloseTimeout="300",
            scheduleToStartTimeout="300",
            startToCloseTimeout="300",
            taskList={"name": self.names.task_list},
        )

    def run_activity(self, scheduled: int, result: int) -> None:
        """Append an activity's start and completion."""
        started = self.append("ActivityTaskStarted", identity="worker", scheduledEventId=scheduled)
        self.time += ACTIVITY_SECONDS
        self.append(
            "ActivityTaskCompleted", result=json.dumps(result), scheduledEventId=scheduled, startedEventId=started
        )


def one_after_the_other(names: Names, activities: int) -> list[Event]:
    """Give the history of n activities in sequence, each given the result of the one before, at the last decision."""
    writer = HistoryWriter(names)
    writer.start(activities)
    for number in range(1, activities + 1):
        scheduled = len(writer.events)
        writer.start_decision()
        decided = writer.complete_decision(scheduled)
        activity = writer.schedule_activity(number, number - 1, decided)
        writer.run_activity(activity, number)
        writer.schedule_decision()
    writer.start_decision()
    return writer.events


def side_by_side(names: Names, activities: int) -> list[Event]:
    """Give the history of n activities scheduled at once, in decisions of 99, and finished in order."""
    writer = HistoryWriter(names)
    writer.start(activities)
    scheduled_activities: list[int] = []
    for first in range(1, activities + 1, 99):
        scheduled = len(writer.events)
        writer.start_decision()
        decided = writer.complete_decision(scheduled)
        numbers = range(first, min(first + 99, activities + 1))
        scheduled_activities += [writer.schedule_activity(number, number - 1, decided) for number in numbers]
        if numbers[-1] < activities:
            wake_up = f"{names.wake_up}-{scheduled + 1}"
            timer = writer.append(
                "TimerStarted", decisionTaskCompletedEventId=decided, startToFireTimeout="0", timerId=wake_up
            )
            writer.append("TimerFired", startedEventId=timer, timerId=wake_up)
            writer.schedule_decision()
    for number, activity in enumerate(scheduled_activities, start=1):
        writer.run_activity(activity, number)
    writer.schedule_decision()
    writer.start_decision()
    return writer.events


def upto_decision(events: list[Event], decision: int, events_per_decision: int = 6) -> list[Event]:
    """Give what a decider was shown at its n-th decision, from 0, of a history made by `one_after_the_other`."""
    return events[: 3 + events_per_decision * decision]
