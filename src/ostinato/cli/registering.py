"""What `ostinato register` does."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from ostinato.cli.columns import Column, Rows
from ostinato.cli.complaints import say
from ostinato.cli.formats import write_rows
from ostinato.cli.output_options import Output
from ostinato.client.client import Client
from ostinato.client.registration import Registration, register_domain, register_type, registration_of
from ostinato.replay.definitions import Definition, Workflow
from ostinato.worker.targets import load_catalog

DIFFERS = 1


@dataclass(frozen=True, slots=True)
class _Row:
    definition: Definition
    found: Registration
    is_dry: bool

    @property
    def state(self) -> str:
        if not self.found.is_there:
            return "missing" if self.is_dry else "registered"
        if self.found.is_deprecated:
            return "deprecated"
        return "differs" if self.found.drift else "unchanged"


def _style(state: str) -> str:
    return {"missing": "bold yellow", "registered": "green", "unchanged": "green"}.get(state, "bold red")


COLUMNS: tuple[Column[_Row], ...] = (
    Column("kind", lambda row: "workflow" if isinstance(row.definition, Workflow) else "activity", is_whole=True),
    Column("name", lambda row: row.definition.name, is_whole=True),
    Column("version", lambda row: row.definition.version, is_whole=True),
    Column("state", lambda row: row.state, is_whole=True, style=_style),
    Column("drift", lambda row: list(row.found.drift)),
)
"""`state` is registered (just now), unchanged, differs (`drift` says in what), deprecated, or missing."""


@dataclass(frozen=True, slots=True)
class Registering:
    """What was asked for."""

    targets: tuple[str, ...]
    output: Output
    is_dry: bool
    creates_domain: bool

    def carry_out(self, client: Client, data: TextIO) -> int:
        """Register what is missing, write what there was, and give the exit code."""
        catalog = load_catalog(self.targets)
        if self.creates_domain and not self.is_dry:
            register_domain(client.swf, client.domain)
        definitions: list[Definition] = [*catalog.workflows.values(), *catalog.activities.values()]
        states: list[str] = []

        def rows() -> Iterator[_Row]:
            for definition in definitions:
                row = _Row(definition, registration_of(client.swf, client.domain, definition), self.is_dry)
                if not row.found.is_there and not self.is_dry:
                    register_type(client.swf, client.domain, definition)
                states.append(row.state)
                yield row

        write_rows(Rows(COLUMNS, rows()), self.output, data)
        data.flush()
        counts = [f"{states.count(state)} {state}" for state in dict.fromkeys(states)]
        say(f"{len(states)} types: {', '.join(counts)}")
        return 0 if {*states} <= {"registered", "unchanged"} else DIFFERS
