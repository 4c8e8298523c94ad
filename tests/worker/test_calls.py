import random
import threading
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import pytest

from ostinato.errors import EngineClosedError, ThrottlingException, UnknownResourceFault
from ostinato.model.operations import DescribeDomain, Operation
from ostinato.worker.calls import LONGEST_WAIT, Backoff, PatientCaller
from ostinato.worker.notices import CallFailed, ignore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ostinato.worker.notices import Notice

OPERATION = DescribeDomain(name="d")


class Shaky:
    """A Swf that fails in given ways, and then answers."""

    def __init__(self, *failures: Exception) -> None:
        self._failures: Iterator[Exception | None] = chain(failures, repeat(None))

    def call(self, _operation: Operation[Any], /) -> Any:
        failure = next(self._failures)
        if failure is not None:
            raise failure
        return "the answer"


def test_waits_double_up_to_a_bound() -> None:
    """A service that is down is asked less and less often, but never given up."""
    backoff = Backoff(chance=lambda: 0.0)

    waits = [backoff.take() for _ in range(12)]

    assert waits[:4] == [0.05, 0.1, 0.2, 0.4]
    assert waits[-1] == LONGEST_WAIT


def test_success_makes_waits_short_again() -> None:
    """The next failure is a new one."""
    backoff = Backoff(chance=lambda: 1.0)
    backoff.take()

    backoff.reset()

    assert backoff.take() == 0.025


def test_what_passes_is_waited_out_and_told() -> None:
    """A lost connection and throttling are told to the watcher, and the answer comes in the end."""
    notices: list[Notice] = []
    swf = Shaky(ConnectionError("gone"), ThrottlingException("Rate exceeded"))

    answer: Any = PatientCaller(swf, stopping=threading.Event(), watch=notices.append).call(OPERATION, patience=60)

    assert answer == "the answer"
    assert [type(n.error).__name__ for n in notices if isinstance(n, CallFailed)] == [
        "ConnectionError",
        "ThrottlingException",
    ]


@pytest.mark.parametrize("error", [UnknownResourceFault("Unknown domain: d"), EngineClosedError(found="it is closed")])
def test_a_refusal_is_not_tried_again(error: Exception) -> None:
    """SWF said no, and will say so again; so will an engine that is closed."""
    swf = Shaky(error)

    with pytest.raises(type(error)):
        PatientCaller(swf, stopping=threading.Event(), watch=ignore).call(OPERATION, patience=60)


def test_waits_are_not_made_of_the_programs_chance() -> None:
    """Who has seeded `random` gets the same numbers, whatever runs beside."""
    before = random.getstate()

    Backoff().take()

    assert random.getstate() == before


def test_a_stop_ends_the_wait() -> None:
    """Who stops does not wait for a service that is down."""
    stopping = threading.Event()
    stopping.set()

    with pytest.raises(ConnectionError):
        PatientCaller(Shaky(ConnectionError()), stopping=stopping, watch=ignore).call(OPERATION, patience=60)


def test_patience_ends() -> None:
    """A call is given up when it cannot matter any more."""
    swf = Shaky(*repeat_failure(20))

    with pytest.raises(ConnectionError):
        PatientCaller(swf, stopping=threading.Event(), watch=ignore).call(OPERATION, patience=0.1)


def repeat_failure(times: int) -> list[Exception]:
    return [ConnectionError() for _ in range(times)]
