"""What an engine's URL names, and that it is opened and closed."""

import subprocess
import sys
from pathlib import Path

import pytest

from ostinato.engines import EngineKind, EngineUrl, open_swf, parse_engine
from ostinato.errors import DatabaseInUseError, UsageError
from ostinato.model.operations import RegisterDomain


@pytest.mark.parametrize(
    ("url", "engine", "properties"),
    [
        ("memory:", EngineUrl(EngineKind.MEMORY, ""), (True, False)),
        ("sqlite:a.db", EngineUrl(EngineKind.SQLITE, "a.db"), (True, True)),
        ("sqlite:/a b/c.db", EngineUrl(EngineKind.SQLITE, "/a b/c.db"), (True, True)),
        ("http://h:1", EngineUrl(EngineKind.HTTP, "http://h:1"), (False, True)),
        ("https://h/path", EngineUrl(EngineKind.HTTP, "https://h/path"), (False, True)),
        ("aws:", EngineUrl(EngineKind.AWS, ""), (False, True)),
        ("aws:eu-west-1", EngineUrl(EngineKind.AWS, "eu-west-1"), (False, True)),
    ],
)
def test_urls_name_engines(url: str, engine: EngineUrl, properties: tuple[bool, bool]) -> None:
    """And are shown as they were given."""
    found = parse_engine(url)

    assert found == engine
    assert (found.is_embedded, found.is_kept) == properties
    assert str(found) == url


@pytest.mark.parametrize(
    "url", ["", "memory", "memory:x", "sqlite:", "postgres://x", "http:", "https://", "aws:a/b", "x"]
)
def test_other_urls_are_refused(url: str) -> None:
    """With what there is, and where it was given."""
    with pytest.raises(UsageError, match=r"--engine: .*sqlite:FILE"):
        parse_engine(url, where="--engine")


@pytest.mark.parametrize("url", ["http://h:x", "http://h:1?a=b", "http://user@h:1"])
def test_urls_of_servers_have_nothing_besides(url: str) -> None:
    """No query, no user, and a port that is a number."""
    with pytest.raises(UsageError, match="http://HOST:PORT"), open_swf(url):
        pass


def test_a_file_is_given_back(tmp_path: Path) -> None:
    """At the end of the context, and not before."""
    url = f"sqlite:{tmp_path / 'o.db'}"
    with open_swf(url) as swf:
        swf.call(RegisterDomain(name="d", workflow_execution_retention_period_in_days="1"))
        with pytest.raises(DatabaseInUseError), open_swf(url):
            pass

    with open_swf(url):
        pass


LOADED = """
import sys
from ostinato.engines import open_swf
with open_swf({url!r}): pass
print(sorted({{"boto3", "sqlite3", "ssl", "starlette", "uvicorn"}} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("url", "loaded"), [("memory:", ["sqlite3"]), ("http://127.0.0.1:1", []), ("aws:eu-west-1", ["boto3", "ssl"])]
)
def test_only_what_is_needed_is_imported(url: str, loaded: list[str]) -> None:
    """Nobody pays for the others."""
    done = subprocess.run([sys.executable, "-c", LOADED.format(url=url)], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == str(loaded)


def test_a_missing_library_is_told() -> None:
    """With how to have it."""
    code = (
        "import sys; sys.modules['boto3'] = None\nfrom ostinato.engines import open_swf\nopen_swf('aws:x').__enter__()"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "pip install 'ostinato[aws]'" in done.stderr
