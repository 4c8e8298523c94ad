"""A trip that is booked step by step, and undone in reverse if a step fails for good or somebody cancels it.

The hotel's desk is busy at first, which the workflow decides about by itself: it asks again in a minute. A car that
there is not is no use asking for again.

    ostinato run examples/trip.py:trip --input '{"things": ["room in Rome", "car"]}'
    ostinato run examples/trip.py:trip --input '{"things": ["room in Rome", "flying carpet"]}'
"""

from ostinato import (
    FailWorkflow,
    Saga,
    TaskFailure,
    Verdict,
    activity,
    activity_info,
    marker,
    markers,
    submit,
    workflow,
)
from ostinato.errors import ActivityFailed


class Unheard(Exception):
    """Nobody has such a thing."""


@activity(start_to_close_timeout=60)
def book(thing: str) -> str:
    """Book one thing; the desk for rooms answers at the second attempt."""
    if thing.startswith("room") and activity_info().attempt == 1:
        raise ConnectionError("the desk is busy")
    if thing == "flying carpet":
        raise Unheard(thing)
    return f"{thing} booked"


@activity(start_to_close_timeout=60)
def give_back(thing: str) -> str:
    """Undo a booking; harmless if there is none."""
    return f"{thing} given back"


def ask_again(failure: TaskFailure) -> Verdict | None:
    """Busy desks are asked again in a minute, three times at most; all else is left to fail."""
    is_busy = failure.error_type == "ConnectionError" and failure.attempt < 4  # noqa: PLR2004
    return failure.retry(wait=60) if is_busy else None


@workflow(on_task_failure=ask_again)
def trip(things: list[str]) -> list[str]:
    """Book all of it, or nothing."""
    try:
        with Saga() as saga:
            for thing in things:
                saga.compensate_with(give_back, thing)
                marker("booked", submit(book, thing).result())
    except ActivityFailed as error:
        raise FailWorkflow("the trip is off", details={"because": error.error_message}) from error
    return [str(note.details) for note in markers("booked")]
