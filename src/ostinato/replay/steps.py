"""Steps: named parts of a workflow that later executions skip, as they were done before.

What was done is kept in a store of the author's, which outlives executions: any that payloads may lie in. It is asked
and told by `run_once`, so that replays do not touch it.
"""

import re
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ParamSpec, TypeVar, overload

import msgspec

from ostinato.errors import PayloadDamagedError, PayloadStoreError
from ostinato.payloads.coding import decoded, encoded
from ostinato.payloads.policy import Payloads, Store, store_name
from ostinato.payloads.references import Inline, is_reference, read_reference, write_inline
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


_READABLE = 80
"""So many characters of a step's name are readable in its key."""


class _Kept(msgspec.Struct, kw_only=True):
    """What is kept of a step that was done."""

    step: str
    run_id: str
    workflow_id: str
    version: str
    result: msgspec.Raw = msgspec.Raw(b"null")


class Steps:
    """The steps of an execution. To be made by workflow code, once.

    Args:
        store: where it is kept what was done: `FileStore`, `ObjectStore`, `RedisStore`, `SqlStore`, or one of your own.
        prefix: how the steps' full names begin; `WORKFLOW_ID/steps/`, unless given. Executions with the same prefix
            share steps.
        force: the names of steps to be done in any case.
        skip: the names of steps to be skipped, done or not.
            A name covers those below it: "a" also "a.b". "*" is all of them. To force is stronger than to skip.
    """

    def __init__(
        self, store: Store, *, prefix: str | None = None, force: Iterable[str] = (), skip: Iterable[str] = ()
    ) -> None:
        self._store = store
        self._prefix = prefix if prefix is not None else f"{current('Steps').workflow_execution.workflow_id}/steps/"
        self._forced = dict.fromkeys(force, "it was asked for")
        self._skipped = tuple(skip)
        self._found: dict[str, str | None] = {}

    def is_done(self, name: str) -> bool:
        """Whether the step of that name had been done when this execution first asked for it."""
        return self._kept(name) is not None

    def _kept(self, name: str) -> str | None:
        if name not in self._found:
            self._found[name] = run_once(self._look_up, self._prefix + name, current("Steps").converter)
        return self._found[name]

    def _look_up(self, full_name: str, payloads: Payloads) -> str | None:
        try:
            data = self._store.get(_key(full_name))
        except (KeyError, FileNotFoundError):
            return None
        except Exception as error:
            raise self._out_of_reach(error) from error
        return _read(data, payloads, f"step {full_name}")

    def _put(self, full_name: str, text: str, payloads: Payloads) -> None:
        if payloads.codecs:
            text = write_inline(payloads.codec_names, encoded(text, payloads.codecs))
        try:
            self._store.put(_key(full_name), text.encode())
        except Exception as error:
            raise self._out_of_reach(error) from error

    def _out_of_reach(self, error: Exception) -> PayloadStoreError:
        """What drops the decision, which is made again when the store can be reached."""
        return PayloadStoreError(
            where=store_name(self._store), found=f"the store of steps failed: {type(error).__name__}: {error}"
        )

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
        kept = _Kept(
            step=self._prefix + name,
            run_id=run.run_id,
            workflow_id=run.workflow_id,
            version=execution.workflow.version,
            result=msgspec.Raw(text.encode()),
        )
        run_once(self._put, self._prefix + name, msgspec.json.encode(kept).decode(), execution.converter)

    def kept(self, name: str, as_type: Any) -> Any:
        """The result of a step that was done; None if it was not, or its result is gone."""
        text = self._kept(name)
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


def _key(full_name: str) -> str:
    """What is kept of a step has a key that any store takes, whatever the step is called."""
    readable = re.sub("[^A-Za-z0-9]+", "-", full_name)[-_READABLE:].strip("-")
    return f"{sha256(full_name.encode()).hexdigest()[:32]}-{readable}"


def _read(data: bytes, payloads: Payloads, where: str) -> str:
    """What is kept of a step.

    Raises:
        PayloadDamagedError: nobody can have kept this.
        PayloadLockedError: it went through a codec that the payloads do not know.
    """
    try:
        text = data.decode()
        if is_reference(text):
            said = read_reference(text)
            if not isinstance(said, Inline):
                raise PayloadDamagedError(where=where, found="a reference in place of what was kept of the step")
            text = decoded(said.data, said.codecs, {codec.name: codec for codec in payloads.all_codecs}, where)
        msgspec.json.decode(text, type=_Kept)
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise PayloadDamagedError(where=where, found=f"what is kept of the step is not readable ({error})") from None
    return text


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
