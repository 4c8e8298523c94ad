"""Commands at a server that wants to know who calls."""

import re
from collections.abc import Iterator

import pytest

from ostinato import Client, Credentials
from ostinato.cli.reaching import ACCESS_KEY_ID, SECRET_ACCESS_KEY, credentials_in
from ostinato.client.registration import register_domain
from ostinato.errors import InvalidSignatureException, UsageError
from tests.cli.conftest import Shell

KEYS = """
[[keys]]
access_key_id = "AKIDSHOP"
secret_access_key = "secret"
"""
KEY = {ACCESS_KEY_ID: "AKIDSHOP", SECRET_ACCESS_KEY: "secret"}


@pytest.fixture
def guarded(shell: Shell) -> Iterator[str]:
    """The URL of a server that has credentials."""
    keys = shell.directory / "keys.toml"
    keys.write_text(KEYS)
    keys.chmod(0o600)
    server = shell.start("server", "--port", "0", "--db", ":memory:", "--credentials", "keys.toml")
    assert server.stderr is not None
    said = "".join(server.stderr.readline() for _ in range(4))
    assert said.endswith(f"; {ACCESS_KEY_ID}, {SECRET_ACCESS_KEY}\n"), said
    yield re.findall(r"OSTINATO_ENGINE=(\S+)", said)[0]
    server.terminate()
    shell.finish(server)


@pytest.mark.parametrize("command", ["run", "standalone"])
def test_a_command_signs_with_the_key_of_the_environment(shell: Shell, guarded: str, command: str) -> None:
    """Its child processes do, too."""
    ended = shell(command, "flows.py:add", "--input", "1", OSTINATO_ENGINE=guarded, **KEY)

    assert (ended.code, ended.out) == (0, "2\n"), ended.err


def test_who_has_no_key_is_told_where_to_put_one(shell: Shell, guarded: str) -> None:
    """And a wrong one is refused in Amazon's words."""
    none = shell("run", "flows.py:add", "--input", "1", "--engine", guarded)
    wrong = shell("count", "--engine", guarded, **{**KEY, SECRET_ACCESS_KEY: "guess"})

    assert none.code == 2
    assert f"Put one of its keys into {ACCESS_KEY_ID} and {SECRET_ACCESS_KEY}" in none.err
    assert wrong.code in {1, 2}
    assert "The request signature we calculated does not match" in wrong.err


def test_a_program_gives_its_client_a_key(guarded: str) -> None:
    """`Client` signs with it."""
    right = Credentials(access_key_id="AKIDSHOP", secret_access_key="secret")
    wrong = Credentials(access_key_id="AKIDSHOP", secret_access_key="guess")

    with Client(guarded, credentials=right) as client:
        register_domain(client.swf, "default")
        assert client.count().count == 0
    with Client(guarded, credentials=wrong) as client, pytest.raises(InvalidSignatureException):
        client.count()


def test_half_a_key_is_none() -> None:
    """What is forgotten is told before anything is sent."""
    for there, missing in ((ACCESS_KEY_ID, SECRET_ACCESS_KEY), (SECRET_ACCESS_KEY, ACCESS_KEY_ID)):
        with pytest.raises(UsageError, match=f"{there}: {missing} is not set"):
            credentials_in({there: "AKIDSHOP"})
    assert credentials_in({"AWS_ACCESS_KEY_ID": "AKID"}) is None
