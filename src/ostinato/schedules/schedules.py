"""`Schedules`: making schedules, looking at them and steering them, from any program."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, ParamSpec

from ostinato.client.client import Client
from ostinato.client.handle import Handle
from ostinato.errors import UnknownResourceFault
from ostinato.model.durations import Duration, seconds
from ostinato.model.enums import ExecutionStatus
from ostinato.model.operations import SignalWorkflowExecution
from ostinato.model.results import WorkflowExecutionInfo
from ostinato.payloads.converter import JsonConverter
from ostinato.payloads.signatures import signature_of
from ostinato.replay.definitions import Workflow
from ostinato.replay.settings import Inherited
from ostinato.schedules.schedule import (
    BACKFILL_SIGNAL,
    DELETE_SIGNAL,
    PAUSE_SIGNAL,
    RESUME_SIGNAL,
    TAG,
    TRIGGER_SIGNAL,
    Memory,
    Overlap,
    Plan,
    Schedule,
    keep,
)
from ostinato.schedules.times import Times

P = ParamSpec("P")

_LOOKS = 4
"""So often it is looked for: SWF may not keep the run that was found, if that has continued as new meanwhile."""


class Schedules:
    """The schedules of a domain. Each is an execution, whose workflow id is the schedule's id.

    Args:
        client: the client of the domain.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(
        self,
        schedule_id: str,
        workflow: Workflow[P, Any],
        *args: Any,
        times: Times,
        overlap: Overlap = Overlap.SKIP,
        jitter: Duration = 0,
        catch_up: Duration = 86_400,
        start: datetime | None = None,
        **kwargs: Any,
    ) -> "ScheduleHandle":
        """Have executions of a workflow started at times, from now on or from `start`.

        They are decided where the workflow's deciders are, and so is the schedule.

        Args:
            schedule_id: an id of your own; what it starts is named after it, and the time.
            workflow: what is started.
            args: its arguments.
            times: when.
            overlap: what happens while the one before is running.
            jitter: by how much each is late at most, by chance.
            catch_up: what could not be started in time, since no decider was there, is started up to so much later.
            start: the first moment; earlier times within `catch_up` are started at once.
            kwargs: its arguments by name.

        Raises:
            UsageError: the times mean nothing.
            PayloadError: the arguments do not fit the workflow.
            WorkflowExecutionAlreadyStartedFault: there is one of that id.
        """
        times.check()
        signature_of(workflow.run).check_call(args, kwargs)
        timeout = workflow.execution_start_to_close_timeout
        plan = Plan(
            times=times,
            workflow_name=workflow.name,
            version=workflow.version,
            task_list=workflow.task_list,
            args=args,
            kwargs=kwargs,
            execution_timeout=None if timeout is None else seconds(timeout),
            tag_list=() if isinstance(workflow.tag_list, Inherited) else tuple(workflow.tag_list),
            overlap=overlap,
            jitter=seconds(jitter),
            catch_up=seconds(catch_up),
        )
        definition: Workflow[..., Any] = Schedule  # type: ignore[assignment]  # mypy sees the class, not what decorates it
        self._client.register(definition, workflow, *([keep] if overlap is Overlap.TERMINATE_OTHER else ()))
        options = definition.options(workflow_id=schedule_id, task_list=workflow.task_list, tag_list=(TAG,))
        begin = datetime.now().astimezone() if start is None else start
        self._client.start(options, plan, Memory(after=begin.timestamp()))
        return self.handle(schedule_id)

    def list(self) -> Iterator[WorkflowExecutionInfo]:
        """The schedules, as executions."""
        return self._client.list(tag=TAG, status=ExecutionStatus.OPEN)

    def handle(self, schedule_id: str) -> "ScheduleHandle":
        """The schedule of that id.

        Raises:
            UnknownResourceFault: there is none.
        """
        self._client.handle(schedule_id)
        return ScheduleHandle(self._client, schedule_id)


class ScheduleHandle:
    """One schedule.

    Args:
        client: the client of its domain.
        schedule_id: its id.
    """

    def __init__(self, client: Client, schedule_id: str) -> None:
        self._client = client
        self.schedule_id = schedule_id
        """Its id, which is the workflow id of the executions that it is, one after the other."""

    @property
    def execution(self) -> Handle[Any]:
        """The execution that it is now, or was last."""
        return self._client.handle(self.schedule_id)

    def show(self) -> Any:
        """When it starts what, what is running, what it did: its execution context; None before its first decision.

        Raises:
            UnknownResourceFault: there is no such schedule.
        """
        for _ in range(_LOOKS):
            execution = self.execution
            with suppress(UnknownResourceFault):
                return execution.context()
        return self.execution.context()

    def pause(self, note: str = "") -> None:
        """Start nothing until it is resumed."""
        self._order(PAUSE_SIGNAL, note)

    def resume(self, note: str = "") -> None:
        """Go on; what came due meanwhile is left out."""
        self._order(RESUME_SIGNAL, note)

    def trigger(self, overlap: Overlap | None = None) -> None:
        """Start one now; `overlap` says what to do if one is running, if not what the schedule says."""
        self._order(TRIGGER_SIGNAL, *(() if overlap is None else (overlap,)))

    def backfill(self, start: datetime, end: datetime, overlap: Overlap = Overlap.BUFFER_ALL) -> None:
        """Start what would have been started after `start` and up to `end`, at most 1,000."""
        self._order(BACKFILL_SIGNAL, start.timestamp(), end.timestamp(), overlap)

    def delete(self) -> None:
        """End it; what is running goes on."""
        self._order(DELETE_SIGNAL)

    def _order(self, name: str, *args: object) -> None:
        """Send a signal to whichever execution it is at that moment."""
        text = JsonConverter().dump_arguments(args, {})
        self._client.swf.call(
            SignalWorkflowExecution(
                domain=self._client.domain, workflow_id=self.schedule_id, signal_name=name, input=text
            )
        )
