"""One `ostinato check`: from the targets to what is written and the exit code."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from ostinato.checks.check import check
from ostinato.checks.findings import Finding, Rule
from ostinato.cli.columns import Column, Rows
from ostinato.cli.complaints import complain, say
from ostinato.cli.formats import write_rows
from ostinato.cli.output_options import Output
from ostinato.errors import UsageError

Row = TypeVar("Row")

FOUND = 1
UNUSABLE = 2

_FINDING: Sequence[Column[Finding]] = (
    Column("code", lambda finding: finding.rule.code, is_whole=True),
    Column("path", lambda finding: str(finding.position.path), is_whole=True),
    Column("line", lambda finding: finding.position.line, is_whole=True),
    Column("column", lambda finding: finding.position.column, is_whole=True),
    Column("message", lambda finding: finding.message),
    Column("within", lambda finding: finding.within),
    Column("about", lambda finding: finding.rule.about, is_shown=False),
    Column("instead", lambda finding: finding.rule.instead),
)
_RULE: Sequence[Column[Rule]] = (
    Column("code", lambda rule: rule.code, is_whole=True),
    Column("about", lambda rule: rule.about),
    Column("instead", lambda rule: rule.instead),
)


@dataclass(frozen=True, kw_only=True)
class Checking:
    """What was asked for. Codes stand for all rules that begin with them; without an `output`, lines are written."""

    targets: tuple[str, ...]
    output: Output | None
    selected: tuple[str, ...]
    ignored: tuple[str, ...]

    def wants(self, finding: Finding) -> bool:
        """Whether findings of that rule are asked for; files that cannot be read always are."""
        code = finding.rule.code
        if finding.rule is Rule.SYNTAX:
            return True
        return (not self.selected or code.startswith(self.selected)) and not code.startswith(self.ignored or ("-",))


def run_check(checking: Checking) -> int:
    """Check, write what was found, and give the exit code."""
    try:
        report = check(checking.targets, directory=Path.cwd())
    except UsageError as error:
        complain(error)
        return UNUSABLE
    findings = [finding for finding in report.findings if checking.wants(finding)]
    if checking.output is None:
        for finding in findings:
            click.echo(in_words(finding))
    elif not _write(Rows(_FINDING, findings), checking.output):
        return UNUSABLE
    looked_at = f"{_many(report.workflows, 'workflow')} and {_many(report.activities, 'activity')}"
    say(f"{_many(len(findings), 'finding')} in {looked_at}, in {_many(report.files, 'file')}")
    return FOUND if findings else 0


def list_rules(output: Output | None) -> int:
    """Write the rules, and give the exit code."""
    if output is not None:
        return 0 if _write(Rows(_RULE, list(Rule)), output) else UNUSABLE
    for rule in Rule:
        click.echo(f"{rule.code}  {rule.about}\n        {rule.instead}")
    return 0


def _write(rows: Rows[Row], output: Output) -> bool:
    """Write the rows; whether that could be done."""
    try:
        write_rows(rows, output, sys.stdout)
    except UsageError as error:
        complain(error)
        return False
    return True


def in_words(finding: Finding) -> str:
    """The finding in a line, as linters write theirs."""
    place = finding.position
    within = f" (in {finding.within})" if finding.within else ""
    return (
        f"{place.path}:{place.line}:{place.column}: {finding.rule.code} {finding.message}{within}: "
        f"{finding.rule.about}. {finding.rule.instead}"
    )


def _many(count: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"
