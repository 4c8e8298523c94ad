"""What is done after a task did not end well: asking the hooks and the `Retry`, waiting, trying again, giving up."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, assert_never

from ostinato.errors import FailWorkflow, TaskError, TimerNotStarted
from ostinato.model import events as e
from ostinato.replay.execution import Execution, bounded_id
from ostinato.replay.failures import Abort, CancelTask, FailureHook, FailWith, TaskFailure, TryAgain, UseResult, Verdict
from ostinato.replay.futures import Future
from ostinato.replay.inbox import signal_value
from ostinato.replay.orders import GIVE_UP_SIGNAL, RETRY_SIGNAL
from ostinato.replay.timers import Timer

if TYPE_CHECKING:
    from ostinato.replay.ledger import Request
    from ostinato.replay.retry import Retry


class Recoverable(Protocol):
    """A task that may be tried again."""

    execution: Execution
    id: str
    name: str
    attempt: int
    """How often it was asked for."""
    retry: "Retry | None"
    on_failure: FailureHook | None
    """What its author wants to be asked when it does not end well."""
    what: object
    """What was submitted."""
    arguments: "Arguments"
    future: Future[Any]

    @property
    def request(self) -> "Request | None":
        """The last one for it."""
        ...

    def ask_again(self) -> None:
        """Ask for the next attempt, now."""


Arguments = tuple[Sequence[object], Mapping[str, object]]


class Recovery:
    """The pauses between the attempts at one task."""

    def __init__(self, task: Recoverable) -> None:
        self._task = task
        self._error: TaskError
        self._timer: Timer | None = None
        self._judging: Future[Verdict | None] | None = None

    def failed(self, error: TaskError) -> None:
        """The task did not end well. After the end of the code nobody wants to know."""
        task, execution = self._task, self._task.execution
        if task.future.done() or execution.loop.stopped:
            return
        self._error = error
        try:
            wait = self._policy_wait()
        except Exception as fault:  # noqa: BLE001  (`Retry.when` is the author's: it is seen where the future is)
            task.future.set_exception(fault)
            return
        hooks = tuple(hook for hook in (task.on_failure, execution.on_task_failure) if hook is not None)
        if not hooks:
            self._follow(None, wait)
            return
        args, kwargs = task.arguments
        failure = TaskFailure(
            error=error,
            task_id=task.id,
            name=task.name,
            attempt=task.attempt,
            retry_wait=wait,
            what=task.what,
            args=args,
            kwargs=kwargs,
        )
        self._judging = judging = execution.spawn(_ask_hooks, execution, hooks, failure)
        judging.add_done_callback(lambda _: self._judged(judging, wait))

    def cancel(self) -> bool:
        """Let it be, if it is between two attempts; whether it was."""
        judging, timer = self._judging, self._timer
        if judging is not None:
            judging.cancel()
        if timer is not None:
            self._end_pause()
            timer.cancel()
        return timer is not None or judging is not None

    # What an operator may do while it waits.

    def try_now(self) -> None:
        """Do not wait any longer."""
        self.cancel()
        self._task.ask_again()

    def give_up(self) -> None:
        """Fail as it did last."""
        self.cancel()
        self._task.future.set_exception(self._error)

    # How it goes on.

    def _policy_wait(self) -> float | None:
        task = self._task
        if task.retry is None:
            return None
        chance = task.execution.fraction() if task.retry.jitter else 0.5
        return task.retry.wait(self._error, task.attempt, chance)

    def _judged(self, judging: Future[Verdict | None], wait: float | None) -> None:
        self._judging = None
        future = self._task.future
        fault = None if judging.cancelled() else judging.exception()
        if future.done() or self._task.execution.loop.stopped:
            return
        if judging.cancelled():
            future.cancel()
        elif fault is not None:
            future.set_exception(fault)
        else:
            self._follow(judging.result(), wait)

    def _follow(self, verdict: Verdict | None, wait: float | None) -> None:
        """Do as the verdict says; without one, as the `Retry` does."""
        future = self._task.future
        match verdict:
            case None if wait is None:
                future.set_exception(self._error)
            case None:
                self._pause(wait or 0.0)
            case TryAgain(wait=chosen):
                self._pause(chosen)
            case UseResult(result=result):
                future.set_result(result)
            case FailWith(error=error):
                future.set_exception(error or self._error)
            case CancelTask():
                future.cancel()
            case Abort():
                self._task.execution.abort(_end(verdict, self._error))
            case _:
                assert_never(verdict)

    def _pause(self, wait: float) -> None:
        task = self._task
        task.attempt += 1
        task.future.is_running = False
        if wait <= 0:
            task.ask_again()
            return
        timer_id = bounded_id(f"__ostinato_retry-{task.id}-{task.attempt}")
        self._timer = Timer(
            task.execution, wait, self._in_time, timer_id, on_refusal=self._no_pause, source=task.request
        )
        task.execution.pauses[task.id] = self

    def _in_time(self) -> None:
        self._end_pause()
        if not self._task.execution.loop.stopped:
            self._task.ask_again()

    def _no_pause(self, error: TimerNotStarted) -> None:
        self._end_pause()
        if not self._task.future.done():
            self._task.future.set_exception(error)

    def _end_pause(self) -> None:
        self._timer = None
        self._task.execution.pauses.pop(self._task.id, None)


def _end(verdict: Abort, error: TaskError) -> Exception:
    if verdict.reason is None:
        return error
    failure = FailWorkflow(verdict.reason, verdict.details)
    failure.__cause__ = error
    return failure


async def _ask_hooks(execution: Execution, hooks: Sequence[FailureHook], failure: TaskFailure) -> Verdict | None:
    """The first verdict that a hook gives."""
    for hook in hooks:
        verdict: Verdict | None = await execution.run(hook, failure)
        if verdict is not None:
            return verdict
    return None


_ORDERS: Mapping[str, Callable[[Recovery], None]] = {RETRY_SIGNAL: Recovery.try_now, GIVE_UP_SIGNAL: Recovery.give_up}


def take_order(execution: Execution, event: e.WorkflowExecutionSignaled) -> bool:
    """Do what an operator's signal says; False if it is no such signal."""
    order = _ORDERS.get(event.signal_name)
    if order is None:
        return False
    task_id = signal_value(event.input)
    pauses = tuple(p for id_, p in execution.pauses.items() if task_id is None or id_ == task_id)
    for pause in pauses:
        order(pause)
    if not pauses:
        which = "no task" if task_id is None else f"no task {task_id!r}"
        execution.loop.complaints.append({"message": f"signal {event.signal_name!r}: {which} waits to be tried again"})
    return True
