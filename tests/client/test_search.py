"""Finding executions, by any combination of filters."""

from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest

from ostinato import Client, workflow
from ostinato.client.search import Search
from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import open_engine
from ostinato.errors import UsageError
from ostinato.model.enums import CloseStatus, ExecutionStatus
from ostinato.model.operations import Operation
from tests.client.conftest import DOMAIN


@workflow
def small() -> None: ...


@workflow
def large() -> None: ...


def ids(infos: Any) -> list[str]:
    return [info.execution.workflow_id for info in infos]


@pytest.fixture(name="history")
def a_history() -> Any:
    """Six executions, a hundred seconds apart: a to f; b, d are closed, 10 seconds after f's start."""
    clock = ManualClock(1_000_000.0)
    with open_engine(":memory:", clock=clock) as engine:
        client = Client(engine, domain=DOMAIN)
        client.register(small, large)
        handles = {}
        for place, name in enumerate("abcdef"):
            definition = small if place % 2 else large
            handles[name] = client.start(definition.options(workflow_id=name, tag_list=[f"t{place % 3}"]))
            engine.advance(100)
        engine.advance(10)
        handles["b"].terminate()
        engine.advance(10)
        handles["d"].terminate()
        yield client


FILTERS: dict[str, tuple[Any, set[str]]] = {
    "status": (ExecutionStatus.OPEN, set("acef")),
    "workflow_id": ("c", set("c")),
    "workflow": (small, set("bdf")),
    "tag": ("t1", set("be")),
    "close_status": (CloseStatus.TERMINATED, set("bd")),
    "started_after": (datetime.fromtimestamp(1_000_100, UTC), set("bcdef")),
    "started_before": (1_000_300.0, set("abcd")),
    "closed_after": (1_000_611.0, set("d")),
    "closed_before": (1_000_611.0, set("b")),
}


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_filters_combine(history: Client, size: int) -> None:
    """Any number of them, though SWF takes one beside a time: lists and counts agree."""
    for names in combinations(FILTERS, size):
        given: Any = {name: FILTERS[name][0] for name in names}
        wanted = set("abcdef").intersection(*(FILTERS[name][1] for name in names))

        found = ids(history.list(**given))

        assert set(found) == wanted, names
        assert len(found) == len(wanted), names
        assert history.count(**given).count == len(wanted), names


def test_a_name_takes_all_versions(history: Client) -> None:
    """A workflow takes its own."""
    history.register(small.options(version="2"))
    history.start(small.options(version="2", workflow_id="g"))

    assert set(ids(history.list(workflow=small.name))) == set("bdfg")
    assert set(ids(history.list(workflow=small.options(version="2")))) == set("g")


def test_open_ones_come_first_and_the_last_started_first(history: Client) -> None:
    """Or the other way round, within each."""
    assert ids(history.list()) == [*"feca", *"db"]
    assert ids(history.list(oldest_first=True)) == [*"acef", *"bd"]


def test_pages_are_read_as_they_are_asked_for() -> None:
    """Nobody reads a thousand executions to find the first."""
    with open_engine(":memory:") as engine:
        calls: list[str] = []

        class Counting:
            def call(self, operation: Operation[Any], /) -> Any:
                calls.append(type(operation).__name__)
                return engine.call(operation)

        client = Client(Counting(), domain=DOMAIN)
        client.register(small)
        for _ in range(1005):
            client.start(small)
        calls.clear()

        infos = client.list()
        first = next(infos)

        assert calls == ["ListOpenWorkflowExecutions"]
        assert first.workflow_type == small.workflow_type
        assert len(list(infos)) == 1004
        assert calls == ["ListOpenWorkflowExecutions"] * 2 + ["ListClosedWorkflowExecutions"]


def test_one_that_closes_meanwhile_is_listed_once(history: Client) -> None:
    """Between the open ones and the closed ones."""
    listed = history.list()
    first = next(listed)
    history.handle("f").terminate()

    assert [first.execution.workflow_id, *ids(listed)] == [*"feca", *"db"]
    assert ids(history.list()) == [*"eca", *"fdb"]


def test_nothing_is_asked_of_who_cannot_have_it() -> None:
    """An open execution has no close status."""
    assert Search(close_status=CloseStatus.FAILED).statuses == (ExecutionStatus.CLOSED,)
    assert Search(status=ExecutionStatus.OPEN, closed_after=1.0).statuses == ()


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (
            {"status": CloseStatus.FAILED},
            "status: <CloseStatus.FAILED: 'FAILED'>; expected one of ExecutionStatus.OPEN",
        ),
        ({"close_status": "FAILED"}, "close_status: 'FAILED'; expected one of CloseStatus.COMPLETED"),
    ],
)
def test_a_status_of_another_kind_is_refused(filters: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Search(**filters)

    assert str(caught.value).startswith(message)
