"""Temporal's worker, of workflows and activities, with the settings that everybody gets; told the server's address."""

import asyncio
import sys

from programs import TASK_QUEUE, OneActivity, SideBySide, increment
from temporalio.client import Client
from temporalio.worker import Worker


async def main() -> None:
    """Work until killed."""
    client = await Client.connect(sys.argv[1])
    await Worker(client, task_queue=TASK_QUEUE, workflows=[SideBySide, OneActivity], activities=[increment]).run()


if __name__ == "__main__":
    asyncio.run(main())
