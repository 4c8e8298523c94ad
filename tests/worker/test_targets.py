import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from ostinato.errors import TargetError, UsageError
from ostinato.worker.targets import load_target

PROGRAM = """
from ostinato import activity, workflow

@activity
def press(x: int) -> int: ...

@workflow
def produce(x: int) -> int: ...

def plain(): ...

number = 3
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current directory; modules imported from it are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def name(directory: Path) -> str:
    """A module with a workflow, an activity and other things."""
    module = f"flows_{uuid.uuid4().hex}"
    write(directory / f"{module}.py", PROGRAM)
    return module


def test_a_file_is_imported_under_its_own_name(name: str) -> None:
    """Types are named after the module, so that the same file has the same types wherever it is run from."""
    target = load_target(f"./{name}.py:produce")

    assert target.workflow.name == f"{name}.produce"
    assert {activity.name for activity in target.catalog.activities.values()} == {f"{name}.press"}


@pytest.mark.parametrize("form", ["{}:produce", "{}.produce"])
def test_a_module_is_named_with_a_colon_or_a_dot(name: str, form: str) -> None:
    """Both forms find modules in the current directory."""
    assert load_target(form.format(name)).workflow.name == f"{name}.produce"


def test_a_file_within_a_package_is_imported_as_part_of_it(directory: Path) -> None:
    """Its relative imports work, and its types are the same as by the dotted name."""
    package = f"pack_{uuid.uuid4().hex}"
    write(directory / package / "__init__.py", "")
    write(directory / package / "tasks.py", PROGRAM)
    write(directory / package / "flows.py", "from .tasks import produce\n")

    assert load_target(f"{package}/flows.py:produce").workflow.name == f"{package}.tasks.produce"
    assert load_target(f"{package}.tasks:produce").workflow.name == f"{package}.tasks.produce"


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("{}.py:nothing", "has no 'nothing'. Workflows there: produce"),
        ("{}.py:press", "press is an activity, and a workflow is needed. Workflows there: produce"),
        ("{}.py:plain", "plain is not a workflow: it has no @workflow"),
        ("{}.py:number", "number is not a workflow, but of type int"),
        ("{}.py", "names no workflow"),
        ("{}", "names no module"),
        ("nowhere.py:produce", "there is no file nowhere.py"),
        ("nowhere:produce", "there is no module 'nowhere'"),
        ("./:produce", "is a directory"),
        (".:produce", "'.' is not a module's name"),
        ("flows.txt/x:produce", "there is no file flows.txt"),
    ],
)
def test_what_is_wrong_with_a_target_is_said(name: str, target: str, says: str) -> None:
    """Each way in which a target can be wrong has its message, with the workflows that are there."""
    with pytest.raises(TargetError) as caught:
        load_target(target.format(name))

    assert says in str(caught.value)


@pytest.mark.parametrize("text", ["1 / 0", "import nowhere_at_all", "x = (", "raise SystemExit(3)"])
def test_a_module_that_cannot_be_imported_gives_its_exception_as_the_cause(directory: Path, text: str) -> None:
    """The author sees the line of theirs that failed."""
    module = f"broken_{uuid.uuid4().hex}"
    write(directory / f"{module}.py", text)

    with pytest.raises(TargetError, match=f"importing {module} failed") as caught:
        load_target(f"{module}.py:produce")

    assert caught.value.__cause__ is not None


def test_a_file_that_hides_behind_a_loaded_module_is_refused(directory: Path) -> None:
    """`json.py` would be the standard library's; saying so is better than looking for the workflow there."""
    write(directory / "json.py", PROGRAM)

    with pytest.raises(TargetError, match="a module of that name is loaded already"):
        load_target("json.py:produce")


def test_two_functions_of_one_type_are_refused(directory: Path) -> None:
    """Nothing is started that could run the wrong one."""
    module = f"twice_{uuid.uuid4().hex}"
    text = "from ostinato import workflow\n@workflow(name='a')\ndef x(): ...\n@workflow(name='a')\ndef y(): ...\n"
    write(directory / f"{module}.py", text)

    with pytest.raises(UsageError, match="there are two"):
        load_target(f"{module}.py:x")
