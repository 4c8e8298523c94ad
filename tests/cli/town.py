"""Workflows whose executions tests of commands look at."""

import threading

from ostinato import Retry, activity, continue_as_new, marker, submit, timer, wait_signal, workflow
from ostinato.worker.context import activity_info


@activity
def double(x: int) -> int:
    return 2 * x


@activity(retry=Retry(max_attempts=3, interval=2))
def flaky() -> str:
    if activity_info().attempt < 2:
        raise ConnectionError("nobody there")
    return "there"


may_end = threading.Event()


@activity
def long(word: str) -> str:
    may_end.wait()
    return word


@activity
def leap() -> None:
    raise ValueError("too high")


@workflow
def small(x: int) -> int:
    return submit(double, x).result()


@workflow(tag_list=["shop", "red"])
def done(x: int) -> dict[str, object]:
    marker("halfway", {"x": x})
    timer(5).result()
    return {"small": submit(small, x).result(), "flaky": submit(flaky).result()}


@workflow
def failed() -> None:
    submit(leap).result()


@workflow
def waiting() -> str:
    _ = [submit(long, "hello"), submit(waits_too), timer(86_400)]
    return str(wait_signal("approve").result())


@workflow
def waits_too() -> None:
    wait_signal("never").result()


@workflow
def rounds(left: int) -> str:
    if left:
        continue_as_new(left - 1)
    return "around"
