"""Ostinato: one activity through the whole path at a long history, beside one at 100 events.

What is timed is from one activity's run to the next one's: report, commit, decision, commit, poll.
"""

import statistics
import time
from itertools import pairwise

from measurement import Assignment
from programs import TASK_LIST
from served import require, served

from ostinato import activity, submit, workflow

EVENTS_PER_ACTIVITY = 6
SHORT = 100
ACTIVITIES = 100
"""So many of the last activities are timed at the long history."""
TIMES = 20
"""So many executions are timed up to twice the short history."""

moments: list[float] = []


@activity(name="note_moment", version="1", task_list=TASK_LIST)
def note_moment(x: int) -> int:
    """Note when it runs, and give x + 1."""
    moments.append(time.perf_counter())
    return x + 1


@workflow(name="one_after_the_other", version="1", task_list=TASK_LIST)
def one_after_the_other(activities: int) -> int:
    """Count up to n, each activity given the result of the one before."""
    value = 0
    for _ in range(activities):
        value = submit(note_moment, value).result()
    return value


def main() -> None:
    """Run some short executions and a long one."""
    assignment = Assignment.of_command_line()
    short_activities, long_activities = 2 * SHORT // EVENTS_PER_ACTIVITY, assignment.size // EVENTS_PER_ACTIVITY
    short: list[float] = []
    with served(assignment.directory, [note_moment, one_after_the_other]) as client:
        for number in range(TIMES + 1):
            moments.clear()
            require(client.run(one_after_the_other, short_activities), short_activities)
            short += [later - earlier for earlier, later in pairwise(moments)] if number else []
        moments.clear()
        require(client.run(one_after_the_other, long_activities), long_activities)
    long = [later - earlier for earlier, later in pairwise(moments)][-ACTIVITIES:]
    seconds, short_seconds = statistics.median(long), statistics.median(short)
    assignment.report(seconds, count=1, short_seconds=short_seconds, times=seconds / short_seconds)


if __name__ == "__main__":
    main()
