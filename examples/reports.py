"""A report that fails in its last step, and is made again without doing the others again.

`ostinato run examples/reports.py:report --id march --input '["march"]'` fails as long as the printer is off. Then
`touch printer-is-on; ostinato rerun march` begins it again, and `ostinato run examples/reports.py:report --id march`
goes on with it: nothing is gathered twice.
"""

import os
from pathlib import Path

from ostinato import activity, run_once, submit, workflow

LEDGER = "LEDGER"
"""The environment variable that names the file in which each activity leaves a line."""


def done(what: str) -> None:
    """Leave a line of what was done to the world."""
    with Path(os.environ.get(LEDGER, os.devnull)).open("a") as ledger:
        ledger.write(f"{what}\n")


@activity(start_to_close_timeout=60)
def gather(region: str, month: str) -> int:
    """Gather the figure of a region, which takes long."""
    done(f"gather {region} of {month}")
    return len(region) * 100


@activity(start_to_close_timeout=60)
def print_out(text: str) -> str:
    """Print the report, if the printer is on."""
    if not Path(os.environ.get("PRINTER", "printer-is-on")).exists():
        raise RuntimeError("the printer is off")
    done(f"print {text}")
    return f"printed: {text}"


@workflow
def report(month: str) -> str:
    """Gather the figures of all regions, and print their sum."""
    author = run_once(os.getpid)  # the report has one author, whoever prints it
    figures = [submit(gather, region, month) for region in ("north", "south", "east")]
    total = sum(figure.result() for figure in figures)
    done_by = submit(print_out, f"{month}: {total} by {author}")
    return done_by.result()
