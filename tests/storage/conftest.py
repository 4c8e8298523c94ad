"""An engine in memory whose time does not pass by itself, and stores that are really there."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
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


@contextmanager
def _serving(
    command: Callable[[int], list[str]], reach: Callable[[int], object], *, ends_by: signal.Signals, **options: Any
) -> Iterator[int]:
    """The port on which that server runs; another one if somebody else takes the first meanwhile."""
    for _ in range(5):
        port = _free_port()
        process = subprocess.Popen(
            command(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **options
        )
        try:
            if _is_reached(process, partial(reach, port)):
                yield port
                return
        finally:
            process.send_signal(ends_by)
            process.wait(timeout=60)
    pytest.fail(f"{command(0)[0]} does not run, on no port")


def _is_reached(process: "subprocess.Popen[bytes]", reach: Callable[[], object]) -> bool:
    """Whether it came up; false if it has ended, as where its port is taken."""
    deadline = time.monotonic() + 60
    while process.poll() is None:
        try:
            reach()
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return process.poll() is None
    return False


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
    directory = tmp_path_factory.mktemp("redis")

    def command(port: int) -> list[str]:
        return [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)]

    def ping(port: int) -> None:
        with redis.Redis(port=port, socket_timeout=1, socket_connect_timeout=1) as connection:
            connection.ping()

    with _serving(command, ping, ends_by=signal.SIGTERM) as port:
        yield f"redis://127.0.0.1:{port}/0"


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
    try:
        subprocess.run(
            [initdb, "--pgdata", place / "data", "--username", "tester", "--auth", "trust", "--no-sync"],
            check=True,
            capture_output=True,
            cwd="/",
            timeout=120,
            **somebody,
        )

        def command(port: int) -> list[str]:
            return [postgres, "-D", str(place / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", ""]

        def url(port: int) -> str:
            return f"postgresql+psycopg://tester:secret@127.0.0.1:{port}/postgres"

        def connect(port: int) -> None:
            engine = sqlalchemy.create_engine(url(port), connect_args={"connect_timeout": 2})
            try:
                engine.connect().close()
            finally:
                engine.dispose()

        # Interrupted, it ends the fast way.
        with _serving(command, connect, ends_by=signal.SIGINT, **somebody) as port:
            yield url(port)
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
