"""Strategies of Hypothesis: a workflow of yours, and whatever SWF, the workers and the world may do to it.

It needs Hypothesis, which whoever tests with it has.
"""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from hypothesis import strategies as st

from ostinato.client.tasks import Change, TaskKind, Tasks, TaskState
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.enums import (
    ActivityTaskTimeoutType,
    CancelTimerFailedCause,
    LambdaFunctionTimeoutType,
    RequestCancelActivityTaskFailedCause,
    SignalExternalWorkflowExecutionFailedCause,
    WorkflowExecutionTimeoutType,
)
from ostinato.payloads.signatures import signature_of
from ostinato.replay.definitions import Workflow
from ostinato.testing.rehearsal import Rehearsal
from ostinato.testing.script import Script
from ostinato.worker.catalog import catalog_of, definitions_in

_KINDS: tuple[type[Exception], ...] = (RuntimeError, ValueError, ConnectionError)

ERRORS: st.SearchStrategy[BaseException] = st.sampled_from([kind("it went wrong") for kind in _KINDS])
"""What activities, children and functions fail with."""

_AT_ONCE = 3
"""So many things may happen between two decisions."""

Draw = st.DrawFn
Move = Callable[[Draw], None]


def rehearsals(
    workflow: Any,
    /,
    *args: object,
    results: Mapping[str, st.SearchStrategy[Any]] | None = None,
    errors: st.SearchStrategy[BaseException] = ERRORS,
    signals: Mapping[str, st.SearchStrategy[tuple[Any, ...]]] | None = None,
    may_cancel: bool = False,
    decisions: int = 20,
    **kwargs: Any,
) -> st.SearchStrategy[Rehearsal]:
    """Rehearsals of a workflow over histories that SWF could have written: to its end, or as far as it came.

    What it asks for ends well or badly, sooner or later, in any order, in batches; decisions get lost. Each decision is
    made by a fresh replay, too, and compared. Look at what it decided (`close`, `result`, `reason`) and at what history
    says (`script.events`); it is put away already, and cannot be played on.

    Args:
        workflow: the workflow.
        args: its input.
        results: what activities, children and Lambda functions return, by their types' names; by default anything that
            fits the return type of those that the workflow's module defines or imports, and None of others.
        errors: what they fail with.
        signals: what arguments signals may have, by their names; without them none come.
        may_cancel: whether somebody may ask the execution to cancel itself, once.
        decisions: how many decisions are made at most.
        kwargs: its input, by name.
    """

    @st.composite
    def played(draw: Draw) -> Rehearsal:
        with Rehearsal(workflow, *args, **kwargs) as rehearsal:
            world = _World(rehearsal, results or {}, errors, signals or {}, may_cancel=may_cancel)
            for _ in range(draw(st.integers(0, decisions))):
                if rehearsal.close is not None or not world.goes_on(draw):
                    break
            return rehearsal

    return played()


