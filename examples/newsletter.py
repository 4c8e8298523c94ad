"""Detached children: an issue is handed to its readers by executions that outlive the one that began them.

ostinato run examples/newsletter.py:publish --input '{"readers": ["ada", "grace"]}'
"""

from ostinato import ChildPolicy, activity, sleep, submit, workflow


@activity(start_to_close_timeout=60)
def send(reader: str) -> str:
    """Stand-in for a mail server."""
    return f"sent to {reader}"


@workflow(workflow_id=lambda reader: f"deliver-{reader}")
def deliver(reader: str) -> str:
    """Send at the reader's hour."""
    sleep(6 * 3600)
    return submit(send, reader).result()


@workflow(child_policy=ChildPolicy.ABANDON)
def publish(readers: list[str]) -> int:
    """Begin a delivery for each reader, and wait for none."""
    return len([submit(deliver, reader) for reader in readers])
