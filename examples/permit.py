"""Completion by token: an activity writes to an office and leaves; whoever has the token completes it, days later.

ostinato run examples/permit.py:permit --input '"a fence"'
"""

import os
from pathlib import Path

from ostinato import Client, activity, activity_info, complete_later, submit, workflow
from ostinato.errors import ActivityTimedOut


@activity(start_to_close_timeout=14 * 24 * 3600, heartbeat_timeout=None)
def ask_office(what: str) -> str:
    """Write to the office. The answer comes by another way, with the token that stands in the letter."""
    with Path(os.environ.get("LEDGER", os.devnull)).open("a") as letters:
        letters.write(f"{what} {activity_info().task_token}\n")
    complete_later()


@workflow
def permit(what: str) -> str:
    """Ask for a permit; silence for two weeks is consent."""
    try:
        return f"{what}: {submit(ask_office, what).result()}"
    except ActivityTimedOut:
        return f"{what}: nobody minds"


def on_answer(client: Client, token: str, answer: str) -> None:
    """What the office's mail program does, in another process, with an answer."""
    client.complete_activity(token, answer)
