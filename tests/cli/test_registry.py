"""`ostinato domain`, `ostinato type` and `ostinato register`, as a user types them."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Finished

Typed = Callable[..., Finished]

PROGRAM = """
from ostinato import activity, submit, workflow

@activity(start_to_close_timeout={seconds})
def pack(item: str) -> str:
    return item

@workflow
def order(item: str) -> str:
    return submit(pack, item).result()
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Writes the program `registered_shop.py` to the current directory, with another time-out each time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(seconds: int) -> None:
        sys.modules.pop("registered_shop", None)
        (tmp_path / "registered_shop.py").write_text(PROGRAM.format(seconds=seconds))

    write(60)
    yield write
    sys.modules.pop("registered_shop", None)


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory of its own."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("at")
def test_a_domain_is_registered_listed_shown_and_deprecated(typed: Typed) -> None:
    """And undeprecated; what cannot be is an error of SWF's, with code 2."""
    assert typed("domain", "list").code == 2  # no database yet
    assert typed("domain", "register", "shop", "--retention", "7", "--description", "ours").code == 0
    again = typed("domain", "register", "shop")
    assert (again.code, again.out) == (2, "")
    assert "there is a domain shop already" in again.err

    assert json.loads(typed("domain", "list").out) == [
        {
            "name": "shop",
            "status": "REGISTERED",
            "description": "ours",
            "arn": "arn:aws:swf:local:000000000000:/domain/shop",
        }
    ]
    shown = json.loads(typed("domain", "show", "--domain", "shop").out)
    assert (shown["name"], shown["retention_days"], shown["status"]) == ("shop", 7, "REGISTERED")
    assert typed("domain", "deprecate", "shop").code == 0
    assert typed("domain", "list").out == "[]\n"
    assert (
        typed("domain", "list", "--deprecated", "-o", "csv").out
        == "name,status,description,arn\nshop,DEPRECATED,ours,arn:aws:swf:local:000000000000:/domain/shop\n"
    )
    assert typed("domain", "undeprecate", "shop").code == 0
    assert typed("domain", "show", "nowhere").code == 2


@pytest.mark.usefixtures("at")
def test_a_type_is_registered_listed_shown_deprecated_and_deleted(typed: Typed) -> None:
    """Of workflows and of activities, with their defaults."""
    typed("domain", "register", "default")
    name = ("workflow", "shop.order@2")
    assert typed("type", "register", *name, "--task-list", "orders", "--child-policy", "abandon").code == 0
    assert typed("type", "register", "activity", "shop.pack", "--heartbeat", "30").code == 0

    listed = json.loads(typed("type", "list").out)
    assert [(row["kind"], row["name"], row["version"]) for row in listed] == [
        ("workflow", "shop.order", "2"),
        ("activity", "shop.pack", "default"),
    ]
    assert json.loads(typed("type", "list", "--kind", "activity", "--name", "other").out) == []
    shown = json.loads(typed("type", "show", *name).out)
    assert (shown["default_task_list"], shown["default_child_policy"]) == ("orders", "ABANDON")
    assert typed("type", "delete", *name).code == 2
    assert typed("type", "deprecate", *name).code == 0
    assert json.loads(typed("type", "list", "--deprecated").out)[0]["status"] == "DEPRECATED"
    assert typed("type", "undeprecate", *name).code == 0
    typed("type", "deprecate", *name)
    assert typed("type", "delete", *name).code == 0
    assert typed("type", "show", *name).code == 2


@pytest.mark.usefixtures("at")
def test_defaults_that_a_type_does_not_have_are_refused(typed: Typed) -> None:
    """With the option's name."""
    typed("domain", "register", "default")

    assert (
        "--child-policy: types of activity"
        in typed("type", "register", "activity", "a", "--child-policy", "ABANDON").err
    )
    assert "TERMINATE" in typed("type", "register", "workflow", "a", "--child-policy", "perhaps").err


def test_types_of_code_are_registered_once_and_drift_is_told(typed: Typed, program: Callable[[int], None]) -> None:
    """A dry run changes nothing; exit codes tell whether code and registration agree."""
    typed("domain", "register", "default")
    command = ("register", "registered_shop.py")

    def states(*words: str) -> tuple[int, list[str]]:
        ended = typed(*command, *words)
        return ended.code, [row["state"] for row in json.loads(ended.out)]

    assert states("--dry-run") == (1, ["missing", "missing"])
    assert states() == (0, ["registered", "registered"])
    assert states() == (0, ["unchanged", "unchanged"])
    program(90)
    ended = typed(*command)
    row = json.loads(ended.out)[1]
    assert (ended.code, row["state"]) == (1, "differs")
    assert row["drift"] == ["default_task_start_to_close_timeout: registered 60, in code 90"]
    assert ended.err == "2 types: 1 unchanged, 1 differs\n"
    typed("type", "deprecate", "activity", "registered_shop.pack")
    assert states("--dry-run") == (1, ["unchanged", "deprecated"])


@pytest.mark.usefixtures("program")
def test_a_missing_domain_is_told_or_made(typed: Typed) -> None:
    """As is asked for."""
    typed("domain", "register", "other")

    assert "there is no such domain" in typed("register", "registered_shop.py").err
    assert typed("register", "registered_shop.py", "--create-domain").code == 0
