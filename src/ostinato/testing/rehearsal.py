"""A workflow played over a history written by hand, each decision of which is made by a fresh replay as well.

It knows what a history looks like, not how SWF behaves: what happens is for the caller to say.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import msgspec

from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.payloads.converter import JsonConverter
from ostinato.payloads.signatures import signature_of
from ostinato.replay.markers import RUN_ONCE
from ostinato.replay.replay import Replay
from ostinato.testing.script import Script
from ostinato.worker.guard import Guard, GuardMode

if TYPE_CHECKING:
    from ostinato.replay.definitions import Workflow

_CLOSES = (
    d.CompleteWorkflowExecution,
    d.FailWorkflowExecution,
    d.CancelWorkflowExecution,
    d.ContinueAsNewWorkflowExecution,
)


class Rehearsal:
    """One execution of a workflow, of which the caller plays SWF, the workers and the world.

    The first decision is made at once. `happened` says that what was decided is recorded, and that more may be
    written to `script`; `play` ends the batch and makes the next decision. `complete`, `fail`, `fire`, `signal` and
    `cancel` do all three for one event.

    Args:
        workflow: what is played.
        args: its input.
        is_compared: whether each decision is made by a fresh replay too, and compared.
        guard: what is done where the code does what no replay can repeat.
        kwargs: its input, by name.
    """

    def __init__(
        self, workflow: Any, /, *args: Any, is_compared: bool = True, guard: GuardMode = GuardMode.ERROR, **kwargs: Any
    ) -> None:
        self._begin(workflow, JsonConverter().dump_arguments(args, kwargs), is_compared=is_compared, guard=guard)

    def _begin(self, workflow: Any, text: str | None, *, is_compared: bool, guard: GuardMode) -> None:
        self.workflow: Workflow[..., Any] = workflow  # to mypy, a class that was decorated is still a class
        self.converter = JsonConverter()
        self.script = Script(text, workflow_type=workflow.workflow_type)
        self.decisions: tuple[d.DecisionAttributes, ...] = ()
        """What was decided last."""
        self.replay = self._fresh()
        self._is_compared = is_compared
        self._guard_mode = guard
        self._guard = Guard(guard)
        self._is_pending = False
        self._make()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.evict()

    def happened(self, *, refused: Mapping[int, str] | None = None) -> Script:
        """Record what was decided, if that is not done yet; the script, for what happens then.

        Args:
            refused: SWF's causes, by the places of the decisions that it does not carry out.
        """
        if self._is_pending:
            self._is_pending = False
            self.script.decide(*self.decisions, refused=refused)
        return self.script

    def play(self, *, refused: Mapping[int, str] | None = None) -> tuple[d.DecisionAttributes, ...]:
        """End the batch, and make the next decision."""
        self.happened(refused=refused)
        self.script.decision_task()
        return self._make()

    def lose(self) -> tuple[d.DecisionAttributes, ...]:
        """The decision that was made last is lost: its task times out, and the next one is played."""
        self._is_pending = False
        self.script.decision_task_timed_out()
        self.script.decision_task()
        return self._make()

    # One event each.

    def complete(self, activity_id: str, result: object = None) -> tuple[d.DecisionAttributes, ...]:
        """The activity ends well."""
        self.happened().activity_completed(activity_id, self.converter.dump(result))
        return self.play()

    def fail(self, activity_id: str, error: BaseException) -> tuple[d.DecisionAttributes, ...]:
        """The activity raises the error."""
        failure = self.converter.dump_failure(error)
        self.happened().activity_failed(activity_id, failure.reason, failure.details)
        return self.play()

    def fire(self, timer_id: str) -> tuple[d.DecisionAttributes, ...]:
        """The timer runs out, at its time."""
        script = self.happened()
        started: Any = script.events[script.opened("timer", timer_id) - 1]
        due = started.event_timestamp + int(started.start_to_fire_timeout)
        script.later(max(0.0, due - script.now))
        script.timer_fired(timer_id)
        return self.play()

    def signal(self, name: str, /, *args: object, **kwargs: object) -> tuple[d.DecisionAttributes, ...]:
        """The execution receives a signal."""
        self.happened().signaled(name, self.converter.dump_arguments(args, kwargs))
        return self.play()

    def cancel(self) -> tuple[d.DecisionAttributes, ...]:
        """Somebody asks the execution to cancel itself."""
        self.happened().cancel_requested()
        return self.play()

    # What came of it.

    def next_run(self) -> "Rehearsal":
        """The run that the last decision begins, if that continues as new.

        Raises:
            AssertionError: it does not.
        """
        close = self.close
        if not isinstance(close, d.ContinueAsNewWorkflowExecution):
            raise AssertionError(f"the workflow did not continue as new: {self.decisions!r}")  # noqa: TRY004
        run = Rehearsal.__new__(Rehearsal)
        run._begin(self.workflow, close.input, is_compared=self._is_compared, guard=self._guard_mode)  # noqa: SLF001
        return run

    @property
    def close(self) -> d.DecisionAttributes | None:
        """The decision that closes the execution, if the last ones had one."""
        last = self.decisions[-1] if self.decisions else None
        return last if isinstance(last, _CLOSES) else None

    @property
    def result(self) -> Any:
        """What the workflow returned.

        Raises:
            AssertionError: it did not.
        """
        close = self.close
        if not isinstance(close, d.CompleteWorkflowExecution):
            raise AssertionError(f"the workflow did not complete: {self.decisions!r}")  # noqa: TRY004
        return self.converter.load(close.result, signature_of(self.workflow.run).result_type)

    @property
    def reason(self) -> str | None:
        """Why the workflow failed.

        Raises:
            AssertionError: it did not.
        """
        close = self.close
        if not isinstance(close, d.FailWorkflowExecution):
            raise AssertionError(f"the workflow did not fail: {self.decisions!r}")  # noqa: TRY004
        return close.reason

    def evict(self) -> None:
        """Put the replay away."""
        self.replay.evict()

    def replace(self) -> None:
        """Go on with a fresh replay in place of the one that was kept, as if the decider had been lost."""
        self.replay.evict()
        self.replay = self._fresh()
        seen = max(x.event_id for x in self.script.events if isinstance(x, e.DecisionTaskStarted))
        self.replay.feed(self.script.events[:seen])

    def _fresh(self) -> Replay:
        return Replay(self.workflow, execution=self.script.execution, converter=self.converter)

    def _make(self) -> tuple[d.DecisionAttributes, ...]:
        self._is_pending = True
        new = self.script.events[self.replay.last_event_id :]
        self.decisions = self._guard.run(self.workflow, lambda: self.replay.feed(new))
        if self._is_compared:
            self._compare()
        return self.decisions

    def _compare(self) -> None:
        fresh = self._fresh()
        try:
            decisions = fresh.feed(self.script.events)
            pairs = {
                "decisions": ([_known(x) for x in self.decisions], [_known(x) for x in decisions]),
                "context": (self.replay.execution_context, fresh.execution_context),
                "is_closed": (self.replay.is_closed, fresh.is_closed),
                "waiting": (self.replay.waiting(), fresh.waiting()),
                "positions": (self.replay.positions(), fresh.positions()),
                "unregistered": ([x.name for x in self.replay.unregistered], [x.name for x in fresh.unregistered]),
            }
        finally:
            fresh.evict()
        for what, (kept, anew) in pairs.items():
            if kept != anew:
                raise AssertionError(f"{what} of the replay that was kept: {kept!r}; of a fresh one: {anew!r}")


def _known(decision: d.DecisionAttributes) -> d.DecisionAttributes:
    """The decision without the results of `run_once` that history does not have yet."""
    if isinstance(decision, d.RecordMarker) and decision.marker_name.startswith(RUN_ONCE):
        return msgspec.structs.replace(decision, details=None)
    return decision
