"""Starts an execution that repairs a closed run: what ended well there is not done again."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ostinato.client.histories import read_history
from ostinato.client.middleware import Starting, around_start
from ostinato.errors import UsageError
from ostinato.model.events import HistoryEvent, WorkflowExecutionSignaled, WorkflowExecutionStarted
from ostinato.model.fields import RunId
from ostinato.model.limits import DATA_CHARACTERS
from ostinato.model.operations import SignalWorkflowExecution, StartWorkflowExecution
from ostinato.model.structures import TaskList, WorkflowExecution
from ostinato.payloads.limits import check_length
from ostinato.replay.reuse import Repairs, Reuse, repairs_in, reusable, with_repairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ostinato.client.middleware import StartMiddleware
    from ostinato.swf import Swf


@dataclass(frozen=True, slots=True)
class Repair:
    """A repair that may be started: the run's first event, what is reused of it, the signals that are sent again."""

    repairs: Repairs
    started: WorkflowExecutionStarted
    reuse: Reuse
    signals: "Sequence[WorkflowExecutionSignaled]"


def plan_repair(
    swf: "Swf",
    domain: str,
    former: WorkflowExecution,
    *,
    from_event: int | None = None,
    force: str | None = None,
) -> Repair:
    """What a repair of the run would reuse.

    Args:
        swf: the service.
        domain: the domain.
        former: the run.
        from_event: reuse only what ended before this event.
        force: do again what has an id in which this regular expression is found.

    Raises:
        UsageError: the regular expression is none, or the run has no such event.
        UnknownResourceFault: there is no such run.
    """
    _check_pattern(force)
    events = list(read_history(swf.call, domain, former))
    if from_event is not None and not 1 < from_event <= events[-1].event_id:
        raise UsageError(found=f"event {from_event}", expected=f"an event of the run: 2 to {events[-1].event_id}")
    started = _started(events[0])
    earlier = repairs_in(started.input)
    repairs = Repairs(
        workflow_id=former.workflow_id,
        run_id=former.run_id,
        seed=earlier.seed if earlier is not None else former.run_id,
        before=from_event,
        force=force,
    )
    seen = [event for event in events if from_event is None or event.event_id < from_event]
    signals = [event for event in seen if isinstance(event, WorkflowExecutionSignaled)]
    return Repair(repairs, started, reusable(events, repairs), signals)


def start_repair(
    swf: "Swf",
    domain: str,
    repair: Repair,
    *,
    workflow_id: str | None = None,
    resends_signals: bool = True,
    middleware: "Sequence[StartMiddleware]" = (),
) -> WorkflowExecution:
    """Start the execution, with the settings of the run that it repairs.

    Args:
        swf: the service.
        domain: the domain.
        repair: what to start.
        workflow_id: its workflow id: the former one's, unless given.
        resends_signals: whether the signals that the run received are sent to it, in their order.
        middleware: what is put around the start, the first outermost.

    Raises:
        WorkflowExecutionAlreadyStartedFault: an execution with that id is open.
        LimitExceededError: the input is too long to name the former run as well.
    """
    started = repair.started
    text = with_repairs(started.input, repair.repairs)
    check_length(text, field="the input, with the run that is repaired,", limit=DATA_CHARACTERS)

    def begin(starting: Starting) -> WorkflowExecution:
        run = swf.call(
            StartWorkflowExecution(
                domain=domain,
                workflow_id=starting.workflow_id,
                workflow_type=started.workflow_type,
                task_list=TaskList(name=started.task_list.name),
                task_priority=started.task_priority,
                input=starting.input,
                execution_start_to_close_timeout=started.execution_start_to_close_timeout,
                tag_list=tuple(tag for tag in started.tag_list or () if tag is not None) or None,
                task_start_to_close_timeout=started.task_start_to_close_timeout,
                child_policy=started.child_policy,
                lambda_role=started.lambda_role,
            )
        )
        return WorkflowExecution(workflow_id=starting.workflow_id, run_id=run.run_id or RunId(""))

    starting = Starting.of_type(started.workflow_type, workflow_id or repair.repairs.workflow_id, text)
    execution = around_start(middleware, starting, begin)
    for signal in repair.signals if resends_signals else ():
        swf.call(
            SignalWorkflowExecution(
                domain=domain,
                workflow_id=execution.workflow_id,
                run_id=execution.run_id,
                signal_name=signal.signal_name,
                input=signal.input,
            )
        )
    return execution


def _started(event: HistoryEvent) -> WorkflowExecutionStarted:
    if not isinstance(event, WorkflowExecutionStarted):
        raise UsageError(found=f"a history that begins with {type(event).__name__}")
    return event


def _check_pattern(force: str | None) -> None:
    try:
        re.compile(force or "")
    except re.error as error:
        raise UsageError(found=f"the regular expression {force!r}: {error}") from None
