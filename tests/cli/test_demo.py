"""`ostinato demo`; that it shows what it promises, the tests of the examples see."""

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Finished


def test_a_former_demo_is_not_touched(typed: Callable[..., Finished], tmp_path: Path) -> None:
    """It would go on where that was, and the tour would not be true."""
    (tmp_path / "demo.db").write_text("something")

    ended = typed("demo", "--directory", str(tmp_path))

    assert (ended.code, ended.out) == (1, "")
    assert "has a demo.db already" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["demo.db"]
