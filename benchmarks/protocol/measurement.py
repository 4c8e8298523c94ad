"""What a contestant's script is told by the harness, and what it answers: one JSON line for each repetition.

Standard library only, since every contestant imports it within its own environment. It must not import a contestant.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = '{"row":'
"""How a line that is a measurement begins: all else that a contestant prints is noise."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One repetition of one row: how long it took and how much was done."""

    row: str
    seconds: float
    count: int
    details: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    def as_line(self) -> str:
        """Give the line that the harness reads."""
        return json.dumps(dataclasses.asdict(self), separators=(",", ":"))

    @classmethod
    def of_output(cls, output: str) -> list[Measurement]:
        """Find the measurements in what a script has printed."""
        return [cls(**json.loads(line)) for line in output.splitlines() if line.startswith(PREFIX)]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one repetition has to do: the row's name, its size, and an empty directory for its files."""

    row: str
    size: int
    directory: Path

    @classmethod
    def of_command_line(cls) -> Assignment:
        """Read the assignment from the script's own arguments; the row is the script's name."""
        parser = argparse.ArgumentParser()
        parser.add_argument("--size", type=int, required=True)
        parser.add_argument("--directory", type=Path, required=True)
        arguments = parser.parse_args()
        return cls(row=Path(sys.argv[0]).stem, size=arguments.size, directory=arguments.directory)

    def report(self, seconds: float, *, count: int = 0, note: str = "", **details: float) -> None:
        """Print the measurement; `count` is the assignment's size unless given."""
        measurement = Measurement(self.row, seconds, count or self.size, details, note)
        sys.stdout.write("\n" + measurement.as_line() + "\n")
        sys.stdout.flush()
