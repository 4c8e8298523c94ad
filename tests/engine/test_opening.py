"""Opening an engine over what is there."""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import open_engine
from ostinato.errors import DatabaseInUseError, IllegalTransition
from ostinato.model import decisions as d
from ostinato.model import operations as o
from tests.engine.conftest import DECIDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Scenario

_DUE = 100
"""So much one transaction fires."""


def test_an_engine_that_could_not_open_gives_the_file_back(
    open_scenario: "Callable[..., Scenario]", tmp_path: Path
) -> None:
    """The same process may try again after the file was put right."""
    path = tmp_path / "ostinato.db"
    scenario = open_scenario(path)
    scenario.register()
    scenario.start()
    scenario.engine.close()
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM events WHERE event_id = 1")
    database.close()

    for _ in range(2):
        with pytest.raises(IllegalTransition) as refused:
            open_engine(path)
        assert not isinstance(refused.value, DatabaseInUseError)


def test_all_that_was_due_meanwhile_can_be_taken(open_scenario: "Callable[..., Scenario]", tmp_path: Path) -> None:
    """However many timers ran out while no engine was there, the decision tasks of all of them wait after the start."""
    path, clock = tmp_path / "ostinato.db", ManualClock()
    scenario = open_scenario(path, clock)
    scenario.register()
    for number in range(_DUE):
        scenario.start(f"x{number}")
        scenario.decide(d.StartTimer(timer_id="t", start_to_fire_timeout="10"))
    scenario.engine.close()
    clock.advance(10)

    reopened = open_scenario(path, clock)
    waiting = reopened.swf.call(o.CountPendingDecisionTasks(domain="d", task_list=DECIDER))
    assert waiting.count == _DUE
