import json
import os
import pty
import re
import resource
import select
import signal
import subprocess

import pytest

from tests.cli.conftest import COMMAND, Shell, await_line, wait_until

MEMORY = ("--engine", "memory:")


# What comes out.


def test_the_result_is_json_on_stdout_alone(shell: Shell) -> None:
    """Stdout holds the result and nothing else, whatever the program prints; the exit code is 0."""
    ended = shell("run", "flows.py:talkative", *MEMORY)

    assert (ended.code, ended.out) == (0, '"quiet"\n')
    for text in ("from the workflow", "from an activity", "from a subprocess"):
        assert text in ended.err


@pytest.mark.parametrize(
    ("target", "input_", "result"),
    [
        ("add", "[1, 3]", "4"),
        ("add", '{"x": 1, "times": 2}', "3"),
        ("add", "7", "8"),
        ("mirror", '[{"x": 1, "y": 2}]', '{"x":2,"y":1}'),
        ("Greeting", '"Ada"', '"Hi Ada"'),
        ("Greeting", '{"name": "Ada", "polite": true}', '"Dear Ada"'),
        ("countdown", "[3]", '"zero"'),
    ],
)
def test_input_is_by_place_by_name_or_the_only_argument(shell: Shell, target: str, input_: str, result: str) -> None:
    """A list, an object, anything else; and continue-as-new is followed."""
    ended = shell("run", f"flows:{target}", "--input", input_, *MEMORY)

    assert (ended.code, ended.out.strip()) == (0, result)


def test_quiet_says_nothing(shell: Shell) -> None:
    """A workflow that goes well leaves stderr empty."""
    ended = shell("run", "flows.py:add", "--input", "1", "--quiet", *MEMORY)

    assert (ended.code, ended.out, ended.err) == (0, "2\n", "")


def test_a_failed_attempt_is_told_with_the_next_one(shell: Shell) -> None:
    """Without a terminal progress is a few lines: what failed, and when it is tried again."""
    ended = shell("run", "flows.py:lucky", *MEMORY)

    assert (ended.code, ended.out) == (0, "2\n")
    assert "ConnectionError: nobody there; attempt 2 in 1 s" in ended.err


def test_what_fails_in_a_child_is_told_too(shell: Shell) -> None:
    """Whoever waits for a child learns why it takes so long."""
    ended = shell("run", "flows.py:family", *MEMORY)

    assert (ended.code, ended.out) == (0, "2\n")
    assert "ConnectionError: nobody there" in ended.err


def test_a_failure_has_the_authors_traceback_and_code_1(shell: Shell) -> None:
    """The reason, the workflow's lines and the activity's; none of ours."""
    ended = shell("run", "flows.py:failing", *MEMORY)

    assert (ended.code, ended.out) == (1, "")
    assert (
        "failed: ActivityFailed: activity flows.leap (activity-flows.leap-1) failed: ValueError: too high" in ended.err
    )
    assert "submit(leap).result()" in ended.err
    assert 'raise ValueError("too high")' in ended.err
    assert "src/ostinato" not in ended.err


def test_a_result_that_cannot_be_encoded_is_code_1(shell: Shell) -> None:
    """The message says what it was and what can be; no traceback of ours."""
    ended = shell("run", "flows.py:hidden", *MEMORY)

    assert (ended.code, ended.out) == (1, "")
    assert "a value of type object" in ended.err
    assert "src/ostinato" not in ended.err


def test_an_execution_that_times_out_is_code_1(shell: Shell) -> None:
    """An end that nobody decided is noticed too."""
    ended = shell("run", "flows.py:slow", *MEMORY)

    assert (ended.code, ended.out) == (1, "")
    assert "timed out" in ended.err


