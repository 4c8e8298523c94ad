"""`ostinato server` as a process: how it begins, what it refuses, and how it ends."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ostinato.engine.clock import SystemClock
from ostinato.engine.engine import Engine, open_engine
from ostinato.engine.log.records import Batch
from ostinato.engine.log.sqlite import SqliteLog
from ostinato.errors import DatabaseWriteError
from tests.server.conftest import Serve, Served, Wire, poll, request
from tests.server.conftest import start as begin

COMMAND = str(Path(sys.executable).with_name("ostinato"))

Start = Callable[..., "Process"]


class Process:
    """A server's process, once it has said where it is."""

    def __init__(self, *arguments: str | Path) -> None:
        command = [COMMAND, "server", "--port", "0", *map(str, arguments)]
        self.popen = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.popen.stderr is not None
        self.stderr = self.popen.stderr
        self.greeting = self.stderr.readline()
        assert "http://" in self.greeting, self.greeting + self.stderr.read()
        self.hints = [self.stderr.readline().split() for _ in range(2)]
        self.url = self.hints[0][-1].partition("=")[2]
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        self.address = (host.strip("[]"), int(port))

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send the signal, and give the exit code."""
        self.popen.send_signal(number)
        return self.popen.wait(timeout=60)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts servers, and kills those that still run."""
    started: list[Process] = []

    def begin(*arguments: str | Path) -> Process:
        started.append(Process(*arguments))
        return started[-1]

    yield begin
    for process in started:
        process.popen.kill()
        process.popen.wait()
        process.stderr.close()


