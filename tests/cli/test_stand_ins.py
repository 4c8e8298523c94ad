"""Python functions in place of AWS Lambda's, for each command that has an engine of its own."""

import json
import re
from pathlib import Path

import pytest

from ostinato import Client, workflow
from tests.cli.conftest import Shell, started

FLOW = """
from ostinato import LambdaFunction, submit, workflow
from ostinato.errors import LambdaFailed

def twice(number):
    return 2 * number


@workflow(lambda_role="arn:aws:iam::123456789012:role/any", name="flow")
def flow(number: int) -> list:
    told = []
    for name in ("twice", "thrice", "fail"):
        try:
            told.append(submit(LambdaFunction(name), number).result())
        except LambdaFailed as error:
            told.append(str(error).partition(": ")[2])
    return told


own = LambdaFunction("twice", stand_in=twice)
"""

ELSEWHERE = """
from ostinato import LambdaFunction

def fail(number):
    raise ValueError(f"not {number}")


def thrice(number):
    return 3 * number


others = [LambdaFunction("fail", stand_in=fail)]
failing, tripling = others[0], LambdaFunction("thrice", stand_in=thrice)
"""

TOLD = [4, 6, "ValueError: not 2"]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in a directory with the program `flow.py`, which has one stand-in, and `elsewhere.py`, which has two."""
    (tmp_path / "flow.py").write_text(FLOW)
    (tmp_path / "elsewhere.py").write_text(ELSEWHERE)
    return Shell(tmp_path)


@pytest.mark.parametrize("command", ["run", "standalone"])
def test_those_of_the_target_and_those_that_are_named_are_called(shell: Shell, command: str) -> None:
    """The workflow's module need not be named; a function that nothing stands in for fails."""
    words = (command, "flow.py:flow", "--input", "2", "--engine", "memory:")

    alone, together = shell(*words), shell(*words, "--stand-ins", "elsewhere.py")

    assert json.loads(alone.out)[0] == 4, alone.err
    assert json.loads(alone.out)[1] == "ResourceNotFoundException: Function not found: thrice"
    assert json.loads(together.out) == TOLD, together.err


def test_a_server_calls_those_that_it_is_told(shell: Shell) -> None:
    """For whoever decides; after a restart, too."""

    @workflow(lambda_role="arn:aws:iam::123456789012:role/any", name="flow")
    def flow(number: int) -> list[object]:
        raise NotImplementedError

    words = ("server", "--port", "0", "--db", "kept.db", "--stand-ins", "flow.py", "--stand-ins", "elsewhere")
    for number in range(2):
        with started(shell, *words) as server:
            assert server.stderr is not None
            url = re.findall(r"OSTINATO_ENGINE=(\S+)", "".join(server.stderr.readline() for _ in range(3)))[0]
            with started(shell, "decider", "flow.py", "--engine", url), Client(url) as client:
                client.register(flow)
                assert client.run(flow.options(workflow_id=f"w{number}"), 2) == TOLD


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "flow.py:flow", "--engine", "http://127.0.0.1:9"], "an `ostinato server` is told by its own"),
        (["standalone", "flow.py:flow", "--engine", "aws:eu-west-1"], "an `ostinato server` is told by its own"),
        (["server", "--port", "0", "--stand-ins", "nowhere.py"], "there is no file nowhere.py"),
        (["server", "--port", "0", "--stand-ins", "plain.py"], "no function in plain stands in for a Lambda function"),
        (["server", "--port", "0", "--stand-ins", "rival.py"], "two functions stand in for it"),
    ],
)
def test_what_cannot_be_called_is_told_at_once(shell: Shell, words: list[str], said: str) -> None:
    """Exit code 2, and nothing has begun."""
    (shell.directory / "plain.py").write_text("from ostinato import LambdaFunction\nf = LambdaFunction('f')\n")
    rival = "from elsewhere import *\nrival = LambdaFunction('fail', stand_in=print)\n"
    (shell.directory / "rival.py").write_text(rival)

    ended = shell(*words, "--stand-ins", "elsewhere.py")

    assert ended.code == 2
    assert said in ended.err
    assert not (shell.directory / "ostinato.db").exists()
