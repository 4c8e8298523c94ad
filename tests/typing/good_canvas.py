"""Canvases as authors write them: what the checkers make of their types."""

from typing import Any, assert_type

from ostinato import Chain, FuncGroup, Future, Group, activity, call, submit, timer, workflow
from ostinato import map as submit_each


@activity
def increment(x: int) -> int:
    return x + 1


@activity
def shout(text: str) -> str:
    return text.upper()


@workflow
class Child:
    def run(self, x: int) -> bytes:
        return bytes(x)


async def slowly(n: int) -> bytes:
    return bytes(n)


def choose(n: int) -> Group[int]:
    return Group(*(call(increment, x) for x in range(n)))


@workflow
def canvases() -> None:
    number: Future[int] = submit(increment, 1)
    assert_type(submit(call(increment, number)).result(), int)
    assert_type(submit(Group(call(increment, 1), call(increment, 2))).result(), list[int])
    assert_type(submit(Group(call(increment, 1), tolerated_failures=1)).result(), list[int | Exception])
    assert_type(submit(Chain(call(shout, "a"), shout, send_result=True)).result(), list[str])
    assert_type(submit(Chain(call(shout, "a"), tolerated_failures=None)).result(), list[str | Exception])
    assert_type(submit(Group(Group(call(increment, 1)))).result()[0], list[int])
    assert_type(submit(FuncGroup(choose, 3)).result(), list[int])
    assert_type(submit(call(Child, 1)).result(), bytes)
    assert_type(submit(call(timer, 60)).result(), None)
    assert_type(submit(call(slowly, 1)).result(), bytes)
    assert_type(submit(call(len, "abc")).result(), int)
    assert_type(submit_each(increment, [1, 2], max_parallel=1, tolerated_failures=1), list[Future[int]])
    mixed: list[Any] = submit(Group(call(increment, 1), call(shout, "a"))).result()
    print(mixed)