def test_domain_and_engine_come_from_the_environment_too(shell: Shell) -> None:
    """Options count more than the environment."""
    ended = shell(
        "run", "flows.py:add", "--input", "1", "--id", "a", OSTINATO_ENGINE="sqlite:env.db", OSTINATO_DOMAIN="other"
    )

    assert ended.code == 0
    assert (shell.directory / "env.db").exists()
    assert not (shell.directory / "ostinato.db").exists()


def test_without_an_id_one_is_made_and_told(shell: Shell) -> None:
    """So that the run can be resumed."""
    ended = shell("run", "flows.py:add", "--input", "1")

    assert re.search(r"^add-\d{8}-\d{6}-[0-9a-f]{6} started, run ", ended.err)


def test_a_signal_that_nobody_can_send_is_told(shell: Shell) -> None:
    """The database is this process's alone: whoever waits for a signal from outside learns what to use instead."""
    process = shell.start("run", "flows.py:waiting", "--id", "w")
    line = await_line(process.stderr, "no other process can send it")
    process.send_signal(signal.SIGINT)
    ended = shell.finish(process)

    assert "signal 'approval'" in line
    assert "ostinato server" in line
    assert ended.code == 130


def test_a_message_is_said_once(shell: Shell) -> None:
    """A failure that has no lines of the author's is not followed by a traceback of one line."""
    ended = shell("run", "flows.py:verbose", "--input", "40000", *MEMORY)

    assert ended.code == 1
    assert ended.err.count("has 40,002 characters") == 1


def test_too_long_a_history_is_told_beforehand_and_in_the_end(shell: Shell) -> None:
    """SWF ends a run at 25,000 events; what to do about it is said."""
    ended = shell("run", "flows.py:chained", "--input", "26000", *MEMORY)

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.count("and SWF ends it at 25,000") == 1
    assert "EVENT_LIMIT_EXCEEDED" in ended.err
    assert "SWF ends a run at 25,000 events: continue_as_new()" in ended.err


def test_ten_thousand_submits_in_one_go(shell: Shell) -> None:
    """Past 100 decisions, 1,000 open activities and 1 MB; and past 25,000 events, so that limit is raised."""
    ended = shell("run", "flows.py:fanned_out", "--input", "10000", "--quiet", "--event-limit", "100000", *MEMORY)

    assert (ended.code, ended.out) == (0, "50005000\n")


def test_the_event_limit_is_the_embedded_engines(shell: Shell) -> None:
    """Others have their own, which no option can change."""
    ended = shell("run", "flows.py:add", "--input", "1", "--event-limit", "5000", "--engine", "http://127.0.0.1:1")

    assert ended.code == 2
    assert "--event-limit" in ended.err
    assert "sqlite: or memory:" in ended.err


# Streams that are closed, full or broken.


def test_a_result_that_nobody_reads_is_told_on_stderr(shell: Shell) -> None:
    """Code 1. It must not be lost: the execution has closed, and running it again would be a new run."""
    ended = shell.through_shell("ostinato run flows.py:add --input 1 --quiet --engine memory: >/dev/full")

    assert ended.code == 1
    assert "stdout takes no result: No space left on device. It is:\n2\n" in ended.err


def test_a_result_that_is_asked_for_and_not_taken_is_told_once(shell: Shell) -> None:
    """As that of a run."""
    shell("run", "flows.py:add", "--input", "1", "--id", "a", "--quiet")
    ended = shell.through_shell("ostinato result a >/dev/full")

    assert ended.code == 1
    assert ended.err.count("No space left on device") == 1


@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/full", "<&- 2>&-"])
def test_a_run_does_not_need_stderr(shell: Shell, streams: str) -> None:
    """Closed or full: the result comes all the same, also of code that prints, and the database takes no harm."""
    ended = shell.through_shell(f"ostinato run flows.py:talkative --id t {streams}")

    again = shell("run", "flows.py:add", "--input", "1", "--id", "t")

    assert (ended.code, ended.out) == (0, '"quiet"\n')
    assert again.out == "2\n"


