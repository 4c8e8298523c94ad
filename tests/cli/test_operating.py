"""The commands that look at executions and operate them, as they are typed: on a file, on a server, and by boto3.

`transcripts.txt` holds what each writes. With REWRITE_TRANSCRIPTS=1 this writes it anew: read the difference.
"""

import fcntl
import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import yaml

from ostinato import Client
from ostinato.cli import main
from ostinato.client.saved import read_saved
from ostinato.engine.clock import ManualClock
from ostinato.engine.engine import open_engine
from ostinato.errors import StoreError, WorkflowFailed
from ostinato.model.events import ActivityTaskStarted
from ostinato.server.serving import Server, Settings, listen
from ostinato.worker.catalog import catalog_of, definitions_in
from ostinato.worker.local import LocalWorker
from tests.cli import town
from tests.cli.conftest import COMMAND, Finished, wait_until

TRANSCRIPTS = Path(__file__).with_name("transcripts.txt")
CATALOG = catalog_of(definitions_in(town))
AN_HOUR = 3600.0

Type = Callable[[str], Finished]


@dataclass(frozen=True)
class Places:
    """Where the same executions are: in a file, and behind a server."""

    file: Path
    url: str
    client: Client


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """Executions that have completed, failed, and wait."""
    directory = tmp_path_factory.mktemp("town")
    _build(directory / "town.db")
    shutil.copy(directory / "town.db", directory / "served.db")
    with _served(directory / "served.db") as (url, client):
        yield Places(directory / "town.db", url, client)


@contextmanager
def _served(file: Path) -> Iterator[tuple[str, Client]]:
    """A server over the file, and a client of its engine."""
    with ExitStack() as stack:
        engine = stack.enter_context(open_engine(file))
        listening = listen("127.0.0.1", 0)
        url = "http://{}:{}".format(*listening.getsockname())
        server = Server(engine, Settings(poll_seconds=20))
        thread = threading.Thread(target=server.serve, args=(listening,), daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.stop)
        yield url, Client(engine.local(), domain="town")


def _build(file: Path) -> None:
    with open_engine(file, clock=ManualClock(time.time() - AN_HOUR)) as engine:
        client = Client(engine.local(), domain="town")
        with LocalWorker(engine.local(), domain="town", catalog=CATALOG) as worker:
            client.run(town.done.options(workflow_id="done"), 21)
            with suppress(WorkflowFailed):
                client.run(town.failed.options(workflow_id="failed"))
            # The engine is closed within: otherwise time would go on to where nothing waits any more.
            with suppress(StoreError), engine.time_held():
                handle = client.start(town.waiting.options(workflow_id="waiting"))
                wait_until(lambda: _is_waiting(client, handle.workflow_id))
                worker.stop()
                engine.close()
                town.may_end.set()
                worker.join(10)


def _is_waiting(client: Client, workflow_id: str) -> bool:
    counts = [client.handle(info.execution.workflow_id).describe().open_counts for info in client.list()]
    return (
        client.handle(workflow_id).describe().open_counts.open_child_workflow_executions == 1
        and any(isinstance(event, ActivityTaskStarted) for event in client.handle(workflow_id).history())
        and not any(each.open_decision_tasks for each in counts)
        and client.count(workflow=town.waits_too).count == 1
    )


