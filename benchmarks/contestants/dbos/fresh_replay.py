"""DBOS: recovery of a workflow with n recorded steps, whose process was killed after the last of them.

The time is that of the workflow's body in the new process, from its first line to its last, in which every step is
found in the database; launch and the queue that recovery goes through come on top and are told apart.
"""

import os
import subprocess
import sys
import time

from dbos import DBOS, SetWorkflowID
from launched import launched
from measurement import Assignment

CRASH = "CRASH_BEFORE_THE_END"
WORKFLOW_ID = "recovered"


@DBOS.step()
def increment(x: int) -> int:
    """Give x + 1."""
    return x + 1


@DBOS.workflow()
def count_up(steps: int) -> float:
    """Count up to n; then die, or give the seconds that it took."""
    started = time.perf_counter()
    value = 0
    for _ in range(steps):
        value = increment(value)
    if CRASH in os.environ:
        os._exit(0)
    return time.perf_counter() - started


def main() -> None:
    """In a child: run and die. Here: recover."""
    assignment = Assignment.of_command_line()
    if CRASH in os.environ:
        with launched(assignment.directory), SetWorkflowID(WORKFLOW_ID):
            count_up(assignment.size)
    subprocess.run([sys.executable, *sys.argv], env={**os.environ, CRASH: "1"}, check=True)
    started = time.perf_counter()
    with launched(assignment.directory):
        seconds = DBOS.retrieve_workflow(WORKFLOW_ID).get_result()
        whole = time.perf_counter() - started
    assignment.report(seconds, note=f"recovery from launch to result, through its polled queue: {whole * 1000:,.0f} ms")


if __name__ == "__main__":
    main()
