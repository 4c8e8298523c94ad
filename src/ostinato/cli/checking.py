"""One `ostinato check`: from the targets to what is written and the exit code."""

from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from ostinato.checks.check import check
from ostinato.checks.findings import Finding, Rule
from ostinato.cli.complaints import complain, say
from ostinato.errors import UsageError

FOUND = 1
UNUSABLE = 2


@dataclass(frozen=True, kw_only=True)
class Checking:
    """What was asked for. Codes stand for all rules that begin with them."""

    targets: tuple[str, ...]
    is_json: bool
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
    if checking.is_json:
        click.echo(msgspec.json.format(msgspec.json.encode([_as_json(finding) for finding in findings])).decode())
    else:
        for finding in findings:
            click.echo(in_words(finding))
    looked_at = f"{_many(report.workflows, 'workflow')} and {_many(report.activities, 'activity')}"
    say(f"{_many(len(findings), 'finding')} in {looked_at}, in {_many(report.files, 'file')}")
    return FOUND if findings else 0


def list_rules(*, is_json: bool) -> int:
    """Write the rules, and give the exit code."""
    if is_json:
        rules = [{"code": rule.code, "about": rule.about, "instead": rule.instead} for rule in Rule]
        click.echo(msgspec.json.format(msgspec.json.encode(rules)).decode())
        return 0
    for rule in Rule:
        click.echo(f"{rule.code}  {rule.about}\n        {rule.instead}")
    return 0


def in_words(finding: Finding) -> str:
    """The finding in a line, as linters write theirs."""
    place = finding.position
    within = f" (in {finding.within})" if finding.within else ""
    return (
        f"{place.path}:{place.line}:{place.column}: {finding.rule.code} {finding.message}{within}: "
        f"{finding.rule.about}. {finding.rule.instead}"
    )


def _as_json(finding: Finding) -> dict[str, object]:
    place = finding.position
    return {
        "code": finding.rule.code,
        "path": str(place.path),
        "line": place.line,
        "column": place.column,
        "message": finding.message,
        "within": finding.within,
        "about": finding.rule.about,
        "instead": finding.rule.instead,
    }


def _many(count: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"
