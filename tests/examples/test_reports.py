"""An example of a repair."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ostinato import Client
from ostinato.errors import WorkflowFailed

if TYPE_CHECKING:
    from tests.examples.conftest import Stage


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What the example did to the world."""
    monkeypatch.setenv("LEDGER", str(tmp_path / "ledger.txt"))
    return lambda: (tmp_path / "ledger.txt").read_text().splitlines()


def test_a_report_is_made_again_without_gathering_again(
    stage: "Stage", ledger: Callable[[], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ended well in the failed run is reused, the author's process id too; what failed is done again."""
    monkeypatch.setenv("PRINTER", str(tmp_path / "printer-is-on"))
    first = stage.start("reports.py:report", "march")
    with pytest.raises(WorkflowFailed, match="the printer is off"):
        first.result(timeout=20)

    (tmp_path / "printer-is-on").touch()
    second = Client(stage.swf).rerun(first.workflow_id)

    assert second.result(timeout=20) == f"printed: march: 1400 by {os.getpid()}"
    assert sorted(ledger()) == [
        "gather east of march",
        "gather north of march",
        "gather south of march",
        f"print march: 1400 by {os.getpid()}",
    ]
