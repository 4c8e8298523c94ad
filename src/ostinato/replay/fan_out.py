"""Work over more items than one history holds: a workflow that splits its items among children of its own type.

A leaf of that tree submits a task for each of its items; the others submit the parts. No payload holds all items if
they are a `Span`, and none all results if they are reduced.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, Unpack, cast, overload

import msgspec

from ostinato.errors import CanvasFailed, ChildWorkflowFailed, FanOutFailed, UsageError
from ostinato.payloads.signatures import signature_of
from ostinato.replay.calls import set_context
from ostinato.replay.canvas import check_limits
from ostinato.replay.definitions import Activity, Submittable, Workflow
from ostinato.replay.futures import Future, as_completed, wait
from ostinato.replay.settings import INHERIT, WorkflowOptions
from ostinato.replay.submitting import starmap

A = TypeVar("A")
R = TypeVar("R")

FAILURES_KEPT = 100
"""So many failures are told one by one; the others are counted."""


class Span(msgspec.Struct, frozen=True):
    """The whole numbers from `start` up to and without `stop`: as many items as wanted, in a few characters."""

    start: int
    stop: int

    def __len__(self) -> int:
        return max(0, self.stop - self.start)

    def part(self, begin: int, end: int) -> "Span":
        """The items at the places from `begin` up to `end`."""
        return Span(self.start + begin, min(self.start + end, self.stop))


class ItemFailure(msgspec.Struct, frozen=True, kw_only=True):
    """Items that failed together: one, or all of a child that did not complete.

    `index` is the place of the first among all items, `count` how many they are, `error` what happened.
    """

    index: int
    count: int = 1
    error: str


class FanOutResult(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """What came of all items.

    `value` is the list of the results in the items' order, with None in the places of those that failed; or what
    `reduce` made of the results of those that did not fail, None if none was left. `failures` has up to 100, in order.
    """

    value: R
    done: int
    failed: int
    failures: tuple[ItemFailure, ...] = ()


@dataclass(frozen=True)
class _Plan:
    what: Submittable[[Any], Any]
    item: Callable[[int], Any] | None
    reduce: Callable[[list[Any]], Any] | None
    chunk_size: int
    fan: int
    max_parallel: int | None
    max_children: int
    tolerated_failures: int | None


@overload
def fan_out(
    what: Submittable[[A], R],
    *,
    item: Callable[[int], A] | None = None,
    reduce: None = None,
    chunk_size: int = 500,
    fan: int = 500,
    max_parallel: int | None = None,
    max_children: int = 20,
    tolerated_failures: int | None = 0,
    **options: Unpack[WorkflowOptions],
) -> Workflow[[Span | list[A]], FanOutResult[list[R | None]]]: ...
@overload
def fan_out(
    what: Submittable[[A], R],
    *,
    item: Callable[[int], A] | None = None,
    reduce: Callable[[list[R]], R],
    chunk_size: int = 500,
    fan: int = 500,
    max_parallel: int | None = None,
    max_children: int = 20,
    tolerated_failures: int | None = 0,
    **options: Unpack[WorkflowOptions],
) -> Workflow[[Span | list[A]], FanOutResult[R | None]]: ...
def fan_out(
    what: Any,
    *,
    item: Callable[[int], Any] | None = None,
    reduce: Callable[[list[Any]], Any] | None = None,
    chunk_size: int = 500,
    fan: int = 500,
    max_parallel: int | None = None,
    max_children: int = 20,
    tolerated_failures: int | None = 0,
    **options: Any,
) -> Any:
    """Declare a workflow that submits something once for each of very many items, by way of a tree of children.

    It is given a `Span` or a list. Keep it in a module, as what `@workflow` makes, so that deciders find it. Its
    execution context tells the progress: `{"done": ..., "failed": ..., "of": ...}`.

    Args:
        what: the activity or workflow, of one argument.
        item: workflow code that makes the item of a number of the `Span`; the number itself, unless given.
        reduce: workflow code that makes one value of several: of results, and of values that it made before. It must be
            associative, as `sum` and `max` are. None collects all results, which have to fit into a payload.
        chunk_size: so many items belong to one execution.
        fan: so many children at most has one execution.
        max_parallel: so many items of one chunk are open at once; None is all.
        max_children: so many children of one execution are open at once.
        tolerated_failures: so many items in all may fail; None is all. With more it fails with `FanOutFailed`.
        options: the workflow's settings. Its name is that of `what` with `.fan_out`, its tags are the parent's.

    Raises:
        UsageError: a limit makes no sense.
    """
    check_limits(max_parallel, tolerated_failures)
    if chunk_size < 1 or fan < 2 or max_children < 1:  # noqa: PLR2004  (less than two children are no tree)
        raise UsageError(
            found=f"chunk_size={chunk_size}, fan={fan}, max_children={max_children}", expected="at least 1, 2 and 1"
        )
    plan = _Plan(what, item, reduce, chunk_size, fan, max_parallel, max_children, tolerated_failures)

    def run(items: Any) -> Any:
        return _Node(plan, workflow, items).run()

    _annotate(run, what, reduce)
    settings: dict[str, Any] = {"name": f"{what.name}.fan_out", "tag_list": INHERIT, **options}
    workflow: Workflow[..., Any] = Workflow(run, **settings)
    return workflow


def _annotate(run: Callable[..., Any], what: Any, reduce: Callable[..., Any] | None) -> None:
    """Let values be read as the types that the functions say."""
    result: Any = Any
    if isinstance(what, (Activity, Workflow)):
        definition = cast("Activity[..., Any] | Workflow[..., Any]", what)
        function = definition.function if isinstance(definition, Activity) else definition.run
        result = signature_of(function).result_type
        run.__module__ = definition.function.__module__  # there deciders and workers find the rest
    value: Any = result | None
    if reduce is None:
        value = list[value]
    run.__annotations__ = {"items": Span | list[Any], "return": FanOutResult[value]}


class _Node:
    """One execution of the tree."""

    def __init__(self, plan: _Plan, workflow: Workflow[..., Any], items: Span | Sequence[Any]) -> None:
        self._plan = plan
        self._workflow = workflow
        self._items = items
        self._done = 0
        self._failed = 0
        self._failures: list[ItemFailure] = []

    def run(self) -> FanOutResult[Any]:
        """Have all items done.

        Raises:
            FanOutFailed: more items failed than are tolerated.
        """
        self._tell()
        values = self._leaf() if len(self._items) <= self._plan.chunk_size else self._inner()
        return FanOutResult(
            value=values if self._plan.reduce is None else self._plan.reduce(values) if values else None,
            done=self._done,
            failed=self._failed,
            failures=tuple(sorted(self._failures, key=lambda failure: failure.index)),
        )

    def _leaf(self) -> list[Any]:
        plan = self._plan
        arguments = ((argument,) for argument in self._arguments())
        futures = starmap(
            plan.what, arguments, max_parallel=plan.max_parallel, tolerated_failures=plan.tolerated_failures
        )
        for future in futures:
            future.add_done_callback(self._item_ended)
        _await(futures)
        errors = [future.exception() for future in futures]
        for index, error in enumerate(errors):
            if error is not None and not isinstance(error, CanvasFailed):
                self._note(ItemFailure(index=index, error=_said(error)))
        self._refuse_too_many()
        is_kept = plan.reduce is None
        return [f.result() if e is None else None for f, e in zip(futures, errors, strict=True) if is_kept or e is None]

    def _item_ended(self, future: Any) -> None:
        if not future.cancelled() and future.exception() is None:
            self._done += 1
            self._tell()

    def _inner(self) -> list[Any]:
        places = list(self._parts())
        parts = [(self._part(begin, end),) for begin, end in places]
        futures = starmap(self._workflow, parts, max_parallel=self._plan.max_children)
        place_of = dict(zip(futures, places, strict=True))
        try:
            for future in as_completed(futures):
                self._child_ended(cast("Future[FanOutResult[Any]]", future), *place_of[cast("Future[Any]", future)])
        except (asyncio.CancelledError, FanOutFailed):
            _cancel(futures)
            raise
        return list(self._values(futures, places))

    def _child_ended(self, future: Future[FanOutResult[Any]], begin: int, end: int) -> None:
        error = future.exception()
        if error is not None:
            self._note(ItemFailure(index=begin, count=end - begin, error=_said_by_child(error)))
        else:
            result = future.result()
            self._done += result.done
            self._failed += result.failed
            kept = FAILURES_KEPT - len(self._failures)
            self._failures += [msgspec.structs.replace(x, index=x.index + begin) for x in result.failures[:kept]]
        self._tell()
        self._refuse_too_many()

    def _values(self, futures: Sequence[Future[Any]], places: Sequence[tuple[int, int]]) -> Iterator[Any]:
        """What the children gave, in order."""
        for future, (begin, end) in zip(futures, places, strict=True):
            is_lost = future.exception() is not None
            if self._plan.reduce is None:
                yield from [None] * (end - begin) if is_lost else future.result().value
            elif not is_lost and future.result().done:
                yield future.result().value

    def _arguments(self) -> Iterator[Any]:
        if isinstance(self._items, Span):
            numbers = range(self._items.start, self._items.stop)
            return iter(numbers) if self._plan.item is None else map(self._plan.item, numbers)
        return iter(self._items)

    def _parts(self) -> Iterator[tuple[int, int]]:
        """The places where children begin and end: as few as hold all items in full chunks."""
        count, size = len(self._items), self._plan.chunk_size
        while size * self._plan.fan < count:
            size *= self._plan.fan
        return ((begin, min(begin + size, count)) for begin in range(0, count, size))

    def _part(self, begin: int, end: int) -> Span | Sequence[Any]:
        items = self._items
        return items.part(begin, end) if isinstance(items, Span) else items[begin:end]

    def _note(self, failure: ItemFailure) -> None:
        self._failed += failure.count
        if len(self._failures) < FAILURES_KEPT:
            self._failures.append(failure)

    def _refuse_too_many(self) -> None:
        tolerated = self._plan.tolerated_failures
        if tolerated is not None and self._failed > tolerated:
            first = min(self._failures, key=lambda failure: failure.index)
            raise FanOutFailed(
                failed=self._failed, count=len(self._items), tolerated=tolerated, index=first.index, error=first.error
            )

    def _tell(self) -> None:
        set_context({"done": self._done, "failed": self._failed, "of": len(self._items)})


def _await(futures: Sequence[Future[Any]]) -> None:
    try:
        wait(futures)
    except asyncio.CancelledError:
        _cancel(futures)
        raise


def _cancel(futures: Sequence[Future[Any]]) -> None:
    for future in futures:
        future.cancel()


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:_SAID]


def _said_by_child(error: BaseException) -> str:
    """What happened, however deep in the tree: of another node, what it says of the item that it names."""
    if not isinstance(error, ChildWorkflowFailed) or not error.reason:
        return _said(error)
    _, names_one, item = error.reason.partition("; item ")
    return (item.partition(": ")[2] if names_one else error.reason)[:_SAID]


_SAID = 200
