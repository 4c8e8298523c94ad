"""`ostinato decider`: its options."""

from typing import Any

import click

from ostinato.cli.guarding import guard_option
from ostinato.cli.serving_options import EPILOG, require_engine, serving_options


@click.command(epilog=EPILOG)
@serving_options
@click.option(
    "--kept-replays",
    metavar="N",
    type=click.IntRange(0),
    default=1000,
    show_default=True,
    help="Executions that a process keeps in memory; 0 replays each decision from the start.",
)
@click.option(
    "--kept-memory",
    metavar="MIB",
    type=click.IntRange(1),
    default=512,
    show_default=True,
    help="What they may take, by estimate.",
)
@click.option(
    "--sticky-timeout",
    metavar="SECONDS",
    type=click.IntRange(0),
    default=5,
    show_default=True,
    help="After it another process takes an execution over from one that does not answer; 0 shares all decisions.",
)
@click.option(
    "--check-every",
    metavar="N",
    type=click.IntRange(0),
    default=1000,
    show_default=True,
    help="Compare each N-th decision with one of a fresh replay; 0 never does.",
)
@guard_option
@click.pass_context
def decider(context: click.Context, /, **given: Any) -> None:
    """Make the decisions of all workflows that the TARGETs name, until SIGTERM or Ctrl-C.

    A TARGET is path/to/file.py, package.module, or one of these with :name; all that its module names is served,
    several versions of a type at once. Types that are missing are registered.
    """
    from ostinato.cli.orders import Order, Role  # noqa: PLC0415  # --help does without
    from ostinato.cli.supervise import Supervision, supervise  # noqa: PLC0415

    order = Order(
        role=Role.DECIDER,
        engine=require_engine(given["engine"]),
        domain=given["domain"],
        targets=given["targets"],
        is_json=given["log_format"] == "json",
        task_lists=given["task_lists"],
        middleware=given["middleware"],
        payloads=given["payloads"],
        kept_replays=given["kept_replays"],
        kept_bytes=given["kept_memory"] << 20,
        sticky_timeout=given["sticky_timeout"],
        checked=given["check_every"],
        guard=given["guard"],
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
