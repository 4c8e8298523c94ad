"""`ostinato worker`: its options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from ostinato.cli.serving_options import EPILOG, require_engine, serving_options


@dataclass(frozen=True)
class Rates:
    """The rates that were given: for all task lists together, and for single ones."""

    together: float | None
    task_lists: Mapping[str, float]


@click.command(epilog=EPILOG)
@serving_options
@click.option(
    "--concurrency",
    metavar="M",
    type=click.IntRange(1, 10_000),
    default=10,
    show_default=True,
    help="Activities that a process runs at once.",
)
@click.option(
    "--rate",
    "rates",
    metavar="[LIST=]R",
    multiple=True,
    help="Begin at most R activities a second, in all processes together; of one task list, if it is named.",
)
@click.option(
    "--memory",
    metavar="MIB",
    type=click.IntRange(16),
    help="Address space that the process of an isolated activity may have.",
)
@click.option(
    "--recycle",
    metavar="K",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Isolated activities that a process runs before it is replaced.",
)
@click.option(
    "--patience",
    metavar="SECONDS",
    type=click.FloatRange(0),
    default=10.0,
    show_default=True,
    help="How long an isolated activity may take to stop before it is killed.",
)
@click.pass_context
def worker(context: click.Context, /, **given: Any) -> None:
    """Run the activities that the TARGETs name, until SIGTERM or Ctrl-C.

    A TARGET is path/to/file.py, package.module, or one of these with :name; all that its module names is served. Types
    that are missing are registered.
    """
    from ostinato.cli.orders import Order, Role  # noqa: PLC0415  # --help does without
    from ostinato.cli.supervise import Supervision, supervise  # noqa: PLC0415

    rates = read_rates(given["rates"], given["processes"])
    order = Order(
        role=Role.WORKER,
        engine=require_engine(given["engine"]),
        domain=given["domain"],
        targets=given["targets"],
        is_json=given["log_format"] == "json",
        task_lists=given["task_lists"],
        middleware=given["middleware"],
        payloads=given["payloads"],
        concurrency=given["concurrency"],
        rate=rates.together,
        task_list_rates=dict(rates.task_lists),
        memory=None if given["memory"] is None else given["memory"] << 20,
        tasks=given["recycle"],
        patience=given["patience"],
    )
    supervision = Supervision(
        order=order,
        processes=given["processes"],
        grace=given["grace"],
        reloads=given["reloads"],
        host=given["host"],
        port=given["port"],
        create_domain=given["create_domain"],
    )
    context.exit(supervise(supervision))


def read_rates(texts: Sequence[str], processes: int) -> Rates:
    """The rates of one process, of so many.

    Raises:
        click.BadParameter: one is no positive number.
    """
    together: float | None = None
    lists: dict[str, float] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        try:
            rate = float(number)
        except ValueError:
            rate = 0.0
        if not 0 < rate < float("inf"):
            raise click.BadParameter(f"{text!r} is neither R nor LIST=R, with R above 0", param_hint="--rate")
        if name:
            lists[name] = rate / processes
        else:
            together = rate / processes
    return Rates(together, lists)
