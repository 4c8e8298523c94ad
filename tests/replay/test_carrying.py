"""What a run hands on to the one that continues it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from ostinato import (
    activity,
    continue_as_new,
    continue_as_new_after,
    info,
    on_signal,
    signals,
    submit,
    wait_signal,
    workflow,
)
from ostinato.errors import LimitExceededError, PayloadError
from ostinato.model import decisions as d
from ostinato.model import events as e
from ostinato.model.fields import RunId
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.converter import JsonConverter
from ostinato.payloads.packing import MsgpackConverter
from ostinato.payloads.policy import Payloads
from ostinato.replay.carrying import NOTHING, Carried, carried_in, carry
from ostinato.replay.inbox import Signal
from ostinato.replay.reuse import Repairs, repairs_in, with_repairs
from ostinato.testing.rehearsal import Rehearsal

MARKED = '{"args":[1],"kwargs":{},"__propagate":true}'


@activity(name="work")
def work(x: Any = None) -> Any: ...


@workflow(name="turns")
def turns(turn: int = 0) -> list[Any]:
    """Continues as new without looking; the next run takes what it was handed."""
    if turn == 0:
        submit(work).result()
        continue_as_new(1)
    return [wait_signal("x").result(), wait_signal("y").result(), wait_signal("x").result()]


def at_its_turn() -> Rehearsal:
    """An execution that has asked to go on as another run."""
    r = Rehearsal(turns)
    r.complete("activity-work-1")
    return r


def late(r: Rehearsal, name: str, *args: object) -> None:
    """The signal comes while the last decision is being made."""
    r.script.signaled(name, r.converter.dump_arguments(args, {}))


def handed_on(r: Rehearsal) -> list[tuple[str, Any]]:
    """The signals in the input of the next run."""
    assert isinstance(r.close, d.ContinueAsNewWorkflowExecution)
    return [
        (signal.name, msgspec.json.decode(signal.input or "")["args"][0])
        for signal in carried_in(r.close.input).signals
    ]


def test_signals_that_nobody_took() -> None:
    """All of them, of all names, in the order in which they came; the next run has them right after its start."""
    with Rehearsal(turns) as r:
        r.signal("x", 1)
        r.happened().signaled("y", '{"args":[2]}')
        r.script.signaled("x", '{"args":[3]}')
        r.complete("activity-work-1")

        assert handed_on(r) == [("x", 1), ("y", 2), ("x", 3)]
        with r.next_run() as second:
            assert second.result == [1, 2, 3]


def test_nothing_is_added_where_nothing_is_left() -> None:
    """The input is the arguments."""
    with at_its_turn() as r:
        assert isinstance(r.close, d.ContinueAsNewWorkflowExecution)
        assert r.close.input == '{"args":[1],"kwargs":{}}'


def test_signals_that_come_while_it_continues() -> None:
    """SWF refuses the decision, and it is made again with what came; so it is as often as that happens."""
    with at_its_turn() as r:
        late(r, "x", 1)
        r.play(refused={0: "UNHANDLED_DECISION"})
        assert handed_on(r) == [("x", 1)]
        late(r, "y", 2)
        late(r, "x", 3)
        r.play(refused={0: "UNHANDLED_DECISION"})

        assert handed_on(r) == [("x", 1), ("y", 2), ("x", 3)]
        with r.next_run() as second:
            assert second.result == [1, 2, 3]


def test_signals_that_come_while_the_decision_is_lost() -> None:
    """A decider that died, and one that takes over: what came meanwhile is in the decision that gets through."""
    with at_its_turn() as r:
        r.script.signaled("x", '{"args":[1]}')
        r.lose()
        assert handed_on(r) == [("x", 1)]
        r.replace()
        r.script.signaled("y", '{"args":[2]}')
        r.lose()

        assert handed_on(r) == [("x", 1), ("y", 2)]


def test_signals_that_come_while_swf_lets_it_wait() -> None:
    """A rate that is exceeded is waited for by a timer; what comes until then is handed on."""
    with at_its_turn() as r:
        r.play(refused={0: "CONTINUE_AS_NEW_WORKFLOW_EXECUTION_RATE_EXCEEDED"})
        r.signal("x", 1)
        assert r.decisions == ()
        r.fire("__ostinato_close-1")

        assert handed_on(r) == [("x", 1)]


def test_signals_stay_where_it_cannot_continue() -> None:
    """The execution fails, and carries nothing anywhere."""
    with at_its_turn() as r:
        late(r, "x", 1)
        r.play(refused={0: "DEFAULT_TASK_LIST_UNDEFINED"})

        assert r.reason == "The execution could not be continued as new: DEFAULT_TASK_LIST_UNDEFINED"


def test_code_that_is_gone_takes_nothing() -> None:
    """A wait that the code left behind does not swallow what comes when the code has ended."""

    @workflow
    def leaves(turn: int = 0) -> Any:
        left_behind = wait_signal("x")
        if turn == 0:
            continue_as_new(1)
        return left_behind.result()

    with Rehearsal(leaves) as r:
        late(r, "x", 1)
        r.play(refused={0: "UNHANDLED_DECISION"})

        assert handed_on(r) == [("x", 1)]
        with r.next_run() as second:
            assert second.result == 1


def test_a_run_that_continues_at_once() -> None:
    """What it was handed and has not taken goes on to the one after it, before what came itself."""

    @workflow
    def hurries(turn: int = 0) -> list[Any]:
        if turn < 2:
            continue_as_new(turn + 1)
        return [wait_signal("x").result(), wait_signal("x").result()]

    with Rehearsal(hurries) as r:
        late(r, "x", 1)
        r.play(refused={0: "UNHANDLED_DECISION"})
        with r.next_run() as second:
            late(second, "x", 2)
            second.play(refused={0: "UNHANDLED_DECISION"})
            with second.next_run() as third:
                assert third.result == [1, 2]


@workflow(name="handles")
class Handles:
    def __init__(self) -> None:
        self.seen: list[int] = []

    def run(self, seen: list[int]) -> list[int]:
        self.seen = seen
        if wait_signal("turn").result():
            continue_as_new(self.seen)
        return self.seen

    @on_signal("number")
    def number(self, x: int) -> None:
        self.seen.append(x)
        submit(work, x)


def test_handlers_of_the_next_run() -> None:
    """They are run for what came when the code had ended, once each, beside the code."""
    with Rehearsal(Handles, []) as r:
        r.signal("number", 1)
        r.signal("turn", True)
        late(r, "number", 2)
        late(r, "number", 3)
        r.play(refused={0: "UNHANDLED_DECISION"})

        assert handed_on(r) == [("number", 2), ("number", 3)]
        with r.next_run() as second:
            assert [x.activity_id for x in second.decisions if isinstance(x, d.ScheduleActivityTask)] == [
                "activity-work-1",
                "activity-work-2",
            ]
            second.signal("turn", False)
            assert second.result == [1, 2, 3]


def test_what_does_not_fit_a_handler_is_handed_on_too() -> None:
    """Until somebody asks for it."""
    with Rehearsal(Handles, []) as r:
        r.signal("number", "many")
        r.signal("turn", True)

        assert handed_on(r) == [("number", "many")]
        with r.next_run() as second:
            assert "was not taken by its handler" in second.replay.complaints[0]
            second.signal("turn", False)
            assert second.result == []


def with_parent(r: Rehearsal) -> None:
    """The execution is somebody's child."""
    first: Any = r.script.events[0]
    above = WorkflowExecution(workflow_id="above", run_id=RunId("1"))
    r.script.events[0] = msgspec.structs.replace(first, parent_workflow_execution=above)
    r.replay.evict()
    r.replay = r._fresh()
    del r.script.events[3:]
    r._make()


