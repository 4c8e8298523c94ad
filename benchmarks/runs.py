"""Runs: each repetition is a new process in an empty directory, and the contestants take turns (A B A B)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.protocol.measurement import Measurement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from benchmarks.environments import Contestant
    from benchmarks.rows import Row

TIMEOUT_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run: how large, how often, and on which file system."""

    quick: bool
    repetitions: int | None
    directory: Path

    def repetitions_of(self, row: Row) -> int:
        """Give how often each contestant runs a row."""
        return self.repetitions or row.repetition_count(quick=self.quick)


@dataclass(slots=True)
class Outcome:
    """What one contestant showed in one row."""

    row: Row
    contestant: Contestant
    size: int
    measurements: list[Measurement] = field(default_factory=list)
    failure: str = ""


def run_row(row: Row, contestants: Sequence[Contestant], plan: Plan) -> list[Outcome]:
    """Run a row's repetitions, the contestants taking turns; one that fails is not asked again."""
    size = row.size_of(quick=plan.quick)
    outcomes = [Outcome(row, one, size) for one in contestants if one.script(row.name).exists()]
    if not outcomes:
        _tell(f"{row.name}: none of the chosen contestants takes part")
    for repetition in range(plan.repetitions_of(row)):
        for outcome in outcomes:
            if not outcome.failure:
                _tell(f"{row.name} {repetition + 1}/{plan.repetitions_of(row)} {outcome.contestant.title}")
                _run_once(outcome, plan)
    return outcomes


def failures(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Give those that failed."""
    return [outcome for outcome in outcomes if outcome.failure]


def _run_once(outcome: Outcome, plan: Plan) -> None:
    plan.directory.mkdir(parents=True, exist_ok=True)
    script = outcome.contestant.script(outcome.row.name)
    with tempfile.TemporaryDirectory(dir=plan.directory) as directory:
        command: list[str | Path] = [
            outcome.contestant.python,
            script,
            "--size",
            str(outcome.size),
            "--directory",
            directory,
        ]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                env=outcome.contestant.variables(),
                cwd=directory,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            outcome.failure = str(error)
            return
    measurements = Measurement.of_output(done.stdout)
    if done.returncode != 0 or not measurements:
        outcome.failure = done.stderr.strip()[-2000:] or f"exit code {done.returncode}, no measurement"
    outcome.measurements += measurements


def _tell(what: str) -> None:
    sys.stderr.write(f"… {what}\n")
    sys.stderr.flush()
