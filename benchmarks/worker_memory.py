"""Whether an activity worker's memory is flat: `python benchmarks/worker_memory.py [ACTIVITIES]`, 100,000 unless given.

A server, a decider and a worker run as processes; after each tenth of the activities the resident memory of the
worker's child is printed. Of the last nine lines, none should be much above the first.
"""

import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from ostinato import Client, activity, submit, workflow
from ostinato.errors import OstinatoError

BATCH = 500


@activity(name="memory.increment")
def increment(x: int) -> int:
    """A trivial step."""
    return x + 1


@workflow(name="memory.many")
def many(n: int) -> int:
    """Steps side by side."""
    return sum(future.result() for future in [submit(increment, 0) for _ in range(n)])


def resident(pid: int) -> int:
    """KiB of a process's children."""
    children = [int(p) for t in Path(f"/proc/{pid}/task").glob("*/children") for p in t.read_text().split()]
    status = [Path(f"/proc/{child}/status").read_text() for child in children]
    return sum(int(text.partition("VmRSS:")[2].split()[0]) for text in status)


def main(activities: int) -> None:
    """Run, and print."""
    with ExitStack() as stack:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        url, ostinato = f"http://127.0.0.1:{port}", str(Path(sys.executable).with_name("ostinato"))
        db = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "memory.db"
        commands = (
            ["server", "--port", str(port), "--db", str(db)],
            ["decider", __file__, "--engine", url],
            ["worker", __file__, "--engine", url],
        )
        processes = [subprocess.Popen([ostinato, *command], stderr=subprocess.DEVNULL) for command in commands]
        for process in processes:
            stack.callback(process.wait)
            stack.callback(process.terminate)
        client = stack.enter_context(Client(url))
        while True:
            try:
                client.register(many, increment)
                break
            except OstinatoError:
                time.sleep(0.1)
        for done in range(BATCH, activities + 1, BATCH):
            client.run(many, BATCH)
            if done % max(activities // 10, BATCH) == 0:
                sys.stdout.write(f"{done} activities: {resident(processes[2].pid):,} KiB\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
