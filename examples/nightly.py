"""A nightly job in steps: what an earlier night's run has done for the day, a later one does not do again."""

import os
from pathlib import Path

from ostinato import FileStore, Steps, activity, workflow


def done(what: str) -> None:
    """Leave a line of what was done to the world."""
    with Path(os.environ.get("LEDGER", os.devnull)).open("a") as ledger:
        ledger.write(f"{what}\n")


@activity(start_to_close_timeout=60)
def collect(day: str) -> list[int]:
    """Collect the day's figures."""
    done(f"collect {day}")
    return [3, 4, 5]


@activity(start_to_close_timeout=60)
def publish(total: int) -> str:
    """Publish the day's total."""
    done(f"publish {total}")
    return f"the total is {total}"


@workflow
def nightly(day: str, directory: str, force: list[str]) -> str:
    """Collect and publish. If the figures are collected anew, they are published anew too."""
    steps = Steps(FileStore(directory), prefix=f"nightly/{day}/", force=force)
    figures = steps.step("collect", force_steps_if_executed=["publish"]).submit(collect, day).result()
    return steps.step("publish").submit(publish, sum(figures)).result()
