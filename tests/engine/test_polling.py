"""Waiting for tasks in the poller's own thread."""

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import open_engine
from tests.engine.conftest import Scenario

if TYPE_CHECKING:
    from ostinato.engine.task_lists import Delivery


@pytest.fixture(name="scenario")
def _scenario() -> Iterator[Scenario]:
    clock = ManualClock()
    with open_engine(":memory:", clock=clock, poll_seconds=60.0) as engine:
        scenario = Scenario(engine, clock)
        scenario.register()
        yield scenario


def _interrupted(meanwhile: Callable[[], object]) -> "type[SimpleQueue[Delivery]]":
    """A mailbox whose owner is interrupted as he begins to wait, when something else has happened."""

    class Mailbox(SimpleQueue["Delivery"]):
        is_left = False

        def get(self, block: bool = True, timeout: float | None = None) -> "Delivery":  # noqa: FBT001, FBT002
            if self.is_left:
                return super().get(block, timeout)
            self.is_left = True
            meanwhile()
            raise KeyboardInterrupt

    return Mailbox


def test_an_interrupted_poller_is_given_nothing_more(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in a poll that waits: the next task goes to the next poller, not to one who has left."""
    monkeypatch.setattr("ostinato.engine.polling.SimpleQueue", _interrupted(lambda: None))
    with pytest.raises(KeyboardInterrupt):
        scenario.poll()

    assert scenario.engine.statistics().decision_pollers == 0


def test_a_task_on_its_way_to_an_interrupted_poller_is_given_back(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C just as a task is handed over: the next poller has the same start of it."""
    with monkeypatch.context() as patched:
        patched.setattr("ostinato.engine.polling.SimpleQueue", _interrupted(scenario.start))
        with pytest.raises(KeyboardInterrupt):
            scenario.poll()

    assert scenario.decision_task().started_event_id == 3


def test_a_poller_that_is_sent_away_at_once_goes(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that closes between a poller's coming and its waiting does not let it wait for ever."""
    begin = scenario.engine._polling.begin

    def close_after(*args: Any, **options: Any) -> object:
        pending = begin(*args, **options)
        scenario.engine.close()
        return pending

    monkeypatch.setattr(scenario.engine._polling, "begin", close_after)

    assert scenario.poll() is None
