"""One thread that sends the heartbeats of all activities of this process. It starts with the first that needs one."""

import logging
import threading
import time
from dataclasses import dataclass

from ostinato.worker.context import RunningActivity

logger = logging.getLogger(__name__)

SHARE = 3
"""Heartbeats are sent at a third of the time-out, so that two may be lost."""

_LATE = 0.5
"""Seconds after the time-out of a task when SWF is asked whether it still waits for it."""

_NEVER = float("inf")


@dataclass(slots=True)
class _Beat:
    running: RunningActivity
    interval: float
    due: float
    late_at: float


class Heartbeats:
    """Sends heartbeats at a third of each activity's heartbeat time-out, and one when it should have ended."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._beats: dict[RunningActivity, _Beat] = {}
        self._wakes_at = _NEVER
        self._thread: threading.Thread | None = None
        self._is_stopped = False

    def add(self, running: RunningActivity, timeout: float | None, limit: float | None = None) -> None:
        """Send heartbeats for the activity from now on.

        Args:
            running: the activity.
            timeout: its heartbeat time-out in seconds, if it has one.
            limit: in how many seconds it should have ended, if that is known: SWF is asked then whether it still waits.
        """
        now = time.monotonic()
        interval = _NEVER if timeout is None else timeout / SHARE
        late_at = _NEVER if limit is None else now + limit + _LATE
        due = min(now + interval, late_at)
        if due == _NEVER:
            return
        with self._changed:
            self._beats[running] = _Beat(running, interval, due, late_at)
            if due < self._wakes_at:
                self._wakes_at = due
                self._wake()

    def _wake(self) -> None:
        if self._thread is None and not self._is_stopped:
            self._thread = threading.Thread(target=self._run, name="ostinato heartbeats", daemon=True)
            self._thread.start()
        else:
            self._changed.notify()

    def remove(self, running: RunningActivity) -> None:
        """Send no more heartbeats for the activity."""
        with self._changed:
            self._beats.pop(running, None)

    def stop(self) -> None:
        """Send no heartbeats any more."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the thread, after `stop`."""
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            due = self._await_due()
            if due is None:
                return
            for beat in due:
                _send(beat)

    def _await_due(self) -> list[_Beat] | None:
        """The beats that are due, when some are; None at the end."""
        with self._changed:
            while not self._is_stopped:
                now = time.monotonic()
                due = [beat for beat in self._beats.values() if beat.due <= now]
                if due:
                    for beat in due:
                        late_at = beat.late_at if beat.late_at > now else _NEVER
                        beat.due = min(now + beat.interval, late_at)
                    return due
                if self._beats:
                    self._wakes_at = min(beat.due for beat in self._beats.values())
                elif self._wakes_at <= now:
                    self._wakes_at = _NEVER
                # Else it wakes once in vain, which costs less than to be woken anew for each activity that runs alone.
                self._changed.wait(None if self._wakes_at == _NEVER else self._wakes_at - now)
            return None


def _send(beat: _Beat) -> None:
    try:
        beat.running.beat()
    except Exception as error:  # noqa: BLE001  # the next one may get through, whatever SWF's clients raise
        activity_id = beat.running.info.activity_id
        logger.warning("The heartbeat of %s did not get through and is sent again: %s", activity_id, error)
