"""The public face: what it has, that all of it is told of, and that it costs nothing until it is used."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ostinato

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "ostinato" / "__init__.py"

PUBLIC = [
    "ALL_COMPLETED",
    "FIRST_COMPLETED",
    "FIRST_EXCEPTION",
    "INHERIT",
    "Activity",
    "AesGcm",
    "Call",
    "Chain",
    "ChildPolicy",
    "Client",
    "Codec",
    "Credentials",
    "Deflate",
    "Download",
    "EndState",
    "FailWorkflow",
    "FanOutResult",
    "FileStore",
    "FuncGroup",
    "Future",
    "Group",
    "Handle",
    "Info",
    "ItemFailure",
    "LambdaFunction",
    "Marker",
    "MsgpackConverter",
    "ObjectStore",
    "OstinatoError",
    "Overlap",
    "Payloads",
    "PickleConverter",
    "ProgramOutput",
    "RedisStore",
    "ReferenceForm",
    "Retry",
    "Saga",
    "ScheduleHandle",
    "Schedules",
    "Signals",
    "Span",
    "SqlStore",
    "SqliteStore",
    "Step",
    "Steps",
    "Store",
    "TaskFailure",
    "Times",
    "Verdict",
    "Worker",
    "Workflow",
    "Zstd",
    "activity",
    "activity_info",
    "as_completed",
    "cached",
    "call",
    "cancel_requested",
    "complete_later",
    "continue_as_new",
    "continue_as_new_after",
    "deprecate_patch",
    "fan_out",
    "heartbeat",
    "heartbeat_details",
    "info",
    "logger",
    "map",
    "marker",
    "markers",
    "nondeterministic",
    "now",
    "on_cancel",
    "on_signal",
    "patched",
    "program",
    "python",
    "random",
    "request_cancel",
    "run_once",
    "set_context",
    "shield",
    "signal",
    "signals",
    "sleep",
    "spawn",
    "starmap",
    "submit",
    "timer",
    "uuid4",
    "wait",
    "wait_signal",
    "workflow",
]
"""What programs may rely on. To take a name away, or to change what it means, is a new major version."""


def imported_for_type_checkers() -> Iterator[tuple[str, str]]:
    """The homes and names of the imports under `if TYPE_CHECKING`."""
    for node in ast.parse(SOURCE.read_text()).body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for statement in node.body:
                assert isinstance(statement, ast.ImportFrom)
                yield from ((statement.module or "", alias.name) for alias in statement.names)


def modules_after(code: str) -> set[str]:
    """What is imported when that code has run in a process of its own."""
    told = "import sys; sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{told}"], check=True, capture_output=True, text=True)
    return set(done.stderr.split())


def _kind_and_name(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions: the linter's order."""
    return 0 if name.isupper() else 1 if name[0].isupper() else 2, name


def test_the_public_names_are_these() -> None:
    """`__all__` is the golden list, sorted as the linter sorts it."""
    assert ostinato.__all__ == PUBLIC
    assert sorted(PUBLIC, key=_kind_and_name) == PUBLIC
    assert dir(ostinato) == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_each_public_name_has_a_docstring(name: str) -> None:
    """Whoever asks Python's help for a name is told what it is; constants are strings, which cannot tell."""
    value = getattr(ostinato, name)

    assert isinstance(value, str) or (value.__doc__ or "").strip()


@pytest.mark.parametrize("name", PUBLIC)
def test_each_public_name_is_in_the_reference(name: str) -> None:
    """The reference has a directive of autodoc's, or of Sphinx's, for each name."""
    pages = "".join(page.read_text() for page in (ROOT / "docs" / "reference").glob("*.md"))

    assert f":: ostinato.{name}\n" in pages


def test_names_are_found_at_run_time_where_type_checkers_find_them() -> None:
    """The table of homes equals the imports for type checkers, and both equal `__all__`."""
    at_run_time = {(home, name) for home, names in ostinato._HOMES.items() for name in names}

    assert at_run_time == set(imported_for_type_checkers())
    assert sorted(name for _, name in at_run_time) == sorted(ostinato.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="module 'ostinato' has no attribute 'nothing'"):
        _ = ostinato.nothing  # type: ignore[attr-defined]


def test_importing_costs_nothing() -> None:
    """`import ostinato` brings neither asyncio nor msgspec: a module of activities is quick to import."""
    assert not modules_after("import ostinato") & {"asyncio", "msgspec", "greenlet", "sqlite3"}


def test_a_retry_policy_brings_no_event_loop() -> None:
    """What an activity's module needs is imported without asyncio."""
    assert "asyncio" not in modules_after("from ostinato import Retry, activity")


def test_help_is_quick() -> None:
    """`ostinato --help` brings neither asyncio nor SQLite nor rich."""
    help_ = "from ostinato.cli import main; main(['--help'], standalone_mode=False)"
    help_of_run = "from ostinato.cli import main; main(['run', '--help'], standalone_mode=False)"

    for code in (help_, help_of_run):
        assert not modules_after(code) & {"asyncio", "sqlite3", "rich", "msgspec"}
