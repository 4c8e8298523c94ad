"""A child that cleans up when it is canceled, and a parent that waits for that before it ends as canceled itself.

ostinato run examples/holiday.py:holiday --input '["Rome", 7]' --id holiday &
ostinato cancel holiday
"""

import asyncio

from ostinato import activity, request_cancel, shield, sleep, submit, wait, workflow


@activity(start_to_close_timeout=60)
def book(room: str) -> str:
    """Stand-in for a hotel's desk."""
    return f"{room} booked"


@activity(start_to_close_timeout=60)
def give_back(room: str) -> str:
    """Stand-in for the same desk."""
    return f"{room} given back"


@workflow
def stay(town: str, days: int) -> str:
    """Has a room for some days, and never leaves it booked for nobody."""
    room = f"a room in {town}"
    submit(book, room).result()
    try:
        sleep(days * 24 * 3600)
    except asyncio.CancelledError:
        submit(give_back, room).result()
        raise
    return f"{days} days in {town}"


@workflow
def holiday(town: str, days: int) -> str:
    """A stay. If it is canceled, it is over when the room is given back, not before."""
    name = f"stay-in-{town}"
    future = submit(stay.options(workflow_id=name), town, days)
    try:
        return shield(future).result()
    except asyncio.CancelledError:
        request_cancel(name)
        wait([future])
        raise