def test_a_run_does_not_need_stdout(shell: Shell) -> None:
    """Closed: a database that is opened does not get its number, and the code is that of the execution."""
    ended = shell.through_shell("ostinato run flows.py:add --input 1 --id a >&-")

    again = shell("run", "flows.py:add", "--input", "5", "--id", "a")

    assert ended.code == 0
    assert "Traceback" not in ended.err
    assert again.out == "6\n"


# What survives.


def test_kill_9_loses_nothing_and_the_same_command_goes_on(shell: Shell) -> None:
    """What had finished is not run again; what was under way is."""
    first = shell.start("run", "flows.py:held", "--id", "h")
    shell.await_log("begin gate")
    first.kill()
    killed = shell.finish(first)
    shell.open_gate()

    ended = shell("run", "flows.py:held", "--id", "h")

    assert (killed.code, killed.out) == (-signal.SIGKILL, "")
    assert (ended.code, ended.out) == (0, '"gate"\n')
    assert re.search(r"^h is open since .* and goes on$", ended.err, re.MULTILINE)
    assert shell.log() == ["increment 1", "begin gate", "begin gate", "done gate", "increment 2"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_lets_activities_finish_and_begins_no_others(shell: Shell, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM: code 130, the way to go on is told, and nothing is run twice."""
    first = shell.start("run", "flows.py:held", "--id", "h")
    shell.await_log("begin gate")
    first.send_signal(number)
    stderr = first.stderr
    assert stderr is not None
    told = [stderr.readline() for _ in range(3)]
    shell.open_gate()
    interrupted = shell.finish(first)

    ended = shell("run", "flows.py:held", "--id", "h")

    assert interrupted.code == 130
    assert "Interrupted" in told[1]
    assert "1 activity to finish" in told[2]
    assert "h stays open; go on with: ostinato run flows.py:held --id h" in interrupted.err
    assert (ended.code, ended.out) == (0, '"gate"\n')
    assert shell.log() == ["increment 1", "begin gate", "done gate", "increment 2"]


def test_a_second_interruption_leaves_at_once(shell: Shell) -> None:
    """Whatever runs is left; the same command goes on."""
    first = shell.start("run", "flows.py:held", "--id", "h")
    shell.await_log("begin gate")
    first.send_signal(signal.SIGINT)
    await_line(first.stderr, "1 activity to finish")
    first.send_signal(signal.SIGINT)
    left = shell.finish(first, timeout=10)
    shell.open_gate()

    ended = shell("run", "flows.py:held", "--id", "h")

    assert left.code == 130
    assert left.err.endswith("Left at once; go on with: ostinato run flows.py:held --id h\n")
    assert (ended.code, ended.out) == (0, '"gate"\n')


def test_a_closed_execution_of_the_same_id_is_followed_by_a_new_one(shell: Shell) -> None:
    """As in SWF: an id is taken only while its execution is open."""
    shell("run", "flows.py:add", "--id", "a", "--input", "1")

    ended = shell("run", "flows.py:add", "--id", "a", "--input", "5")

    assert (ended.code, ended.out) == (0, "6\n")


def test_other_executions_in_the_database_are_left_alone(shell: Shell) -> None:
    """A run neither takes their tasks nor fails what it does not know."""
    first = shell.start("run", "flows.py:held", "--id", "h")
    shell.await_log("begin gate")
    first.kill()
    shell.finish(first)
    shell.open_gate()

    other = shell("run", "flows.py:add", "--id", "a", "--input", "7")
    between = shell.log()
    ended = shell("run", "flows.py:held", "--id", "h")

    assert other.out == "8\n"
    assert between == ["increment 1", "begin gate", "increment 7"]
    assert ended.out == '"gate"\n'


def test_changed_code_is_told_with_both_sides_and_the_execution_stays_open(shell: Shell) -> None:
    """Code 1; with the old code back, it ends."""
    first = shell.start("run", "flows.py:fickle", "--id", "f")
    shell.await_log("begin gate")
    first.kill()
    shell.finish(first)
    shell.open_gate()
    (shell.directory / "changed").touch()

    refused = shell("run", "flows.py:fickle", "--id", "f")
    (shell.directory / "changed").unlink()
    ended = shell("run", "flows.py:fickle", "--id", "f")

    assert (refused.code, refused.out) == (1, "")
    assert "activity 'activity-flows.increment-1'" in refused.err
    assert "timer 'timer-1'" in refused.err
    assert re.search(r'File ".*flows.py", line \d+, in fickle', refused.err)
    assert "f stays open" in refused.err
    assert (ended.code, ended.out) == (0, "2\n")


def test_code_that_cannot_be_replayed_is_told(shell: Shell) -> None:
    """With the author's line and what to do instead."""
    ended = shell("run", "flows.py:threaded", *MEMORY)

    assert (ended.code, ended.out) == (1, "")
    assert "await asyncio.to_thread(print)" in ended.err
    assert "Submit an activity" in ended.err


def test_a_full_disk_is_told_and_loses_nothing(shell: Shell) -> None:
    """Code 2; with room again the same command goes on."""
    limit = 400_000
    full = subprocess.run(
        [COMMAND, "run", "flows.py:add", "--id", "a", "--input", "[0, 2000]"],
        cwd=shell.directory,
        env=shell.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )

    ended = shell("run", "flows.py:add", "--id", "a", "--quiet")

    assert (full.returncode, full.stdout) == (2, "")
    assert "disk" in full.stderr
    assert "Traceback" not in full.stderr
    assert (ended.code, ended.out) == (0, "2000\n")


# What is refused.


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.py:add"], "there is no file nowhere.py"),
        (["nowhere:add"], "there is no module 'nowhere'"),
        (["flows.py:nothing"], "has no 'nothing'"),
        (["flows.py:increment"], "increment is an activity"),
        (["flows.py:plain"], "it has no @workflow"),
        (["flows.py:add"], "no value for x"),
        (["flows.py:add", "--input", '"one"'], "parameter x"),
        (["flows.py:add", "--input", "[1, 2, 3]"], "3 positional arguments"),
        (["flows.py:add", "--input", '{"z": 1}'], "an argument 'z'"),
        (["flows.py:add", "--input", "[1"], "is not JSON"),
        (["flows.py:mirror", "--input", '{"x": 1, "y": 2}'], "put it into a list"),
        (["flows.py:add", "--input", json.dumps(["x" * 40_000])], "at most 32,768"),
        (["flows.py:add", "--input", "1", "--db", "flows.py"], "not a SQLite database"),
        (["flows.py:add", "--input", "1", "--db", "no/where.db"], "does not exist"),
        (["flows.py:add", "--input", "1", "--engine", "oracle:"], "--engine"),
        (["flows.py:add", "--input", "1", "--engine", "memory:", "--db", "x.db"], "not both"),
        (["flows.py:add", "--input", "1", "--concurrency", "0"], "--concurrency"),
        (["flows.py:add", "--input", "1", "--id", "a:b"], "--id: 'a:b'"),
        (["flows.py:add", "--input", "1", "--id", ""], "1 to 256 characters"),
        (["flows.py:add", "--input", "1", "--id", "x" * 257], "has 257 characters"),
        (["flows.py:add", "--input", "1", "--domain", "a/b"], "--domain: 'a/b'"),
        (["package.flows"], "package.flows is a module, and a workflow in it is needed"),
        (["my flows.py:add"], "'my flows' is not a module's name. Rename the file"),
        (["broken.py:add"], "SyntaxError"),
    ],
)
def test_bad_input_is_said_and_nothing_is_started(shell: Shell, words: list[str], says: str) -> None:
    """Code 2, a message on stderr, no traceback of ours, and no database."""
    (shell.directory / "broken.py").write_text("x = (\n")
    (shell.directory / "my flows.py").touch()
    (shell.directory / "package").mkdir()
    (shell.directory / "package" / "flows.py").touch()

    ended = shell("run", *words)

    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err
    assert "src/ostinato" not in ended.err
    assert not list(shell.directory.glob("*.db"))