@pytest.fixture(name="type_")
def a_keyboard(
    places: Places, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Type:
    """Types commands, in a directory of the test's own; the engine is the server, unless they say otherwise."""
    for name in list(os.environ):
        if name.startswith(("OSTINATO", "SWF_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OSTINATO_ENGINE", places.url)
    monkeypatch.setenv("OSTINATO_DOMAIN", "town")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()

    def run(command: str) -> Finished:
        capfd.readouterr()
        code = 0
        try:
            code = main(shlex.split(command), prog_name="ostinato", standalone_mode=False) or 0
        except click.exceptions.Exit as left:
            code = left.exit_code
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        out, err = capfd.readouterr()
        return Finished(code, out, err)

    return run


_CHANGING = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "<time>"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<time>"),
    (r"22[\w+/]{43}=", "<run>"),
    (r"\d{9,}\.\d+", "<timestamp>"),
    (rf"\S*{re.escape(socket.gethostname())}[\w.:-]*", "<worker>"),
    (re.escape(str(Path(__file__).parents[2])), "<here>"),
    (r"--[0-9a-f]{8}--", "--<hash>--"),
    # What marks a place in a traceback's line, which each Python does in its own way: in a text, or a list as JSON.
    (r"\n *[~^]+(?=\n)", ""),
    (r'\\?" *[~^]+\\?",', ""),
)


def normal(text: str) -> str:
    """The text without what is different each time; columns are as wide as they are then."""
    for pattern, name in _CHANGING:
        text = re.sub(pattern, name, text)
    return re.sub(r"(?<=\S) {2,}", "  ", text)


def transcripts() -> dict[str, str]:
    """Each command, with what it writes."""
    found: dict[str, str] = {}
    command = ""
    for line in TRANSCRIPTS.read_text().splitlines(keepends=True):
        if line.startswith("$ ostinato "):
            command = line.removeprefix("$ ostinato ").strip()
            found[command] = ""
        else:
            found[command] += line
    return found


@pytest.mark.parametrize("command", list(transcripts()))
def test_every_command_writes_what_it_wrote(type_: Type, command: str) -> None:
    """In every format, but for times and run ids."""
    ended = type_(command)
    said = normal(ended.out + ended.err)
    if os.environ.get("REWRITE_TRANSCRIPTS"):
        kept = {**transcripts(), command: said}
        TRANSCRIPTS.write_text("".join(f"$ ostinato {each}\n{text}" for each, text in kept.items()))

    assert said == transcripts()[command]


READING = [
    command
    for command in transcripts()
    if command.split()[0] not in {"signal", "cancel", "terminate"} and "--timeout" not in command
]


@pytest.mark.parametrize("command", [c for c in READING if "-o json" in c or "-o" not in c.split()])
def test_every_engine_gives_the_same(
    type_: Type, places: Places, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the file itself, and through boto3: byte for byte."""
    for name, value in {"AWS_ENDPOINT_URL": places.url, "AWS_DEFAULT_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    served = type_(command)

    by_boto3 = type_(f"{command} --engine aws:")
    on_file = type_(f"{command} --engine sqlite:{places.file}")

    assert by_boto3 == served
    assert (on_file.code, normal(on_file.out)) == (served.code, normal(served.out))


@pytest.mark.parametrize("command", ["list", "show waiting", "tasks done", "profile done", "history done", "tree done"])
def test_formats_agree(type_: Type, command: str) -> None:
    """JSON and YAML hold the same; so do lines of JSON, but for one object."""
    as_json = json.loads(type_(f"{command} -o json").out)

    assert yaml.safe_load(type_(f"{command} -o yaml").out) == as_json
    lines = [json.loads(line) for line in type_(f"{command} -o jsonl").out.splitlines()]
    assert lines == (as_json if isinstance(as_json, list) else [as_json])


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("result done", 0),
        ("result failed", 1),
        ("result nobody", 2),
        ("result waiting --timeout 0.1", 124),
        ("watch failed", 1),
        ("watch waiting --timeout 0.1", 124),
        ("show nobody", 2),
        ("history waiting nosuchrun", 2),
        ("list --columns color", 2),
        ("list --format xml", 2),
    ],
)
def test_exit_codes_tell_the_truth(type_: Type, command: str, code: int) -> None:
    """As the help of each says."""
    assert type_(command).code == code


@pytest.mark.parametrize(
    ("command", "limit"), [("list", 2), ("tasks done", 2), ("profile done", 1), ("history done --reverse", 3)]
)
def test_what_is_sorted_is_sorted_before_it_is_cut(type_: Type, command: str, limit: int) -> None:
    """The first of all, not those that came first, sorted."""
    column = {"list": "workflow_id", "history done --reverse": "type"}.get(command, "id")
    for sort in (column, f"-{column}"):
        found = json.loads(type_(f"{command} -o json --sort {sort}").out)
        cut = json.loads(type_(f"{command} -o json --sort {sort} -n {limit}").out)

        assert len(found) > limit
        assert cut == found[:limit]
        assert found == sorted(found, key=lambda row: str(row[column]), reverse=sort != column)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("show done nosuchrun", "`ostinato list` has all"),
        ("history done nosuchrun", "`ostinato list` has all"),
        ("rerun waiting", "an execution with that id is open. `ostinato terminate ID` closes it"),
        ("activity rerun nobody --activity-id x", "no execution with that id"),
        ("activity rerun done --activity-id x", "`ostinato tasks done --kind activity` has all"),
        ("type show workflow nix", "`ostinato type list` has all"),
        ("type register workflow tests.cli.town.done", "there is such a type already"),
        ("domain register", "there is a domain town already"),
        ("domain show nix", "ostinato: nix: there is no such domain at http"),
        ("schedule show done", "there is no schedule with that id in domain town"),
        ("schedule pause nobody", "there is no schedule with that id in domain town"),
        ("list --domain nix", "--domain nix: there is no such domain"),
    ],
)
def test_what_is_not_there_is_told_with_what_to_do(type_: Type, command: str, message: str) -> None:
    """Code 2, in one line, in words of the command rather than of SWF's faults."""
    ended = type_(command)

    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1
    assert "Fault" not in ended.err


def test_what_is_open_runs_until_now(type_: Type) -> None:
    """A profile of an open execution does not end with its last event."""
    (running,) = [row for row in json.loads(type_("profile waiting -o json").out) if row["name"].endswith("long")]

    assert running["ran"] > AN_HOUR - 60


def test_run_ids_may_be_left_out_or_encoded(type_: Type, places: Places) -> None:
    """The open run, or else the newest; as addresses of the web have them, too."""
    run_id = places.client.handle("done").run_id

    said = {
        type_(f"show done {run} -o json").out for run in ("", run_id, run_id.replace("/", "%2F").replace("+", "%2B"))
    }

    assert len(said) == 1


def test_a_saved_history_is_read_by_replay(type_: Type, places: Places, tmp_path: Path) -> None:
    """It says whose it is; nothing is on stdout."""
    ended = type_("history done --output done.json")

    saved = read_saved(tmp_path / "done.json")
    assert (ended.code, ended.out) == (0, "")
    assert "done.json: 37 events of done" in ended.err
    assert saved.execution == places.client.handle("done").first_execution
    assert tuple(saved.events) == tuple(places.client.handle("done").history())


def test_a_long_chain_of_runs_is_one_tree(type_: Type, tmp_path: Path) -> None:
    """A schedule that has gone on for years has thousands."""
    file = tmp_path / "rounds.db"
    with open_engine(file) as engine, LocalWorker(engine.local(), domain="town", catalog=CATALOG):
        handle = Client(engine.local(), domain="town").start(town.rounds.options(workflow_id="r"), 1200)
        handle.result()
    begin = f"tree r {handle.first_execution.run_id}"

    ended = type_(f"{begin} --engine sqlite:{file} -o jsonl")
    drawn = type_(f"{begin} --engine sqlite:{file} -o tsv --columns family,status --no-header")

    members = [json.loads(line) for line in ended.out.splitlines()]
    assert len({member["run_id"] for member in members}) == 1201
    assert [member["status"] for member in members[-2:]] == ["CONTINUED_AS_NEW", "COMPLETED"]
    assert drawn.out.splitlines()[0] == "r\tCONTINUED_AS_NEW"
    assert drawn.out.splitlines()[-1] == "↻ r\tCOMPLETED"


def test_a_file_belongs_to_one_process_so_nobody_waits_there(type_: Type, places: Places) -> None:
    """Whoever waits for what only others can do learns it at once."""
    for command in ("result waiting", "watch waiting"):
        ended = type_(f"{command} --engine sqlite:{places.file}")

        assert ended.code == 2
        assert "nobody can run it" in ended.err


def test_an_execution_is_started_and_operated(type_: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From start to result, by commands alone, but for the worker; also without its code."""
    town.may_end.set()
    with _served(tmp_path / "own.db") as (url, client):
        monkeypatch.setenv("OSTINATO_ENGINE", url)
        started = type_(
            "start tests.cli.town:waiting --id mine --tag a --tag b --execution-timeout 2h --child-policy abandon"
        )
        with LocalWorker(client.swf, domain="town", catalog=CATALOG) as worker:
            signaled = type_("signal mine approve --input '\"yes\"'")
            result = type_("result mine --timeout 60")
            again = type_("start tests.cli.town.small@default --id again --input 4 --priority 2")
            doubled = type_("result again --timeout 60")
            worker.stop()
        shown = json.loads(type_("show mine -o json").out)

    assert re.fullmatch(r"mine \S+\n", started.out)
    assert (signaled.code, signaled.out, signaled.err) == (0, "", "")
    assert (result.code, result.out) == (0, '"yes"\n')
    assert re.fullmatch(r"again \S+\n", again.out)
    assert doubled.out == "8\n"
    assert (shown["tags"], shown["execution_timeout"], shown["child_policy"]) == (["a", "b"], 7200, "ABANDON")
    assert shown["signals"][0]["input"] == {"args": ["yes"], "kwargs": {}}


@pytest.mark.parametrize(
    ("given", "carried"), [("", {"args": [], "kwargs": {}}), ("--input '{\"a\": 1}'", {"args": [], "kwargs": {"a": 1}})]
)
def test_a_signal_is_propagated_if_asked(type_: Type, tmp_path: Path, given: str, carried: dict[str, object]) -> None:
    """Whoever receives it hands it on."""
    with _served(tmp_path / "own.db") as (url, _):
        type_(f"start tests.cli.town:waiting --id mine --engine {url}")

        signaled = type_(f"signal mine approve --propagate --engine {url} {given}")

        shown = json.loads(type_(f"show mine -o json --engine {url}").out)
    assert (signaled.code, signaled.out, signaled.err) == (0, "", "")
    assert shown["signals"][0]["input"] == {**carried, "__propagate": True}


def test_an_execution_is_canceled_or_terminated(type_: Type, tmp_path: Path) -> None:
    """What was asked for shows, before anybody has decided about it."""
    (tmp_path / "input.json").write_text('{"x": 5}')
    engine = "--engine sqlite:own.db"
    started = type_(f"start {town.__file__}:small --id one --input-file input.json {engine}")
    twice = type_(f"start {town.__file__}:small --id one --input 1 {engine}")
    type_(f"cancel {started.out.strip()} {engine}")
    asked = json.loads(type_(f"show one -o json {engine}").out)
    type_(f"terminate one --reason enough --details much {engine}")
    ended = json.loads(type_(f"show one -o json {engine}").out)

    assert twice.code == 2
    assert "an execution with that id is open" in twice.err
    assert asked["cancel_requested"] is True
    assert asked["input"] == {"args": [], "kwargs": {"x": 5}}
    assert asked["waits_for"] == ["a decider on task list default"]
    assert (ended["status"], ended["reason"], ended["details"]) == ("TERMINATED", "enough", "much")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("start no_such.py:flow", "there is no file no_such.py"),
        ("start no.such@1", "Unknown type"),
        ("start tests.cli.town:small --input '\"x\"'", "It takes tests.cli.town.small(x: int)"),
        ("start tests.cli.town:small --input 1 --input-file -", "not both"),
        ("start tests.cli.town:small --id a/b --input 1", "--id: 'a/b'"),
        ("signal waiting approve --input {", "is not JSON"),
    ],
)
def test_what_cannot_be_asked_for_is_told(type_: Type, command: str, message: str) -> None:
    """Code 2, and nothing was done."""
    ended = type_(command)

    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_the_live_view_on_a_terminal(places: Places, tmp_path: Path) -> None:
    """What is open is drawn, with its times; Ctrl-C is quiet, and the workflow goes on."""
    words = [COMMAND, "watch", "waiting", "--engine", places.url, "--domain", "town"]
    screen = Screen(words, tmp_path)

    screen.await_text("activity-tests.cli.town.long-1")
    screen.await_text("timer-1")
    screen.process.send_signal(signal.SIGINT)
    code = screen.process.wait(30)

    assert code == 130
    assert "Traceback" not in screen.close()
    assert places.client.handle("waiting").describe().execution_info.close_status is None


def test_a_list_on_a_terminal_is_a_table(places: Places, tmp_path: Path) -> None:
    """With colors, as wide as the terminal is, and no wider."""
    screen = Screen([COMMAND, "list", "--engine", places.url, "--domain", "town"], tmp_path)

    text = screen.close()

    assert screen.process.wait(30) == 0
    assert "\x1b[32mCOMPLETED" in text
    assert all(len(re.sub(r"\x1b\[[\d;]*m", "", line)) <= Screen.COLUMNS for line in text.splitlines())


class Screen:
    """A command on a pseudo-terminal."""

    COLUMNS = 120

    def __init__(self, words: list[str], directory: Path) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, self.COLUMNS, 0, 0))
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("OSTINATO", "COV_", "COLUMNS"))
        }
        environment = {**kept, "TERM": "xterm-256color"}
        environment.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            words, cwd=directory, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self._text = ""

    def _read(self, timeout: float) -> bool:
        """Read what there is; False at the end."""
        if not select.select([self._ours], [], [], timeout)[0]:
            return True
        try:
            more = os.read(self._ours, 65_536)
        except OSError:  # the other side is closed
            return False
        self._text += more.decode(errors="replace")
        return bool(more)

    def await_text(self, text: str) -> None:
        """Wait until the screen shows it."""
        deadline = time.monotonic() + 30
        while text not in self._text:
            assert time.monotonic() < deadline, self._text
            assert self._read(1), self._text

    def close(self) -> str:
        """All that was written, once the command has ended."""
        while self._read(5):
            pass
        os.close(self._ours)
        return self._text