def told(r: Rehearsal) -> list[str]:
    """Who is sent a signal."""
    return [x.workflow_id for x in r.decisions if isinstance(x, d.SignalExternalWorkflowExecution)]


def test_signals_to_a_family_are_handed_on_once() -> None:
    """By the run that could: what came when its code had ended is for the next one, but not back to the sender."""
    with at_its_turn() as r:
        r.script.signaled("x", MARKED)
        above = WorkflowExecution(workflow_id="above", run_id=RunId("1"))
        r.script.add(e.WorkflowExecutionSignaled, signal_name="y", input=MARKED, external_workflow_execution=above)
        r.play(refused={0: "UNHANDLED_DECISION"})

        with r.next_run() as second:
            with_parent(second)
            assert told(second) == ["above"]
            assert second.replay.waiting()[-1] == "signal 'x'"

    with Rehearsal(turns) as r:
        r.signal("x", 0)
        with_parent(r)
        r.signal("y", 0)
        r.happened().signaled("x", MARKED)
        r.play()
        assert told(r) == ["above"]
        r.complete("activity-work-1")
        with r.next_run() as second:
            with_parent(second)
            assert told(second) == []


def test_a_request_to_cancel_that_comes_while_it_continues() -> None:
    """The next run has it, right after its start."""

    @workflow
    def cleans(turn: int = 0) -> list[Any]:
        if turn == 0:
            continue_as_new(1)
        try:
            wait_signal("never").result()
        except asyncio.CancelledError:
            return [info().is_cancel_requested, submit(work).result()]
        return []

    with Rehearsal(cleans) as r:
        r.script.cancel_requested()
        late(r, "x", 1)
        r.play(refused={0: "UNHANDLED_DECISION"})
        with r.next_run() as second:
            second.complete("activity-work-1", "clean")
            assert second.result == [True, "clean"]