def refused(*arguments: str | Path) -> str:
    """What a server says that does not begin; its exit code is 2."""
    command = [COMMAND, "server", "--port", "0", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    return done.stderr


def test_it_says_where_it_is(start: Start, tmp_path: Path) -> None:
    """The first lines tell the URL and how clients are pointed there; then it is quiet."""
    process = start("--db", tmp_path / "ostinato.db")

    assert process.url in process.greeting
    assert process.hints[0][-1] == f"AWS_ENDPOINT_URL_SWF={process.url}"
    assert process.hints[1][-1] == f"OSTINATO_ENGINE={process.url}"
    with Wire(process.address) as wire:
        assert wire.call("DescribeDomain", {"name": "d"}).status == 400
    assert process.end() == 0
    assert process.stderr.read() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_in_order(start: Start, tmp_path: Path, number: int) -> None:
    """Polls get the empty answer, what was answered is kept, the exit code is 0, and the database is free."""
    database = tmp_path / "ostinato.db"
    process = start("--db", database)
    with Wire(process.address) as wire, Wire(process.address) as polling:
        assert wire.call("RegisterDomain", {"name": "d", "workflowExecutionRetentionPeriodInDays": "1"}).status == 200
        polling.send(request("PollForActivityTask", poll()))
        assert wire.call("DescribeDomain", {"name": "d"}).status == 200

        assert process.end(number) == 0

        assert polling.answer().body == b'{"startedEventId":0}'
    with open_engine(database) as engine:
        assert engine.statistics().open_executions == 0


def test_it_logs_when_asked(start: Start, tmp_path: Path) -> None:
    """With --access-log each request is a line of JSON on stderr."""
    process = start("--db", tmp_path / "ostinato.db", "--access-log")
    with Wire(process.address) as wire:
        request_id = wire.call("DescribeDomain", {"name": "d"}).headers["x-amzn-requestid"]
    process.end()

    (line,) = process.stderr.read().splitlines()
    logged = json.loads(line)
    assert logged["request_id"] == request_id
    assert (logged["operation"], logged["status"], logged["outcome"]) == ("DescribeDomain", 400, "UnknownResourceFault")
    assert logged["client"].startswith("127.0.0.1:")


def test_its_pages(start: Start) -> None:
    """What people and monitors see; nothing else is there."""
    process = start("--db", ":memory:")
    with Wire(process.address) as wire:
        wire.call("DescribeDomain", {"name": "d"})

    def page(path: str) -> str:
        with Wire(process.address) as wire:
            wire.send(f"GET {path} HTTP/1.1\r\n\r\n".encode())
            return wire.answer().body.decode()

    assert "X-Amz-Target" in page("/")
    assert page("/health") == "ok\n"
    metrics = page("/metrics").splitlines()
    assert 'ostinato_requests_total{operation="DescribeDomain",outcome="UnknownResourceFault"} 1' in metrics
    assert 'ostinato_request_seconds_count{operation="DescribeDomain"} 1' in metrics
    assert "ostinato_open_executions 0" in metrics
    for data in (b"GET /nothing HTTP/1.1\r\n\r\n", b"PUT / HTTP/1.1\r\n\r\n", b"POST /x HTTP/1.1\r\n\r\n"):
        with Wire(process.address) as wire:
            wire.send(data)
            assert wire.answer().status in {404, 405}


class FullDisk(SqliteLog):
    """A log that cannot be written, when it is told so."""

    is_full = False

    def append(self, batch: Batch) -> None:
        """Keep the batch, or not."""
        if self.is_full:
            raise DatabaseWriteError(found="the disk is full", where="/secret/place", hint="Make room")
        super().append(batch)


def health(served: Served) -> tuple[int, str]:
    """What `/health` answers."""
    with served.wire() as wire:
        wire.send(b"GET /health HTTP/1.1\r\n\r\n")
        answer = wire.answer()
        return answer.status, answer.body.decode()


def test_it_is_not_well_while_nothing_can_be_kept(serve: Serve) -> None:
    """From the first change that was lost until the disk can be written again, whether or not anybody writes."""
    log = FullDisk(":memory:")
    served = serve(engine=Engine(log, clock=SystemClock()))
    served.register()

    log.is_full = True
    before = health(served)
    refused = served.call("StartWorkflowExecution", begin("x"))
    meanwhile = [health(served), health(served)]
    log.is_full = False

    assert before == (200, "ok\n")
    assert (refused.status, refused.fault) == (500, "InternalFailure")
    assert meanwhile == [(503, "nothing can be kept: the disk is full. Make room\n")] * 2
    assert health(served) == (200, "ok\n")
    served.start("x")


def test_it_is_not_open_to_all_by_mistake(start: Start, tmp_path: Path) -> None:
    """An address that others reach needs credentials, or an explicit word."""
    assert "--insecure" in refused("--host", "0.0.0.0", "--db", ":memory:")  # noqa: S104
    keys = tmp_path / "keys.toml"
    keys.write_text('[[keys]]\naccess_key_id = "a"\nsecret_access_key = "b"\n', encoding="utf-8")
    keys.chmod(0o644)
    assert "chmod 600" in refused("--credentials", keys, "--db", ":memory:")
    keys.chmod(0o600)

    assert start("--host", "0.0.0.0", "--db", ":memory:", "--insecure").end() == 0  # noqa: S104
    closed = start("--host", "0.0.0.0", "--db", ":memory:", "--credentials", keys)  # noqa: S104
    with Wire(("127.0.0.1", closed.address[1])) as wire:
        assert wire.call("ListDomains").fault == "MissingAuthenticationTokenException"


def test_an_address_that_is_taken(tmp_path: Path) -> None:
    """It is told, and the database is not touched."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = refused("--port", str(taken.getsockname()[1]), "--db", tmp_path / "ostinato.db")

    assert "cannot listen" in said
    assert list(tmp_path.iterdir()) == []
    assert "cannot listen" in refused("--host", "no.such.host.invalid", "--db", ":memory:")


def test_databases_that_cannot_be_used(start: Start, tmp_path: Path) -> None:
    """One that is foreign, broken, cut off or in use is refused with a message, and not changed."""
    good = tmp_path / "good.db"
    start("--db", good).end()
    data = good.read_bytes()
    cut, broken, text, foreign = (tmp_path / f"{name}.db" for name in ("cut", "broken", "text", "foreign"))
    cut.write_bytes(data[: len(data) // 2])
    broken.write_bytes(data[:100] + os.urandom(len(data) - 100))
    text.write_text("Dear diary", encoding="utf-8")
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    before = {path: path.read_bytes() for path in (cut, broken, text, foreign)}

    for path in before:
        assert str(path) in refused("--db", path)

    assert {path: path.read_bytes() for path in before} == before
    start("--db", good)
    assert "in use" in refused("--db", good)
