"""What a kept replay takes in memory, by the length of its history: `python benchmarks/kept_replays.py`.

The estimate in `ostinato.worker.replays` is taken from here.
"""

import sys
import tracemalloc

from ostinato import Client, activity, submit, wait_signal, workflow
from ostinato.payloads.converter import JsonConverter
from ostinato.replay.replay import Replay
from ostinato.worker.catalog import catalog_of
from ostinato.worker.local import LocalWorker

COPIES = 20


@activity
def increment(x: int) -> int:
    """A trivial step."""
    return x + 1


@workflow
def count(n: int) -> int:
    """Steps one after the other, and then a wait."""
    value = 0
    for _ in range(n):
        value = submit(increment, value).result()
    wait_signal("end").result()
    return value


def main() -> None:
    """Print bytes per replay, for some lengths."""
    with Client("memory:") as client, LocalWorker(client.swf, domain="default", catalog=catalog_of([count, increment])):
        for steps in (0, 100, 1000):
            handle = client.start(count, steps)
            while client.swf and sum(1 for _ in handle.history()) < 4 + 6 * steps:
                pass
            history = list(handle.history())
            tracemalloc.start()
            kept = [Replay(count, execution=handle.first_execution, converter=JsonConverter()) for _ in range(COPIES)]
            for replay in kept:
                replay.feed(history[:-1])
            taken, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            sys.stdout.write(f"{len(history)} events: {taken // COPIES:,} bytes a replay\n")
            for replay in kept:
                replay.evict()
            handle.terminate()


if __name__ == "__main__":
    main()
