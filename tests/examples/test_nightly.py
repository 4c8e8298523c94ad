"""An example of steps."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.examples.conftest import Stage


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What the example did to the world."""
    monkeypatch.setenv("LEDGER", str(tmp_path / "ledger.txt"))
    return lambda: (tmp_path / "ledger.txt").read_text().splitlines()


def test_a_later_run_does_not_do_again_what_is_done(
    stage: "Stage", ledger: Callable[[], list[str]], tmp_path: Path
) -> None:
    """The second run skips all; the third is told to collect anew, and publishes anew too."""
    directory = str(tmp_path / "steps")

    results = [stage.run("nightly.py:nightly", "monday", directory, force) for force in ([], [], ["collect"])]

    assert results == ["the total is 12"] * 3
    assert ledger() == ["collect monday", "publish 12"] * 2
