"""The supervisor, with children that are small programs of the test's own."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from ostinato.worker.children import Child
from ostinato.worker.health import HealthServer
from ostinato.worker.supervision import Ended, Supervisor

SECONDS = 20.0

SERVES = """
import json, os, signal, sys, time
order = json.loads(sys.stdin.readline())
def tell(state, **more): os.write(order["status"], (json.dumps({"state": state, **more}) + "\\n").encode())
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
tell("serving", counters={"activities": 3}, files=[order["file"]])
%s
time.sleep(1000)
"""


class Started:
    """Supervised children, and how many were started."""

    def __init__(self, code: str, file: Path) -> None:
        self.children: list[Child] = []
        self._code = code
        self._file = file

    def start(self, _slot: int) -> Child:
        def order(status: int) -> bytes:
            return json.dumps({"status": status, "file": str(self._file)}).encode()

        child = Child((sys.executable, "-c", self._code), order)
        self.children.append(child)
        return child


@contextmanager
def running(supervisor: Supervisor) -> Iterator[list[Ended]]:
    """Lets it run, and stops it."""
    ended: list[Ended] = []
    thread = threading.Thread(target=lambda: ended.append(supervisor.run()))
    thread.start()
    try:
        yield ended
    finally:
        supervisor.stop()
        thread.join()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def fetch(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, body


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_child_that_dies_is_replaced(tmp_path: Path) -> None:
    """And what it counted is not lost."""
    started = Started(SERVES % "", tmp_path / "f")
    supervisor = Supervisor("test", start=started.start, count=2, grace=5)
    with running(supervisor) as ended:
        wait_until(lambda: supervisor.snapshot().serving == 2)
        os.kill(started.children[0].pid, signal.SIGKILL)
        wait_until(lambda: len(started.children) == 3)
        wait_until(lambda: supervisor.snapshot().serving == 2)
        snapshot = supervisor.snapshot()

    assert ended == [Ended.DRAINED]
    assert (snapshot.restarts, snapshot.counters["activities"]) == (1, 9)
    assert all(is_gone(child.pid) for child in started.children)


def test_a_child_that_cannot_be_started_at_all_ends_the_supervisor(tmp_path: Path) -> None:
    """Exit code 2 says that with these settings none can; any other is tried again, more and more slowly."""
    hopeless = Started("import sys; sys.exit(2)", tmp_path / "f")
    ill = Started("import sys; sys.exit(1)", tmp_path / "f")
    failing = Supervisor("test", start=ill.start, count=1, grace=5)

    assert Supervisor("test", start=hopeless.start, count=1, grace=5).run() is Ended.UNUSABLE
    with running(failing):
        wait_until(lambda: len(ill.children) == 3)

    assert failing.snapshot().restarts >= 2


def test_what_does_not_end_within_its_grace_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the end says so."""
    monkeypatch.setattr("ostinato.worker.supervision._BEYOND_GRACE", 0.2)
    deaf = Started(SERVES % "signal.signal(signal.SIGTERM, signal.SIG_IGN); tell('serving')", tmp_path / "f")
    supervisor = Supervisor("test", start=deaf.start, count=1, grace=0.1)
    with running(supervisor) as ended:
        wait_until(lambda: supervisor.snapshot().serving == 1)
        time.sleep(0.2)

    assert ended == [Ended.CUT_SHORT]
    assert is_gone(deaf.children[0].pid)


def test_a_child_that_is_told_to_end_while_it_starts_cuts_nothing_short(tmp_path: Path) -> None:
    """It does not take signals yet, and dies of the first: it had begun nothing."""
    started = Started("import time; time.sleep(1000)", tmp_path / "f")
    with running(Supervisor("test", start=started.start, count=1, grace=5)) as ended:
        wait_until(lambda: len(started.children) == 1)

    assert ended == [Ended.DRAINED]
    assert all(is_gone(child.pid) for child in started.children)


def test_a_second_interrupt_leaves_at_once(tmp_path: Path) -> None:
    """Whatever the children do."""
    deaf = Started(SERVES % "signal.signal(signal.SIGTERM, signal.SIG_IGN); tell('serving')", tmp_path / "f")
    supervisor = Supervisor("test", start=deaf.start, count=1, grace=1000)
    with running(supervisor) as ended:
        wait_until(lambda: supervisor.snapshot().serving == 1)
        supervisor.stop()
        wait_until(lambda: supervisor.snapshot().is_draining)
        supervisor.stop()
        wait_until(lambda: bool(ended))

    assert ended == [Ended.LEFT]
    assert is_gone(deaf.children[0].pid)


def test_children_are_replaced_when_a_file_of_theirs_changes(tmp_path: Path) -> None:
    """Their successors are started before they are told to end."""
    file = tmp_path / "program.py"
    file.touch()
    started = Started(SERVES % "", file)
    supervisor = Supervisor("test", start=started.start, count=1, grace=5, reloads=True)
    with running(supervisor):
        wait_until(lambda: bool(supervisor._mtimes))
        os.utime(file, (1, 1))
        wait_until(lambda: len(started.children) == 2)
        wait_until(lambda: is_gone(started.children[0].pid))
        wait_until(lambda: supervisor.snapshot().serving == 1)

        assert supervisor.snapshot().restarts == 0


def test_health_and_metrics(tmp_path: Path) -> None:
    """200 while all serve, 503 while not; metrics are sums over the children."""
    started = Started(SERVES % "", tmp_path / "f")
    supervisor = Supervisor("test", start=started.start, count=2, grace=5)
    server = HealthServer("127.0.0.1", 0, supervisor.snapshot)
    try:
        assert fetch(server.port, "/health")[0] == 503
        with running(supervisor):
            wait_until(lambda: supervisor.snapshot().serving == 2)
            status, text = fetch(server.port, "/health")
            metrics = fetch(server.port, "/metrics")[1].splitlines()
    finally:
        server.close()

    health = json.loads(text)
    assert status == 200
    assert (health["status"], health["serving"], len(health["pids"])) == ("ok", 2, 2)
    assert "ostinato_activities_total 6" in metrics
    assert "ostinato_processes_serving 2" in metrics
