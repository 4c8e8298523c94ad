"""What runs while everything is killed: activities with retries, timers, signals and children."""

from pathlib import Path

from ostinato import Retry, activity, signal, sleep, spawn, submit, wait_signal, workflow
from ostinato.worker.context import activity_info

RETRY = Retry(max_attempts=20, interval=0)


@activity(name="step", start_to_close_timeout=2, heartbeat_timeout=None, retry=RETRY)
def step(log: str, x: int) -> int:
    with Path(log).open("a", encoding="ascii") as file:
        file.write(f"{activity_info().workflow_execution.workflow_id} {x}\n")
    return x + 1


@activity(name="flaky", start_to_close_timeout=2, heartbeat_timeout=None, retry=RETRY)
def flaky(x: int) -> int:
    if activity_info().attempt < 2:
        raise ConnectionError("once")
    return x


@workflow(name="child", task_start_to_close_timeout=2)
def child(log: str, parent: str, x: int) -> int:
    value = submit(step, log, x).result()
    signal("from child", value, workflow_id=parent).result()
    return value


@workflow(name="family", task_start_to_close_timeout=2)
def family(log: str, me: str, steps: int) -> list[int]:
    born = submit(child, log, me, 100)
    aside = spawn(lambda: submit(flaky, 7).result())
    value = 0
    for _ in range(steps):
        value = submit(step, log, value).result()
    sleep(1)
    return [value, born.result(), wait_signal("from child").result(), aside.result()]
