"""Futures as arguments."""

import asyncio
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from ostinato import activity, submit, workflow
from ostinato.errors import ActivityFailed, PayloadError
from ostinato.model import decisions as d
from ostinato.testing.rehearsal import Rehearsal


@activity(name="work")
def work(*args: Any, **kwargs: Any) -> Any: ...


Pair = namedtuple("Pair", "a b")  # noqa: PYI024  (it has no types because it holds futures)


@dataclass
class Box:
    inside: Any


class Packet(msgspec.Struct):
    inside: Any


def asked(r: Rehearsal) -> list[str | None]:
    return [x.input for x in r.decisions if isinstance(x, d.ScheduleActivityTask)]


def test_futures_deep_within_arguments() -> None:
    """A submission waits for the futures in its arguments, and gets their results in their places."""

    @workflow
    def chains() -> Any:
        x = submit(work)
        deep = [{"k": (x, 1)}, Pair(x, 2), Box([x]), Packet({"y": x}), "plain"]
        return submit(work, deep, {1}, by_name={"z": [x]}).result()

    with Rehearsal(chains) as r:
        assert len(asked(r)) == 1
        r.complete("activity-work-1", 7)

        assert asked(r) == [
            (
                '{"args":[[{"k":[7,1]},[7,2],{"inside":[7]},{"inside":{"y":7}},"plain"],[1]],'
                '"kwargs":{"by_name":{"z":[7]}}}'
            )
        ]


def test_sets_of_futures() -> None:
    """A set of futures becomes a set of their results."""

    @workflow
    def chains() -> Any:
        return submit(work, {submit(work)}).result()

    with Rehearsal(chains) as r:
        (first,) = asked(r)
        assert first == '{"args":[],"kwargs":{}}'
        name = next(x.activity_id for x in r.decisions if isinstance(x, d.ScheduleActivityTask))
        r.complete(name, 7)

        assert asked(r) == ['{"args":[[7]],"kwargs":{}}']


def test_done_futures_start_at_once() -> None:
    """Futures that are done already do not delay."""

    @workflow
    def chains() -> Any:
        x = submit(work)
        x.result()
        return submit(work, x, x).result()

    with Rehearsal(chains) as r:
        r.complete("activity-work-1", 0)

        assert asked(r) == ['{"args":[0,0],"kwargs":{}}']


def test_a_failed_input_fails_its_dependents() -> None:
    """A failed input fails what depends on it with the same exception, at once; a canceled one cancels it."""

    @workflow
    def chains() -> list[str]:
        bad, slow, never = submit(work, 1), submit(work, 2), submit(work, 3)
        first = submit(work, [bad, slow])
        second = submit(work, first)
        third = submit(work, never)
        with pytest.raises(ActivityFailed) as caught:
            second.result()
        assert caught.value is bad.exception()
        never.cancel()
        with pytest.raises(asyncio.CancelledError):
            third.result()
        slow.result()
        return [type(first.exception()).__name__]

    with Rehearsal(chains) as r:
        r.fail("activity-work-1", ValueError())
        r.complete("activity-work-2", 2)

        assert r.result == ["ActivityFailed"]


def test_given_up_before_its_inputs_came() -> None:
    """What was given up while it waited for its inputs is never asked for."""

    @workflow
    def gives_up() -> str:
        x = submit(work)
        y = submit(work, x)
        y.cancel()
        x.result()
        return "done"

    with Rehearsal(gives_up) as r:
        r.complete("activity-work-1", 1)

        assert r.result == "done"
        assert asked(r) == []


def test_inputs_that_cannot_be_written() -> None:
    """A late argument that cannot become text fails the dependent."""

    @workflow
    def chains() -> str:
        x = submit(work)
        y = submit(work, x, object())
        with pytest.raises(PayloadError):
            y.result()
        return "seen"

    with Rehearsal(chains) as r:
        r.complete("activity-work-1", 1)

        assert r.result == "seen"


def test_several_futures() -> None:
    """What depends on several futures begins when the last of them is done."""

    @workflow
    def chains() -> Any:
        return submit(work, submit(work), submit(work)).result()

    with Rehearsal(chains) as r:
        r.complete("activity-work-2", 2)
        assert asked(r) == []
        r.complete("activity-work-1", 1)

        assert asked(r) == ['{"args":[1,2],"kwargs":{}}']
