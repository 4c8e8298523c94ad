"""An example of programs as activities."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.examples.conftest import Stage


def test_different_words_are_counted_by_programs(stage: "Stage") -> None:
    """Three programs, one after the other."""
    assert stage.run("words.py:words", "the cat, the hat and the mat") == 5
