"""Task lists."""

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from ostinato.engine.state import Execution
from ostinato.engine.task_lists import Poller, TaskLists, WaitingTask
from ostinato.model.fields import EventId, RunId

EXECUTION = Execution(key=1, domain="d", workflow_id="w", run_id=RunId("r"))


def _task(number: int) -> WaitingTask:
    return WaitingTask(EXECUTION, EventId(number), None, 0)


def _poller() -> Poller:
    return Poller(cast("Any", None), identity=None, is_local=False)


@given(st.lists(st.tuples(st.sampled_from([None, "-5", "0", "7"]), st.booleans()), max_size=30))
def test_highest_priority_first_then_oldest(tasks: list[tuple[str | None, bool]]) -> None:
    """Tasks come by priority and age; those taken away never come; an empty list is no list."""
    lists = TaskLists()
    for number, (priority, _) in enumerate(tasks):
        lists.put("d", "l", priority, _task(number))
    for number, (_, is_discarded) in enumerate(tasks):
        if is_discarded:
            lists.discard(_task(number).id)
    expected = sorted(
        (number for number, (_, is_discarded) in enumerate(tasks) if not is_discarded),
        key=lambda number: (-int(tasks[number][0] or 0), number),
    )

    assert lists.task_count == lists.count("d", "l") == len(expected)
    taken = [lists.take("d", "l") for _ in expected]
    assert [task.scheduled_event_id for task in taken if task is not None] == expected
    assert lists.take("d", "l") is None
    assert lists.names() == []


def test_pollers_are_served_in_their_order() -> None:
    """The poller that came first is next; one that has left is not."""
    lists = TaskLists()
    first, second, third = _poller(), _poller(), _poller()
    for poller in (first, second, third):
        lists.wait("d", "l", poller)
    assert lists.withdraw("d", "l", first)
    assert not lists.withdraw("d", "l", first)

    assert lists.next_poller("d", "other") is None
    assert lists.next_poller("d", "l") is second
    assert list(lists.pollers()) == [third]
    assert (lists.poller_count, lists.names()) == (0, [])
