"""What a run leaves open: it goes on until nobody of the family waits for anybody to run it."""

import signal
import threading

import pytest

from tests.cli.conftest import Shell, await_line

MEMORY = ("--engine", "memory:")


def kill_at(shell: Shell, line: str, *words: str) -> None:
    """Run until an activity writes the line, and kill -9."""
    process = shell.start("run", *words)
    shell.await_log(line)
    process.kill()
    shell.finish(process)


def test_children_that_outlive_their_parent_run_to_their_end(shell: Shell) -> None:
    """ABANDON: nobody else would run them. The result is the parent's, and what goes on is named."""
    opening = threading.Timer(3, shell.open_gate)  # when the parent has long closed
    opening.start()

    ended = shell("run", "flows.py:leaving", "--id", "l", *MEMORY)
    opening.join()

    assert (ended.code, ended.out) == (0, "11\n")
    assert "l has closed, and what it began goes on: " in ended.err
    assert sorted(shell.log()) == ["begin gate", "done gate", "increment 1", "increment 10", "increment 2"]


def test_children_that_are_asked_to_cancel_clean_up(shell: Shell) -> None:
    """REQUEST_CANCEL: their `finally` runs, and how they ended is told."""
    process = shell.start("run", "flows.py:asking", *MEMORY)
    await_line(process.stderr, "what it began goes on")
    shell.open_gate()
    ended = shell.finish(process)

    assert (ended.code, ended.out) == (0, '"asked"\n')
    assert shell.log() == ["begin gate", "done gate"]
    assert "was canceled" in ended.err


def test_children_that_are_terminated_are_not_waited_for(shell: Shell) -> None:
    """TERMINATE, the default: nothing is left, and nothing is said of it."""
    ended = shell("run", "flows.py:family", *MEMORY)

    assert ended.code == 0
    assert "has closed" not in ended.err


@pytest.mark.parametrize(("target", "result"), [("leaving", "11"), ("grandparent", '"old"')])
def test_a_family_goes_on_after_kill_9_and_no_new_run_starts(shell: Shell, target: str, result: str) -> None:
    """Also when an execution between has closed. The closed one's result is given again; then the id is free."""
    words = (f"flows.py:{target}", "--id", "l")
    process = shell.start("run", *words)
    await_line(process.stderr, "l has closed, and what it began goes on")
    shell.await_log("begin gate")
    process.kill()
    shell.finish(process)
    shell.open_gate()
    before = shell.log()

    resumed = shell("run", *words)
    after = shell.log()
    anew = shell("run", *words)

    assert (resumed.code, resumed.out) == (0, f"{result}\n")
    assert "has closed, but not all that descends from it" in resumed.err
    assert after == [*before, "begin gate", "done gate", "increment 2"]
    assert (anew.code, anew.out) == (0, f"{result}\n")
    assert "l started, run " in anew.err
    assert len(shell.log()) > len(after)


def test_an_interruption_while_children_go_on_drains(shell: Shell) -> None:
    """Code 130, though the result is known: something is left to do, and how is told."""
    process = shell.start("run", "flows.py:leaving", "--id", "l")
    assert process.stdout is not None
    result = process.stdout.readline()
    shell.await_log("begin gate")
    process.send_signal(signal.SIGINT)
    await_line(process.stderr, "1 activity to finish")
    shell.open_gate()
    ended = shell.finish(process)

    resumed = shell("run", "flows.py:leaving", "--id", "l")

    assert (ended.code, result) == (130, "11\n")
    assert "go on with: ostinato run flows.py:leaving --id l" in ended.err
    assert (resumed.code, resumed.out) == (0, "11\n")
    assert shell.log().count("done gate") == 1


def test_a_family_of_another_type_is_not_served(shell: Shell) -> None:
    """What goes on must be what was asked for."""
    kill_at(shell, "begin gate", "flows.py:leaving", "--id", "l")

    ended = shell("run", "flows.py:add", "--id", "l", "--input", "1")

    assert (ended.code, ended.out) == (2, "")
    assert "flows.leaving" in ended.err
    assert "children of it are open" in ended.err


def test_a_child_that_cannot_be_decided_stops_the_run(shell: Shell) -> None:
    """Code 1, though its parent completed: the operator has something to mend."""
    ended = shell("run", "flows.py:careless", "--id", "c")

    assert ended.code == 1
    assert "no decision could be made on workflow-flows.stray" in ended.err
    assert "src/ostinato" not in ended.err


def test_a_task_list_that_only_a_call_named_is_served_again_after_kill_9(shell: Shell) -> None:
    """No decision is due that could tell of it: history does."""
    kill_at(shell, "begin gate", "flows.py:hiding", "--id", "h")
    shell.open_gate()

    ended = shell("run", "flows.py:hiding", "--id", "h")

    assert (ended.code, ended.out) == (0, '"gate"\n')


def test_what_went_wrong_aside_is_told_once(shell: Shell) -> None:
    """A signal that fits no handler, an exception that nobody looked at: at once, and not again in a replay."""
    kill_at(shell, "begin gate", "flows.py:Counter", "--id", "c")
    shell.open_gate()

    resumed = shell("run", "flows.py:Counter", "--id", "c")
    anew = shell("run", "flows.py:Counter", "--id", "d")

    assert (resumed.code, resumed.out) == (0, "2\n")
    assert "signal" not in resumed.err
    assert "nobody looks" not in resumed.err
    assert anew.err.count("signal 'add' was not taken by its handler") == 1
    assert anew.err.count("nobody looks") == 1
