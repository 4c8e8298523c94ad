"""A schedule: a digest is made every morning, by the clocks of its readers; one that hangs is ended by the next.

ostinato schedule create digest examples/digest.py:digest --input '"ada"' --cron '0 7 * * *' --timezone Europe/Berlin
ostinato schedule show digest
"""

from ostinato import Client, Overlap, ScheduleHandle, Schedules, Times, activity, now, submit, workflow


@activity(start_to_close_timeout=60)
def gather(reader: str, day: str) -> list[str]:
    """What the reader wants to know of a day."""
    return [f"{day}: a lecture for {reader}", f"{day}: rain"]


@workflow(execution_start_to_close_timeout=3600)
def digest(reader: str) -> str:
    """Make one digest."""
    return "; ".join(submit(gather, reader, now().date().isoformat()).result())


def every_morning(client: Client, reader: str) -> ScheduleHandle:
    """Have a digest made every morning at seven; from any program."""
    times = Times(cron="0 7 * * *", timezone="Europe/Berlin")
    return Schedules(client).create("digest", digest, reader, times=times, overlap=Overlap.TERMINATE_OTHER)
