"""Canvases that run: what begins when, and what becomes of the whole when its parts end.

Each part costs the same, however many there are: what is open is counted, not looked for.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ostinato.errors import CanvasFailed, MemberCanceled
from ostinato.replay.canvas import Chain, FuncGroup, Group, is_submittable, not_submittable
from ostinato.replay.execution import Execution, label_of
from ostinato.replay.futures import Future, hand_on
from ostinato.replay.inputs import when_ready

Begin = Callable[[Any, tuple[Any, ...]], Future[Any]]
"""Submits something, with arguments besides those that it has."""

BeginPart = Callable[[int], Future[Any]]
"""Begins the part at that place."""


class PartsRun:
    """Parts that begin in order, at most so many at once, and of which so many may fail.

    Args:
        execution: whose they are.
        label: what they are together, for humans.
        count: how many there are.
        begin: begins one.
        max_parallel: how many may be open at once; None is all.
        tolerated_failures: how many may fail; None is all.
        is_broken_off: whether the first failure that is not tolerated ends it.
    """

    def __init__(
        self,
        execution: Execution,
        label: str,
        count: int,
        begin: BeginPart,
        *,
        max_parallel: int | None,
        tolerated_failures: int | None,
        is_broken_off: bool,
    ) -> None:
        self.future: Future[list[Any]] = Future(loop=execution.loop, label=label, on_cancel=self._cancel_open)
        self.results: list[Any] = [None] * count
        """What the parts that ended gave: their results or exceptions, in their places."""
        self._begin = begin
        self._begun = 0
        self._ended = 0
        self._open: dict[int, Future[Any]] = {}
        self._room = count if max_parallel is None else max_parallel
        self._tolerated = count if tolerated_failures is None else tolerated_failures
        self._failed: list[int] = []
        self._is_broken_off = is_broken_off

    def go(self) -> None:
        """Begin what may begin; end if all have ended."""
        while self._begun < len(self.results) and len(self._open) < self._room:
            self._begin_next()
        if self._ended == len(self.results):
            self._end()

    def _begin_next(self) -> None:
        index = self._begun
        self._begun += 1
        try:
            part = self._begin(index)
        except Exception as error:  # noqa: BLE001  (it is seen where the whole is waited for, as that of any part)
            self._has_ended(index, error)
            return
        self._open[index] = part

        def ended(part: Any) -> None:
            del self._open[index]
            error = MemberCanceled(index, has_begun=True) if part.cancelled() else part.exception()
            if self.future.done():
                return
            if error is not None and not isinstance(error, Exception):
                self.future.set_exception(error)  # no failure of a part: the code is to be left
                self._cancel_open()
                return
            self._has_ended(index, part.result() if error is None else error, is_failed=error is not None)
            self.go()

        part.add_done_callback(ended)

    def _has_ended(self, index: int, outcome: Any, *, is_failed: bool = True) -> None:
        self._ended += 1
        self.results[index] = outcome
        if is_failed:
            self._failed.append(index)
            if self._is_broken_off and len(self._failed) > self._tolerated:
                self._break_off()

    def _break_off(self) -> None:
        """End at once: the parts that are open or have not begun have no results."""
        for index in (*self._open, *range(self._begun, len(self.results))):
            self.results[index] = MemberCanceled(index, has_begun=index < self._begun)
        self._ended = len(self.results)
        self._begun = len(self.results)

    def _end(self) -> None:
        if len(self._failed) <= self._tolerated:
            self.future.set_result(self.results)
        else:
            self.future.set_exception(CanvasFailed(self.future.label, self.results, sorted(self._failed)))
        self._cancel_open()

    def _cancel_open(self) -> None:
        self._begun = len(self.results)
        for part in (*self._open.values(),):
            part.cancel()


def begin_places(
    execution: Execution,
    count: int,
    begin: BeginPart,
    *,
    max_parallel: int | None,
    tolerated_failures: int | None,
) -> list[Future[Any]]:
    """A future for each part, at once; the parts begin in order, and none after a failure that is not tolerated."""
    places = [Future[Any](loop=execution.loop, label=f"item {index}") for index in range(count)]

    def begin_for_place(index: int) -> Future[Any]:
        place = places[index]
        if place.done():
            return place
        part = begin(index)
        place.label = part.label
        hand_on(part, place)
        return part

    def ended(whole: Future[Any]) -> None:
        error = whole.exception()
        if error is None:
            return
        for place in places:
            if not place.done():
                place.set_exception(error)
                place.exception()  # whoever looked at one of them has seen it

    run = PartsRun(
        execution,
        f"map of {count}",
        count,
        begin_for_place,
        max_parallel=max_parallel,
        tolerated_failures=tolerated_failures,
        is_broken_off=True,
    )
    run.future.add_done_callback(ended)
    run.go()
    return places


def begin_group(execution: Execution, group: Group[Any], more: tuple[Any, ...], begin: Begin) -> Future[Any]:
    """Begin a group's members, each with these arguments more."""
    run = PartsRun(
        execution,
        f"Group of {len(group.members)}",
        len(group.members),
        lambda index: begin(group.members[index], more),
        max_parallel=group.max_parallel,
        tolerated_failures=group.tolerated_failures,
        is_broken_off=group.break_on_failure,
    )
    run.go()
    return run.future


def begin_chain(execution: Execution, chain: Chain[Any], more: tuple[Any, ...], begin: Begin) -> Future[Any]:
    """Begin a chain's first step, with these arguments more, and the others after it."""

    def begin_step(index: int) -> Future[Any]:
        if index == 0:
            return begin(chain.steps[0], more)
        return begin(chain.steps[index], (run.results[index - 1],) if chain.send_result else ())

    run = PartsRun(
        execution,
        f"Chain of {len(chain.steps)}",
        len(chain.steps),
        begin_step,
        max_parallel=1,
        tolerated_failures=chain.tolerated_failures,
        is_broken_off=chain.break_on_failure,
    )
    run.go()
    return run.future


def begin_func_group(execution: Execution, asked: FuncGroup[Any], more: tuple[Any, ...], begin: Begin) -> Future[Any]:
    """Ask a function, with these arguments more, and begin what it gives."""

    def go_on(given: Any) -> Future[Any]:
        if not is_submittable(given):
            raise not_submittable(f"a FuncGroup by {label_of(asked.function)}", given)
        return begin(given, ())

    return begin_function(execution, asked.function, (*asked.args, *more), asked.kwargs, go_on)


def begin_function(
    execution: Execution,
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    go_on: Callable[[Any], Any],
) -> Future[Any]:
    """Run a function of workflow code when its arguments are there; what it gives goes on to another function.

    If that gives a future, the result is that future's.
    """
    outer: Future[Any] = Future(loop=execution.loop, label=label_of(function))

    def run(args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        hand_on(execution.spawn(function, *args, **kwargs), outer, go_on)

    when_ready(args, kwargs, outer, run)
    return outer


def itself(value: Any) -> Any:
    """What a function gave is the result."""
    return value