def test_an_exception_while_importing_shows_the_authors_lines(shell: Shell) -> None:
    """And none of ours or of the import machinery."""
    (shell.directory / "broken.py").write_text("def check():\n    1 / 0\n\ncheck()\n")

    ended = shell("run", "broken.py:add")

    assert ended.code == 2
    assert "line 2, in check" in ended.err
    assert "importlib" not in ended.err
    assert "src/ostinato" not in ended.err


def test_a_definition_that_is_refused_shows_where_it_is(shell: Shell) -> None:
    """The exception is ours, but the line is the author's."""
    (shell.directory / "broken.py").write_text("from ostinato import workflow\n\n@workflow\nclass Flow: ...\n")

    ended = shell("run", "broken.py:Flow")

    assert ended.code == 2
    assert 'broken.py", line 3' in ended.err
    assert "the class Flow has no method run" in ended.err
    assert "src/ostinato" not in ended.err


def test_a_database_that_another_process_has_is_refused(shell: Shell) -> None:
    """The second process is told who has it, and the first goes on."""
    first = shell.start("run", "flows.py:held", "--id", "h")
    shell.await_log("begin gate")

    second = shell("run", "flows.py:add", "--input", "1")
    shell.open_gate()
    ended = shell.finish(first)

    assert (second.code, second.out) == (2, "")
    assert f"in use by process {first.pid}" in second.err
    assert (ended.code, ended.out) == (0, '"gate"\n')


