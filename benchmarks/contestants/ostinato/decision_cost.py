"""Ostinato: one decision of a replay that is kept, at a long history beside one at 100 events."""

import statistics
from itertools import pairwise

from histories import one_after_the_other as history_in_sequence
from histories import upto_decision
from measurement import Assignment
from programs import SEQUENCE, one_after_the_other
from replayed import as_text, cpu_seconds, new_replay, of_text

EVENTS_PER_ACTIVITY = 6
SHORT = 100
DECISIONS = 20
"""So many decisions, up to the one at that many events, are timed."""
TIMES = 20
"""So often at the short history."""


def main() -> None:
    """Time the decisions that lead to 100 events, and those that lead to the size's number of events."""
    assignment = Assignment.of_command_line()
    activities = assignment.size // EVENTS_PER_ACTIVITY
    written = history_in_sequence(SEQUENCE, activities + 1)
    events = of_text(as_text(written))
    ends = [0, *(len(upto_decision(written, decision)) for decision in range(activities + 1))]

    def costs(decisions: int) -> list[float]:
        replay = new_replay(one_after_the_other)
        all_costs = [cpu_seconds(replay, events[begin:end]) for begin, end in pairwise(ends[: decisions + 1])]
        return all_costs[-DECISIONS:]

    short = statistics.median(cost for _ in range(TIMES) for cost in costs(SHORT // EVENTS_PER_ACTIVITY)[1:])
    long = statistics.median(costs(len(ends) - 1))
    assignment.report(long, count=1, short_seconds=short, times=long / short)


if __name__ == "__main__":
    main()
