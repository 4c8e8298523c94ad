"""Steps: named parts of a workflow that later executions skip, as they were done before.

What was done is kept in a store of the author's, which outlives executions. It is asked and told by `run_once`, so that
replays do not touch it.
"""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar, overload

import msgspec

from ostinato.payloads.signatures import result_type
from ostinato.replay.definitions import Activity, LambdaFunction, Submittable, Workflow
from ostinato.replay.execution import current
from ostinato.replay.futures import Future
from ostinato.replay.recording import marker, run_once
from ostinato.replay.submitting import spawn, submit

P = ParamSpec("P")
R = TypeVar("R")

ALL = "*"
"""As the name of a step: all of them."""

MARKER = "log.step"


class StepStore(Protocol):
    """Where it is kept what was done: any place that has texts by keys."""

    def get(self, key: str, /) -> str | None:
        """The text with that key; None if there is none."""
        ...

    def put(self, key: str, text: str, /) -> None:
        """Keep the text, in place of a former one."""
        ...

    def list(self, prefix: str, /) -> Iterable[str]:
        """The keys that begin so."""
        ...


class _Kept(msgspec.Struct):
    """What is kept of a step that was done."""

    run_id: str
    workflow_id: str
    version: str
    result: msgspec.Raw = msgspec.Raw(b"null")


class Steps:
    """The steps of an execution. To be made by workflow code, once.

    Args:
        store: where it is kept what was done.
        prefix: how the keys begin; `WORKFLOW_ID/steps/`, unless given. Executions with the same prefix share steps.
        force: the names of steps to be done in any case.
        skip: the names of steps to be skipped, done or not.
            A name covers those below it: "a" also "a.b". "*" is all of them. To force is stronger than to skip.
    """

    def __init__(
        self, store: StepStore, *, prefix: str | None = None, force: Iterable[str] = (), skip: Iterable[str] = ()
    ) -> None:
        self._store = store
        self._prefix = prefix if prefix is not None else f"{current('Steps').workflow_execution.workflow_id}/steps/"
        self._forced = dict.fromkeys(force, "it was asked for")
        self._skipped = tuple(skip)
        self._done = frozenset(run_once(self._list))

    def _list(self) -> list[str]:
        return sorted(key.removeprefix(self._prefix) for key in self._store.list(self._prefix))

    def is_done(self, name: str) -> bool:
        """Whether an earlier execution has done the step of that name."""
        return name in self._done

    def step(self, name: str, *, force: bool = False, force_steps_if_executed: Iterable[str] = ()) -> "Step":
        """A step, to be submitted.

        Args:
            name: its name: parts with dots between.
            force: do it in any case.
            force_steps_if_executed: the names of steps to come that have to be done if this is.
        """
        return Step(self, name, force, tuple(force_steps_if_executed))

    def reason_to_force(self, step: "Step") -> str | None:
        """Why the step has to be done in any case; None if it need not be."""
        if step.force:
            return "its own setting"
        return next((why for name, why in self._forced.items() if _covers(name, step.name)), None)

    def may_skip(self, step: "Step") -> bool:
        """Whether the step may be skipped, unless it is forced."""
        return self.is_done(step.name) or any(_covers(name, step.name) for name in self._skipped)

    def force_after(self, step: "Step") -> None:
        """The step is done: force those that depend on it."""
        for name in step.force_steps_if_executed:
            self._forced.setdefault(name, f"step {step.name} was done")

    def keep(self, name: str, result: object) -> None:
        """Keep that the step was done."""
        execution = current("Steps")
        run = execution.workflow_execution
        text = execution.converter.dump(result)
        kept = _Kept(run.run_id, run.workflow_id, execution.workflow.version, msgspec.Raw(text.encode()))
        run_once(self._store.put, self._prefix + name, msgspec.json.encode(kept).decode())

    def kept(self, name: str, as_type: Any) -> Any:
        """The result of a step that was done; None if it was not, or its result is gone."""
        text = run_once(self._store.get, self._prefix + name) if self.is_done(name) else None
        if text is None:
            return None
        result = msgspec.json.decode(text, type=_Kept).result
        return current("Steps").converter.load(bytes(result).decode(), as_type)


@dataclass(frozen=True)
class Step:
    """A named part of a workflow. Made by `Steps.step`."""

    steps: Steps
    name: str
    force: bool
    force_steps_if_executed: tuple[str, ...]

    @overload
    def submit(self, what: Submittable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
    @overload
    def submit(self, what: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
    @overload
    def submit(self, what: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
    def submit(self, what: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do the step, unless it is skipped: submit what can be submitted, and spawn a function of workflow code.

        The future is its result; that of a step that was skipped is what it gave when it was done, or None.
        """
        reason = self.steps.reason_to_force(self)
        if reason is None and self.steps.may_skip(self):
            self._log("skipped", ["it was done before" if self.steps.is_done(self.name) else "it was asked for"])
            return spawn(self.steps.kept, self.name, _gives(what))
        self.steps.force_after(self)
        self._log("scheduled", [] if reason is None else [reason], is_forced=reason is not None)
        begin: Any = submit if isinstance(what, Activity | Workflow | LambdaFunction) else spawn
        future: Future[Any] = begin(what, *args, **kwargs)
        done: Future[Any] = spawn(self._finish, future)
        return done

    def _finish(self, future: Future[Any]) -> Any:
        result = future.result()
        self.steps.keep(self.name, result)
        self._log("completed", [])
        return result

    def _log(self, status: str, reasons: list[str], *, is_forced: bool = False) -> None:
        marker(MARKER, {"step": self.name, "status": status, "forced": is_forced, "reasons": reasons})


def _covers(name: str, other: str) -> bool:
    return name in {ALL, other} or other.startswith(f"{name}.")


def _gives(what: Any) -> Any:
    match what:
        case Activity():
            return result_type(what.function)
        case Workflow():
            return result_type(what.run)
        case LambdaFunction():
            return Any
        case _:
            return result_type(what)
