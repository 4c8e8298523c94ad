"""Fan-out: a tree of children over more items than one history holds."""

from typing import Any

import pytest

from ostinato import Client, FanOutResult, ItemFailure, LambdaFunction, Span, activity, fan_out, workflow
from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import open_engine
from ostinato.errors import UsageError, WorkflowFailed
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.testing.rehearsal import Rehearsal
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker


@activity(name="half")
def half(x: int) -> float:
    if x % 10 == 7:
        raise ValueError(f"{x} is refused")
    return x / 2


@workflow(name="child")
def child(x: Any = None) -> Any: ...


def run(tree: Any, items: Any) -> Any:
    """The result of the whole tree, on an engine in memory."""
    with open_engine(":memory:", clock=ManualClock()) as engine:
        worker = LocalWorker(engine.local(), domain="d", catalog=catalog_of([tree, half]))
        with worker:
            result = Client(engine.local(), domain="d").run(tree, items)
        engine.close()
        assert worker.join(20)
    return result


def failure(index: int) -> ItemFailure:
    number = index + 1
    error = f"ActivityFailed: activity half (activity-half-{number % 3 or 3}) failed: ValueError: {index} is refused"
    return ItemFailure(index=index, error=error)


def test_results_are_collected_in_order() -> None:
    """Over three levels, as values of the activity's type; a failed item's place holds None, and is told."""
    tree = fan_out(half, chunk_size=3, fan=2, tolerated_failures=2)

    found = run(tree, Span(0, 20))

    assert found.value == [None if x % 10 == 7 else x / 2 for x in range(20)]
    assert all(isinstance(x, float | None) for x in found.value)
    assert (found.done, found.failed) == (18, 2)
    assert found.failures == (failure(7), failure(17))


def test_a_list_is_sliced() -> None:
    """And the results are reduced chunk by chunk."""
    tree = fan_out(half, chunk_size=2, reduce=max, tolerated_failures=None)

    assert run(tree, [3, 4, 17, 7, 9]) == FanOutResult(
        value=4.5,
        done=3,
        failed=2,
        failures=(
            ItemFailure(index=2, error=failure(17).error.replace("half-3", "half-1")),
            ItemFailure(index=3, error=failure(7).error),
        ),
    )


@pytest.mark.parametrize("items", [Span(5, 5), Span(5, 2), []])
def test_no_items(items: Any) -> None:
    """An empty list, or None if there is nothing to reduce."""
    assert run(fan_out(half), items).value == []
    assert run(fan_out(half, reduce=sum), items) == FanOutResult(value=None, done=0, failed=0)


@pytest.mark.parametrize("chunk_size", [3, 100])
def test_too_many_failures(chunk_size: int) -> None:
    """It fails with their number and one of them, be they of one chunk or of several."""
    tree = fan_out(half, chunk_size=chunk_size, tolerated_failures=1)

    with pytest.raises(WorkflowFailed, match=r"2 of 40 items failed, more than 1; item 1?7: ActivityFailed") as told:
        run(tree, Span(0, 40))

    assert told.value.error_type == "ostinato.errors.FanOutFailed"


def test_what_happened_deep_in_the_tree_is_told_at_its_root() -> None:
    """Not that a child of a child of a child failed; also if what failed there was no item."""
    tree = fan_out(half, name="deep", chunk_size=1, fan=2, tolerated_failures=0)

    with pytest.raises(WorkflowFailed, match=r"items failed, more than 0; item \d+: ActivityFailed: activity \S*half"):
        run(tree, Span(0, 40))
    with pytest.raises(WorkflowFailed, match=r"item 2: LookupError: no sum$"):
        run(fan_out(half, name="lost", chunk_size=2, reduce=no_sum, tolerated_failures=0), Span(2, 6))


def no_sum(values: list[float]) -> float:
    if 2.0 in values:
        raise LookupError("no sum")
    return sum(values)


def children(r: Rehearsal) -> list[str]:
    return [x.workflow_id for x in r.decisions if isinstance(x, d.StartChildWorkflowExecution)]


