"""What passing time writes into history: timers that fire, and the time-outs of everything that has one."""

from typing import assert_never

from ostinato.engine.deadlines import Deadline, DeadlineKind, activity_timeout
from ostinato.engine.rules import activities, decision_tasks, executions, lambdas, timers
from ostinato.engine.state import Execution
from ostinato.model import events as e
from ostinato.model.enums import ActivityTaskTimeoutType
from ostinato.model.fields import Timestamp


def passed(execution: Execution, deadline: Deadline, now: Timestamp) -> e.HistoryEvent:
    """The event that a deadline writes which is due: the state was asked, so what it is about is there."""
    match deadline.kind:
        case DeadlineKind.EXECUTION:
            return executions.timed_out(execution, now)
        case DeadlineKind.DECISION:
            return decision_tasks.timed_out(execution, now)
        case DeadlineKind.ACTIVITY:
            activity = execution.activities[deadline.event_id]
            timeout = activity_timeout(activity)
            kind = timeout.timeout_type if timeout is not None else ActivityTaskTimeoutType.SCHEDULE_TO_CLOSE
            return activities.timed_out(execution, activity, kind, now)
        case DeadlineKind.TIMER:
            return timers.fired(execution, execution.timers[deadline.timer_id], now)
        case DeadlineKind.LAMBDA:
            return lambdas.timed_out(execution, execution.lambdas[deadline.event_id], now)
        case _:
            assert_never(deadline.kind)
