"""Who waits in this process for the end of an execution. Used under the engine's lock."""

from collections.abc import Callable
from threading import Event

from ostinato.model.fields import RunId


class Closes:
    """Those who wait, by run id."""

    def __init__(self) -> None:
        self._waiting: dict[RunId, list[Event]] = {}

    def expect(self, run_id: RunId) -> Event:
        """An event that is set when the run has closed, or sooner."""
        event = Event()
        self._waiting.setdefault(run_id, []).append(event)
        return event

    def forget(self, run_id: RunId, event: Event) -> None:
        """Wait no longer."""
        events = self._waiting.get(run_id)
        if events is not None and event in events:
            events.remove(event)
            if not events:
                del self._waiting[run_id]

    def announce(self, run_id: RunId, after: list[Callable[[Exception | None], None]]) -> None:
        """Let those who wait for the run wake after the commit, whatever becomes of it: they look for themselves."""
        events = self._waiting.pop(run_id, None)
        if events is not None:
            after.append(lambda _: _wake(events))

    def wake_all(self) -> None:
        """Let everybody wake."""
        waiting, self._waiting = self._waiting, {}
        for events in waiting.values():
            _wake(events)


def _wake(events: list[Event]) -> None:
    for event in events:
        event.set()
