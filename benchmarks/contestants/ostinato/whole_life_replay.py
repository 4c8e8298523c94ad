"""Ostinato: the CPU of the replay of all decisions of n activities in sequence, by one replay that is kept."""

from histories import one_after_the_other as history_in_sequence
from histories import upto_decision
from measurement import Assignment
from programs import SEQUENCE, one_after_the_other
from replayed import as_text, cpu_seconds, new_replay, of_text, require_completed_with


def main() -> None:
    """Feed the history decision by decision."""
    assignment = Assignment.of_command_line()
    written = history_in_sequence(SEQUENCE, assignment.size)
    events = of_text(as_text(written))
    ends = [len(upto_decision(written, decision)) for decision in range(assignment.size + 1)]
    replay = new_replay(one_after_the_other)
    seconds = sum(cpu_seconds(replay, events[begin:end]) for begin, end in zip([0, *ends], ends[:-1], strict=False))
    require_completed_with(replay.feed(events[ends[-2] :]), assignment.size)
    assignment.report(seconds)


if __name__ == "__main__":
    main()