class _World:
    """All but the workflow."""

    def __init__(
        self,
        rehearsal: Rehearsal,
        results: Mapping[str, st.SearchStrategy[Any]],
        errors: st.SearchStrategy[BaseException],
        signals: Mapping[str, st.SearchStrategy[tuple[Any, ...]]],
        *,
        may_cancel: bool,
    ) -> None:
        self._rehearsal = rehearsal
        self._results = results
        self._errors = errors
        self._signals = signals
        self._may_cancel = may_cancel
        self._types = _result_types(rehearsal.workflow)

    def goes_on(self, draw: Draw) -> bool:
        """Let something happen, and the next decision be made; False if nothing can happen any more."""
        if draw(st.integers(0, 9)) == 9:  # noqa: PLR2004  # one in ten
            self._rehearsal.lose()
            return True
        script = self._rehearsal.happened(refused=self._refused())
        has_happened = False
        for _ in range(draw(st.integers(1, _AT_ONCE))):
            moves = self._moves(script)
            if moves:
                has_happened = True
                draw(st.sampled_from(moves))(draw)
        if has_happened:
            self._rehearsal.play()
        return has_happened

    def _refused(self) -> dict[int, str]:
        """The decisions that come too late: what they are to cancel has ended."""
        tasks = [change.task for change in Tasks.of(self._rehearsal.script.events).open.values()]
        is_open = {(task.kind, task.id) for task in tasks}
        refused: dict[int, str] = {}
        for place, decision in enumerate(self._rehearsal.decisions):
            match decision:
                case d.CancelTimer(timer_id=id_) if (TaskKind.TIMER, id_) not in is_open:
                    refused[place] = CancelTimerFailedCause.TIMER_ID_UNKNOWN.value
                case d.RequestCancelActivityTask(activity_id=id_) if (TaskKind.ACTIVITY, id_) not in is_open:
                    refused[place] = RequestCancelActivityTaskFailedCause.ACTIVITY_ID_UNKNOWN.value
                case d.StartTimer(timer_id=id_):
                    is_open.add((TaskKind.TIMER, id_))
                case d.ScheduleActivityTask(activity_id=id_):
                    is_open.add((TaskKind.ACTIVITY, id_))
                case _:
                    pass
        return refused

    def _moves(self, script: Script) -> list[Move]:
        """What may happen next."""
        moves: list[Move] = []
        timers: list[Change] = []
        for change in Tasks.of(script.events).open.values():
            if change.task.kind is TaskKind.TIMER:
                timers.append(change)
            else:
                moves += self._moves_of(change, script)
        if timers:
            first = min(timers, key=lambda change: change.task.fires_at or 0.0)
            moves.append(lambda _: self._fire(first, script))
        for name, arguments in self._signals.items():
            moves.append(partial(self._signal, name, arguments, script))
        if self._may_cancel:
            moves.append(lambda _: self._cancel(script))
        return moves

    def _moves_of(self, change: Change, script: Script) -> list[Move]:
        match change.task.kind:
            case TaskKind.ACTIVITY:
                return self._moves_of_activity(change, script)
            case TaskKind.CHILD:
                return self._moves_of_child(change, script)
            case TaskKind.LAMBDA:
                return self._moves_of_lambda(change, script)
            case _:
                return self._moves_of_delivery(change, script)

    def _moves_of_activity(self, change: Change, script: Script) -> list[Move]:
        id_ = change.task.id
        moves: list[Move] = [
            lambda draw: script.activity_completed(id_, self._result(draw, change)),
            lambda draw: script.activity_failed(id_, *self._failure(draw)),
            lambda _: script.activity_timed_out(id_, ActivityTaskTimeoutType.START_TO_CLOSE),
        ]
        if change.attempt.state is TaskState.SCHEDULED:
            moves.append(lambda _: script.activity_started(id_))
        elif change.task.is_cancel_requested:
            moves.append(lambda _: script.activity_canceled(id_))
        return moves

    def _moves_of_child(self, change: Change, script: Script) -> list[Move]:
        id_ = change.task.id
        if change.attempt.state is TaskState.SCHEDULED:
            return [lambda _: script.child_event(e.ChildWorkflowExecutionStarted, id_)]

        def fail(draw: Draw) -> None:
            reason, details = self._failure(draw)
            script.child_event(e.ChildWorkflowExecutionFailed, id_, reason=reason, details=details)

        kind = WorkflowExecutionTimeoutType.START_TO_CLOSE
        return [
            lambda draw: script.child_event(e.ChildWorkflowExecutionCompleted, id_, result=self._result(draw, change)),
            fail,
            lambda _: script.child_event(e.ChildWorkflowExecutionTimedOut, id_, timeout_type=kind),
            lambda _: script.child_event(e.ChildWorkflowExecutionTerminated, id_),
        ]

    def _moves_of_lambda(self, change: Change, script: Script) -> list[Move]:
        id_ = change.task.id

        def fail(draw: Draw) -> None:
            reason, details = self._failure(draw)
            script.lambda_event(e.LambdaFunctionFailed, id_, reason=reason, details=details)

        kind = LambdaFunctionTimeoutType.START_TO_CLOSE
        return [
            lambda draw: script.lambda_event(e.LambdaFunctionCompleted, id_, result=self._result(draw, change)),
            fail,
            lambda _: script.lambda_event(e.LambdaFunctionTimedOut, id_, timeout_type=kind),
        ]

    def _moves_of_delivery(self, change: Change, script: Script) -> list[Move]:
        """Of a signal or a request to cancel, to another execution."""
        if change.task.kind is not TaskKind.SIGNAL:
            name = change.task.id
            return [lambda _: script.external_event(e.ExternalWorkflowExecutionCancelRequested, name)]
        name = change.task.name
        cause = SignalExternalWorkflowExecutionFailedCause.UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION
        if change.task.id == script.execution.workflow_id:
            return [lambda _: self._signal_itself(change, script)]
        return [
            lambda _: script.external_event(e.ExternalWorkflowExecutionSignaled, name),
            lambda _: script.external_event(e.SignalExternalWorkflowExecutionFailed, name, cause=cause),
        ]

    def _signal_itself(self, change: Change, script: Script) -> None:
        script.signaled(change.task.name, change.task.input)
        script.external_event(e.ExternalWorkflowExecutionSignaled, change.task.name)

    def _fire(self, change: Change, script: Script) -> None:
        script.later(max(0.0, (change.task.fires_at or 0.0) - script.now))
        script.timer_fired(change.task.id)

    def _signal(self, name: str, arguments: st.SearchStrategy[tuple[Any, ...]], script: Script, draw: Draw) -> None:
        script.signaled(name, self._rehearsal.converter.dump_arguments(draw(arguments), {}))

    def _cancel(self, script: Script) -> None:
        self._may_cancel = False
        script.cancel_requested()

    def _result(self, draw: Draw, change: Change) -> str:
        return self._rehearsal.converter.dump(draw(self._results_of(change)))

    def _failure(self, draw: Draw) -> tuple[str, str]:
        failure = self._rehearsal.converter.dump_failure(draw(self._errors))
        return failure.reason, failure.details

    def _results_of(self, change: Change) -> st.SearchStrategy[Any]:
        name = change.task.name
        if name in self._results:
            return self._results[name]
        result_type = self._types.get((name, change.task.version or ""), Any)
        return st.none() if result_type is Any else st.from_type(result_type)


def _result_types(workflow: Workflow[..., Any]) -> dict[tuple[str, str], Any]:
    """What the activities and workflows return that the workflow's module defines or imports, by name and version."""
    module = sys.modules.get(workflow.run.__module__)
    if module is None:
        return {}
    catalog = catalog_of(definitions_in(module))
    types: dict[tuple[str, str], Any] = {}
    for activity_type, activity in catalog.activities.items():
        types[activity_type.name, activity_type.version] = signature_of(activity.function).result_type
    for workflow_type, other in catalog.workflows.items():
        types[workflow_type.name, workflow_type.version] = signature_of(other.run).result_type
    return types
