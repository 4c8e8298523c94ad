"""An engine in memory whose time does not pass by itself, and stores that are really there."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy

from ostinato import Client, FileStore, ObjectStore, Payloads, RedisStore, SqliteStore, SqlStore, Store
from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import open_engine
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker

DOMAIN = "default"


class Place:
    """A database, which engines are opened on one after the other."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @contextmanager
    def serving(self, *definitions: Any, payloads: Payloads) -> Iterator[Client]:
        """A client, while an engine and a worker run; all of them have ended after it."""
        with open_engine(self._file, clock=ManualClock()) as engine:
            worker = LocalWorker(engine.local(), domain=DOMAIN, catalog=catalog_of(definitions), payloads=payloads)
            with worker:
                yield Client(engine, payloads=payloads)
            engine.close()
            assert worker.join(30)

    def texts(self, workflow_id: str) -> list[str]:
        """All payloads that stand in the history, as they stand there."""
        with open_engine(self._file, clock=ManualClock()) as engine:
            events = list(Client(engine).handle(workflow_id).history())
        members = ("input", "result", "details", "control", "execution_context", "reason")
        return [text for event in events for name in members if (text := getattr(event, name, None)) is not None]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A database of the test's own."""
    return Place(tmp_path / "engine.db")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def s3_options(s3_endpoint: str) -> dict[str, Any]:
    """What obstore takes in order to use that server."""
    return {
        "endpoint": s3_endpoint,
        "region": "eu-west-1",
        "access_key_id": "a",
        "secret_access_key": "b",
        "client_options": {"allow_http": True},
    }


@pytest.fixture
def bucket(s3_endpoint: str, request: pytest.FixtureRequest) -> str:
    """A bucket of the test's own."""
    import boto3  # noqa: PLC0415

    name = f"b-{abs(hash(request.node.nodeid)):x}"
    client = boto3.client(
        "s3", endpoint_url=s3_endpoint, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.close()
    return name


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server here (on Debian: apt-get install redis-server)")
    port = _free_port()
    directory = tmp_path_factory.mktemp("redis")
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)],
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}/0"
    connection = redis.Redis.from_url(url)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            connection.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.05)
    connection.close()
    yield url
    process.terminate()
    process.wait()


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL."""
    initdb, postgres = (_postgresql_program(name) for name in ("initdb", "postgres"))
    if initdb is None or postgres is None:
        pytest.skip("there is no PostgreSQL here (on Debian: apt-get install postgresql)")
    place = tmp_path_factory.mktemp("postgresql")
    # It refuses to be root, who can be somebody else.
    somebody: dict[str, Any] = {}
    if os.getuid() == 0:
        user = pwd.getpwnam("nobody")
        somebody = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        place = Path(tempfile.mkdtemp(prefix="ostinato-postgresql-"))
        shutil.chown(place, user.pw_uid, user.pw_gid)
    port = _free_port()
    try:
        subprocess.run(
            [initdb, "--pgdata", place / "data", "--username", "tester", "--auth", "trust", "--no-sync"],
            check=True,
            capture_output=True,
            cwd="/",
            **somebody,
        )
        process = subprocess.Popen(
            [postgres, "-D", place / "data", "-p", str(port), "-h", "127.0.0.1", "-k", ""],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            **somebody,
        )
        url = f"postgresql+psycopg://tester:secret@127.0.0.1:{port}/postgres"
        engine = sqlalchemy.create_engine(url)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                engine.connect().close()
                break
            except sqlalchemy.exc.OperationalError:
                time.sleep(0.05)
        engine.dispose()
        yield url
        process.send_signal(signal.SIGINT)  # the fast way to end it
        process.wait()
    finally:
        if somebody:
            shutil.rmtree(place)


def _postgresql_program(name: str) -> str | None:
    """Debian has them beside the path."""
    places = [os.environ.get("PATH", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin")))]
    return shutil.which(name, path=os.pathsep.join(places))


STORES = ("file", "sqlite", "sql", "s3", "redis")


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each store, on what it is made for."""
    match request.param:
        case "file":
            yield FileStore(tmp_path / "payloads of mine")
        case "sqlite":
            sqlite = SqliteStore(tmp_path / "payloads.db")
            yield sqlite
            sqlite.close()
        case "sql":
            table = f"t{abs(hash(request.node.nodeid)):x}"
            sql = SqlStore(request.getfixturevalue("postgresql_url"), table=table)
            yield sql
            sql.close()
        case "s3":
            url = f"s3://{request.getfixturevalue('bucket')}/some/prefix"
            yield ObjectStore(url, **request.getfixturevalue("s3_options"))
        case _:
            redis_store = RedisStore(request.getfixturevalue("redis_url"), prefix=f"{request.node.name}:")
            yield redis_store
            redis_store.close()
