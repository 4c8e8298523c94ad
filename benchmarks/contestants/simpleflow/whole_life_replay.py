"""simpleflow: the CPU of all decisions of n activities in sequence, each a re-read of the whole history.

Decisions are sampled evenly, the first and the last among them, and the sum is taken by the trapezium rule: the cost
grows smoothly with history, and all n + 1 of them would take a minute.
"""

from decider import OneAfterTheOther, Replayer, as_boto3_gives, names_of
from histories import one_after_the_other, upto_decision
from measurement import Assignment

SAMPLES = 40


def main() -> None:
    """Measure the sampled decisions and estimate the whole."""
    assignment = Assignment.of_command_line()
    replayer = Replayer(OneAfterTheOther)
    events = as_boto3_gives(one_after_the_other(names_of(OneAfterTheOther), assignment.size))
    sampled = sorted({round(n * assignment.size / SAMPLES) for n in range(SAMPLES + 1)})
    costs = []
    for decision in sampled:
        expected = "CompleteWorkflowExecution" if decision == assignment.size else "ScheduleActivityTask"
        costs.append(replayer.cpu_seconds(upto_decision(events, decision), expected))
    seconds = costs[0] + sum(
        (later - earlier) * (cost_before + cost) / 2
        for earlier, later, cost_before, cost in zip(sampled, sampled[1:], costs, costs[1:], strict=False)
    )
    assignment.report(
        seconds,
        note=f"estimated from {len(sampled)} of {assignment.size + 1} decisions, without the fork and the JSON of each",
        last_decision_seconds=costs[-1],
    )


if __name__ == "__main__":
    main()