def test_a_child_that_does_not_complete_has_failed_with_all_its_items() -> None:
    """They are counted, told as one, and have no results; so many children are open at once, and progress is told."""
    tree = fan_out(half, name="tree", chunk_size=2, max_children=2, tolerated_failures=2, item=lambda n: n)

    with Rehearsal(tree, Span(10, 15)) as r:
        first, second = children(r)
        assert [x.input for x in r.decisions if isinstance(x, d.StartChildWorkflowExecution)] == [
            '{"args":[{"start":10,"stop":12}],"kwargs":{}}',
            '{"args":[{"start":12,"stop":14}],"kwargs":{}}',
        ]
        for each in (first, second):
            r.happened().child_event(e.ChildWorkflowExecutionStarted, each)
        r.script.child_event(e.ChildWorkflowExecutionTerminated, first)
        r.play()
        assert r.replay.execution_context == '{"done":0,"failed":2,"of":5}'
        [third] = children(r)
        r.happened().child_event(e.ChildWorkflowExecutionStarted, third)
        for each, value in ((second, "[6.0,6.5]"), (third, "[7.0]")):
            result = f'{{"value":{value},"done":{value.count(".")},"failed":0,"failures":[]}}'
            r.script.child_event(e.ChildWorkflowExecutionCompleted, each, result=result)
        r.play()

        assert r.result.value == [None, None, 6.0, 6.5, 7.0]
        assert (r.result.done, r.result.failed) == (3, 2)
        [lost] = r.result.failures
        assert (lost.index, lost.count) == (0, 2)
        assert "was terminated" in lost.error


def test_a_lost_child_is_left_out_of_what_is_reduced() -> None:
    """And so is one in which nothing was done."""
    tree = fan_out(half, name="tree", chunk_size=1, reduce=min, tolerated_failures=None)

    with Rehearsal(tree, Span(0, 3)) as r:
        results = {0: None, 1: '{"value":null,"done":0,"failed":1}', 2: '{"value":5.0,"done":1,"failed":0}'}
        r.happened()
        for place, each in enumerate(children(r)):
            r.script.child_event(e.ChildWorkflowExecutionStarted, each)
            if results[place] is None:
                r.script.child_event(e.ChildWorkflowExecutionCanceled, each)
            else:
                r.script.child_event(e.ChildWorkflowExecutionCompleted, each, result=results[place])
        r.play()

        assert (r.result.value, r.result.done, r.result.failed) == (5.0, 1, 2)


@pytest.mark.parametrize("chunk_size", [2, 1])
def test_a_cancel_request_cancels_what_is_open(chunk_size: int) -> None:
    """Items and children."""
    tree = fan_out(half, name="tree", chunk_size=chunk_size)

    with Rehearsal(tree, Span(0, 2)) as r:
        r.happened()
        for each in children(r):
            r.script.child_event(e.ChildWorkflowExecutionStarted, each)
        r.cancel()

        asked = "RequestCancelActivityTask" if chunk_size == 2 else "RequestCancelExternalWorkflowExecution"
        assert [type(x).__name__ for x in r.decisions] == [asked, asked, "CancelWorkflowExecution"]


def test_only_so_many_failures_are_kept() -> None:
    """The others are counted."""
    tree = fan_out(half, chunk_size=60, reduce=sum, tolerated_failures=None)

    found = run(tree, [7] * 150)

    assert (found.failed, len(found.failures), found.value) == (150, 100, None)
    alone = run(fan_out(half, tolerated_failures=None, reduce=sum), [7] * 150)
    assert (alone.failed, len(alone.failures)) == (150, 100)


def test_its_settings_are_a_workflows() -> None:
    """Its name is made of what it submits; its types are what the functions say, if they say anything."""
    assert fan_out(half).name == "half.fan_out"
    assert fan_out(half, name="mine", task_list="tl").task_list == "tl"
    assert fan_out(half).run.__annotations__["return"] == FanOutResult[list[float | None]]
    assert fan_out(child, reduce=max).run.__annotations__["return"] == FanOutResult[Any | None]
    assert fan_out(LambdaFunction(name="f")).run.__annotations__["return"] == FanOutResult[list[Any | None]]


@pytest.mark.parametrize("limits", [{"chunk_size": 0}, {"fan": 1}, {"max_children": 0}, {"max_parallel": 0}])
def test_limits_that_make_no_sense(limits: dict[str, Any]) -> None:
    """Are refused where it is declared."""
    with pytest.raises(UsageError, match=r"=[01]"):
        fan_out(half, **limits)
