"""The events at hand."""

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from ostinato.engine.histories import Histories
from ostinato.model import events as e
from ostinato.model.fields import EventId


class _Log:
    """What was made durable."""

    def __init__(self) -> None:
        self.kept: dict[int, list[e.HistoryEvent]] = {}

    def events(self, key: int, first: int, last: int) -> list[e.HistoryEvent]:
        """A range of an execution's durable events."""
        assert last <= len(self.kept.get(key, ()))
        return self.kept[key][first - 1 : last]


def _event(number: int) -> e.MarkerRecorded:
    return e.MarkerRecorded(
        event_id=EventId(number),
        event_timestamp=0.0,
        marker_name="m",
        decision_task_completed_event_id=EventId(1),
    )


STEPS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 400), st.booleans(), st.integers(0, 1200), st.integers(0, 300)),
    max_size=12,
)


@given(STEPS, st.sampled_from([10, 500, 50_000]))
def test_every_range_is_complete_wherever_its_events_are(
    steps: list[tuple[int, int, bool, int, int]], capacity: int
) -> None:
    """However much was let go, a range read back is what was appended; nothing that is not durable is let go."""
    log = _Log()
    histories = Histories(cast("Any", log), capacity)
    written: dict[int, list[e.HistoryEvent]] = {}
    batch, durable = 1, 0
    for key, count, commits, first, length in steps:
        for _ in range(count):
            event = _event(len(written.setdefault(key, [])) + 1)
            written[key].append(event)
            histories.append(key, event, batch)
        if commits:
            log.kept = {of: list(events) for of, events in written.items()}
            durable, batch = batch, batch + 1
        histories.trim(key, EventId(max(0, len(written[key]) - 5)), durable)
        start = min(max(1, first), len(written[key]))
        last = min(len(written[key]), start + length)
        newest = histories.newest(key, start, last)

        assert list(histories.read(key, start, newest)) == written[key][start - 1 : last]


def test_memory_is_bounded() -> None:
    """Of durable events no more are kept than the capacity says; of a long history only the newest."""
    log = _Log()
    histories = Histories(cast("Any", log), 100)
    for key in range(1, 50):
        for number in range(1, 11):
            histories.append(key, _event(number), key)
        histories.trim(key, EventId(0), key)
    assert histories._held <= 100

    histories.clear()
    assert histories.newest(1, 1, 5).events == ()
