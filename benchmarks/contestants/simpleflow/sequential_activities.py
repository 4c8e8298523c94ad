"""simpleflow: n activities in sequence by its local executor, which keeps a history in memory and nothing else."""

import time

from decider import OneAfterTheOther
from measurement import Assignment
from simpleflow.local.executor import Executor


def main() -> None:
    """Run the workflow once."""
    assignment = Assignment.of_command_line()
    started = time.perf_counter()
    result = Executor(OneAfterTheOther).run({"args": [assignment.size]})
    seconds = time.perf_counter() - started
    if result != assignment.size:
        raise AssertionError(result)
    assignment.report(seconds, note="local executor: plain calls in one thread, nothing is durable, no retries")


if __name__ == "__main__":
    main()
