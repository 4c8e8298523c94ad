"""Ids that follow from arguments, and tasks that are one for the same arguments."""

import asyncio
import hashlib
from typing import Any

import pytest

from ostinato import INHERIT, activity, submit, workflow
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.replay.definitions import own_id
from ostinato.testing.rehearsal import Rehearsal


@activity(name="work", idempotent=True)
def work(x: Any = None, *, y: Any = None) -> Any: ...


@workflow(name="child", idempotent=True)
def child(x: Any = None) -> Any: ...


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


ONE = "activity-work-" + md5('{"args":[1],"kwargs":{}}')


def ids(decisions: tuple[d.DecisionAttributes, ...]) -> list[str]:
    return [x.activity_id for x in decisions if isinstance(x, d.ScheduleActivityTask)]


def test_the_same_arguments_are_one_task() -> None:
    """While it is open and when it has ended; its id is simpleflow's. Other arguments are another task."""

    @workflow
    def played() -> Any:
        first, second, other = submit(work, 1), submit(work, 1), submit(work, 2)
        results = [first.result(), second.result(), other.result()]
        return [*results, submit(work, 1).result()]

    with Rehearsal(played) as r:
        assert ids(r.decisions)[0] == ONE
        other = ids(r.decisions)[1]
        assert len(r.decisions) == 2
        r.complete(ONE, 0)
        r.complete(other, "b")

        assert r.result == [0, 0, "b", 0]


def test_named_arguments_count_in_any_order() -> None:
    """The digest is of JSON with sorted keys, however deep."""

    @workflow
    def played() -> Any:
        submit(work, {"a": 1, "b": 2}, y=3)
        return submit(work, y=3, x={"b": 2, "a": 1}).running()

    with Rehearsal(played) as r:
        assert len(set(ids(r.decisions))) == 2  # by place, and by name
    with Rehearsal(played) as r:
        name = '{"args":[],"kwargs":{"x":{"a":1,"b":2},"y":3}}'
        assert ids(r.decisions)[1] == f"activity-work-{md5(name)}"


def test_a_failure_is_everyones() -> None:
    """It is one task, and it has failed."""

    @workflow
    def played() -> Any:
        first = submit(work, 1)
        failed = first.exception()
        return [str(failed) == str(submit(work, 1).exception()), first.running()]

    with Rehearsal(played) as r:
        r.fail(ONE, ValueError("no"))
        assert r.result == [True, False]


def test_a_future_as_argument_counts_by_its_result() -> None:
    """The task is looked up when the result is there."""

    @workflow
    def played() -> Any:
        first = submit(work, 1)
        return submit(work, first).result()

    with Rehearsal(played) as r:
        r.complete(ONE, 1)
        assert r.result == 1


def test_it_is_canceled_when_all_gave_it_up() -> None:
    """And is begun anew for who asks then."""

    @workflow
    def played() -> Any:
        first, second = submit(work, 1), submit(work, 1)
        submit(work, 2).result()
        first.cancel()
        submit(work, 3).result()
        running = second.running()
        second.cancel()
        return [running, submit(work, 1).result()]

    with Rehearsal(played) as r:
        two = ids(r.decisions)[1]
        r.happened().activity_started(ONE)
        three = ids(r.complete(two))[0]
        assert [type(x) for x in r.decisions] == [d.ScheduleActivityTask]
        r.complete(three)
        assert [type(x).__name__ for x in r.decisions] == ["RequestCancelActivityTask", "ScheduleActivityTask"]


def test_a_canceled_task_is_everyones() -> None:
    """Whoever waits for it is told."""

    @workflow
    async def played() -> Any:
        source = submit(work, 2)
        future = submit(work, source)
        source.cancel()
        try:
            await future
        except asyncio.CancelledError:
            return "canceled"

    with Rehearsal(played) as r:
        assert r.result == "canceled"


def test_children_may_be_idempotent() -> None:
    """Their ids are simpleflow's, with the same digest."""

    @workflow
    def played() -> Any:
        return [submit(child, 1).result(), submit(child, 1).result()]

    with Rehearsal(played) as r:
        [start] = r.decisions
        assert isinstance(start, d.StartChildWorkflowExecution)
        assert start.workflow_id.startswith("workflow-child-script--")
        assert start.workflow_id.endswith(ONE.rpartition("-")[2])
        r.happened().child_event(e.ChildWorkflowExecutionStarted, start.workflow_id)
        r.script.child_event(e.ChildWorkflowExecutionCompleted, start.workflow_id, result="5")
        r.play()
        assert r.result == [5, 5]


def test_an_id_by_a_function_of_the_arguments() -> None:
    """With `idempotent`, the id alone says what is the same."""
    named = work.options(activity_id=lambda x, y=None: f"work on {x}")

    @workflow
    def played() -> Any:
        return [submit(named, 1).result(), submit(named, 1, y=2).result()]

    with Rehearsal(played) as r:
        assert ids(r.decisions) == ["work on 1"]
        r.complete("work on 1", 7)
        assert r.result == [7, 7]


def test_an_id_by_a_function_alone() -> None:
    """Without `idempotent`, each submit asks for a task; `running` is the task's."""
    named = work.options(activity_id=lambda x: f"work on {x}", idempotent=False)

    @workflow
    def played() -> Any:
        future = submit(named, 1)
        submit(named, 1).exception()
        return [future.running(), future.result()]

    with Rehearsal(played) as r:
        assert ids(r.decisions) == ["work on 1"] * 2
        r.happened(refused={1: "ACTIVITY_ID_ALREADY_IN_USE"}).activity_started("work on 1")
        r.play()
        r.complete("work on 1", 7)
        assert r.result[1] == 7


@pytest.mark.parametrize("given", [5, "", "x" * 257, None])
def test_an_id_that_swf_could_not_take(given: Any) -> None:
    """Is refused at the call."""
    with Rehearsal(workflow(lambda: submit(work.options(activity_id=lambda: given)).result())) as r:
        assert r.reason is not None
        assert "the id of work was" in r.reason


def test_ids_are_known_outside_of_workflows_too() -> None:
    """For clients, who start executions."""
    assert own_id(child, (1,), {}) is None
    assert own_id(child.options(workflow_id="w"), (1,), {}) == "w"
    assert own_id(child.options(workflow_id=lambda x: f"w{x}"), (), {"x": 1}) == "w1"


def test_a_child_may_inherit_tags() -> None:
    """INHERIT is the parent's; at the top there are none."""
    inheriting = child.options(tag_list=INHERIT)

    @workflow
    def played() -> None:
        submit(inheriting).result()

    with Rehearsal(played) as r:
        [start] = r.decisions
        assert isinstance(start, d.StartChildWorkflowExecution)
        assert start.tag_list is None
    assert inheriting.tags() == ()
    assert inheriting.tags(("a",)) == ("a",)
    assert child.options(tag_list=["b"]).tags(("a",)) == ("b",)