def test_a_request_to_cancel_that_the_code_has_seen_is_not_repeated() -> None:
    """It has decided about it."""

    @workflow
    def refuses(turn: int = 0) -> bool:
        if turn == 0:
            try:
                wait_signal("never").result()
            except asyncio.CancelledError:
                continue_as_new(1)
        return info().is_cancel_requested

    with Rehearsal(refuses) as r:
        r.cancel()
        with r.next_run() as second:
            assert second.result is False


# What does not fit.


@workflow(name="drains")
def drains(turn: int = 0, *, is_mended: bool = False) -> list[int]:
    if turn == 0:
        submit(work).result()
        if is_mended:
            signals("long").take_all()
        continue_as_new(1)
    return [len(each) for each in signals("long").take_all()]


def test_more_than_fits_beside_the_arguments() -> None:
    """Nothing is lost and nothing fails: the decision waits until the code takes some, or there is a store."""
    r = Rehearsal(drains, is_compared=False)
    for _ in range(2):
        r.happened().signaled("long", f'{{"args":["{"x" * 20_000}"]}}')
    with pytest.raises(LimitExceededError, match=r"with 2 signals that nobody has taken, has 40,\d\d\d characters"):
        r.complete("activity-work-1")
    r.evict()
    stored = Payloads(store=_Shelf())
    again = _again(r, stored)
    assert isinstance(again[-1], d.ContinueAsNewWorkflowExecution)
    assert len(carried_in(again[-1].input).signals) == 2

    mended = r.script.events[0]
    assert isinstance(mended, e.WorkflowExecutionStarted)
    r.script.events[0] = msgspec.structs.replace(mended, input='{"args":[],"kwargs":{"is_mended":true}}')
    again = _again(r, Payloads())
    assert isinstance(again[-1], d.ContinueAsNewWorkflowExecution)
    assert again[-1].input == '{"args":[1],"kwargs":{}}'


class _Shelf:
    """A store that nobody puts anything into."""

    def put(self, key: str, data: bytes, /) -> object: ...
    def get(self, key: str, /) -> bytes:
        raise KeyError(key)


def _again(r: Rehearsal, payloads: Payloads) -> tuple[d.DecisionAttributes, ...]:
    r.converter = payloads  # type: ignore[assignment]
    replay = r._fresh()
    try:
        return replay.feed(r.script.events)
    finally:
        replay.evict()


