"""Signals: each is seen once, in order, by whoever takes it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ostinato import activity, as_completed, continue_as_new, signals, sleep, spawn, submit, wait, wait_signal, workflow
from ostinato.errors import PayloadError
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.replay.inbox import signal_value
from ostinato.testing.rehearsal import Rehearsal


@activity(name="work")
def work(x: Any = None) -> Any: ...


def test_before_while_and_after() -> None:
    """Signals that came before anybody waited, while, and after are all taken, in order."""

    @workflow
    def takes() -> list[Any]:
        submit(work).result()
        said = [wait_signal("x").result(), wait_signal("x").result(), wait_signal("x").result()]
        said.append(wait_signal("y").result())
        return said

    with Rehearsal(takes) as r:
        r.signal("x", 0)
        r.signal("y", "other")
        r.happened().signaled("x", "")
        r.complete("activity-work-1")
        r.signal("x", a=1)

        assert r.result == [0, None, {"a": 1}, "other"]


def test_several_waiters() -> None:
    """Each of several waiters gets one, in the order in which they began to wait."""

    @workflow
    def takes() -> list[Any]:
        futures = [wait_signal("x") for _ in range(3)]
        futures[1].cancel()
        wait([futures[0], futures[2]])
        return [futures[0].result(), futures[2].result()]

    with Rehearsal(takes) as r:
        assert r.replay.waiting() == ("signal 'x'", "signal 'x'")
        r.signal("x", 1)
        r.signal("x", 2)

        assert r.result == [1, 2]


def test_time_out() -> None:
    """A wait may have a durable time-out; a signal that comes later is for the next who waits."""

    @workflow
    def takes() -> Any:
        with pytest.raises(TimeoutError, match="no signal 'x' came within 10 s"):
            wait_signal("x", timeout=10).result()
        return wait_signal("x", timeout=10).result()

    with Rehearsal(takes) as r:
        r.fire("timer-1")
        r.signal("x", False)

        assert d.CancelTimer(timer_id="timer-2") in r.decisions
        assert r.result is False


def test_polling_does_not_pile_up() -> None:
    """Waits that timed out are forgotten."""

    @workflow
    def polls() -> Any:
        for _ in range(5):
            try:
                return wait_signal("x", timeout=1).result()
            except TimeoutError:
                continue
        return "none"

    with Rehearsal(polls) as r:
        for n in range(4):
            r.fire(f"timer-{n + 1}")
        assert len(r.replay._execution.inbox._waiting["x"]) == 1
        r.fire("timer-5")

        assert r.result == "none"


def test_iteration() -> None:
    """signals() gives all of them, as they come, also beside other work."""

    @workflow
    def takes() -> list[Any]:
        said: list[Any] = []

        def listen() -> None:
            for value in signals("x"):
                if value is None:
                    return
                said.append(value)

        listening = spawn(listen)
        sleep(1)
        for future in as_completed([listening]):
            future.result()
        return said

    with Rehearsal(takes) as r:
        r.signal("x", 1)
        r.fire("timer-1")
        r.signal("x", [2])
        r.signal("x")

        assert r.result == [1, [2]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (None, None),
        ("", None),
        ("not JSON", "not JSON"),
        ("[" * 30_000, "[" * 30_000),
        ('"text"', "text"),
        ("0", 0),
        ("[1, 2]", [1, 2]),
        ('{"a": 1}', {"a": 1}),
        ('{"args": [], "kwargs": {}}', None),
        ('{"args": [0]}', 0),
        ('{"args": [[]]}', []),
        ('{"args": [1, 2], "kwargs": null}', [1, 2]),
        ('{"args": [1], "kwargs": {"a": 2}}', {"a": 2, "args": [1]}),
        ('{"kwargs": {"a": 2}, "__propagate": true}', {"a": 2}),
        ('{"args": 5}', {"args": 5}),
        ('{"args": "ab"}', {"args": "ab"}),
        ('{"kwargs": [1]}', {"kwargs": [1]}),
    ],
)
def test_signal_value(text: str | None, value: object) -> None:
    """Whatever anybody sends has a value: nothing in it stops the execution."""
    assert signal_value(text) == value


# As values of a type.


@dataclass(frozen=True)
class Order:
    """What a signal may carry."""

    name: str
    price: Decimal = Decimal(0)


def test_typed() -> None:
    """A signal is converted to the type that its taker names; a dataclass comes from JSON or from named arguments."""

    @workflow
    def takes() -> list[Any]:
        when = wait_signal("when", as_type=datetime).result()
        orders = signals("order", as_type=Order)
        return [when == may_first, next(orders) == Order("tea", Decimal("1.5")), next(orders)]

    may_first = datetime(2024, 5, 1, tzinfo=UTC)
    with Rehearsal(takes) as r:
        r.signal("when", may_first)
        r.signal("order", Order("tea", Decimal("1.5")))
        r.signal("order", name="cup", price="2")

        assert r.result == [True, True, {"name": "cup", "price": "2"}]


def test_typed_in_coroutines() -> None:
    """`async for` gives typed values as well."""

    @workflow
    async def takes() -> int:
        async for order in signals("order", as_type=Order):
            if order.price:
                return int(order.price)
        raise AssertionError("signals never end")

    with Rehearsal(takes) as r:
        r.signal("order", name="free")
        r.signal("order", name="cup", price=2)

        assert r.result == 2


def test_a_value_of_another_type() -> None:
    """What does not fit the type fails where it is waited for; the next one is for the next who waits."""

    @workflow
    def takes() -> int:
        with pytest.raises(PayloadError, match="int"):
            wait_signal("x", as_type=int).result()
        return wait_signal("x", as_type=int).result()

    with Rehearsal(takes) as r:
        r.signal("x", "many")
        r.signal("x", 3)

        assert r.result == 3


def test_untaken_signals_are_converted_when_they_are_taken() -> None:
    """A signal that came before anybody waited has the type that its taker names, and may not fit it."""

    @workflow
    def takes() -> list[Any]:
        submit(work).result()
        said: list[Any] = [wait_signal("x", as_type=Decimal).result() + 1]
        with pytest.raises(PayloadError):
            wait_signal("x", as_type=Order).result()
        return [*said, wait_signal("x").result()]

    with Rehearsal(takes) as r:
        for value in ("1.50", "no order", "as it is"):
            r.happened().signaled("x", f'{{"args":["{value}"]}}')
        r.complete("activity-work-1")

        assert r.result == ["2.50", "as it is"]


def test_a_time_out_after_the_end() -> None:
    """The time-out of a wait that was given up in the code's last step is harmless."""

    @workflow
    def ends() -> None:
        wait_signal("x", timeout=10).cancel()
        continue_as_new()

    with Rehearsal(ends) as r:
        r.script.add(e.WorkflowExecutionSignaled, signal_name="x", external_initiated_event_id=0)
        r.play(refused={1: "UNHANDLED_DECISION"})
        r.happened(refused={0: "UNHANDLED_DECISION"})
        r.script.timer_fired("timer-1")
        r.play()

        assert isinstance(r.close, d.ContinueAsNewWorkflowExecution)
