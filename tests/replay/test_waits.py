"""The execution context that tells where an execution waits."""

import asyncio
from typing import Any

import msgspec
import pytest

from ostinato import (
    LambdaFunction,
    Retry,
    activity,
    set_context,
    signal,
    sleep,
    spawn,
    submit,
    timer,
    wait_signal,
    workflow,
)
from ostinato import map as submit_each
from ostinato.testing.rehearsal import Rehearsal


@activity(name="work", retry=Retry(interval=7))
def work(x: Any = None) -> Any: ...


@workflow(name="child")
def child(x: Any = None) -> Any: ...


def told(r: Rehearsal) -> Any:
    return msgspec.json.decode(r.replay.published_context)


@workflow
async def busy() -> None:
    everything = [
        submit(work),
        submit(child.options(workflow_id="c")),
        submit(LambdaFunction("resize")),
        timer(60),
        signal("go", workflow_id="other"),
        wait_signal("stop"),
    ]
    await asyncio.wait(everything)


def test_it_tells_all_that_is_waited_for() -> None:
    """Of each its kind, id, name, and since when; until when if that is known."""
    with Rehearsal(busy) as r:
        begin = r.script.now
        waits = told(r)["waiting_for"]
        since = {"since": waits[0]["since"]}
        assert 0 <= begin - since["since"] < 5
        assert waits == [
            {"kind": "activity", "id": "activity-work-1", "name": "work", **since},
            {"kind": "child", "id": "c", "name": "child", **since},
            {"kind": "lambda", "id": "lambda-resize-1", "name": "resize", **since},
            {"kind": "timer", "id": "timer-1", **since, "until": since["since"] + 60},
            {"kind": "delivery", "id": "signal-1", "name": "go"},
            {"kind": "signal", "name": "stop", **since},
        ]


def test_it_tells_what_will_be_tried_again() -> None:
    """When, and for the how manieth time; what SWF refuses for a while is no retry."""

    @workflow
    def patient() -> None:
        submit(work).result()

    with Rehearsal(patient) as r:
        r.fail("activity-work-1", OSError("x"))
        (wait,) = told(r)["waiting_for"]
        assert (wait["kind"], wait["id"], wait["attempt"], wait["until"] - wait["since"]) == (
            "retry", "activity-work-1", 2, 7,
        )  # fmt: skip
    with Rehearsal(patient) as r:
        r.play(refused={0: "OPEN_ACTIVITIES_LIMIT_EXCEEDED"})
        assert [wait["kind"] for wait in told(r)["waiting_for"]] == ["back-off"]


def test_it_is_bounded() -> None:
    """It tells of twenty things, and that there are more."""

    @workflow
    def many(count: int) -> None:
        for future in submit_each(work, range(count)):
            future.result()

    with Rehearsal(many, 21) as r:
        assert (len(told(r)["waiting_for"]), told(r)["more"]) == (20, True)
    with Rehearsal(many, 20) as r:
        assert (len(told(r)["waiting_for"]), "more" in told(r)) == (20, False)


@pytest.mark.parametrize(
    ("activities", "signals", "expected"),
    [(30, 1, (19, 1)), (30, 30, (10, 10)), (12, 9, (11, 9)), (5, 30, (5, 15)), (0, 30, (0, 20)), (30, 0, (20, 0))],
)
def test_signals_are_told_beside_whatever_is_open(activities: int, signals: int, expected: tuple[int, int]) -> None:
    """History tells what else is open; of signals that are waited for only this does."""

    @workflow
    def busy() -> None:
        _ = submit_each(work, range(activities))
        waits = [wait_signal(f"s{number}") for number in range(signals)]
        for future in waits:
            future.result()
        sleep(60)

    with Rehearsal(busy) as r:
        kinds = [wait["kind"] for wait in told(r)["waiting_for"] if wait["kind"] != "timer"]
        assert (kinds.count("activity"), kinds.count("signal")) == expected
        assert told(r)["more"]


def test_at_the_end_nothing_is_waited_for() -> None:
    """Else it would go on telling what was."""

    @workflow
    def quick() -> None:
        spawn(sleep, 60)

    with Rehearsal(quick) as r:
        assert told(r) == {"waiting_for": []}


def test_the_code_may_publish_its_own() -> None:
    """And take it back."""

    @workflow
    def speaks() -> None:
        set_context({"done": 1})
        wait_signal("next").result()
        set_context(None)
        wait_signal("next").result()

    with Rehearsal(speaks) as r:
        assert told(r) == {"done": 1}
        r.signal("next")
        assert told(r)["waiting_for"][0]["name"] == "next"
