"""For those who test workflows: an engine whose time skips, old histories replayed, histories written by hand."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ostinato.testing.environment import Environment
    from ostinato.testing.rehearsal import Rehearsal
    from ostinato.testing.replayer import Replayer, Verdict, histories_test, replay_history
    from ostinato.testing.script import Script
    from ostinato.testing.strategies import rehearsals

__all__ = [
    "Environment",
    "Rehearsal",
    "Replayer",
    "Script",
    "Verdict",
    "histories_test",
    "rehearsals",
    "replay_history",
]

_HOMES = {
    "Environment": "environment",
    "Rehearsal": "rehearsal",
    "Replayer": "replayer",
    "Script": "script",
    "Verdict": "replayer",
    "histories_test": "replayer",
    "rehearsals": "strategies",
    "replay_history": "replayer",
}


if not TYPE_CHECKING:  # checkers would take any misspelt name for one that this finds

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
