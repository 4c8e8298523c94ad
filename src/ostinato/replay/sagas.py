"""`Saga`: what undoes each step is noted as the step is done, and carried out in reverse if a later one fails."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from inspect import isfunction, ismethod
from types import TracebackType
from typing import Any, NamedTuple, ParamSpec, Self, overload

from ostinato.errors import CompensationFailed
from ostinato.replay.definitions import Submittable
from ostinato.replay.execution import current
from ostinato.replay.faults import fault_in
from ostinato.replay.futures import Future
from ostinato.replay.strands import park
from ostinato.replay.submitting import submit

P = ParamSpec("P")


class _Step(NamedTuple):
    what: Any
    args: Sequence[Any]
    kwargs: Mapping[str, Any]


class Saga:
    """Steps that are undone, the last one first, if what follows them fails or is canceled.

    A context manager, `with Saga() as saga:` in a plain `def` and `async with` in `async def`. Each step says how it is
    undone with `compensate_with`: before it is done, if it may happen halfway. An exception or a cancellation that
    leaves the block carries the compensations out, one after the other, and then goes on its way; a further request to
    cancel does not stop them. If some fail the others are carried out all the same, and `CompensationFailed` is raised.
    """

    def __init__(self) -> None:
        self._steps: list[_Step] = []

    @overload
    def compensate_with(self, what: Submittable[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> None: ...
    @overload
    def compensate_with(self, what: Callable[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> None: ...
    def compensate_with(self, what: Any, /, *args: Any, **kwargs: Any) -> None:
        """Note how a step is undone: by submitting something, or by a function of workflow code."""
        self._steps.append(_Step(what, args, kwargs))

    def compensate(self) -> Future[None]:
        """Undo now what was done so far; each compensation is carried out once.

        The future is done when all is undone, and fails with `CompensationFailed`.
        """
        return current("Saga.compensate").spawn(self._undo)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not _is_to_be_undone(error):
            return
        undoing = self.compensate()
        again: asyncio.CancelledError | None = None
        while not undoing.done():
            try:
                park(asyncio.wait((undoing,)), "the end of a saga")
            except asyncio.CancelledError as cancellation:
                again = cancellation
        _conclude(undoing, error, again)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not _is_to_be_undone(error):
            return
        undoing = self.compensate()
        again: asyncio.CancelledError | None = None
        while not undoing.done():
            try:
                await asyncio.wait((undoing,))
            except asyncio.CancelledError as cancellation:
                again = cancellation
        _conclude(undoing, error, again)

    async def _undo(self) -> None:
        count, failed = len(self._steps), list[BaseException]()
        while self._steps:
            try:
                await _begin(self._steps.pop())
            except (Exception, asyncio.CancelledError) as error:
                if not _is_to_be_undone(error):
                    raise  # the decision is dropped, so nothing is undone yet
                failed.append(error)
        if failed:
            raise CompensationFailed(count=count, errors=failed)


def _is_to_be_undone(error: BaseException | None) -> bool:
    """Whether the error is one of the workflow's: what leaves the code for other reasons undoes nothing."""
    return isinstance(error, asyncio.CancelledError) or (error is not None and fault_in(error) is None)


def _begin(step: _Step) -> Future[Any]:
    if isfunction(step.what) or ismethod(step.what):
        return current("Saga").spawn(step.what, *step.args, **step.kwargs)
    return submit(step.what, *step.args, **step.kwargs)


def _conclude(undoing: Future[None], error: BaseException | None, again: asyncio.CancelledError | None) -> None:
    """Raise what is to be told beside the error that began it."""
    failure = undoing.exception()
    if failure is not None:
        raise failure from error
    if again is not None and not isinstance(error, asyncio.CancelledError):
        raise again from error
