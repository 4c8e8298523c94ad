"""simpleflow: one decision at a long history beside one at 100 events."""

import statistics

from decider import OneAfterTheOther, Replayer, as_boto3_gives, names_of
from histories import one_after_the_other, upto_decision
from measurement import Assignment

EVENTS_PER_ACTIVITY = 6
SHORT = 100


def main() -> None:
    """Time the decision at 100 events and at the size's number of events."""
    assignment = Assignment.of_command_line()
    activities = assignment.size // EVENTS_PER_ACTIVITY
    replayer = Replayer(OneAfterTheOther)
    events = as_boto3_gives(one_after_the_other(names_of(OneAfterTheOther), activities + 1))
    short_events = upto_decision(events, SHORT // EVENTS_PER_ACTIVITY)
    long_events = upto_decision(events, activities)
    short = statistics.median(replayer.cpu_seconds(short_events, "ScheduleActivityTask") for _ in range(20))
    long = statistics.median(replayer.cpu_seconds(long_events, "ScheduleActivityTask") for _ in range(3))
    assignment.report(
        long, count=1, note="without its fork, the polls and the JSON", short_seconds=short, times=long / short
    )


if __name__ == "__main__":
    main()
