"""Files that must, and files that must not, type-check.

`good_*.py` has no error. In `bad_*.py` each line at fault ends with a comment on what each checker reports there:

    submit(increment, "one")  # error: mypy[arg-type] pyright[reportArgumentType]

A checker that is not named must not complain. Any other error, or one that is missing, fails the test.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = sorted([*HERE.glob("good_*.py"), *HERE.glob("bad_*.py")])

EXPECTED = re.compile(r"# error:(?P<reports>( (mypy|pyright)\[[^]]+])+)$")


def expected(checker: str) -> set[str]:
    """What the comments say that the checker reports, as `file:line code`."""
    reports: set[str] = set()
    for path in FILES:
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            match = EXPECTED.search(line)
            assert match or "# error" not in line, f"{path.name}:{number}: not as test_typing.py describes"
            found = re.findall(rf"{checker}\[([^]]+)]", match["reports"]) if match else []
            reports |= {f"{path.name}:{number} {code}" for code in found}
    return reports


def run(*command: str) -> str:
    """What the checker prints; its exit code says no more than that."""
    done = subprocess.run(
        [sys.executable, "-m", *command, *map(str, FILES)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.stdout


def reported_by_mypy() -> set[str]:
    output = run("mypy", "--no-pretty", "--no-error-summary", "--hide-error-context")
    found = re.findall(r"^(.+?):(\d+)(?::\d+)?: error: .*\[([\w-]+)]$", output, re.MULTILINE)
    return {f"{Path(path).name}:{line} {code}" for path, line, code in found}


def reported_by_pyright() -> set[str]:
    found = json.loads(run("pyright", "--outputjson"))["generalDiagnostics"]
    return {
        f"{Path(report['file']).name}:{report['range']['start']['line'] + 1} {report.get('rule', 'syntax')}"
        for report in found
        if report["severity"] == "error"
    }


CHECKERS = {"mypy": reported_by_mypy, "pyright": reported_by_pyright}


@pytest.mark.parametrize("checker", CHECKERS)
def test_exactly_the_marked_lines_are_errors(checker: str) -> None:
    """What is right passes, and each mistake is found where it is."""
    assert CHECKERS[checker]() == expected(checker)


def test_good_files_have_no_marks() -> None:
    """A file that is called good says that it has no errors."""
    assert [path.name for path in FILES if path.name.startswith("good_") and "# error" in path.read_text()] == []
