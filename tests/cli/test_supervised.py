"""`ostinato decider`, `ostinato worker` and `ostinato standalone`, as a user has them."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from ostinato import Client, workflow
from ostinato.errors import UnknownResourceFault
from tests.cli.conftest import Shell, started, wait_until

FLOW = """
import asyncio
import os
import sys
from pathlib import Path

from ostinato import activity, logger, sleep, submit, wait_signal, workflow


def note(text):
    with open("log.txt", "a") as file:
        file.write(text + "\\n")


@activity
def who(x: int) -> int:
    logger.warning("who %d", x)
    note(f"who {os.getpid()}")
    return os.getpid()


@workflow(version="1", task_start_to_close_timeout=2)
def flow(n: int) -> list[int]:
    logger.warning("flow %d", n)
    return [submit(who, x).result() for x in range(n)]


@workflow(name="flows.flow", version="2")
def flow_2(n: int) -> str:
    return f"version 2 of {n}"


@workflow
def waiting() -> str:
    return wait_signal("go").result()


@workflow
def failing() -> None:
    raise ValueError("no way")


@activity(task_list="elsewhere")
def away() -> str:
    return "away"


@workflow(task_list="deciders")
def roaming() -> str:
    return submit(away.options(task_list="nowhere")).result()


@workflow
async def undecidable() -> None:
    await asyncio.to_thread(print)


