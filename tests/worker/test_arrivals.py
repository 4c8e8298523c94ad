"""Polls, and tasks that were put off, in one order of arrival."""

import threading
from queue import SimpleQueue

import pytest

from ostinato.model.fields import EventId, RunId, TaskToken
from ostinato.model.results import DecisionTask
from ostinato.model.structures import WorkflowExecution, WorkflowType
from ostinato.worker.arrivals import Arrivals
from ostinato.worker.put_off import PutOff, Waiting

SECONDS = 30


def task(run_id: str) -> DecisionTask:
    return DecisionTask(
        task_token=TaskToken(run_id),
        started_event_id=EventId(3),
        workflow_execution=WorkflowExecution(workflow_id="w", run_id=RunId(run_id)),
        workflow_type=WorkflowType(name="n", version="1"),
        events=(),
        previous_started_event_id=EventId(0),
    )


class Lab:
    """Polls that end when the test says so, and a clock that stands still."""

    def __init__(self) -> None:
        self.now = 0.0
        self.put_off = PutOff(lambda: self.now)
        self.stopping = threading.Event()
        self.begun = SimpleQueue[threading.Thread]()
        self.ends = SimpleQueue[DecisionTask | Exception | None]()
        self.arrivals = Arrivals(self.poll, self.put_off, self.stopping)

    def poll(self) -> DecisionTask | None:
        """A poll."""
        self.begun.put(threading.current_thread())
        end = self.ends.get(timeout=SECONDS)
        if isinstance(end, Exception):
            raise end
        return end


@pytest.fixture
def lab() -> Lab:
    """See `Lab`."""
    return Lab()


def test_polls_are_made_here_while_nothing_is_put_off(lab: Lab) -> None:
    """No task changes threads, and what a poll raises is raised."""
    first = task("r")
    for end in (first, None):
        lab.ends.put(end)
        assert lab.arrivals.next() is end
        assert lab.begun.get() is threading.current_thread()
    lab.ends.put(ConnectionError("gone"))
    with pytest.raises(ConnectionError, match="gone"):
        lab.arrivals.next()


def test_what_is_due_does_not_wait_for_the_poll(lab: Lab) -> None:
    """It comes when it is due, while the poll goes on; what that brings comes next."""
    lab.put_off.add(task("late"), "list", until=0.01)
    threading.Timer(0.05, setattr, (lab, "now", 1.0)).start()

    due = lab.arrivals.next()

    assert isinstance(due, Waiting)
    assert due.task.workflow_execution.run_id == "late"
    assert lab.begun.get(timeout=SECONDS) is not threading.current_thread()
    assert lab.arrivals.is_polling
    polled = task("polled")
    lab.ends.put(polled)
    assert lab.arrivals.next() is polled
    assert lab.begun.empty()
    assert not lab.arrivals.is_polling


def test_a_poll_beside_that_fails_raises_here(lab: Lab) -> None:
    """As one that was made here would."""
    lab.put_off.add(task("late"), "list", until=1000.0)
    lab.ends.put(ConnectionError("gone"))

    with pytest.raises(ConnectionError, match="gone"):
        lab.arrivals.next()


def test_after_the_stop_only_the_poll_in_flight_is_waited_for(lab: Lab) -> None:
    """It may bring a task; what was put off is SWF's to hand out again."""
    lab.put_off.add(task("late"), "list", until=0.01)
    threading.Timer(0.05, setattr, (lab, "now", 1.0)).start()
    assert isinstance(lab.arrivals.next(), Waiting)
    lab.put_off.add(task("due"), "list", until=0.0)
    lab.stopping.set()
    polled = task("polled")
    lab.ends.put(polled)

    assert lab.arrivals.next() is polled