def test_inputs_of_other_converters() -> None:
    """MessagePack is written within an object, which has room; an input that is none has not."""
    carried = Carried(signals=(Signal(name="x", input="1"),))
    packed = MsgpackConverter().dump_arguments((1, b"\x00"), {})
    assert carried_in(carry(packed, carried)) == carried
    arguments = MsgpackConverter().load_arguments(carry(packed, carried), lambda a, b: None)
    assert arguments.args == (1, b"\x00")
    assert carry("1,2", NOTHING) == "1,2"
    with pytest.raises(PayloadError, match="no place for 1 signals that nobody has taken"):
        carry("1,2", carried)
    with pytest.raises(PayloadError, match="no place for a request to cancel"):
        carry("", Carried(is_cancel_requested=True))


@pytest.mark.parametrize(
    "text", [None, "", "__ostinato", '"__ostinato"', '{"__ostinato":null}', '{"__ostinato":{"carried":5}}']
)
def test_inputs_that_hold_nothing(text: str | None) -> None:
    """Anybody may start anything with any input."""
    assert carried_in(text) == NOTHING


def test_a_repair_of_a_run_that_was_handed_something() -> None:
    """It is handed the same."""
    carried = Carried(signals=(Signal(name="x", input="1"),))
    text = carry(JsonConverter().dump_arguments((1,), {}), carried)
    repairs = Repairs(workflow_id="w", run_id="r", seed="r")

    again = with_repairs(text, repairs)

    assert repairs_in(again) == repairs
    assert carried_in(again) == carried
    assert carried_in(with_repairs('{"args":[1]}', repairs)) == NOTHING


# take_all.


@dataclass(frozen=True)
class Order:
    name: str


def test_all_that_have_come() -> None:
    """Without waiting, in order, as values of a type."""

    @workflow
    def takes() -> list[Any]:
        none = signals("x").take_all()
        submit(work).result()
        some = signals("x").take_all()
        orders = signals("order", as_type=Order).take_all()
        return [none, some, [order.name for order in orders], signals("x").take_all()]

    with Rehearsal(takes) as r:
        r.happened().signaled("x", "1")
        r.script.signaled("x", "2")
        r.script.signaled("order", '{"kwargs":{"name":"tea"}}')
        r.complete("activity-work-1")

        assert r.result == [[], [1, 2], ["tea"], []]


def test_one_that_does_not_fit_among_others() -> None:
    """What comes before it is given, then it is told and taken, then what comes after."""

    @workflow
    def takes() -> list[Any]:
        submit(work).result()
        numbers = signals("x", as_type=int)
        said: list[Any] = [numbers.take_all()]
        with pytest.raises(PayloadError, match="int"):
            numbers.take_all()
        return [*said, numbers.take_all()]

    with Rehearsal(takes) as r:
        for text in ("1", '"many"', "3"):
            r.happened().signaled("x", text)
        r.complete("activity-work-1")

        assert r.result == [[1], [3]]


def test_a_loop_that_begins_afresh() -> None:
    """Whatever comes when is in the sum, once."""

    @workflow
    def sums(total: int = 0) -> int:
        for number in signals("x", as_type=int):
            if number == 0:
                return total
            total += number
            continue_as_new_after(5, total)
        raise AssertionError("signals never end")

    def play(r: Rehearsal, left: list[int], refuse: Callable[[int], bool]) -> int:
        while True:
            if r.close is None:
                r.signal("x", left.pop(0))
            elif isinstance(r.close, d.CompleteWorkflowExecution):
                return int(r.result)
            elif left and refuse(left[0]):
                late(r, "x", left.pop(0))
                r.play(refused={len(r.decisions) - 1: "UNHANDLED_DECISION"})
            else:
                r.evict()
                r = r.next_run()

    for refuse in (lambda _: False, lambda n: n % 2 == 0, lambda n: n % 3 > 0, lambda _: True):
        assert play(Rehearsal(sums), [*range(1, 12), 0], refuse) == sum(range(12))
