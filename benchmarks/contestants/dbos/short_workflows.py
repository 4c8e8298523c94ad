"""DBOS: n workflows of one step, all started before the first result is asked for."""

import time

from dbos import DBOS
from launched import launched
from measurement import Assignment


@DBOS.step()
def increment(x: int) -> int:
    """Give x + 1."""
    return x + 1


@DBOS.workflow()
def one_step(x: int) -> int:
    """Run one step."""
    return increment(x)


def main() -> None:
    """Start all, then wait for all."""
    assignment = Assignment.of_command_line()
    with launched(assignment.directory):
        DBOS.start_workflow(one_step, 0).get_result()
        started = time.perf_counter()
        handles = [DBOS.start_workflow(one_step, number) for number in range(assignment.size)]
        results = [handle.get_result() for handle in handles]
        seconds = time.perf_counter() - started
    if results != list(range(1, assignment.size + 1)):
        raise AssertionError(results[:10])
    assignment.report(seconds, note="start_workflow, on its own pool of threads")


if __name__ == "__main__":
    main()
