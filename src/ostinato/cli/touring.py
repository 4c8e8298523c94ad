"""What `ostinato demo` does: it types commands, shows them, and checks that what it says of them is true."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import Counter
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import IO

import click

from ostinato.cli.complaints import say
from ostinato.cli.interrupts import EXIT_CODE as INTERRUPTED

FAILED = 1

PROGRAM = "orders.py"
_ENGINE = "sqlite:demo.db"
_INPUT = '[{"id": "7", "items": ["tea", "cup", "spoon"]}]'
_RUN = ("run", f"{PROGRAM}:fulfil", "--id", "order-7")
_KILLED_AT = "begin pack cup"
_SECONDS = 60.0
_GLANCE = 0.05

_EXPECTED = {
    "order_id": "7",
    "payment": "charge 30 for 7",
    "approved_by": "Ada",
    "parcels": ["pack tea", "pack cup", "pack spoon"],
}
_ACTIVITIES = 9

_LIST = ("list", "--format", "table", "--columns", "workflow_id,type,status,started")

_SHOW = ("show", "order-7", "--format", "table")

_LOOKS = (
    (_LIST, "Two executions are open, and one has completed:"),
    (_SHOW, "This is where the order is, and what it waits for:"),
)
"""What is typed when no process is left, and what it shows."""

_LOOKS_AFTERWARDS = (
    (_LIST, "All three have completed:"),
    (("profile", "order-7", "--format", "table"), "This is where its time went:"),
    (("tree", "order-7", "--format", "table"), "And this is its family:"),
)


class _Disappointed(Exception):  # never leaves this module
    """It did not go as the demo says."""


def run_demo(directory: str | None) -> int:
    """Give the tour, and the exit code."""
    with ExitStack() as stack:
        if directory is None:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ostinato-demo-")))
        else:
            place = Path(directory)
            place.mkdir(parents=True, exist_ok=True)
        try:
            _Tour(place, stack).give()
        except KeyboardInterrupt:
            return INTERRUPTED
        except _Disappointed as error:
            say(f"ostinato: the demo failed: {error}")
            return FAILED
    return 0


class _Tour:
    """One tour, in a directory."""

    def __init__(self, place: Path, stack: ExitStack) -> None:
        self._place = place
        self._stack = stack
        self._ledger = place / "ledger.txt"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OSTINATO_")}
        self._environment = {**kept, "OSTINATO_ENGINE": _ENGINE, "LEDGER": str(self._ledger)}
        self._environment.pop("SWF_DOMAIN", None)

    def give(self) -> None:
        """Give it."""
        if (self._place / "demo.db").exists():
            raise _Disappointed(f"{self._place} has a demo.db already")
        self._ledger.touch()
        program = (resources.files("ostinato.cli") / "demo_program" / PROGRAM).read_text(encoding="utf-8")
        (self._place / PROGRAM).write_text(program, encoding="utf-8")
        self._kill()
        self._look_around(_LOOKS)
        self._resume()
        self._look_around(_LOOKS_AFTERWARDS)
        self._check()

    def _kill(self) -> None:
        _title("1. An order goes its way")
        _tell(
            "fulfil() reserves three items at once, charges a card (the bank fails twice, and is tried again), waits "
            "for a signal that its child workflow `approve` sends, waits for a timer, and has its child workflow "
            "`ship` pack the items one by one. All in plain Python, and each step is kept in one SQLite file."
        )
        first = self._place / "first.json"
        words = (*_RUN, "--input", _INPUT)
        _show(words)
        with first.open("w") as out:
            process = self._started(words, stdout=out)
        deadline = time.monotonic() + _SECONDS
        while _KILLED_AT not in self._lines():
            if process.poll() is not None:
                raise _Disappointed(f"the first run ended by itself, with code {process.returncode}")
            if time.monotonic() > deadline:
                raise _Disappointed("the order did not get as far as packing")
            time.sleep(_GLANCE)
        _title("2. The second of three items is being packed. kill -9!")
        process.kill()
        process.wait()
        if sys.stderr.isatty():
            sys.stderr.write("\x1b[?25h")  # the live view had hidden the cursor
        if first.read_text():
            raise _Disappointed("the first run gave a result")
        _tell("No process is left. What was finished, and what was under way, is in the file.")

    def _look_around(self, looks: tuple[tuple[tuple[str, ...], str], ...]) -> None:
        for words, text in looks:
            click.echo()
            _tell(text)
            _show(words)
            process = self._started(words, stdout=subprocess.PIPE)
            out, _ = process.communicate(timeout=_SECONDS)
            if process.returncode:
                raise _Disappointed(f"`ostinato {shlex.join(words)}` ended with code {process.returncode}")
            click.echo(textwrap.indent(out.rstrip(), "   "))

    def _resume(self) -> None:
        _title("3. The same command again: the workflow goes on where it was")
        _show(_RUN)
        process = self._started(_RUN, stdout=subprocess.PIPE)
        out, _ = process.communicate(timeout=_SECONDS)
        if process.returncode:
            raise _Disappointed(f"the second run ended with code {process.returncode}")
        click.echo(f"   {out.strip()}")
        if json.loads(out) != _EXPECTED:
            raise _Disappointed(f"the result should be {json.dumps(_EXPECTED)}")

    def _check(self) -> None:
        _title("4. Is it right?")
        begun = Counter(line for line in self._lines() if line.startswith("begin "))
        done = Counter(line for line in self._lines() if line.startswith("done "))
        if len(done) != _ACTIVITIES or done.total() != _ACTIVITIES:
            raise _Disappointed(f"each activity should be done once: {self._lines()}")
        _tell(f"The result is right. Each of the {_ACTIVITIES} activities was done once:")
        for line in done:
            click.echo(f"      {line.removeprefix('done ')}")
        again = [line for line, count in begun.items() if count > 1]
        if again != [_KILLED_AT]:
            raise _Disappointed(f"begun twice should be {_KILLED_AT!r} alone, and is: {again}")
        _tell("Only what was under way when the process died was begun again: pack cup.")

    def _started(self, words: tuple[str, ...], *, stdout: IO[str] | int) -> "subprocess.Popen[str]":
        process = subprocess.Popen(  # noqa: S603  # it is this very command
            [sys.executable, "-m", "ostinato", *words],
            cwd=self._place,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            text=True,
        )
        self._stack.callback(_end, process)
        return process

    def _lines(self) -> list[str]:
        return self._ledger.read_text().splitlines()


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.kill()
        process.wait()


def _title(text: str) -> None:
    click.echo()
    click.secho(text, bold=True)


def _tell(text: str) -> None:
    click.echo(textwrap.indent(textwrap.fill(text, 110), "   "))


def _show(words: tuple[str, ...]) -> None:
    click.secho(f"$ ostinato {shlex.join(words)}", dim=True)