def around(task, attempt):
    note(f"around {task.activity_id}")
    return attempt()
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in a directory with the program `flow.py`."""
    (tmp_path / "flow.py").write_text(FLOW)
    return Shell(tmp_path)


def named(name: str, version: str = "default") -> Any:
    return workflow(name=name, version=version, task_start_to_close_timeout=2)(lambda *_: None)


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_decider_and_a_worker_serve_all_that_their_target_names(shell: Shell, url: str) -> None:
    """Types are registered, several versions at once; middleware is around; SIGTERM drains, and the exit code is 0."""
    with (
        started(shell, "decider", "flow.py", "--engine", url, "--processes", "2") as decider,
        started(
            shell, "worker", "flow.py", "--engine", url, "--middleware", "flow:around", "--log-format", "json"
        ) as worker,
        Client(url) as client,
    ):
        wait_until(lambda: client_sees(client))
        pids = client.run(named("flow.flow", "1"), 3)
        second = client.run(named("flows.flow", "2"), 3)
        decider.terminate()
        worker.terminate()
        decided, worked = shell.finish(decider), shell.finish(worker)

    assert len(set(pids)) == 1
    assert second == "version 2 of 3"
    assert (decided.code, worked.code) == (0, 0)
    assert shell.log()[:2] == ["around activity-flow.who-1", f"who {pids[0]}"]
    assert decided.err.count("flow 3 [workflow_id=") == 1
    lines = [json.loads(line) for line in worked.err.splitlines()]
    (first,) = [line for line in lines if line["message"] == "who 0"]
    assert (first["activity_id"], first["attempt"]) == ("activity-flow.who-1", 1)


def client_sees(client: Client) -> bool:
    """Whether the types are registered."""
    try:
        client.start(named("flow.failing"))
    except UnknownResourceFault:
        return False
    return True


def test_processes_that_are_killed_are_replaced_and_nothing_is_lost(shell: Shell, url: str) -> None:
    """The execution goes on in the next process; if the supervisor is killed, its children end by themselves."""
    with (
        started(shell, "decider", "flow.py", "--engine", url, "--sticky-timeout", "1") as decider,
        started(shell, "worker", "flow.py", "--engine", url) as worker,
        Client(url) as client,
    ):
        wait_until(lambda: client_sees(client))
        wait_until(lambda: len(children_of(decider.pid)) == 1)
        handle = client.start(named("flow.waiting"))
        wait_until(lambda: any(type(event).__name__ == "DecisionTaskCompleted" for event in handle.history()))
        (first,) = children_of(decider.pid)
        os.kill(first, signal.SIGKILL)
        handle.signal("go", "on")

        assert handle.result() == "on"
        left = children_of(decider.pid) + children_of(worker.pid)
        assert first not in left
        decider.kill()
        worker.kill()
        wait_until(lambda: all(map(is_gone, left)))


def test_on_amazon_a_domain_is_registered_only_if_asked_for(shell: Shell, url: str) -> None:
    """For good, after all."""
    amazon = {"AWS_ENDPOINT_URL_SWF": url, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    words = ("decider", "flow.py", "--engine", "aws:eu-west-1", "--domain", "new")

    refused = shell.finish(shell.start(*words, **amazon))
    with Client(url, domain="new") as client:
        with pytest.raises(UnknownResourceFault):
            client.count()
        process = shell.start(*words, "--create-domain", **amazon)
        try:
            wait_until(lambda: client_sees(client))
        finally:
            # Amazon's polls cannot be interrupted, and take a minute.
            process.kill()
            said = shell.finish(process).err

    assert refused.code == 2
    assert "--create-domain registers it" in refused.err
    assert "Found credentials" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["decider", "nowhere.py", "--engine", "URL"], "there is no file nowhere.py"),
        (["decider", "flow.py", "--engine", "sqlite:x.db"], "embedded"),
        (["decider", "flow.py"], "Give --engine"),
        (["worker", "flow.py", "--engine", "URL", "--rate", "0"], "--rate"),
        (["worker", "flow.py", "--engine", "URL", "--middleware", "no.such:thing"], "no.such"),
    ],
)
def test_what_cannot_be_served_is_told(shell: Shell, url: str, words: list[str], said: str) -> None:
    """Exit code 2, and no process that is started again and again."""
    ended = shell(*(url if word == "URL" else word for word in words))

    assert ended.code == 2
    assert said in ended.err


@pytest.mark.parametrize("engine", ["memory:", "sqlite:alone.db"])
def test_standalone_runs_a_workflow_in_processes_of_its_own(shell: Shell, engine: str) -> None:
    """The result is on stdout, and nothing else; no process is left."""
    ended = shell("standalone", "flow.py:flow", "--input", "2", "--engine", engine, "--workers", "2")

    assert ended.code == 0, ended.err
    pids = json.loads(ended.out)
    assert len(pids) == 2
    assert all(map(is_gone, pids))


def test_standalone_serves_task_lists_that_only_options_name(shell: Shell, url: str) -> None:
    """All that is in its lane is on one list; on a server that others use, too."""
    ended = shell("standalone", "flow.py:roaming", "--engine", url)

    assert (ended.code, ended.out) == (0, '"away"\n')


def test_standalone_tells_how_it_ended_by_its_exit_code(shell: Shell) -> None:
    """1 for a failure, and when no decision can be made; 2 for wrong input."""
    failed = shell("standalone", "flow.py:failing", "--engine", "memory:")
    undecidable = shell("standalone", "flow.py:undecidable", "--engine", "memory:")
    unreadable = shell("standalone", "flow.py:flow", "--input", '"x"', "--engine", "memory:")

    assert (failed.code, undecidable.code, unreadable.code) == (1, 1, 2)
    assert "ValueError: no way" in failed.err
    assert "No decision on" in undecidable.err


def test_an_interrupted_standalone_goes_on_under_its_id(shell: Shell) -> None:
    """130, and no process is left; nor is one when it is killed after it has gone on."""
    engine = "sqlite:alone.db"
    with started(shell, "standalone", "flow.py:waiting", "--id", "w", "--engine", engine) as process:
        wait_until(lambda: len(children_of(process.pid)) == 3)
        left = children_of(process.pid)
        process.send_signal(signal.SIGINT)
        interrupted = shell.finish(process)
    assert interrupted.code == 130
    assert "go on with" in interrupted.err
    assert all(map(is_gone, left))

    with started(shell, "standalone", "flow.py:waiting", "--id", "w", "--engine", engine) as process:
        wait_until(lambda: len(children_of(process.pid)) == 3)
        left = children_of(process.pid)
        process.kill()
        wait_until(lambda: all(map(is_gone, left)))
