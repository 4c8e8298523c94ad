"""The rules of timers."""

from ostinato.engine.parts import Timer
from ostinato.engine.state import Execution
from ostinato.model import events as e
from ostinato.model.decisions import CancelTimer, StartTimer
from ostinato.model.enums import CancelTimerFailedCause, StartTimerFailedCause
from ostinato.model.fields import EventId, Timestamp
from ostinato.model.limits import OPEN_TIMERS


def start(
    execution: Execution, decision: StartTimer, completed_id: EventId, now: Timestamp
) -> e.TimerStarted | e.StartTimerFailed:
    """What the decision to start a timer writes."""
    cause = None
    if decision.timer_id in execution.timers:
        cause = StartTimerFailedCause.TIMER_ID_ALREADY_IN_USE
    elif len(execution.timers) >= OPEN_TIMERS:
        cause = StartTimerFailedCause.OPEN_TIMERS_LIMIT_EXCEEDED
    if cause is not None:
        return e.StartTimerFailed(
            event_id=execution.next_event_id,
            event_timestamp=now,
            timer_id=decision.timer_id,
            cause=cause,
            decision_task_completed_event_id=completed_id,
        )
    return e.TimerStarted(
        event_id=execution.next_event_id,
        event_timestamp=now,
        timer_id=decision.timer_id,
        start_to_fire_timeout=decision.start_to_fire_timeout,
        decision_task_completed_event_id=completed_id,
        control=decision.control,
    )


def cancel(
    execution: Execution, decision: CancelTimer, completed_id: EventId, now: Timestamp
) -> e.TimerCanceled | e.CancelTimerFailed:
    """What the decision to cancel a timer writes."""
    timer = execution.timers.get(decision.timer_id)
    if timer is None:
        return e.CancelTimerFailed(
            event_id=execution.next_event_id,
            event_timestamp=now,
            timer_id=decision.timer_id,
            cause=CancelTimerFailedCause.TIMER_ID_UNKNOWN,
            decision_task_completed_event_id=completed_id,
        )
    return e.TimerCanceled(
        event_id=execution.next_event_id,
        event_timestamp=now,
        timer_id=decision.timer_id,
        started_event_id=timer.started.event_id,
        decision_task_completed_event_id=completed_id,
    )


def fired(execution: Execution, timer: Timer, now: Timestamp) -> e.TimerFired:
    """The timer ran out."""
    return e.TimerFired(
        event_id=execution.next_event_id,
        event_timestamp=now,
        timer_id=timer.started.timer_id,
        started_event_id=timer.started.event_id,
    )
