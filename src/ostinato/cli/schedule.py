"""`ostinato schedule`: its commands and their options."""

from datetime import datetime
from typing import TYPE_CHECKING, TextIO

import click

from ostinato.cli.access import ENVIRONMENT, EXIT_CODES, Access, engine_and_payloads_options, starting_options
from ostinato.cli.completing import complete_schedules
from ostinato.cli.input_options import input_options
from ostinato.cli.instants import read_instant, read_seconds
from ostinato.cli.output_options import ENVIRONMENT as OUTPUT_ENVIRONMENT
from ostinato.cli.output_options import Output, object_options, output_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from ostinato.client.client import Client
    from ostinato.schedules.schedules import ScheduleHandle

_OVERLAPS = ("skip", "buffer_one", "buffer_all", "cancel_other", "terminate_other", "allow_all")
_EPILOG = ENVIRONMENT + EXIT_CODES
_DATA_EPILOG = ENVIRONMENT + OUTPUT_ENVIRONMENT + EXIT_CODES
_ONE = click.argument("schedule_id", shell_complete=complete_schedules)

_overlap_option = click.option(
    "--overlap", type=click.Choice(_OVERLAPS), help="What to do while one is running.  [default: as the schedule says]"
)


@click.group()
def schedule() -> None:
    """Start workflows at times: by cron expressions or in intervals.

    A schedule is an execution itself. It is decided by the deciders of what it starts.
    """


@schedule.command(epilog=_EPILOG)
@click.argument("schedule_id")
@click.argument("target")
@click.option("--cron", metavar="EXPRESSION", default="", help="When: five fields, or six with seconds first.")
@click.option("--every", metavar="DURATION", type=read_seconds, help="When: in this interval: 90s, 15m, 2h, 1d.")
@click.option("--timezone", metavar="ZONE", default="UTC", show_default=True, help="The cron expression's time zone.")
@input_options("The arguments of each: a list by place, an object by name, anything else is the only one.")
@click.option(
    "--overlap",
    type=click.Choice(_OVERLAPS),
    default="skip",
    show_default=True,
    help="What to do while the one before is running.",
)
@click.option("--jitter", metavar="DURATION", type=read_seconds, default="0", help="Start so much later, by chance.")
@click.option(
    "--catch-up",
    metavar="DURATION",
    type=read_seconds,
    default="1d",
    show_default=True,
    help="Start what could not be started in time up to so much later.",
)
@click.option("--paused", is_flag=True, help="Start nothing until it is resumed.")
@starting_options
@click.pass_context
def create(  # noqa: PLR0917  # click calls it, by name
    context: click.Context,
    schedule_id: str,
    target: str,
    cron: str,
    every: float | None,
    timezone: str,
    input_: str | None,
    overlap: str,
    jitter: float,
    catch_up: float,
    paused: bool,  # noqa: FBT001  # click calls it
    access: Access,
) -> None:
    """Make the schedule SCHEDULE_ID, which starts the workflow that TARGET names, and print its ids.

    TARGET is path/to/file.py:name, package.module:name or package.module.name.
    """

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.scheduling import make  # noqa: PLC0415  # --help does without
        from ostinato.schedules.times import Times  # noqa: PLC0415

        made = make(
            client,
            schedule_id,
            target,
            input_,
            times=Times(cron=cron, every=every or 0.0, timezone=timezone),
            overlap=overlap,
            jitter=jitter,
            catch_up=catch_up,
        )
        if paused:
            made.pause()
        print(made.schedule_id, made.execution.run_id, file=data)

    context.exit(access.carry_out(work, makes_file=True))


@schedule.command("list", epilog=_DATA_EPILOG)
@output_options
@engine_and_payloads_options
@click.pass_context
def list_(context: click.Context, output: Output, access: Access) -> None:
    """List the schedules: when each starts what, what is running, and what it did."""

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.scheduling import write_all  # noqa: PLC0415  # --help does without

        write_all(client, output, data)

    context.exit(access.carry_out(work))


@schedule.command(epilog=_DATA_EPILOG)
@_ONE
@object_options
@engine_and_payloads_options
@click.pass_context
def show(context: click.Context, schedule_id: str, output: Output, access: Access) -> None:
    """Show a schedule: when it starts what, what is running, and what it did."""

    def work(client: "Client", data: TextIO) -> None:
        from ostinato.cli.scheduling import write_one  # noqa: PLC0415  # --help does without

        write_one(client, schedule_id, output, data)

    context.exit(access.carry_out(work))


def _order(access: Access, schedule_id: str, order: "Callable[[ScheduleHandle], None]") -> int:
    def work(client: "Client", _: TextIO) -> None:
        from ostinato.cli.scheduling import find_schedule  # noqa: PLC0415  # --help does without

        order(find_schedule(client, schedule_id))

    return access.carry_out(work)


@schedule.command(epilog=_EPILOG)
@_ONE
@click.option("--note", default="", help="Why; `show` shows it.")
@engine_and_payloads_options
@click.pass_context
def pause(context: click.Context, schedule_id: str, note: str, access: Access) -> None:
    """Have a schedule start nothing until it is resumed."""
    context.exit(_order(access, schedule_id, lambda handle: handle.pause(note)))


@schedule.command(epilog=_EPILOG)
@_ONE
@click.option("--note", default="", help="Why; `show` shows it.")
@engine_and_payloads_options
@click.pass_context
def resume(context: click.Context, schedule_id: str, note: str, access: Access) -> None:
    """Have a paused schedule go on; what came due meanwhile is left out."""
    context.exit(_order(access, schedule_id, lambda handle: handle.resume(note)))


@schedule.command(epilog=_EPILOG)
@_ONE
@_overlap_option
@engine_and_payloads_options
@click.pass_context
def trigger(context: click.Context, schedule_id: str, overlap: str | None, access: Access) -> None:
    """Have a schedule start one now, also if it is paused."""
    from ostinato.schedules.schedule import Overlap  # noqa: PLC0415  # --help does without

    chosen = None if overlap is None else Overlap(overlap)
    context.exit(_order(access, schedule_id, lambda handle: handle.trigger(chosen)))


@schedule.command(epilog=_EPILOG)
@_ONE
@click.option("--from", "start", metavar="TIME", type=read_instant, required=True, help="After this: 2h, 2026-01-31.")
@click.option("--to", "end", metavar="TIME", type=read_instant, default="0s", help="Up to this.  [default: now]")
@_overlap_option
@engine_and_payloads_options
@click.pass_context
def backfill(  # noqa: PLR0917  # click calls it, by name
    context: click.Context, schedule_id: str, start: datetime, end: datetime, overlap: str | None, access: Access
) -> None:
    """Have a schedule start what would have been started in a span of time, one after the other."""
    from ostinato.schedules.schedule import Overlap  # noqa: PLC0415  # --help does without

    chosen = Overlap(overlap or "buffer_all")
    context.exit(_order(access, schedule_id, lambda handle: handle.backfill(start, end, chosen)))


@schedule.command(epilog=_EPILOG)
@_ONE
@engine_and_payloads_options
@click.pass_context
def delete(context: click.Context, schedule_id: str, access: Access) -> None:
    """End a schedule; what it has started goes on."""
    context.exit(_order(access, schedule_id, lambda handle: handle.delete()))
