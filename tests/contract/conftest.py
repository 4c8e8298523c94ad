"""What contract tests share: a real server in this process, and real clients of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from ostinato import Client
from ostinato.engine.engine import Engine, open_engine
from ostinato.server.serving import Server, Settings, listen, url_of

collect_ignore_glob = ["programs/*"]

POLL_SECONDS = 1.0
"""Polls of these tests end soon: a minute is for workers."""

DOMAIN = "contract"


@contextmanager
def serving(engine: Engine, **settings: Any) -> Iterator[str]:
    """The URL of a server over the engine."""
    listening = listen("127.0.0.1", 0)
    server = Server(engine, Settings(poll_seconds=POLL_SECONDS, **settings))
    thread = threading.Thread(target=server.serve, args=(listening,))
    thread.start()
    try:
        yield url_of(listening)
    finally:
        server.stop()
        thread.join()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An engine in memory."""
    with open_engine(":memory:") as engine:
        yield engine


@pytest.fixture(scope="module")
def url(engine: Engine) -> Iterator[str]:
    """The server's URL."""
    with serving(engine) as url:
        yield url


def boto_client(url: str) -> Any:
    """Amazon's own client for Python. It checks nothing by itself, so that the server's answers are seen."""
    return boto3.client(
        "swf",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        config=Config(retries={"max_attempts": 0}, parameter_validation=False),
    )


@pytest.fixture(scope="module")
def boto(url: str) -> Any:
    """Amazon's own client of the server."""
    return boto_client(url)


@pytest.fixture(scope="module")
def client(engine: Engine) -> Client:
    """Our client of the engine itself, with the domain there."""
    client = Client(engine, domain=DOMAIN)
    client.register()
    return client


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of the programs for upstream frameworks."""
    return Path(__file__).parent / "programs"


def environ(url: str, home: Path) -> dict[str, str]:
    """The environment of a program that shall take our server for Amazon."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
    }
