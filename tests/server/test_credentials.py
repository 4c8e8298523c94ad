"""The file of access keys: read when it is right and private, refused with a reason else."""

import json
from pathlib import Path

import pytest

from ostinato.errors import UsageError
from ostinato.server.credentials import AccessKey, read_credentials

TOML = """
[[keys]]
access_key_id = "AKID"
secret_access_key = "secret"

[[keys]]
access_key_id = "LOOK"
secret_access_key = "secret2"
domains = ["a", "b"]
read_only = true
"""


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    """A file with the text."""
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_toml_is_read(tmp_path: Path) -> None:
    """Keys with and without scopes."""
    credentials = read_credentials(written(tmp_path / "keys.toml", TOML, 0o640))

    assert credentials == {
        "AKID": AccessKey(access_key_id="AKID", secret_access_key="secret"),
        "LOOK": AccessKey(access_key_id="LOOK", secret_access_key="secret2", domains=("a", "b"), read_only=True),
    }


def test_json_is_read(tmp_path: Path) -> None:
    """The same in JSON, if the file's name says so."""
    keys = {"keys": [{"access_key_id": "AKID", "secret_access_key": "secret"}]}

    assert list(read_credentials(written(tmp_path / "keys.json", json.dumps(keys)))) == ["AKID"]


def test_a_secret_is_not_shown() -> None:
    """Neither in a message nor in a traceback."""
    assert "secret" not in repr(AccessKey(access_key_id="AKID", secret_access_key="secret"))


@pytest.mark.parametrize("mode", [0o604, 0o606, 0o620, 0o644])
def test_a_file_that_others_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    """It holds secrets."""
    with pytest.raises(UsageError, match="chmod 600"):
        read_credentials(written(tmp_path / "keys.toml", TOML, mode))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "keys"),
        ("keys = []", "nobody could call"),
        ("keys = 3", "array"),
        ("[[keys]]\naccess_key_id = 'a'", "secret_access_key"),
        ("[[keys]]\naccess_key_id = ''\nsecret_access_key = 'b'", "empty"),
        ("[[keys]]\naccess_key_id = 'a'\nsecret_access_key = 'b'\nreadonly = true", "readonly"),
        ("[[keys]]\naccess_key_id = 'a'\nsecret_access_key = 'b'\ndomains = 'd'", "array"),
        (TOML + TOML, "AKID twice"),
        ("{", "Invalid"),
        ("\ud800", "utf-8"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A misspelt scope is not passed over: the message says what is wrong."""
    path = tmp_path / "keys.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    path.chmod(0o600)

    with pytest.raises(UsageError, match=said) as caught:
        read_credentials(path)
    assert "secret2" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The system's reason is told."""
    with pytest.raises(UsageError, match="No such file"):
        read_credentials(tmp_path / "keys.toml")
