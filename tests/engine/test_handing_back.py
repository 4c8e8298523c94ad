"""Tasks that were delivered to a poller who had gone: handed back, they are the next one's."""

from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from ostinato.errors import UnknownResourceFault
from ostinato.model import decisions as d
from ostinato.model import operations as o
from ostinato.model.results import ActivityTask, DecisionTask
from ostinato.model.structures import TaskList

if TYPE_CHECKING:
    from collections.abc import Callable

    from ostinato.engine.polling import PendingPoll
    from ostinato.engine.task_lists import Delivery
    from tests.engine.conftest import Scenario

DECISIONS = o.PollForDecisionTask(domain="d", task_list=TaskList(name="deciders"))
ACTIVITIES = o.PollForActivityTask(domain="d", task_list=TaskList(name="workers"))


class Begun:
    """A poll that somebody began."""

    def __init__(self, scenario: "Scenario", poll: o.PollForDecisionTask | o.PollForActivityTask) -> None:
        self.deliveries: SimpleQueue[Delivery] = SimpleQueue()
        self.pending: PendingPoll = scenario.engine.begin_poll(poll, self.deliveries.put)

    @cached_property
    def delivery(self) -> "Delivery":
        """What was delivered to it."""
        return self.deliveries.get(timeout=60)

    def answer(self) -> ActivityTask | DecisionTask | None:
        """What it was answered."""
        return self.pending.answer(self.delivery)

    def hand_back(self) -> None:
        """Give it back."""
        self.pending.hand_back(self.delivery)


def test_a_poll_that_waits_is_given_the_task_that_comes(scenario: "Scenario") -> None:
    """A poll begun before there is a task has it delivered when the start is durable; then it cannot be withdrawn."""
    begun = Begun(scenario, DECISIONS)
    assert begun.deliveries.empty()

    scenario.start()

    task = begun.answer()
    assert isinstance(task, DecisionTask)
    assert task.started_event_id == 3
    assert not begun.pending.withdraw()


def test_a_poll_that_was_withdrawn_is_given_nothing(scenario: "Scenario") -> None:
    """Who has withdrawn is not delivered to; the task waits."""
    begun = Begun(scenario, DECISIONS)

    assert begun.pending.withdraw()

    scenario.start()
    assert begun.deliveries.empty()
    assert scenario.decision_task().started_event_id == 3


def test_what_is_handed_back_on_a_list_of_ones_own_does_not_wait_there_for_ever(scenario: "Scenario") -> None:
    """Its decider is gone: after the time-out of that list the task is on the execution's own list again."""
    scenario.start()
    own = o.RespondDecisionTaskCompleted(
        task_token=scenario.decision_task().task_token,
        task_list=TaskList(name="own"),
        task_list_schedule_to_start_timeout="5",
    )
    scenario.engine.call(own)
    gone = Begun(scenario, o.PollForDecisionTask(domain="d", task_list=TaskList(name="own")))
    scenario.signal()

    gone.hand_back()
    scenario.advance(5)

    assert scenario.kinds()[-2:] == ["DecisionTaskTimedOut", "DecisionTaskScheduled"]
    assert isinstance(Begun(scenario, DECISIONS).answer(), DecisionTask)


@pytest.mark.parametrize("kind", ["decision", "activity"])
def test_what_is_handed_back_is_the_next_pollers(scenario: "Scenario", kind: str) -> None:
    """The next poller has it at once, with the start that history has: no second one, and no time-out in between."""
    scenario.start()
    if kind == "activity":
        scenario.decide(scenario.schedule())
    poll = DECISIONS if kind == "decision" else ACTIVITIES
    first = Begun(scenario, poll)
    before = scenario.kinds()

    first.hand_back()

    scenario.advance(100)  # More than its start-to-close time-out.
    assert scenario.kinds() == before
    again = Begun(scenario, poll).answer()
    assert again == first.answer()
    assert scenario.kinds() == before


def test_who_waits_has_what_is_handed_back_at_once(scenario: "Scenario") -> None:
    """A poller that waits is delivered to when another hands back."""
    scenario.start()
    first, second = Begun(scenario, DECISIONS), Begun(scenario, DECISIONS)

    first.hand_back()

    assert second.answer() == first.answer()


def test_time_outs_begin_anew(scenario: "Scenario") -> None:
    """The time-out of a task that was handed back counts from its second handing out."""
    scenario.start()
    first = Begun(scenario, DECISIONS)
    scenario.advance(29)
    first.hand_back()
    scenario.advance(1000)
    second = Begun(scenario, DECISIONS)

    scenario.advance(29.9)

    assert "DecisionTaskTimedOut" not in scenario.kinds()
    assert second.answer() is not None
    scenario.advance(0.2)
    assert "DecisionTaskTimedOut" in scenario.kinds()


def test_what_is_over_is_not_taken_back(scenario: "Scenario") -> None:
    """Handing back twice, or a task that timed out, or one of an execution that closed, does nothing."""
    scenario.start()
    begun = Begun(scenario, DECISIONS)
    begun.hand_back()
    again = Begun(scenario, DECISIONS)
    task = again.answer()
    assert isinstance(task, DecisionTask)
    scenario.answer(task.task_token, scenario.schedule())
    before = scenario.kinds()

    begun.hand_back()
    assert scenario.poll() is None
    assert scenario.kinds() == before
    worker = Begun(scenario, ACTIVITIES)
    scenario.swf.call(o.TerminateWorkflowExecution(domain="d", workflow_id="x"))
    worker.hand_back()

    assert scenario.swf.call(ACTIVITIES) is None


def test_nothing_is_handed_back(scenario: "Scenario") -> None:
    """Handing back the empty answer is harmless."""
    Begun(scenario, DECISIONS).pending.hand_back(None)

    assert scenario.poll() is None


def test_the_token_counts_whoever_had_it(scenario: "Scenario") -> None:
    """Only one answer to a task that was handed out twice counts."""
    scenario.start()
    first = Begun(scenario, DECISIONS)
    first.hand_back()
    task = scenario.decision_task()
    scenario.answer(task.task_token, d.CompleteWorkflowExecution())

    with pytest.raises(UnknownResourceFault):
        scenario.answer(task.task_token, d.CompleteWorkflowExecution())


def test_a_restart_knows_what_was_handed_back(open_scenario: "Callable[..., Scenario]", tmp_path: Path) -> None:
    """What was handed back waits after a restart too; what another process has then, does not."""
    path = tmp_path / "ostinato.db"
    scenario = open_scenario(path)
    scenario.register()
    scenario.start("back")
    handed_back = Begun(scenario, DECISIONS)
    handed_back.hand_back()
    scenario.engine.close()

    scenario = open_scenario(path, scenario.clock)
    again = Begun(scenario, DECISIONS)
    assert again.answer() == handed_back.answer()
    scenario.engine.close()

    scenario = open_scenario(path, scenario.clock)
    assert scenario.poll() is None


def test_what_a_dead_process_had_itself_is_another_ones_now(
    open_scenario: "Callable[..., Scenario]", tmp_path: Path
) -> None:
    """A task of a local worker that died, given to a poller of another process, is not given again after a restart."""
    path = tmp_path / "ostinato.db"
    scenario = open_scenario(path)
    scenario.register()
    scenario.start()
    scenario.swf = scenario.engine.local()
    scenario.decision_task()
    scenario.engine.close()
    scenario = open_scenario(path, scenario.clock)
    assert Begun(scenario, DECISIONS).answer() is not None
    scenario.engine.close()

    scenario = open_scenario(path, scenario.clock)

    assert scenario.poll() is None
