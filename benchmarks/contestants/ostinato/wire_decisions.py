"""Ostinato over the wire: decisions at a long history, by a decider that keeps replays, and by one that keeps none."""

from decision_times import DecisionTimes, Event
from measurement import Assignment
from processes_apart import served_apart
from programs import one_after_the_other
from served import require

NONE_KEPT = ("--kept-replays", "0")


def main() -> None:
    """Let one execution live through with each of the two."""
    assignment = Assignment.of_command_line()
    kept = decision_times(assignment)
    anew = decision_times(assignment, *NONE_KEPT)
    assignment.report(
        kept.long,
        note="the first: a decider as it ships, which keeps replays",
        short_seconds=kept.short,
        anew_seconds=anew.long,
        anew_short_seconds=anew.short,
    )


def decision_times(assignment: Assignment, *options: str) -> DecisionTimes:
    """Read how long its decisions took."""
    with served_apart(assignment, *options) as client:
        handle = client.start(one_after_the_other, assignment.size)
        require(handle.result(), assignment.size)
        events = [Event(event.event_id, type(event).__name__, event.event_timestamp) for event in handle.history()]
    return DecisionTimes.of(events)


if __name__ == "__main__":
    main()
