"""The command: `python -m benchmarks`. Chooses rows and contestants, runs them, prints the table on standard output."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.environments import CONTESTANTS, PEERS
from benchmarks.machine import Machine
from benchmarks.report import as_json, markdown
from benchmarks.rows import ROWS
from benchmarks.runs import Plan, failures, run_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.environments import Contestant
    from benchmarks.rows import Row
    from benchmarks.runs import Outcome

EXIT_FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; exit code 1 if a contestant failed in a row."""
    options = _parser().parse_args(arguments)
    rows: list[Row] = options.rows or list(ROWS)
    contestants: list[Contestant] = options.contestants or list(CONTESTANTS)
    if options.list:
        sys.stdout.write(_listing())
        return 0
    for contestant in contestants:
        contestant.prepare()
    plan = Plan(quick=options.quick, repetitions=options.repetitions, directory=options.directory)
    machine = Machine.here(plan.directory)
    versions = {one.name: one.version() for one in contestants}
    outcomes: list[Outcome] = []
    for row in rows:
        outcomes += run_row(row, contestants, plan)
        if options.json is not None:
            options.json.write_text(as_json(outcomes, versions, machine))
    sys.stdout.write(markdown(outcomes, contestants, versions, machine))
    return _tell_failures(outcomes)


def _tell_failures(outcomes: Sequence[Outcome]) -> int:
    failed = failures(outcomes)
    for outcome in failed:
        sys.stderr.write(f"\n{outcome.row.name}, {outcome.contestant.title} failed:\n{outcome.failure}\n")
    return EXIT_FAILED if failed else 0


def _listing() -> str:
    lines = []
    for row in ROWS:
        takers = [one.name for one in CONTESTANTS if one.script(row.name).exists()]
        lines.append(f"{row.name:<24}{row.work.format(size=row.size)} [{', '.join(takers)}]\n")
    return "".join(lines)


def _rows(text: str) -> list[Row]:
    known = {row.name: row for row in ROWS}
    return [known[name] for name in _names(text, list(known), "row")]


def _contestants(text: str) -> list[Contestant]:
    known = {one.name: one for one in CONTESTANTS}
    return [known[name] for name in _names(text, list(known), "contestant")]


def _names(text: str, known: Sequence[str], what: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"no {what} {', '.join(unknown)}; there are {', '.join(known)}")
    return names


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Ostinato measured beside its peers.")
    parser.add_argument("--rows", type=_rows, help="only these, separated by commas")
    parser.add_argument("--contestants", type=_contestants, help="only these, separated by commas")
    parser.add_argument("--quick", action="store_true", help="small sizes, one repetition: shows that it runs")
    parser.add_argument("--repetitions", type=_positive, help="of each row and contestant, instead of the row's own")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="after each row, write everything measured to this file"
    )
    parser.add_argument(
        "--directory", type=Path, default=PEERS / "work", help="where databases are made; must be on a real disk"
    )
    parser.add_argument("--list", action="store_true", help="list the rows and who takes part")
    return parser


if __name__ == "__main__":
    sys.exit(main())
