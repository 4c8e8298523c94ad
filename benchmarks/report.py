"""The report: outcomes as a Markdown table, and as JSON for whoever wants to compare runs. Pure."""

from __future__ import annotations

import dataclasses
import json
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.environments import Contestant
    from benchmarks.figures import Figure
    from benchmarks.machine import Machine
    from benchmarks.runs import Outcome

NOTHING = "—"
LEGEND = (
    "Each cell: median (least–most) of the repetitions. A peer's `n ×` is how many times better Ostinato's median is;"
    " below 1 the peer is ahead. *Wanted* holds for the reference machine (2 cores, 0.26 ms a commit) when it is quiet."
)


def markdown(
    outcomes: Sequence[Outcome], contestants: Sequence[Contestant], versions: Mapping[str, str], machine: Machine
) -> str:
    """Write the whole report."""
    titles = [f"{one.title} {versions[one.name]}" for one in contestants]
    lines = [_machine_line(machine), "", _line(["work", *titles, "wanted"]), _line(["---"] * (len(titles) + 2))]
    notes: list[str] = []
    for of_row in _by_row(outcomes):
        notes += [_note(outcome) for outcome in of_row if _note(outcome)]
        lines += [_figure_line(figure, of_row, contestants) for figure in of_row[0].row.figures]
    return "\n".join([*lines, "", LEGEND, "", *notes]) + "\n"


def as_json(outcomes: Sequence[Outcome], versions: Mapping[str, str], machine: Machine) -> str:
    """Write everything that was measured."""
    return json.dumps(
        {
            "machine": dataclasses.asdict(machine),
            "versions": dict(versions),
            "outcomes": [
                {
                    "row": outcome.row.name,
                    "contestant": outcome.contestant.name,
                    "size": outcome.size,
                    "failure": outcome.failure,
                    "measurements": [dataclasses.asdict(one) for one in outcome.measurements],
                }
                for outcome in outcomes
            ],
        },
        indent=1,
    )


def _by_row(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    grouped: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        grouped.setdefault(outcome.row.name, []).append(outcome)
    return list(grouped.values())


def _figure_line(figure: Figure, outcomes: Sequence[Outcome], contestants: Sequence[Contestant]) -> str:
    row, size = outcomes[0].row, outcomes[0].size
    title = ": ".join(part.format(size=size) for part in (row.work, figure.title) if part)
    of_contestant = {outcome.contestant.name: outcome for outcome in outcomes}
    ours = _median(figure, of_contestant.get("ostinato"))
    cells = [_cell(figure, of_contestant.get(one.name), ours) for one in contestants]
    wanted = figure.wanted_text()
    if wanted and ours is not None and size == row.size:
        wanted += ", met" if figure.is_met(ours) else ", **missed**"
    return _line([title, *cells, wanted])


def _cell(figure: Figure, outcome: Outcome | None, ours: float | None) -> str:
    if outcome is None:
        return NOTHING
    if outcome.failure:
        return "failed"
    values = _values(figure, outcome)
    if not values:
        return NOTHING
    median = statistics.median(values)
    text = figure.unit.text(median)
    if len(values) > 1:
        text += f" ({figure.unit.text(min(values))}–{figure.unit.text(max(values))})"
    if ours and not outcome.contestant.is_ours:
        text += f", **{_times(figure.advantage(ours, median))}**"
    return text


def _times(advantage: float) -> str:
    return f"{advantage:,.{0 if advantage >= 10 else 1 if advantage >= 1 else 2}f} ×"  # noqa: PLR2004  (two digits)


def _median(figure: Figure, outcome: Outcome | None) -> float | None:
    values = [] if outcome is None or outcome.failure else _values(figure, outcome)
    return statistics.median(values) if values else None


def _values(figure: Figure, outcome: Outcome) -> list[float]:
    read = [figure.read(measurement) for measurement in outcome.measurements]
    return [value for value in read if value is not None]


def _note(outcome: Outcome) -> str:
    notes = [measurement.note for measurement in outcome.measurements if measurement.note]
    return f"- {outcome.row.name}, {outcome.contestant.title}: {notes[-1]}" if notes else ""


def _machine_line(machine: Machine) -> str:
    return (
        f"{machine.processor}, {machine.cores} cores (load before: {machine.load_before:.1f}), {machine.system},"
        f" Python {machine.python}, SQLite {machine.sqlite}, {machine.file_system};"
        f" one fsynced SQLite commit: {machine.commit_seconds * 1000:.2f} ms"
    )


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
