"""Ostinato: memory of open executions in the engine (resident), and of replays that a decider keeps (allocated)."""

import gc
import tracemalloc
from collections.abc import Sequence
from typing import Any

import coroutine_programs
import programs
from histories import HistoryWriter, Names, upto_decision
from histories import one_after_the_other as history_in_sequence
from measurement import Assignment
from processes import resident_bytes
from programs import SEQUENCE
from replayed import as_text, new_replay, of_text
from waiting import open_with

from ostinato import Workflow
from ostinato.model.events import HistoryEvent

REPLAYS = 1000
"""As many as a decider keeps."""
LONG_REPLAYS = 10
LONG_ACTIVITIES = 1000


def bytes_per_replay(workflow: Workflow[..., Any], events: Sequence[HistoryEvent], replays: int) -> float:
    """Give the bytes that one more replay takes, once it has seen these events (which are not counted)."""
    new_replay(workflow).feed(events)
    gc.collect()
    tracemalloc.start()
    kept = [new_replay(workflow) for _ in range(replays)]
    for replay in kept:
        replay.feed(events)
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    for replay in kept:
        replay.evict()
    return taken / replays


def waiting_history() -> Sequence[HistoryEvent]:
    """Give the history of an execution at its first decision, after which it waits."""
    writer = HistoryWriter(Names(workflow=programs.approval.name, activity="none"))
    writer.start()
    writer.start_decision()
    return of_text(as_text(writer.events))


def main() -> None:
    """Open executions, then make replays."""
    assignment = Assignment.of_command_line()
    waiting = waiting_history()
    long = of_text(as_text(upto_decision(history_in_sequence(SEQUENCE, LONG_ACTIVITIES + 1), LONG_ACTIVITIES)))
    cached = bytes_per_replay(programs.approval, waiting, REPLAYS)
    cached_async = bytes_per_replay(coroutine_programs.approval, waiting, REPLAYS)
    cached_long = bytes_per_replay(programs.one_after_the_other, long, LONG_REPLAYS)
    open_with(assignment.directory / "warm-up", 100).close()
    gc.collect()
    before = resident_bytes()
    with open_with(assignment.directory, assignment.size):
        gc.collect()
        taken = resident_bytes() - before
    assignment.report(
        0.0,
        open_bytes=taken / assignment.size,
        cached_bytes=cached,
        cached_async_bytes=cached_async,
        cached_long_bytes=cached_long,
    )


if __name__ == "__main__":
    main()
