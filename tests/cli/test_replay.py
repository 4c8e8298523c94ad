"""`ostinato replay`, as a user types it."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ostinato import Client
from ostinato.client.saved import save_history
from ostinato.engine.engine import open_engine
from ostinato.worker.catalog import catalog_of, definitions_in
from ostinato.worker.local import LocalWorker
from tests.cli.conftest import Finished

Typed = Callable[..., Finished]

PROGRAM = """
from ostinato import activity, submit, workflow

@activity
def pack(item: str) -> str:
    return f"box of {item}"

@activity
def weigh(box: str) -> int:
    return len(box)

@workflow
def ship(item: str) -> str:
    return submit(pack, item).result()

@workflow
def order(item: str) -> int:
    box = submit(ship, item).result()
    return submit(weigh, box).result()
"""

CHANGED = PROGRAM.replace("return submit(weigh, box).result()", "return len(submit(pack, box).result())")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A program in the current directory, an execution of it in ostinato.db and its history in order.json."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    write(tmp_path, PROGRAM)
    shop: Any = importlib.import_module("replayed_shop")
    with open_engine("ostinato.db") as engine:
        worker = LocalWorker(engine.local(), domain="default", catalog=catalog_of(definitions_in(shop)))
        with worker:
            handle = Client(engine).start(shop.order.options(workflow_id="order-7"), "tea")
            assert handle.result() == 10
        save_history(Path("order.json"), handle.first_execution, "default", handle.history())
        engine.close()
        assert worker.join(20)
    yield tmp_path
    sys.modules.pop("replayed_shop", None)


def write(directory: Path, source: str) -> None:
    """Another version of the program, not imported yet."""
    (directory / "replayed_shop.py").write_text(source)
    sys.modules.pop("replayed_shop", None)
    importlib.invalidate_caches()


@pytest.fixture
def replay(typed: Typed) -> Typed:
    """The command."""
    return lambda *words: typed("replay", *words)


def test_a_file_and_an_execution_agree_with_the_code_that_made_them(program: Path, replay: Typed) -> None:
    """The verdict is on stdout, a count on stderr, the exit code 0."""
    assert program.exists()

    result = replay("order.json", "replayed_shop.py")
    (row,) = json.loads(result.out)
    assert (result.code, row["verdict"], row["history"]) == (0, "agrees", "order.json")
    assert result.err == "1 replayed, 0 of them do not agree with the code\n"

    result = replay("replayed_shop.py:order", "--id", "order-7", "--format", "csv", "--columns", "type,verdict")
    assert result.out == "type,verdict\nreplayed_shop.order,agrees\n"
    result = replay("replayed_shop.py", "--everything")
    assert [row["verdict"] for row in json.loads(result.out)] == ["agrees", "agrees"]


def test_code_that_has_changed_is_told_with_event_and_line(program: Path, replay: Typed) -> None:
    """The exit code is 1; data has recorded, requested, event and line, and stderr says it in words."""
    write(program, CHANGED)

    result = replay(".", "replayed_shop.py")

    (row,) = json.loads(result.out)
    assert result.code == 1
    assert row["verdict"] == "differs"
    assert "replayed_shop.weigh" in row["recorded"]
    assert "replayed_shop.pack" in row["requested"]
    assert isinstance(row["event"], int)
    assert "replayed_shop.py" in row["source"]
    assert "order.json: NondeterminismError: history recorded ActivityTaskScheduled activity" in result.err
    assert result.err.endswith("1 replayed, 1 of them do not agree with the code\n")


def test_a_workflow_that_there_is_not_is_told(program: Path, replay: Typed) -> None:
    """As a failure of that history."""
    (program / "replayed_shop.py").write_text("from ostinato import workflow\n\n@workflow\ndef other(): ...\n")
    sys.modules.pop("replayed_shop", None)

    result = replay("order.json", "replayed_shop.py")

    assert result.code == 1
    assert json.loads(result.out)[0]["verdict"] == "fails"
    assert "there is no workflow 'replayed_shop.order'" in result.err


def test_whose_history_it_is_can_be_said(program: Path, replay: Typed) -> None:
    """A bare list of events of a parent agrees only with the parent's ids."""
    document = json.loads(Path("order.json").read_text())
    (program / "bare.json").write_text(json.dumps(document["events"]))
    execution = document["execution"]

    assert replay("bare.json", "replayed_shop.py").code == 1
    result = replay("--execution", execution["workflowId"], execution["runId"], "bare.json", "replayed_shop.py")
    assert result.code == 0
    assert replay("--execution", "a", "b", "bare.json", "order.json", "replayed_shop.py").code == 2


def test_wrong_usage_is_told(program: Path, replay: Typed) -> None:
    """Neither files nor filters, both, a missing file, a file that is no history."""
    (program / "none").mkdir()
    for arguments in (
        ["replayed_shop.py"],
        ["order.json", "replayed_shop.py", "--id", "order-7"],
        ["absent.json", "replayed_shop.py"],
        ["replayed_shop.py", "replayed_shop.py"],
        ["none", "replayed_shop.py"],
        ["order.json", "absent.py"],
    ):
        result = replay(*arguments)
        assert (result.code, result.out) == (2, ""), arguments
