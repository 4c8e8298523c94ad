"""The directive `lives`: every transition table of `ostinato.model.lives`, drawn as a table."""

import inspect
from collections.abc import Mapping
from enum import Enum
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from ostinato.model import lives

TABLES = {
    "Activity": (lives.ACTIVITY, lives.ActivityState),
    "Timer": (lives.TIMER, lives.TimerState),
    "Child execution": (lives.CHILD, lives.ChildState),
    "Signal to another execution": (lives.EXTERNAL_SIGNAL, lives.ExternalState),
    "Cancellation request to another execution": (lives.EXTERNAL_CANCEL, lives.ExternalState),
    "Lambda function": (lives.LAMBDA, lives.LambdaState),
    "Decision task": (lives.DECISION_TASK, lives.DecisionTaskState),
    "Workflow execution": (lives.EXECUTION, lives.ExecutionState),
}


def table_lines(table: Mapping[Any, Mapping[type, Any]]) -> list[str]:
    """The table in MyST, a line for each transition."""
    rows = [
        f"| {state.name} | `{event.__name__}` | {after.name} |"
        for state, exits in table.items()
        for event, after in exits.items()
    ]
    return ["| state | event | becomes |", "| --- | --- | --- |", *rows]


def life_lines(title: str, table: Mapping[Any, Mapping[type, Any]], states: type[Enum]) -> list[str]:
    """A life's section in MyST."""
    return [f"## {title}", "", inspect.getdoc(states) or "", "", *table_lines(table), ""]


class Lives(SphinxDirective):
    """A section for each life."""

    def run(self) -> list[nodes.Node]:
        """The sections."""
        lines = [line for title, (table, states) in TABLES.items() for line in life_lines(title, table, states)]
        self.env.note_dependency(lives.__file__)
        parent = nodes.section()
        self.state.nested_parse(
            StringList(lines, source=lives.__file__), self.content_offset, parent, match_titles=True
        )
        return list(parent.children)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("lives", Lives)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
