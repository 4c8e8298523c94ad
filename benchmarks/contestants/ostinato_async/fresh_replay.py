"""Ostinato in `async def`: a history of n finished activities fed to a new replay, at the last decision."""

from coroutine_programs import one_after_the_other, side_by_side
from histories import one_after_the_other as history_in_sequence
from histories import side_by_side as history_side_by_side
from measurement import Assignment
from programs import FAN_OUT, SEQUENCE
from replayed import as_text, completion_seconds, of_text


def main() -> None:
    """Replay both shapes of history, after a small one that loads what is loaded late."""
    assignment = Assignment.of_command_line()
    size = assignment.size
    warm_up = of_text(as_text(history_in_sequence(SEQUENCE, 2)))
    completion_seconds(one_after_the_other, lambda: warm_up, 2)
    in_sequence = of_text(as_text(history_in_sequence(SEQUENCE, size)))
    at_once = of_text(as_text(history_side_by_side(FAN_OUT, size)))
    assignment.report(
        completion_seconds(one_after_the_other, lambda: in_sequence, size),
        parallel_seconds=completion_seconds(side_by_side, lambda: at_once, size * (size + 1) // 2),
    )


if __name__ == "__main__":
    main()
