"""Workflows as authors write them: what the checkers make of their types."""

import asyncio
from collections.abc import Callable
from typing import Any, assert_type

from ostinato import (
    Future,
    Retry,
    activity,
    complete_later,
    heartbeat_details,
    nondeterministic,
    run_once,
    signals,
    spawn,
    submit,
    timer,
    wait,
    wait_signal,
    workflow,
)
from ostinato import map as submit_each


@activity(task_list="quickstart", retry=Retry(max_attempts=5))
def increment(x: int) -> int:
    return x + 1


@activity
async def shout(text: str, *, times: int = 1) -> str:
    return text.upper() * times


@nondeterministic
def look_up(item: str, *, loudly: bool = False) -> int:
    return len(item) + loudly


@workflow(version="example")
def basic(x: int) -> str:
    y = submit(increment, x)
    z = submit(increment, y)
    assert_type(y.result(), int)
    assert_type(z.result(), int)
    loud = submit(shout, "a", times=2)
    assert_type(loud.result(), str)
    several = submit_each(increment, [1, 2])
    assert_type(several, list[Future[int]])
    plain, coroutine = spawn(helper, 1), spawn(co_helper, 1)
    assert_type(plain.result(), bytes)
    assert_type(coroutine.result(), bytes)
    assert_type(run_once(len, "abc"), int)
    assert_type(look_up("tea", loudly=True), int)
    pause = timer(5)
    assert_type(pause.result(), None)
    return "done"


def helper(n: int) -> bytes:
    return bytes(n)


async def co_helper(n: int) -> bytes:
    return bytes(n)


@workflow
async def parent() -> tuple[int, str]:
    child = submit(basic, 1)
    assert_type(await child, str)
    both = await asyncio.gather(submit(increment, 1), submit(shout, "a"))
    assert_type(both, tuple[int, str])
    return both


def settings() -> None:
    assert_type(increment.version, str)
    assert_type(increment.options(version="2").retry, Retry | None)
    assert_type(basic.options(workflow_id="w").workflow_id, str | Callable[..., str] | None)


@workflow
class Shop:
    def run(self, orders: int) -> str:
        return str(orders)


@workflow
def sells() -> None:
    sold: Future[str] = submit(Shop, 3)
    approval: Future[str] = wait_signal("approve", as_type=str)
    done, _ = wait([sold, approval])
    print(done)
    for text in signals("note", as_type=str):
        print(text.upper())


@activity
class Label:
    def __init__(self, text: str, copies: int = 1) -> None:
        self.text = text
        self.copies = copies

    def execute(self) -> bytes:
        return self.text.encode() * self.copies


@activity(start_to_close_timeout=60)
class Ask:
    def __init__(self, question: str) -> None:
        self.question = question

    async def execute(self) -> bool:
        return bool(self.question)


@activity
def anything(x: int) -> Any:
    return x


@activity
def hands_over() -> str:
    complete_later()


@workflow
def classes() -> None:
    assert_type(submit(Label, "tea", copies=2).result(), bytes)
    assert_type(submit(Ask, "tea?").result(), bool)
    assert_type(submit(hands_over).result(), str)
    value: str = submit(anything, 1).result()
    values = submit_each(anything, [1])
    print(value, [each.result() for each in values])


@activity
def goes_on() -> int:
    done = heartbeat_details(int)
    assert_type(done, int | None)
    return done or 0