def test_an_open_execution_of_another_type_is_not_resumed(shell: Shell) -> None:
    """The id is taken by something else, which is named."""
    first = shell.start("run", "flows.py:held", "--id", "h")
    shell.await_log("begin gate")
    first.kill()
    shell.finish(first)

    ended = shell("run", "flows.py:add", "--id", "h", "--input", "1")

    assert ended.code == 2
    assert "flows.held" in ended.err


# What a terminal shows.


def test_a_terminal_shows_what_runs_what_waits_and_what_is_tried_again(shell: Shell) -> None:
    """A live view on stderr, taken away at the end; the result on stdout."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "run", "flows.py:waiting", "--id", "w"],
        cwd=shell.directory,
        env={**shell.environment, "TERM": "xterm", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""

    def is_shown(text: bytes) -> bool:
        nonlocal shown
        # What came with an earlier text is there already, and nothing else may come: it is not waited for blindly.
        if text not in shown and select.select([controller], [], [], 1)[0]:
            shown += os.read(controller, 65536)
        return text in shown

    wait_until(lambda: is_shown(b"attempt 2 in"))
    wait_until(lambda: is_shown(b"signal 'approval'"))
    wait_until(lambda: is_shown(b"1 finished"))
    process.send_signal(signal.SIGINT)
    wait_until(lambda: is_shown(b"stays open"))
    code = process.wait(30)
    os.close(controller)

    assert code == 130
    assert b"ConnectionError: nobody there" in shown
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l"), "the cursor is shown again"


# How it is found.


def test_help_tells_forms_exit_codes_and_environment(shell: Shell) -> None:
    """All that one needs to know is in --help."""
    ended = shell("run", "--help")

    for text in ("package.module:name", "--input JSON", "Exit codes", "130", "OSTINATO_ENGINE", "OSTINATO_DOMAIN"):
        assert text in ended.out


def test_help_is_quick(shell: Shell) -> None:
    """Nothing is imported that --help does not need: neither an engine nor rich."""
    modules = subprocess.run(
        [COMMAND, "--help"],
        env={**shell.environment, "PYTHONPROFILEIMPORTTIME": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stderr

    assert not re.search(r"\| +(rich|sqlite3|asyncio|greenlet|ostinato\.(engine|replay|worker))\b", modules)
