"""Ostinato: a history of n finished activities fed to a new replay, at the last decision.

Three times: events as values (what replay itself costs); from SWF's JSON (what a client over a wire pays, the wire
aside); and from the log of an engine that has just been opened (what the first decision after a restart pays).
"""

from collections.abc import Sequence
from pathlib import Path

from histories import one_after_the_other as history_in_sequence
from histories import side_by_side as history_side_by_side
from measurement import Assignment
from programs import DEFINITIONS, FAN_OUT, SEQUENCE, one_after_the_other, side_by_side
from replayed import as_text, completion_seconds, of_text
from served import DOMAIN, FILE, require, served

from ostinato.client.histories import read_history
from ostinato.engine.engine import open_engine
from ostinato.model.events import DecisionTaskStarted, HistoryEvent
from ostinato.model.structures import WorkflowExecution


def recorded(directory: Path, activities: int) -> WorkflowExecution:
    """Run the workflow, so that its history is in the log."""
    with served(directory, DEFINITIONS) as client:
        handle = client.start(one_after_the_other, activities)
        require(handle.result(), activities)
    return handle.first_execution


def cpu_seconds_from_log(directory: Path, activities: int) -> float:
    """Give the CPU seconds of reading the history from a log just opened, and replaying it."""
    execution = recorded(directory, activities)
    with open_engine(directory / FILE) as engine:

        def read() -> Sequence[HistoryEvent]:
            events = list(read_history(engine.call, DOMAIN, execution))
            while not isinstance(events[-1], DecisionTaskStarted):
                events.pop()
            return events

        return completion_seconds(one_after_the_other, read, activities)


def main() -> None:
    """Replay both shapes of history, after a small one that loads what is loaded late."""
    assignment = Assignment.of_command_line()
    size = assignment.size
    warm_up = of_text(as_text(history_in_sequence(SEQUENCE, 2)))
    completion_seconds(one_after_the_other, lambda: warm_up, 2)
    text = as_text(history_in_sequence(SEQUENCE, size))
    in_sequence, at_once = of_text(text), of_text(as_text(history_side_by_side(FAN_OUT, size)))
    assignment.report(
        completion_seconds(one_after_the_other, lambda: in_sequence, size),
        parallel_seconds=completion_seconds(side_by_side, lambda: at_once, size * (size + 1) // 2),
        json_seconds=completion_seconds(one_after_the_other, lambda: of_text(text), size),
        log_seconds=cpu_seconds_from_log(assignment.directory, size),
        note="events as values, unless the row says otherwise",
    )


if __name__ == "__main__":
    main()
