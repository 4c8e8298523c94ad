"""The next decision task for a decider that polls itself: what a poll brings, or what was put off and is due."""

import queue
import threading
from collections.abc import Callable

from ostinato.model.results import DecisionTask
from ostinato.worker.put_off import PutOff, Waiting

_Polled = DecisionTask | None


class Arrivals:
    """Polls in the thread that asks; in another one while something is put off, which a poll would keep waiting.

    Args:
        poll: a poll, which waits for a task.
        put_off: what was put off.
        stopping: when it is set, what was put off stays there.
    """

    def __init__(self, poll: Callable[[], _Polled], put_off: PutOff, stopping: threading.Event) -> None:
        self._poll = poll
        self._put_off = put_off
        self._stopping = stopping
        self._polled: queue.SimpleQueue[Callable[[], _Polled]] = queue.SimpleQueue()
        self.is_polling = False
        """Whether a poll is in flight beside, which may bring a task yet."""

    def next(self) -> DecisionTask | Waiting | None:
        """A task; None if a poll brought none.

        Raises:
            Exception: whatever the poll raises.
        """
        while True:
            is_stopping = self._stopping.is_set()
            due = None if is_stopping else self._put_off.take()
            if due is not None:
                return due
            seconds = None if is_stopping else self._put_off.seconds()
            if seconds is None and not self.is_polling:
                return self._poll()
            self._poll_beside()
            try:
                polled = self._polled.get(timeout=seconds)
            except queue.Empty:
                continue
            self.is_polling = False
            return polled()

    def _poll_beside(self) -> None:
        if self.is_polling:
            return
        self.is_polling = True
        threading.Thread(target=self._poll_and_tell, name="ostinato polls beside", daemon=True).start()

    def _poll_and_tell(self) -> None:
        try:
            task = self._poll()
        except Exception as error:  # noqa: BLE001  # whoever waits raises it
            self._polled.put(_raising(error))
        else:
            self._polled.put(lambda: task)


def _raising(error: Exception) -> Callable[[], _Polled]:
    def fail() -> _Polled:
        raise error

    return fail
