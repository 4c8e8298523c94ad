"""Old histories and today's code: in files of all forms, and of executions."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ostinato import activity, submit, workflow
from ostinato.client.saved import read_saved, save_history
from ostinato.errors import NondeterminismError, TargetError, UsageError
from ostinato.model.structures import WorkflowExecution
from ostinato.model.wire import event_to_wire
from ostinato.testing import Environment, Replayer, histories_test, replay_history

pytest_plugins = ["pytester"]


@activity(name="shop.pack")
def pack(item: str) -> str:
    return f"box of {item}"


@activity(name="shop.weigh")
def weigh(box: str) -> int:
    return len(box)


@workflow(name="shop.child")
def child(item: str) -> str:
    return submit(pack, item).result()


@workflow(name="shop.order")
def order(item: str) -> int:
    return submit(weigh, submit(child, item)).result()


@workflow(name="shop.order")
def other_order(item: str) -> int:
    submit(child, item).result()
    return len(submit(pack, item).result())


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """The history of an order, in a file of our own."""
    with Environment(order, child, pack, weigh) as environment:
        handle = environment.start(order.options(workflow_id="order-7"), "tea")
        assert handle.result() == 10
        path = tmp_path / "order-7.json"
        save_history(path, WorkflowExecution(workflow_id="order-7", run_id=handle.run_id), "test", handle.history())
    return path


def test_code_that_is_as_it_was_agrees(saved: Path) -> None:
    """A file, its directory and its events are the same; the number of histories is told."""
    history = read_saved(saved)

    assert replay_history(saved, order) == 1
    assert replay_history(str(saved.parent), order) == 1
    assert replay_history(history, order) == 1
    assert history.execution is not None
    assert (history.execution.workflow_id, history.domain) == ("order-7", "test")


def test_code_that_has_changed_is_told_with_event_and_line(saved: Path) -> None:
    """What was recorded, what the code asks for now, where in history and where in the source."""
    (verdict,) = Replayer(other_order).replay(saved)

    assert not verdict.agrees
    error = verdict.error
    assert isinstance(error, NondeterminismError)
    assert "shop.weigh" in (error.recorded or "")
    assert "shop.pack" in (error.requested or "")
    assert error.event_id is not None
    assert "test_replayer.py" in (error.source or "")
    with pytest.raises(NondeterminismError):
        replay_history(saved, other_order)


def test_a_history_of_an_unknown_workflow_does_not_agree(saved: Path) -> None:
    """It says which there are."""
    with pytest.raises(TargetError, match=r"no workflow 'shop.order', version 'default'.*shop.child"):
        replay_history(saved, child)


def test_an_execution_is_replayed_from_its_handle() -> None:
    """Without a file."""
    with Environment(order, child, pack, weigh) as environment:
        handle = environment.start(order, "tea")
        handle.result()

        assert replay_history(handle, order) == 1
        assert replay_history(tuple(environment.start(child, "cup").history()), child) == 1


def _as_cli(events: list[dict[str, Any]]) -> object:
    """As Amazon's command writes it: times as text."""
    return {
        "events": [
            {**e, "eventTimestamp": datetime.fromtimestamp(e["eventTimestamp"], UTC).isoformat()} for e in events
        ]
    }


def _as_boto3(events: list[dict[str, Any]]) -> object:
    """As `json.dumps(..., default=str)` writes what boto3 gives."""
    return {"events": [{**e, "eventTimestamp": str(datetime.fromtimestamp(e["eventTimestamp"], UTC))} for e in events]}


def _reversed(events: list[dict[str, Any]]) -> object:
    return events[::-1]


@pytest.mark.parametrize("form", [list, _as_cli, _as_boto3, _reversed])
def test_histories_are_read_as_clients_of_swf_give_them(
    form: Callable[[list[dict[str, Any]]], object], tmp_path: Path
) -> None:
    """A list or an object of events, times as numbers or as text, in either order."""
    with Environment(child, pack) as environment:
        handle = environment.start(child, "tea")
        handle.result()
        events = tuple(handle.history())
    path = tmp_path / "history.json"
    path.write_text(json.dumps(form([event_to_wire(event) for event in events])))

    assert tuple(read_saved(path).events) == events
    assert replay_history(path, child) == 1


def test_histories_of_one_event_a_line_are_read(tmp_path: Path) -> None:
    """By the file's ending."""
    with Environment(child, pack) as environment:
        handle = environment.start(child, "tea")
        handle.result()
        lines = [json.dumps(event_to_wire(event)) for event in handle.history()]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))

    assert replay_history(tmp_path, child) == 1


def test_whose_history_it_is_may_be_the_reason(saved: Path) -> None:
    """Ids of children are made of the parent's: who does not know them is told so."""
    path = saved.with_name("bare.json")
    path.write_text(json.dumps({"events": json.loads(saved.read_text())["events"]}))

    (verdict,) = Replayer(order).replay(path)

    assert verdict.error is not None
    assert "not known whose history" in verdict.error.__notes__[0]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"events": [{"eventType": "Nothing"}]}', "[]", '{"events": 7}'])
def test_what_is_no_history_is_refused(text: str, tmp_path: Path) -> None:
    """With the file's name."""
    (tmp_path / "x.json").write_text(text)

    with pytest.raises(UsageError, match=r"x\.json"):
        replay_history(tmp_path / "x.json", child)


def test_a_folder_without_histories_is_refused(tmp_path: Path) -> None:
    """A test that has nothing to test would always pass."""
    with pytest.raises(UsageError, match="no histories"):
        histories_test(tmp_path, child)
    with pytest.raises(UsageError, match="No such file"):
        replay_history(tmp_path / "none.json", child)


PYTEST_LINE = """
import shop
from ostinato.testing import histories_test

test_histories = histories_test("histories", shop)

def test_environment(ostinato_environment):
    environment = ostinato_environment(shop.nap)
    assert environment.run(shop.nap) == "slept"
    assert environment.elapsed == 86400

    other = ostinato_environment(shop.nap, replacing={shop.say: lambda: "dreamt"})
    assert other.run(shop.nap) == "dreamt"
    assert other.activities == ["say"]
"""

SHOP = """
from ostinato import activity, sleep, submit, workflow

@activity
def say() -> str:
    return "slept"

@workflow
def nap() -> str:
    sleep(86400)
    return submit(say).result()
"""


def test_saved_histories_are_one_line_of_pytest(pytester: pytest.Pytester) -> None:
    """Each history is a test, named after its file; one that does not agree fails. The environment is a fixture."""
    pytester.makepyfile(shop=SHOP, test_shop=PYTEST_LINE, save=SAVE)
    pytester.mkdir("histories")
    pytester.runpython(pytester.path / "save.py")

    pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider").assert_outcomes(passed=2)
    pytester.makepyfile(shop=SHOP.replace("sleep(86400)", "submit(say).result()"))
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", "-k", "histories")
    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(["*NondeterminismError*shop.py*line*"])


SAVE = """
from pathlib import Path
import shop
from ostinato.client.saved import save_history
from ostinato.testing import Environment

with Environment(shop.nap) as environment:
    handle = environment.start(shop.nap)
    handle.result()
    save_history(Path("histories/nap.json"), handle.first_execution, handle.domain, handle.history())
"""
