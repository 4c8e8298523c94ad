"""What holds for every command that works with an engine: its options, its errors and its exit codes."""

from datetime import UTC, datetime, timedelta
from typing import TextIO

import click
import pytest

from ostinato.cli.boundary import bounded
from ostinato.cli.instants import read_instant, read_seconds
from ostinato.errors import InternalError, UsageError
from tests.cli.conftest import Shell


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--engine", "sqlite:none.db"), "there is no file none.db"),
        (("--engine", "memory:"), "memory:, which nobody shares"),
        (("--engine", "carrier-pigeon"), "expected sqlite:FILE"),
        (("--domain", "a/b"), "--domain: 'a/b'"),
        (("--engine", "http://127.0.0.1:9"), "cannot be reached"),
    ],
)
def test_an_error_is_a_line_that_says_what_to_do(shell: Shell, words: tuple[str, ...], message: str) -> None:
    """Exit code 2, nothing on stdout, and no file that was not there."""
    ended = shell("list", *words)

    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1
    assert [path.name for path in shell.directory.iterdir()] == ["flows.py"]


def test_debug_shows_the_traceback(shell: Shell) -> None:
    """For those who want to know where it comes from."""
    ended = shell("list", "--engine", "http://127.0.0.1:9", "--debug")

    assert ended.code == 2
    assert "Traceback (most recent call last)" in ended.err
    assert ended.err.splitlines()[-1].startswith("ostinato: http://127.0.0.1:9: cannot be reached")


def test_a_file_that_is_in_use_is_told_with_the_way_out(shell: Shell) -> None:
    """One process owns it; a server lets several use it."""
    process = shell.start("run", "flows.py:held", "--id", "a")
    shell.await_log("begin gate")
    ended = shell("list")
    shell.open_gate()
    shell.finish(process)

    assert ended.code == 2
    assert "in use" in ended.err
    assert "ostinato server" in ended.err


def test_the_domain_comes_from_either_variable(shell: Shell) -> None:
    """Ours counts more than that of simpleflow; --domain counts most."""
    shell("run", "flows.py:add", "--input", "1", "--id", "a", "--quiet")

    def said(*words: str, **environment: str) -> str:
        return shell("count", *words, **environment).err

    assert "--domain theirs:" in said(SWF_DOMAIN="theirs")
    assert "--domain ours:" in said(SWF_DOMAIN="theirs", OSTINATO_DOMAIN="ours")
    assert not said("--domain", "default", OSTINATO_DOMAIN="ours")


def test_a_closed_pipe_is_quiet(shell: Shell) -> None:
    """Whoever reads stdout may go at any time."""
    shell("run", "flows.py:add", "--input", "1", "--id", "a", "--quiet")

    ended = shell.through_shell("ostinato list -o jsonl | true; exit ${PIPESTATUS:-0}")

    assert ended.err == ""


def raising(error: BaseException) -> int:
    def work(_: TextIO) -> None:
        raise error

    return bounded(work)


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UsageError(found="nothing"), 2, "ostinato: nothing\n"),
        (click.UsageError("Give one."), 2, "ostinato: Give one.\n"),
        (FileNotFoundError(2, "No such file", "x.json"), 2, "ostinato: x.json: No such file\n"),
        (InternalError("odd"), 1, "ostinato: odd\n"),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 141, ""),
    ],
)
def test_every_error_has_its_code(
    error: BaseException, code: int, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """And its line, if there is something to say."""
    assert raising(error) == code
    assert capfd.readouterr().err == message


def test_what_is_no_error_of_ours_is_reported_as_a_fault_of_ours(capfd: pytest.CaptureFixture[str]) -> None:
    """Code 1."""
    assert raising(ZeroDivisionError("division")) == 1
    assert "please report it" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("2h", timedelta(hours=2)),
        ("1d12h", timedelta(days=1.5)),
        ("90s", timedelta(seconds=90)),
        ("2 w", timedelta(14)),
    ],
)
def test_times_may_be_relative(text: str, ago: timedelta) -> None:
    """So long ago."""
    found = read_instant(text)

    assert abs(datetime.now(UTC) - ago - found) < timedelta(seconds=60)


def test_times_may_be_absolute() -> None:
    """In their zone, or in local time."""
    assert read_instant("2026-01-31T12:00Z") == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert read_instant("2026-01-31 12:00") == datetime(2026, 1, 31, 12).astimezone()
    assert read_instant("2026-01-31") == datetime(2026, 1, 31).astimezone()
    with pytest.raises(click.BadParameter, match="neither a time"):
        read_instant("tomorrow")


def test_spans_are_seconds_or_have_units() -> None:
    """For time-outs."""
    assert [read_seconds(text) for text in ("90", "1.5m", "2h30m", "0.5")] == [90, 90, 9000, 0.5]
    with pytest.raises(click.BadParameter, match="not a duration"):
        read_seconds("soon")
