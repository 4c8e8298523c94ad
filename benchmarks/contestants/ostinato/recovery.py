"""Ostinato: opening an engine, in a new process, on a database with open executions, until it answers a question."""

import multiprocessing
import time
from pathlib import Path

from measurement import Assignment
from programs import TASK_LIST
from served import DOMAIN, FILE
from waiting import open_with

from ostinato.engine.engine import open_engine
from ostinato.model.operations import CountPendingDecisionTasks
from ostinato.model.structures import TaskList


def build(directory: Path, executions: int) -> None:
    """Make the database."""
    open_with(directory, executions).close()


def seconds_to_recover(directory: Path, executions: int) -> float:
    """Give the seconds from opening to the first answer."""
    child = multiprocessing.get_context("spawn").Process(target=build, args=(directory, executions))
    child.start()
    child.join()
    if child.exitcode != 0:
        raise AssertionError(child.exitcode)
    started = time.perf_counter()
    with open_engine(directory / FILE) as engine:
        engine.call(CountPendingDecisionTasks(domain=DOMAIN, task_list=TaskList(name=TASK_LIST)))
        return time.perf_counter() - started


def main() -> None:
    """Recover the assignment's number of executions, and a tenth of them."""
    assignment = Assignment.of_command_line()
    tenth = seconds_to_recover(assignment.directory / "tenth", assignment.size // 10)
    assignment.report(seconds_to_recover(assignment.directory / "whole", assignment.size), tenth_seconds=tenth)


if __name__ == "__main__":
    main()
