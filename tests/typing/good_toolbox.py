"""What stands beside plain submits: what the checkers make of its types."""

from datetime import timedelta
from pathlib import Path
from typing import Any, assert_type

from ostinato import (
    Client,
    Download,
    EndState,
    FanOutResult,
    FileStore,
    Group,
    Handle,
    LambdaFunction,
    Marker,
    Overlap,
    ProgramOutput,
    Retry,
    ScheduleHandle,
    Schedules,
    Span,
    SqliteStore,
    Steps,
    Store,
    Times,
    activity,
    cached,
    call,
    fan_out,
    markers,
    nondeterministic,
    program,
    python,
    run_once,
    submit,
    workflow,
)


@activity
def weigh(item: str) -> int:
    return len(item)


@activity
async def measure(item: str, *, twice: bool = False) -> float:
    return len(item) * (1.0 + twice)


# Retry.

patient = Retry(
    max_attempts=5,
    interval=timedelta(seconds=10),
    backoff=1.5,
    retry_on=(ConnectionError, "TimeoutException"),
    give_up_on=["ValueError"],
    states=(EndState.TIMED_OUT,),
    when=lambda error: "busy" in str(error),
)


@activity(retry=patient)
def flaky(item: str) -> int:
    return len(item)


@workflow
def retries() -> int:
    assert_type(flaky.options(retry=Retry(3)).retry, Retry | None)
    assert_type(submit(flaky.options(retry=None), "tea").result(), int)
    return submit(weigh.options(retry=patient), "tea").result()


# Run once.


@nondeterministic
def look_up(item: str, *, loudly: bool = False) -> int:
    return len(item) + loudly


@cached
def home() -> Path:
    return Path.home()


@workflow
def once() -> None:
    assert_type(run_once(look_up, "tea", loudly=True), int)
    assert_type(run_once(divmod, 7, 2), tuple[int, int])
    assert_type(look_up("tea"), int)
    assert_type(home(), Path)
    assert_type(markers("note"), list[Marker])


# Steps.


class Drawer:
    def put(self, key: str, data: bytes) -> None: ...

    def get(self, key: str) -> bytes:
        return b""


@workflow
def in_steps(directory: str) -> None:
    steps = Steps(FileStore(directory), prefix="day/", force=["a"], skip=("b",))
    assert_type(steps.is_done("a"), bool)
    step = steps.step("a", force_steps_if_executed=["b"])
    assert_type(step.submit(weigh, "tea").result(), int)
    assert_type(step.submit(measure, "tea", twice=True).result(), float)
    assert_type(step.submit(retries).result(), int)
    assert_type(step.submit(look_up, "tea").result(), int)
    assert_type(step.submit(Group(call(weigh, "tea"))).result(), list[int])
    assert_type(step.submit(slowly, 3).result(), bytes)
    stores: list[Store] = [Drawer(), SqliteStore("steps.db")]
    print([Steps(store) for store in stores])


async def slowly(n: int) -> bytes:
    return bytes(n)


# Programs.


@activity(start_to_close_timeout=60)
@program("sort", "-u", stdin="text", timeout=timedelta(minutes=1), files=[Download("https://example.org/sort")])
def sort(text: str, *, reverse: bool = False) -> str:
    raise AssertionError("it is not run")


@activity
@program("wc")
def count(path: Path) -> ProgramOutput:
    raise AssertionError("it is not run")


@activity
@python("python3.12", env={"TEA": "green"})
def elsewhere(n: int) -> list[int]:
    return [n]


@program("date")
def date() -> str:
    raise AssertionError("it is not run")


@workflow
def programs() -> None:
    assert_type(submit(sort, "b a", reverse=True).result(), str)
    assert_type(submit(count, Path("x")).result().exit_code, int)
    assert_type(submit(elsewhere, 3).result(), list[int])
    assert_type(date(), str)


# Fan-out.


def longer(results: list[int]) -> int:
    return max(results)


def name(number: int) -> str:
    return str(number)


all_of_them = fan_out(weigh)
by_number = fan_out(weigh, item=name, tolerated_failures=10, workflow_id="all")
longest = fan_out(weigh, item=name, reduce=longer)


@workflow
def fanned() -> None:
    assert_type(submit(all_of_them, ["a", "b"]).result(), FanOutResult[list[int | None]])
    assert_type(submit(by_number, Span(0, 1_000_000)).result().value, list[int | None])
    assert_type(submit(longest, Span(0, 1_000_000)).result().value, int | None)


# Schedules, and Lambda functions.


@workflow
def report(day: str, *, short: bool = False) -> str:
    return day


def schedule(client: Client) -> None:
    schedules = Schedules(client)
    made = schedules.create("r", report, "monday", times=Times(cron="0 6 * * *"), overlap=Overlap.ALLOW_ALL, short=True)
    assert_type(made, ScheduleHandle)
    assert_type(made.execution, Handle[Any])
    assert_type([info.execution.workflow_id for info in schedules.list()], list[str])


@workflow
def others() -> None:
    assert_type(submit(LambdaFunction("resize"), {"width": 3}).result(), Any)


def outside(handle: Handle[int]) -> None:
    assert_type(handle.markers(), list[Marker])
    assert_type(handle.markers("note")[0].name, str)
