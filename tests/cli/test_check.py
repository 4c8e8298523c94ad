"""`ostinato check`, as a user types it."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ostinato.cli import main

PROGRAM = """
import time
from ostinato import activity, submit, workflow

@activity
def work(): ...

@workflow
def flow():
    time.time()
    submit(work, 1)
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in the current directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text(PROGRAM)


def check(*arguments: str) -> Result:
    """What the command says."""
    return CliRunner().invoke(main, ["check", *arguments])


@pytest.mark.usefixtures("program")
def test_findings_are_lines_that_editors_understand() -> None:
    """File, line, column, code; what was looked at goes to stderr; the exit code is 1."""
    result = check("program.py")

    assert result.exit_code == 1
    assert [line.split(" ")[:2] for line in result.stdout.splitlines()] == [
        ["program.py:6:1:", "OST201"],
        ["program.py:10:5:", "OST101"],
        ["program.py:11:5:", "OST301"],
    ]
    assert result.stderr == "3 findings in 1 workflow and 1 activity, in 1 file\n"


@pytest.mark.usefixtures("program")
def test_findings_are_json_for_programs() -> None:
    """One array of objects."""
    found = json.loads(check("program.py", "--format", "json", "--select", "OST101").stdout)

    assert [(each["code"], each["path"], each["line"], each["column"], each["within"]) for each in found] == [
        ("OST101", "program.py", 10, 5, "the workflow flow")
    ]


@pytest.mark.usefixtures("program")
@pytest.mark.parametrize(
    ("format_", "begin"),
    [
        ("human", "program.py:10:5: OST101 time.time() (in the workflow flow): "),
        ("json", '[{"code":"OST101","path":"program.py","line":10,"column":5,'),
        ("jsonl", '{"code":"OST101","path":"program.py","line":10,"column":5,'),
        ("csv", "code,path,line,column,message,within,about,instead\nOST101,program.py,10,5,time.time(),"),
        ("tsv", "code\tpath\tline\tcolumn\tmessage\twithin\tabout\tinstead\nOST101\tprogram.py\t10\t5\t"),
        ("yaml", "- code: OST101\n  path: program.py\n  line: 10\n"),
    ],
)
def test_findings_have_the_formats_of_all_commands(format_: str, begin: str) -> None:
    """And a linter's, which is the default."""
    found = check("program.py", "-o", format_, "--select", "OST101")

    assert found.exit_code == 1
    assert found.stdout.startswith(begin)


@pytest.mark.usefixtures("program")
def test_findings_are_a_table_for_people() -> None:
    """With what matters, and how to mend it."""
    head, *_, row = check("program.py", "-o", "table", "--select", "OST101").stdout.splitlines()

    assert head.split() == ["code", "path", "line", "column", "message", "within", "instead"]
    assert row.split()[:4] == ["OST101", "program.py", "10", "5"]


def test_yaml_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for it without learns how to get it."""
    monkeypatch.setitem(sys.modules, "yaml", None)

    refused = check("--rules", "-o", "yaml")

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "pip install 'ostinato[yaml]'" in refused.stderr


@pytest.mark.usefixtures("program")
def test_rules_are_chosen_by_their_beginnings() -> None:
    """`--ignore` takes away what `--select` has chosen."""
    assert "OST301" in check("program.py", "--select", "OST2,OST3", "--ignore", "ost2").stdout
    assert "OST201" not in check("program.py", "--select", "OST2,OST3", "--ignore", "ost2").stdout
    assert check("program.py", "--ignore", "OST").exit_code == 0


@pytest.mark.usefixtures("program")
def test_what_is_not_there_is_wrong_usage() -> None:
    """Exit code 2, and a line that says what there is not."""
    result = check("none.py")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("ostinato: there is no file none.py")
    assert check().exit_code == 2


def test_rules_are_listed() -> None:
    """For people and for programs."""
    assert "OST101  the clock" in check("--rules").stdout
    assert json.loads(check("--rules", "--format", "json").stdout)[0]["code"] == "OST001"
    assert check("--rules", "--format", "csv").stdout.startswith("code,about,instead\nOST001,")
