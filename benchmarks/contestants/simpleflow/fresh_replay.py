"""simpleflow: the last decision of a workflow with n finished activities; each of its decisions is a fresh replay."""

from decider import OneAfterTheOther, Replayer, SideBySide, as_boto3_gives, names_of
from histories import one_after_the_other, side_by_side
from measurement import Assignment


def main() -> None:
    """Replay both shapes of history once each, after a small one that loads what is loaded late."""
    assignment = Assignment.of_command_line()
    sequence = Replayer(OneAfterTheOther)
    names = names_of(OneAfterTheOther)
    sequence.cpu_seconds(as_boto3_gives(one_after_the_other(names, 2)), "CompleteWorkflowExecution")
    seconds = sequence.cpu_seconds(
        as_boto3_gives(one_after_the_other(names, assignment.size)), "CompleteWorkflowExecution"
    )
    parallel_seconds = Replayer(SideBySide).cpu_seconds(
        as_boto3_gives(side_by_side(names_of(SideBySide), assignment.size)), "CompleteWorkflowExecution"
    )
    assignment.report(seconds, note="without its fork and the parsing of JSON", parallel_seconds=parallel_seconds)


if __name__ == "__main__":
    main()
