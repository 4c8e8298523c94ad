"""Server, deciders and workers are killed with kill -9 at random while workflows run: all end with the right result."""

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ostinato import Client
from ostinato.engine.state import Execution
from ostinato.model import events as e
from ostinato.model.fields import RunId
from tests.chaos.program import child, family, flaky, step
from tests.chaos.town import PATIENCE_SECONDS, Town, insist

if TYPE_CHECKING:
    from ostinato import Handle

PROGRAM = Path(__file__).with_name("program.py")

EXECUTIONS, STEPS = 100, 4
KILLING_SECONDS = 8.0


def check_history(history: list[e.HistoryEvent]) -> None:
    """Ids have no gap, time does not go back, one close at the end, and no task ends twice."""
    assert [event.event_id for event in history] == list(range(1, len(history) + 1))
    assert all(a.event_timestamp <= b.event_timestamp for a, b in pairwise(history))
    state = Execution(key=1, domain="default", workflow_id="w", run_id=RunId("r"))
    for event in history:
        state.apply(event)  # raises IllegalTransition
    assert isinstance(history[-1], e.WorkflowExecutionCompleted)
    ends = (e.ActivityTaskCompleted, e.ActivityTaskFailed, e.ActivityTaskTimedOut)
    ended = Counter(event.scheduled_event_id for event in history if isinstance(event, ends))
    scheduled = {event.event_id for event in history if isinstance(event, e.ActivityTaskScheduled)}
    assert set(ended) == scheduled
    assert set(ended.values()) == {1}


def test_nothing_is_lost_whatever_is_killed(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Workflows with timers, retries, signals, children give the right result; side effects come at least once."""
    seed = random.randrange(1 << 32)
    record_property("seed", seed)
    chance = random.Random(seed)
    log = str(tmp_path / "effects.txt")
    with ExitStack() as stack:
        town = Town(tmp_path, stack, PROGRAM)
        client = stack.enter_context(Client(town.url))
        insist(lambda: client.register(family, child, step, flaky))
        handles: list[Handle[list[int]]] = []
        kills: Counter[str] = Counter()
        ends_at = time.monotonic() + KILLING_SECONDS
        while time.monotonic() < ends_at or len(handles) < EXECUTIONS:
            for _ in range(min(5, EXECUTIONS - len(handles))):
                handles.append(start(client, log, len(handles)))
            time.sleep(chance.uniform(0.05, 0.4))
            if time.monotonic() < ends_at:
                kills[town.kill_one(chance)] += 1

        results = [insist(partial(handle.result, PATIENCE_SECONDS)) for handle in handles]
        histories = [insist(partial(list, handle.history())) for handle in handles]

    record_property("kills", dict(kills))
    assert results == [[STEPS, 101, 101, 7]] * EXECUTIONS
    for history in histories:
        check_history(history)
    effects = set(Path(log).read_text(encoding="ascii").splitlines())
    assert {f"w{n} {x}" for n in range(EXECUTIONS) for x in range(STEPS)} <= effects


def start(client: Client, log: str, number: int) -> "Handle[list[int]]":
    """Start an execution once, whether or not an answer came to the first try."""
    name = f"w{number}"

    def begin() -> "Handle[list[int]]":
        if client.find(name) is not None:
            return client.handle(name, workflow=family)
        return client.start(family.options(workflow_id=name), log, name, STEPS)

    handle: Handle[list[int]] = insist(begin)
    return handle
